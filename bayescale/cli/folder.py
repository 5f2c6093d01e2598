"""folder: what `bayescale fit` leaves in a folder, put there so that it always belongs together."""

import os
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale import files

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bayescale.law import Law

#: Levels of a second input, or panels of a grouped parameter, in one figure.
MOST = 4


def write(out: Path, law: "Law", post: xr.DataTree, runs: pd.DataFrame, summary: pd.DataFrame) -> list[str]:
    """Write the folder: all of it beside, then put in place; posterior.nc goes first and comes last.

    Returns
    -------
    list of str : the names of the files, figures without their ending.
    """
    with tempfile.TemporaryDirectory(prefix=".draft-", dir=out) as name:
        draft = Path(name)
        files.save(post, draft / files.NAME)
        summary.to_csv(draft / "summary.csv", index_label="parameter")
        runs.to_csv(draft / "runs.csv", index="run" not in runs, index_label="run")
        stems = _figures(draft, law, post, runs)
        new = sorted(path.name for path in draft.iterdir() if path.name != files.NAME)
        (out / files.NAME).unlink(missing_ok=True)
        for old in _ours(out) - set(new):
            (out / old).unlink()
        for part in (*new, files.NAME):
            os.replace(draft / part, out / part)
    return [files.NAME, *(part for part in new if part.endswith(".csv")), *(f"{stem}.pdf/.png" for stem in stems)]


def _ours(out: Path) -> set[str]:
    """Files of an earlier fit."""
    names = ["summary.csv", "runs.csv", *(f"{stem}.{ending}" for stem in DRAWINGS for ending in ("pdf", "png"))]
    return {name for name in names if (out / name).is_file()}


def _figures(draft: Path, law: "Law", post: xr.DataTree, runs: pd.DataFrame) -> list[str]:
    """Draw what can be drawn; a figure that fails is a warning, for the posterior is worth more."""
    from bayescale.plots import save

    done = []
    for stem, draw in DRAWINGS.items():
        try:
            figure = draw(law, post, runs)
            if figure is not None:
                save(figure, draft / stem)
                done.append(stem)
        except Exception as error:  # whatever the reason
            warnings.warn(f"the figure '{stem}' could not be drawn: {error}", UserWarning, stacklevel=2)
    return done


def _canvas(panels: int) -> tuple["Figure", list]:
    """A figure with panels side by side, of no window system."""
    from matplotlib.figure import Figure

    from bayescale.plots import SINGLE

    figure = Figure(figsize=(SINGLE[0] * panels, SINGLE[1]), layout="constrained")
    return figure, list(figure.subplots(1, panels, squeeze=False)[0])


def _curves(law: "Law", post: xr.DataTree, runs: pd.DataFrame) -> "Figure":
    """The fitted loss against each input, one curve for each group or for some values of another input."""
    from bayescale.plots import curves

    figure, axes = _canvas(len(law.inputs))
    for ax, x in zip(axes, law.inputs, strict=True):
        given: dict[str, Any] = {name: float(post["constant_data"][f"{name}0"]) for name in law.inputs}
        edges = np.log([runs[x].min(), runs[x].max()])
        margin = 0.08 * (edges[1] - edges[0]) + 0.02
        given[x] = _values(x, np.exp(np.linspace(edges[0] - margin, edges[1] + margin, 60)))
        given |= {group: post["posterior"][group].values[0] for group in law.groups}
        others = [*law.groups, *(name for name in law.inputs if name != x)]
        by = others[0] if others else None
        if by in law.groups:
            given[by] = _values(by, post["posterior"][by].values)
        elif by:
            given[by] = _values(by, _some(runs[by]))
        shown = runs.astype({by: str}) if by in law.groups and post["posterior"][by].dtype.kind in "OUT" else runs
        curves(shown, law(post, **given), x=x, color_by=by, ax=ax)
    return figure


def _values(name: str, values: np.ndarray) -> xr.DataArray:
    return xr.DataArray(values, dims=name, coords={name: values})


def _some(column: pd.Series) -> np.ndarray:
    """A few values of a column from smallest to largest."""
    levels = np.unique(column.to_numpy(float))
    return levels[np.unique(np.linspace(0, len(levels) - 1, MOST).round().astype(int))]


def _residuals(law: "Law", post: xr.DataTree, runs: pd.DataFrame) -> "Figure":
    from bayescale.plots import residuals

    figure, axes = _canvas(len(law.inputs))
    left = np.log(post["observed_data"]["loss"] / post["fitted"]["mu"]).transpose("chain", "draw", "run")
    for ax, x in zip(axes, law.inputs, strict=True):
        residuals(left.drop_vars("run"), runs.reset_index(drop=True), x=x, ax=ax)
    return figure


def _entropy(law: "Law", post: xr.DataTree, runs: pd.DataFrame) -> "Figure | None":
    """Prior and posterior of E, a panel for each of the first groups."""
    from bayescale.plots import prior_posterior

    if "E" not in post["posterior"] or "prior" not in post.children:
        return None
    after, before = post["posterior"]["E"], post["prior"]["E"]
    cells = [dict(zip(after.dims[2:], where, strict=True)) for where in np.ndindex(after.shape[2:])][:MOST]
    figure, axes = _canvas(len(cells))
    for ax, cell in zip(axes, cells, strict=True):
        both = {group: xr.Dataset({"E": draws.isel(cell)}) for group, draws in (("prior", before), ("posterior", after))}
        prior_posterior(xr.DataTree.from_dict(both), var="E", ax=ax)
        if cell:
            ax.set_title(", ".join(str(after[dim].values[i]) for dim, i in cell.items()), fontsize=8)
    return figure


DRAWINGS = {"curves": _curves, "residuals": _residuals, "prior_posterior_E": _entropy}
