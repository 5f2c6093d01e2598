"""options: what several commands take, and how a posterior finds its law again."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bayescale.base.columns import column

if TYPE_CHECKING:
    import xarray as xr

    from bayescale.modelling.law import Law

#: Exit status of a command that is done, but whose posterior has not converged.
NOT_CONVERGED = 3


class Pair(click.ParamType):
    """``KEY=VALUE``; the value of type `kind`."""

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


def number(letter: str, words: str) -> Callable:
    """The option ``--N``, any number of times."""
    return click.option(f"--{letter}", letter, type=float, multiple=True, metavar="NUMBER", help=words)


folder = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
at = click.option(
    "--at",
    type=Pair(),
    multiple=True,
    help="Value of another input of the law, or level of a group: U=1e11, family=llama.",
)
law = click.option(
    "--law", "spec", metavar="NAME", help="Where the law is now, if not where it was at the fit (a moved file.py:name)."
)


def find_law(spec: str, noise: str | None = None) -> "Law":
    """The law called `spec`, with another noise if one is named."""
    from dataclasses import replace

    from bayescale.laws import find
    from bayescale.modelling.noises import NOISES

    try:
        found = find(spec)
    except (ValueError, OSError):
        raise
    except Exception as error:  # the user's file may fail in any way when it is run
        raise ValueError(f"The law '{spec}' fails when its file is run: {type(error).__name__}: {error}") from error
    if noise and noise not in NOISES:
        raise ValueError(f"There is no noise '{noise}'; choose one of {list(NOISES)}, or write a law with its own.")
    return replace(found, noise=NOISES[noise]) if noise else found


def reopen(folder: Path, spec: str | None = None) -> tuple["xr.DataTree", "Law"]:
    """The posterior in a folder of `bayescale fit`, and its law."""
    import warnings

    from bayescale.inference.storage import load

    post = load(folder)
    spec = spec or post.attrs.get("cli_law") or post.attrs["law"]
    noise = post.attrs.get("cli_noise", post.attrs.get("noise") if "cli_law" not in post.attrs else None)
    try:
        found = find_law(str(spec), noise)
    except OSError as error:
        raise FileNotFoundError(f"{error} Say where it is now: --law path/to/file.py:name.") from None
    if str(found) != post.attrs.get("law_text", str(found)):
        warnings.warn(
            f"the law '{spec}' reads otherwise than when '{folder}' was fitted; the results mix the two. Fit again.",
            UserWarning,
            stacklevel=2,
        )
    return post, found


def converged(post: "xr.DataTree") -> bool:
    """Whether the posterior may be used, as `fit` judged it."""
    return bool(post.attrs.get("converged", 0))


def loss_unit(post: "xr.DataTree") -> str:
    """Unit of the loss that was fitted."""
    return str(post.attrs.get("loss_unit", column("loss").unit))


def leave(*posts: "xr.DataTree") -> None:
    """End the command; with a warning and exit status 3 if a posterior has not converged."""
    bad = [post for post in posts if not converged(post)]
    for post in bad:
        click.echo(f"warning: {post.attrs['law']}: {post.attrs.get('verdict', 'no verdict')}", err=True)
    if bad:
        click.get_current_context().exit(NOT_CONVERGED)
