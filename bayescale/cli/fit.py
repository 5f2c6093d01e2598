"""``bayescale fit``: from a table of runs to a folder with the posterior, its summary and its figures."""

import sys
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bayescale.base.columns import column
from bayescale.base.private import lend_home
from bayescale.cli import options, show

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from bayescale.modelling.law import Law

COLUMN = "Column of the table that holds a column of the law: N=params. Can be repeated."
GIVEN = "What the logs of RUNS lack: batch_tokens=524288, or of one run: N:d12=124e6. Can be repeated."
WHERE = "Use only the runs that meet it: 'C < 1e22 and family == \"llama\"' (our names)."
BEST = "Use the run with the smallest loss at each size, such as of a grid of learning rates (bayescale.best_of)."
REFERENCE = "Reference run, in place of the geometric mean of the runs: N0=1e9. Can be repeated."
AS_NEEDED = "[default: what the law needs]"


@click.command()
@click.argument("runs")
@click.option("--law", "spec", required=True, metavar="NAME", help="chinchilla, henighan2020.L_C, path/to/file.py:law.")
@click.option("-o", "--out", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Folder to write.")
@click.option("--noise", metavar="NAME", help="Noise instead of the law's: student, lognormal, …")
@click.option("--column", "columns", type=options.Pair(example="N=params"), multiple=True, help=COLUMN)
@click.option("--where", metavar="CONDITION", help=WHERE)
@click.option("--given", type=options.Pair(example="batch_tokens=524288"), multiple=True, help=GIVEN)
@click.option("--best", is_flag=True, help=BEST)
@click.option("--reference", type=options.Pair(float, "N0=1e9"), multiple=True, help=REFERENCE)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same draws.")
@click.option("--draws", type=click.IntRange(4), metavar="INTEGER", help=f"Draws of each chain.  {AS_NEEDED}")
@click.option("--tune", type=click.IntRange(1), metavar="INTEGER", help=f"Tuning steps of each chain.  {AS_NEEDED}")
@click.option("--chains", type=click.IntRange(1), metavar="INTEGER", help="Independent chains.  [default: 4]")
@click.option("--cores", type=click.IntRange(1), metavar="INTEGER", help="Chains run at a time.  [default: all cores]")
@click.option(
    "--target-accept",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="NUMBER",
    help="Target acceptance rate, between 0 and 1; raise it if transitions diverge.",
)
@click.option(
    "--sampler", type=click.Choice(["nutpie", "pymc", "numpyro"]), help="Implementation of NUTS.  [default: nutpie]"
)
@click.option("--quick", is_flag=True, help="Laplace approximation; NUTS only if that is not accepted.")
@click.option("--force", is_flag=True, help="Replace the posterior in DIR.")
def fit(runs, spec, out, noise, columns, where, given, best, reference, seed, quick, force, **sampler):
    """Fit a law to RUNS: a CSV, TSV or Parquet file, a file or folder of logs, or a data set (`bayescale data list`).

    DIR gets posterior.nc (for ArviZ and the other commands), summary.csv, runs.csv (the runs that were fitted) and
    figures as PDF and PNG: curves, residuals and, where the law has E, its prior and posterior.

    If DIR already has a posterior, --force is needed to replace it. DIR has the old fit until the new one is complete,
    even if the command is killed. The files next to a posterior.nc always belong to it. Other files are not touched.
    If DIR cannot be written after the fit, as on a full disk, the fit goes to a new folder in the working, temporary or
    home folder, which the error names.

    Exit status: 0 done; 2 not done; 3 written, but the posterior has not converged.
    """
    columns, reference = options.once(columns, "--column"), options.once(reference, "--reference")
    _exists(runs)  # before the imports, which take seconds

    from bayescale.base.atomic import settle
    from bayescale.inference.diagnostics.verdict import sentence
    from bayescale.inference.storage import NAME
    from bayescale.laws._trust import fingerprint

    if (settle(out) / NAME).exists() and not force:
        raise ValueError(f"'{out}' already has a {NAME}; choose another folder, or replace it with --force.")
    mark = fingerprint(spec)
    law = _with_reference(options.find_law(spec, noise, mark), reference)
    table = read_runs(law, runs, columns, where, best, options.of_runs(given))
    writable(out)
    post = _sample(law, table, seed, "laplace" if quick else "nuts", sampler)
    unit = table.attrs["units"].get("loss", column("loss").unit)
    post.attrs |= {"cli_law": spec, "cli_noise": noise or "", "cli_runs": Path(runs).name, "loss_unit": unit, **mark}

    from bayescale.cli.folder import keep, summarise

    summary = summarise(post)
    written = keep(out, law, post, table, summary)
    show.say(f"{law.name}, noise {law.noise.name}: {post.attrs['runs']} runs of {Path(runs).name}, seed {seed}\n")
    _print(summary)
    show.say(f"\n{sentence(post)}")
    show.say(f"written to {out}: {', '.join(written)}")
    if not options.converged(post):
        click.get_current_context().exit(options.NOT_CONVERGED)


def _exists(source: str) -> None:
    """Refuse a path without a file, unless it may be the name of a data set."""
    path = Path(source)
    if "://" in source:
        raise ValueError(f"'{source}' is an address; download the file, and give its path.")
    if not path.exists() and (path.suffix.lower() in (".csv", ".tsv", ".txt", ".parquet") or len(path.parts) > 1):
        raise FileNotFoundError(f"There is no file '{source}'.")


def writable(out: Path) -> None:
    """Refuse a folder that cannot be written, before sampling starts."""
    import os

    existing = next(path for path in (out.absolute(), *out.absolute().parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise ValueError(f"'{out}' cannot be written: '{existing}' is no folder or is write-protected. Choose another.")


def _with_reference(law: "Law", reference: dict[str, float]) -> "Law":
    """The law with the reference run of ``--reference``."""
    from dataclasses import replace

    known = [*(f"{name}0" for name in dict.fromkeys((*law.inputs, *law.noise.columns))), "loss_min"]
    unknown = sorted(set(reference) - set(known))
    if unknown:
        raise ValueError(f"The reference run of law '{law.name}' has no {unknown}; it has {known}.")
    return replace(law, reference={**law.reference, **reference})


def read_runs(
    law: "Law",
    source: str,
    columns: dict[str, str],
    where: str | None,
    best: bool = False,
    given: dict[str, Any] | None = None,
) -> "pd.DataFrame":
    """Read the runs to fit, from a table, logs or a data set; with `best` the best of each size and group.

    The table is checked against `law` here, so that errors come before any work is done.
    """
    import warnings

    from bayescale.data.best_of import best_of
    from bayescale.data.check import check
    from bayescale.data.read import complete

    table = table_of(source, columns, where, given)
    if best:
        table = best_of(complete(table, law.inputs), (*law.inputs, *law.groups))
    with warnings.catch_warnings():  # fit repeats them
        warnings.simplefilter("ignore")
        check(law, table)
    units, kept = table.attrs.get("units", {}), ("name", "source", "cite", "found")
    origin = {key: table.attrs[key] for key in kept if key in table.attrs}
    renamed = {ours: units[theirs] for ours, theirs in columns.items() if theirs in units}
    table.attrs = origin | {"units": {**units, **renamed}}
    return complete(table, dict.fromkeys((*law.inputs, *law.noise.columns)))


def table_of(
    source: str, columns: dict[str, str], where: str | None, given: dict[str, Any] | None = None
) -> "pd.DataFrame":
    """The runs of a table, of logs or of a data set. What logs were found to hold is printed on stderr.

    Raises
    ------
    FileNotFoundError
        If there is no such file, folder or data set.
    """
    from bayescale.data.literature.catalogue import load, names
    from bayescale.data.read import read, select

    path = Path(source)
    if path.is_file() or (path.is_dir() and source not in names()):
        table = read(path, columns, where, given=given)
        for line in table.attrs.get("found", ()):
            click.echo(f"read from {source}: {line}", err=True)
        return table
    if source not in names():
        raise FileNotFoundError(f"There is no file and no data set '{source}'; the data sets are {list(names())}.")
    return select(load(source), columns, where)


def _sample(law: "Law", table: "pd.DataFrame", seed: int, method: str, sampler: dict[str, Any]) -> "xr.DataTree":
    """Call `bayescale.fit`; what samplers print goes to stderr.

    The verdict is printed with the results. Only a sampling problem is a warning, with its cure as an option.
    """
    import logging
    import warnings

    lend_home()
    if sampler["sampler"] not in (None, "nutpie"):
        import pymc  # noqa: F401 (its import sets the level of its logger, which is set below)

    from bayescale.inference.diagnostics.verdict import PosteriorWarning, Verdict, render
    from bayescale.inference.fit import fit

    given = {key: sampler[key] for key in ("draws", "tune", "chains", "cores") if sampler[key]}
    if sampler["sampler"]:
        given["nuts_sampler"] = sampler["sampler"]
    if sampler["target_accept"]:
        given["nuts"] = {"target_accept": sampler["target_accept"]}
    logging.getLogger("pymc").setLevel(logging.WARNING)
    with _interrupt_aborts(), redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore", PosteriorWarning)
        post = fit(law, table, method=method, seed=seed, progressbar=sys.stderr.isatty(), **given)
    for problem in Verdict.of(post).problems():
        if problem.of_sampling:
            warnings.warn(f"{law.name}: {render(problem, 'shell')}.", PosteriorWarning, stacklevel=2)
    return post


@contextmanager
def _interrupt_aborts():
    """Abort the command after an interrupt, even if the sampler catches it and returns the draws so far."""
    import signal

    interrupted = []

    def note(signum, frame):
        interrupted.append(signum)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if interrupted:
            raise click.Abort from None


def _print(summary: "pd.DataFrame") -> None:
    """Print the table of parameters; ESS is the smaller of bulk and tail."""
    rows = []
    for name, line in summary.iterrows():
        intervals = {key: (line[f"{key}_low"], line[f"{key}_high"]) for key in show.INTERVALS}
        cells = show.row(str(name), {"median": line["median"], **intervals})
        rhat = "" if line.isna()["r_hat"] else f"{line['r_hat']:.3f}"
        rows.append([*cells, rhat, f"{min(line['ess_bulk'], line['ess_tail']):.0f}"])
    show.table(["parameter", "median", "50 %", "90 %", "R-hat", "ESS"], rows)
