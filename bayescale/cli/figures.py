"""figures: the drawings of a fit."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from bayescale.law import Law

#: Values of a second input, or panels of a grouped parameter, in one figure.
MOST = 4


def draw(draft: Path, law: Law, post: xr.DataTree, runs: pd.DataFrame) -> list[str]:
    """Draw what can be drawn; a figure that fails is a warning, for the posterior is worth more."""
    from bayescale.plots import save

    done = []
    for stem, drawing in DRAWINGS.items():
        try:
            figure = drawing(law, post, runs)
            if figure is not None:
                save(figure, draft / stem)
                done.append(stem)
        except Exception as error:  # whatever the reason
            warnings.warn(f"the figure '{stem}' could not be drawn: {error}", UserWarning, stacklevel=2)
    return done


def _canvas(panels: int) -> tuple[Figure, list]:
    """A figure with panels side by side, of no window system."""
    from bayescale.plots import SINGLE

    figure = Figure(figsize=(SINGLE[0] * panels, SINGLE[1]), layout="constrained")
    return figure, list(figure.subplots(1, panels, squeeze=False)[0])


def _curves(law: Law, post: xr.DataTree, runs: pd.DataFrame) -> Figure:
    """The fitted loss against each input, one curve for each group or for some values of another input."""
    from bayescale.plots import curves

    constants, draws = post["constant_data"].to_dataset(), post["posterior"].to_dataset()
    figure, axes = _canvas(len(law.inputs))
    for ax, x in zip(axes, law.inputs, strict=True):
        given: dict[str, Any] = {name: constants[f"{name}0"].item() for name in law.inputs}
        given |= {group: draws[group].values[0] for group in law.groups}
        edges = np.log([runs[x].min(), runs[x].max()])
        margin = 0.08 * (edges[1] - edges[0]) + 0.02
        given[x] = _values(x, np.exp(np.linspace(edges[0] - margin, edges[1] + margin, 60)))
        by = next((name for name in (*law.groups, *law.inputs) if name != x), None)
        shown = runs
        if by in law.groups:
            given[by] = _values(by, draws[by].values)
            shown = runs if draws[by].dtype.kind in "iu" else runs.astype({by: str})
        elif by:
            given[by] = _values(by, _some(runs[by].to_numpy(float)))
        curves(shown, law(post, **given), x=x, color_by=by, ax=ax)
    return figure


def _values(name: str, values: np.ndarray) -> xr.DataArray:
    return xr.DataArray(values, dims=name, coords={name: values})


def _some(values: np.ndarray) -> np.ndarray:
    """A few of the values from smallest to largest."""
    levels = np.unique(values)
    return levels[np.unique(np.linspace(0, len(levels) - 1, MOST).round().astype(int))]


def _residuals(law: Law, post: xr.DataTree, runs: pd.DataFrame) -> Figure:
    from bayescale.plots import residuals

    figure, axes = _canvas(len(law.inputs))
    ratio = post["observed_data"].to_dataset()["loss"] / post["fitted"].to_dataset()["mu"]
    residual = xr.apply_ufunc(np.log, ratio.transpose("chain", "draw", "run")).drop_vars("run")
    for ax, x in zip(axes, law.inputs, strict=True):
        residuals(residual, runs.reset_index(drop=True), x=x, ax=ax)
    return figure


def _entropy(law: Law, post: xr.DataTree, runs: pd.DataFrame) -> Figure | None:
    """Prior and posterior of E, a panel for each of the first groups."""
    from bayescale.plots import prior_posterior

    if "E" not in post["posterior"] or "prior" not in post.children:
        return None
    after, before = (post[group].to_dataset()["E"] for group in ("posterior", "prior"))
    cells = [dict(zip(after.dims[2:], where, strict=True)) for where in np.ndindex(after.shape[2:])][:MOST]
    figure, axes = _canvas(len(cells))
    for ax, cell in zip(axes, cells, strict=True):
        both = {"prior": before.isel(cell), "posterior": after.isel(cell)}
        tree = xr.DataTree.from_dict({group: xr.Dataset({"E": draws}) for group, draws in both.items()})
        prior_posterior(tree, var="E", ax=ax)
        if cell:
            ax.set_title(", ".join(str(after[dim].values[i]) for dim, i in cell.items()), fontsize=8)
    return figure


DRAWINGS = {"curves": _curves, "residuals": _residuals, "prior_posterior_E": _entropy}
