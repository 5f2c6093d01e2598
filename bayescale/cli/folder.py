"""folder: what `bayescale fit` leaves in a folder, put there so that it always belongs together."""

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.atomic import filling
from bayescale.cli import figures, show
from bayescale.inference import storage as files
from bayescale.modelling.law import Law

#: The tables of a fit beside its posterior.
TABLES = ("runs.csv", "summary.csv")


def write(out: Path, law: Law, post: xr.DataTree, runs: pd.DataFrame, summary: pd.DataFrame) -> list[str]:
    """Write the folder: all of it beside, then put in place; posterior.nc goes first and comes last.

    Returns
    -------
    list of str : the names of the files, figures without their ending.
    """
    with filling(out, last=files.NAME, stale=_names()) as draft:
        files.save(post, draft / files.NAME)
        summary.to_csv(draft / "summary.csv", index_label="parameter")
        runs.to_csv(draft / "runs.csv", index="run" not in runs, index_label="run")
        stems = figures.draw(draft, law, post, runs)
    return [files.NAME, *TABLES, *(f"{stem}.pdf/.png" for stem in stems)]


def summarise(post: xr.DataTree) -> pd.DataFrame:
    """Median, intervals and diagnostics of every parameter and derived quantity, unrounded; one row each."""
    names, rows = [], []
    for name, draws in post["posterior"].to_dataset().data_vars.items():
        for where in np.ndindex(draws.shape[2:]):
            labels = [str(draws[dim].values[i]) for dim, i in zip(draws.dims[2:], where, strict=True)]
            names.append(f"{name}[{', '.join(labels)}]" if labels else str(name))
            one = draws[(slice(None), slice(None), *where)]
            found = show.summary(one)
            ends = {f"{key}_{end}": found[key][i] for key in show.INTERVALS for i, end in enumerate(("low", "high"))}
            rows.append({"median": found["median"], **ends, "mean": float(one.mean()), "sd": float(one.std(ddof=1))})
    table = pd.DataFrame(rows, index=names)
    if post.attrs.get("method") == "laplace":  # no chains to compare
        return table.assign(r_hat=np.nan, ess_bulk=post.attrs["importance_ess"], ess_tail=post.attrs["importance_ess"])
    import arviz as az

    stats = az.summary(post, kind="diagnostics", round_to="none")
    return table.assign(**{name: stats[name].to_numpy() for name in ("r_hat", "ess_bulk", "ess_tail")})


def _names() -> list[str]:
    """Every name that a file of a fit may have."""
    return [*TABLES, *(f"{stem}.{ending}" for stem in figures.DRAWINGS for ending in ("pdf", "png"))]
