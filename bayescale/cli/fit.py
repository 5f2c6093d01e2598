"""fit: from a table of runs to a folder with the posterior, its summary and its figures."""

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bayescale.cli import options, show

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from bayescale.law import Law


@click.command()
@click.argument("runs")
@click.option("--law", "spec", required=True, metavar="NAME", help="chinchilla, henighan2020.L_C, path/to/file.py:law.")
@click.option("-o", "--out", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Folder to write.")
@click.option("--noise", metavar="NAME", help="Noise of the observed loss, instead of the law's (student, lognormal, …).")
@click.option("--column", "columns", type=options.Pair(example="N=params"), multiple=True, help="Our name = the table's: N=params.")
@click.option("--where", metavar="CONDITION", help="Fit only the runs that fulfil it: 'C < 1e22' (pandas query, our names).")
@click.option("--reference", type=options.Pair(float, "N0=1e9"), multiple=True, help="Reference run, instead of the middle: N0=1e9.")
@click.option("--seed", default=1, show_default=True, help="Same seed, same draws.")
@click.option("--draws", default=1000, show_default=True, type=click.IntRange(4), help="Draws of each chain.")
@click.option("--tune", default=1000, show_default=True, type=click.IntRange(1), help="Steps of adaptation before them.")
@click.option("--chains", default=4, show_default=True, type=click.IntRange(1), help="Independent chains.")
@click.option("--cores", type=click.IntRange(1), help="Chains at a time.  [default: all cores]")
@click.option("--target-accept", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="Raise it if transitions diverge.")
@click.option("--sampler", default="nutpie", show_default=True, type=click.Choice(["nutpie", "pymc", "numpyro"]), help="Who draws.")
@click.option("--force", is_flag=True, help="Replace the posterior that DIR has.")
def fit(runs, spec, out, noise, columns, where, reference, seed, force, **sampler):
    """Fit a law to RUNS: a CSV, TSV or Parquet file, or the name of a data set (`bayescale data list`).

    DIR gets posterior.nc (for ArviZ and the other commands), summary.csv, runs.csv (the runs that were fitted) and
    figures as PDF and PNG: curves, residuals and, where the law has E, its prior and posterior.

    A DIR that has a posterior is refused unless --force is given. posterior.nc is put in place last, and an old one
    removed first: wherever it is, everything beside it belongs to it. Other files in DIR are left alone.

    Exit status: 0 done; 2 not done; 3 written, but the chains have not converged.
    """
    from bayescale.files import NAME

    if (out / NAME).exists() and not force:
        raise ValueError(f"'{out}' already has a {NAME}; choose another folder, or replace it with --force.")
    law = _with_reference(options.find_law(spec, noise), dict(reference))
    table = _runs(law, runs, dict(columns), where)
    out.mkdir(parents=True, exist_ok=True)
    post = _sample(law, table, seed, sampler)
    post.attrs |= {"cli_law": spec, "cli_noise": noise or "", "cli_runs": runs}

    from bayescale.cli.folder import write

    summary = _summary(post)
    written = write(out, law, post, table, summary)
    show.say(f"{law.name}, noise {law.noise.name}: {post.attrs['runs']} runs of {Path(runs).name}, seed {seed}\n")
    _print(summary)
    show.say(f"\n{post.attrs['verdict']}")
    show.say(f"written to {out}: {', '.join(written)}")
    if not options.converged(post):
        click.get_current_context().exit(options.NOT_CONVERGED)


def _with_reference(law: "Law", reference: dict[str, float]) -> "Law":
    from dataclasses import replace

    known = [*(f"{name}0" for name in dict.fromkeys((*law.inputs, *law.noise.columns))), "loss_min"]
    unknown = sorted(set(reference) - set(known))
    if unknown:
        raise ValueError(f"The law '{law.name}' has no reference {unknown}; it has {known}.")
    return replace(law, reference={**law.reference, **reference})


def _runs(law: "Law", source: str, columns: dict[str, str], where: str | None) -> "pd.DataFrame":
    """The runs to fit: a file, or else a data set; checked, so that nothing is begun in vain."""
    import warnings

    from bayescale.runs import check, complete, read, select

    path = Path(source)
    if path.exists() or path.suffix:
        table = read(path, columns, where)
    else:
        from bayescale.datasets import load, names

        if source not in names():
            raise FileNotFoundError(f"There is no file and no data set '{source}'; the data sets are {list(names())}.")
        table = select(load(source), columns, where)
    with warnings.catch_warnings():  # fit says them
        warnings.simplefilter("ignore")
        check(law, table)
    return complete(table, dict.fromkeys((*law.inputs, *law.noise.columns)))


def _sample(law: "Law", table: "pd.DataFrame", seed: int, sampler: dict[str, Any]) -> "xr.DataTree":
    """Call `bayescale.fit`; all that samplers print goes to stderr."""
    import logging

    from bayescale.infer import fit

    given = {key: sampler[key] for key in ("draws", "tune", "chains")} | {"nuts_sampler": sampler["sampler"]}
    if sampler["cores"]:
        given["cores"] = sampler["cores"]
    if sampler["target_accept"]:
        given["nuts"] = {"target_accept": sampler["target_accept"]}
    logging.getLogger("pymc").setLevel(logging.WARNING)
    with redirect_stdout(sys.stderr):
        post = fit(law, table, seed=seed, progressbar=sys.stderr.isatty(), **given)
    if post["posterior"].sizes["draw"] < sampler["draws"]:  # nutpie returns what it has when it is interrupted
        raise click.Abort
    return post


def _summary(post: "xr.DataTree") -> "pd.DataFrame":
    """Median, intervals and diagnostics of every parameter and derived quantity, unrounded."""
    import arviz as az
    import pandas as pd

    rows = {}
    found = az.summary(post, kind="all", ci_prob=max(show.PROBS), ci_kind="eti", round_to="none")
    draws = post["posterior"].to_dataset()
    for name, values in draws.data_vars.items():
        cells = values.stack(cell=[dim for dim in values.dims if dim not in ("chain", "draw")]) if values.ndim > 2 else values
        for i in range(cells.sizes.get("cell", 1)):
            cell = cells.isel(cell=i) if "cell" in cells.dims else cells
            label = f"[{', '.join(map(str, cell['cell'].item()))}]" if "cell" in cells.dims else ""
            stats = show.summary(cell)
            rows[f"{name}{label}"] = {"median": stats.pop("median")} | {
                f"{key}_{end}": value for key, pair in stats.items() for end, value in zip(("low", "high"), pair, strict=True)
            }
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.assign(**{name: found[name].reindex(table.index) for name in ("mean", "sd", "r_hat", "ess_bulk", "ess_tail")})


def _print(summary: "pd.DataFrame") -> None:
    rows = []
    for name, line in summary.iterrows():
        intervals = {f"eti{p:g}": (line[f"eti{p:g}_low"], line[f"eti{p:g}_high"]) for p in (100 * p for p in show.PROBS)}
        ess = min(line["ess_bulk"], line["ess_tail"])
        rows.append([*show.row(str(name), {"median": line["median"], **intervals}), f"{line['r_hat']:.3f}", f"{ess:.0f}"])
    show.table(["parameter", "median", "50 %", "90 %", "R-hat", "ESS"], rows)
