"""Options and arguments that several commands share; opening a stored posterior with its law."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bayescale.base.columns import column

if TYPE_CHECKING:
    import xarray as xr

    from bayescale.modelling.law import Law

#: Exit status of a command that finished with a posterior that has not converged.
NOT_CONVERGED = 3


class Pair(click.ParamType):
    """Type of an option's ``KEY=VALUE``: a tuple of the key and the value as `kind`."""

    name = "KEY=VALUE"

    def __init__(self, kind: Callable = str, example: str = "family=llama"):
        self.kind, self.example = kind, example

    def convert(self, value, param, ctx) -> tuple[str, Any]:
        """Split at the first equals sign."""
        if isinstance(value, tuple):
            return value
        key, equals, rest = str(value).partition("=")
        try:
            if equals and key.strip() and rest.strip():
                return key.strip(), self.kind(rest.strip())
        except ValueError:
            pass
        return self.fail(f"got '{value}', wanted KEY=VALUE, such as {self.example}.", param, ctx)


def once(pairs: tuple[tuple[str, Any], ...], option: str) -> dict[str, Any]:
    """The pairs of an option as a mapping; an error if a key is given twice."""
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise ValueError(f"{option} gives {keys}; give each key once.")
    return dict(pairs)


def of_runs(pairs: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """The pairs of ``--given`` as `bayescale.read` takes them: name -> number, or name -> run -> number.

    Raises
    ------
    ValueError
        If a value is no number, or a name is given twice or both for all runs and for one.
    """
    given: dict[str, Any] = {}
    for key, text in pairs:
        name, colon, run = key.partition(":")
        value: Any = {"true": True, "false": False}.get(text.lower())
        if value is None:
            try:
                value = float(text.replace("_", ""))
            except ValueError:
                raise ValueError(f"--given {key}={text} is no number; write digits, such as {key}=524288.") from None
        if name in given and not (colon and isinstance(given[name], dict) and run not in given[name]):
            raise ValueError(
                f"--given {name} occurs more than once; give one number, or one for each run ({name}:RUN)."
            )
        given[name] = {**given.get(name, {}), run: value} if colon else value
    return given


def number(letter: str, words: str) -> Callable:
    """The option ``--N`` (or another letter), which may be repeated."""
    return click.option(f"--{letter}", letter, type=float, multiple=True, metavar="NUMBER", help=words)


folder = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document, and nothing else.")
figure = click.option(
    "--figure", metavar="STEM", type=click.Path(path_type=Path), help="Draw it: writes STEM.pdf and STEM.png."
)
at = click.option(
    "--at",
    type=Pair(),
    multiple=True,
    help="Another column of the law, or the level of a group: U=1e11, family=llama. Can be repeated.",
)
law = click.option(
    "--law", "spec", metavar="NAME", help="Path of the law (file.py:name), if its file has moved, or is new to you."
)


def find_law(spec: str, noise: str | None = None, mark: dict[str, str] | None = None) -> "Law":
    """The law called `spec`, which the user has named; with `noise` in place of its own, if given.

    Parameters
    ----------
    spec : str. A file is run, and remembered as one that this user trusts.
    noise : str, optional
    mark : dict, optional, `bayescale.laws._trust.fingerprint` of the file, if it was taken before.
    """
    from dataclasses import replace

    from bayescale.laws import find
    from bayescale.laws._trust import SHA256, fingerprint, remember
    from bayescale.modelling.noises import NOISES

    mark = fingerprint(spec) if mark is None else mark
    try:
        law = find(spec, mark.get(SHA256))
    except (ValueError, OSError):
        raise
    except Exception as error:  # running the user's file may raise anything
        raise ValueError(f"Running the file of law '{spec}' failed: {type(error).__name__}: {error}") from error
    remember(mark)
    if noise and noise not in NOISES:
        raise ValueError(f"There is no noise '{noise}'; choose one of {list(NOISES)}, or write a law with its own.")
    return replace(law, noise=NOISES[noise]) if noise else law


def reopen(folder: Path, spec: str | None = None) -> tuple["xr.DataTree", "Law"]:
    """Read the posterior in a folder of `bayescale fit`, and find its law.

    Parameters
    ----------
    folder : Path
    spec : str, optional
        Name or path of the law; by default the one given to `bayescale fit`.

    Raises
    ------
    ValueError
        If `spec` is not given, and the law is in a file that this user has not run before or that has changed.

    Warns
    -----
    UserWarning
        If the law's text has changed since the fit.
    """
    import warnings

    from bayescale.inference.storage import load

    post = load(folder)
    noise = post.attrs.get("cli_noise", post.attrs.get("noise") if "cli_law" not in post.attrs else None)
    if spec is None:
        spec = str(post.attrs.get("cli_law") or post.attrs["law"])
        law = _law_of_fit(folder, spec, noise, post.attrs)
    else:
        law = find_law(spec, noise)
    if str(law) != post.attrs.get("law_text", str(law)):
        warnings.warn(
            f"the law '{spec}' has changed since '{folder}' was fitted, so the results mix two laws. Fit again.",
            UserWarning,
            stacklevel=2,
        )
        post.attrs.pop("law_text", None)  # the user is told; `bayescale.modelling.draws` would refuse
    return post, law


def _law_of_fit(folder: Path, spec: str, noise: str | None, attrs: dict) -> "Law":
    """The law that a posterior names. Its file is run only if this user has run the same file before."""
    from bayescale.laws._find import split
    from bayescale.laws._trust import FILE, SHA256, doubt

    file = split(spec)
    if file is None:
        return find_law(spec, noise)
    path, name = str(attrs.get(FILE) or file[0]), file[1]
    if why := doubt(spec, attrs):
        raise ValueError(
            f"The law of '{folder}' is in the file {path!r}, and {why}, so it was not run. If you trust the file, "
            f"give its path: --law path/to/{Path(path).name}:{name}."
        )
    click.echo(f"running the law file {path!r}, unchanged since the fit", err=True)
    return find_law(f"{path}:{name}", noise, {FILE: path, SHA256: str(attrs[SHA256])})


def converged(post: "xr.DataTree") -> bool:
    """Whether the posterior had converged when it was fitted."""
    return bool(post.attrs.get("converged", 0))


def loss_unit(post: "xr.DataTree") -> str:
    """Unit of the fitted loss."""
    return str(post.attrs.get("loss_unit", column("loss").unit))


def verdict(post: "xr.DataTree") -> dict[str, Any]:
    """The verdict as JSON documents have it: ``converged``, and ``verdict``, the sentence."""
    from bayescale.inference.diagnostics.verdict import sentence

    return {"converged": converged(post), "verdict": sentence(post)}


def leave(*posts: "xr.DataTree") -> None:
    """End the command. If a posterior has not converged, print its verdict on stderr and exit with status 3."""
    from bayescale.inference.diagnostics.verdict import sentence

    unconverged = [post for post in posts if not converged(post)]
    for post in unconverged:
        click.echo(f"warning: {post.attrs['law']}: {sentence(post) or 'no verdict'}", err=True)
    if unconverged:
        click.get_current_context().exit(NOT_CONVERGED)
