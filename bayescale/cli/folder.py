"""The folder that `bayescale fit` writes: its files always belong to one fit."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base import atomic
from bayescale.cli import figures, show
from bayescale.inference import storage as files
from bayescale.modelling.law import Law

#: The tables of a fit, next to its posterior.
TABLES = ("runs.csv", "summary.csv")
#: The page that `bayescale report` writes next to a posterior; a new fit removes that of the old one.
PAGE = "report.html"


def write(out: Path, law: Law, post: xr.DataTree, runs: pd.DataFrame, summary: pd.DataFrame) -> list[str]:
    """Write posterior, summary, runs and figures.

    All files are written to a temporary folder, which becomes the new fit in one rename; then its files are moved. If
    the process is killed, the folder has the old fit or the new one (`bayescale.inference.storage.load` finishes the
    move). Other files in the folder are not touched.

    Returns
    -------
    list of str : names of the files, with one name per figure.

    Raises
    ------
    OSError
        If the disk is full; the folder is then as it was.
    """
    content = files.as_bytes(post)
    with atomic.filling(out, last=files.NAME, stale=_names()) as draft:
        atomic.write(draft / files.NAME, content)
        summary.to_csv(draft / "summary.csv", index_label="parameter")
        named = runs if runs.index.is_unique else runs.reset_index(drop=True)  # a repeated name means checkpoints
        named.to_csv(draft / "runs.csv", index="run" not in named, index_label="run")
        stems = figures.draw(draft, law, post, runs)
    return [files.NAME, *TABLES, *(f"{stem}.pdf/.png" for stem in stems)]


def keep(out: Path, law: Law, post: xr.DataTree, runs: pd.DataFrame, summary: pd.DataFrame) -> list[str]:
    """`write`; where that fails, the fit is written to a new folder elsewhere, so that no draws are lost.

    Raises
    ------
    OSError
        If `out` cannot be written. The message says where the fit is, or that it is lost.
    """
    try:
        return write(out, law, post, runs, summary)
    except OSError as error:
        reason = f"{str(error).rstrip('.')}."
        tried = []
        for place in dict.fromkeys(_places()):
            tried.append(f"'{place}'")
            folder = None
            try:
                folder = Path(tempfile.mkdtemp(prefix="bayescale-fit-", dir=place))
                write(folder, law, post, runs, summary)
            except OSError:
                if folder is not None:
                    shutil.rmtree(folder, ignore_errors=True)
                continue
            raise OSError(
                f"{reason} The fit is complete in '{folder}' instead: use it there, or move that folder."
            ) from None
        raise OSError(f"{reason} The fit is lost, since {' and '.join(tried)} could not be written either.") from None


def _places() -> Iterator[Path]:
    """Folders to write to in an emergency: the working folder, the temporary one and the user's."""
    for find in (Path.cwd, tempfile.gettempdir, Path.home):
        with suppress(OSError, RuntimeError):  # it does not exist, or is full
            yield Path(find()).absolute()


def summarise(post: xr.DataTree) -> pd.DataFrame:
    """Median, intervals, mean, sd, R-hat and ESS, unrounded; one row for each parameter or derived quantity."""
    names, rows = [], []
    for name, draws in post["posterior"].to_dataset().data_vars.items():
        for level in np.ndindex(draws.shape[2:]):
            labels = [str(draws[dim].values[i]) for dim, i in zip(draws.dims[2:], level, strict=True)]
            names.append(f"{name}[{', '.join(labels)}]" if labels else str(name))
            scalar = draws[(slice(None), slice(None), *level)]
            stats = show.summary(scalar)
            ends = {f"{key}_{end}": stats[key][i] for key in show.INTERVALS for i, end in enumerate(("low", "high"))}
            moments = {"mean": float(scalar.mean()), "sd": float(scalar.std(ddof=1))}
            rows.append({"median": stats["median"], **ends, **moments})
    table = pd.DataFrame(rows, index=names)
    if post.attrs.get("method") == "laplace":  # independent draws: R-hat compares nothing
        return table.assign(r_hat=np.nan, ess_bulk=post.attrs["importance_ess"], ess_tail=post.attrs["importance_ess"])
    import arviz as az

    diagnostics = az.summary(post, kind="diagnostics", round_to="none")
    return table.assign(**{name: diagnostics[name].to_numpy() for name in ("r_hat", "ess_bulk", "ess_tail")})


def _names() -> list[str]:
    """Every name that a file of a fit may have, except the posterior's."""
    return [*TABLES, PAGE, *(f"{stem}.{ending}" for stem in figures.DRAWINGS for ending in ("pdf", "png"))]
