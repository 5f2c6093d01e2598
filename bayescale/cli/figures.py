"""Figures of a fit: curves, residuals, and prior and posterior of E."""

import warnings
from itertools import islice, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from bayescale.base.columns import column
from bayescale.modelling.law import Law

#: Most curves in a panel (values of a second column), and most groups with a panel of their own.
MOST = 4


def draw(draft: Path, law: Law, post: xr.DataTree, runs: pd.DataFrame) -> list[str]:
    """Draw all figures and return their names. A figure that fails is a warning, so that the posterior is kept."""
    from bayescale.plots import save

    done = []
    for stem, drawing in DRAWINGS.items():
        try:
            figure = drawing(law, post, runs)
            if figure is not None:
                save(figure, draft / stem)
                done.append(stem)
        except Exception as error:  # a figure must not cost the posterior
            warnings.warn(f"the figure '{stem}' could not be drawn: {error}", UserWarning, stacklevel=2)
    return done


def _canvas(columns: int, rows: int = 1) -> tuple[Figure, np.ndarray]:
    """A figure without a window system, with panels in rows and columns."""
    from bayescale.plots import SINGLE

    figure = Figure(figsize=(SINGLE[0] * columns, SINGLE[1] * rows), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def _curves(law: Law, post: xr.DataTree, runs: pd.DataFrame) -> Figure:
    """The fitted loss against each column of the law, with a row of panels for each of the first groups.

    If the law has several columns, a second one takes a few values, shown by colour; the rest are at the reference run.
    """
    from bayescale.plots import curves

    constants, draws = post["constant_data"].to_dataset(), post["posterior"].to_dataset()
    middle = {name: constants[f"{name}0"].item() for name in law.inputs}
    labels = runs[list(law.groups)].astype({g: int if draws[g].dtype.kind in "iu" else str for g in law.groups})
    # A frame without columns still has rows, which would give a row of panels each.
    cells = labels.drop_duplicates().head(MOST).to_dict("records") if law.groups else [{}]
    figure, panels = _canvas(len(law.inputs), len(cells))
    for axes, cell in zip(panels, cells, strict=True):
        here = runs[(labels == pd.Series(cell)).all(axis=1)] if cell else runs
        for ax, x in zip(axes, law.inputs, strict=True):
            given: dict[str, Any] = {**middle, **cell}
            edges = np.log([runs[x].min(), runs[x].max()])
            margin = 0.08 * (edges[1] - edges[0]) + 0.02
            given[x] = _values(x, np.exp(np.linspace(edges[0] - margin, edges[1] + margin, 60)))
            by = next((name for name in law.inputs if name != x), None)
            if by:
                given[by] = _values(by, _some(here[by].to_numpy(float)))
            curves(here, law(post, **given), x=x, color_by=by, ax=ax)
            _name(ax, cell)
    return figure


def _name(ax, cell: dict[Any, Any]) -> None:
    """Write the levels of the groups in the title."""
    if cell:
        ax.set_title(", ".join(f"{group} {level}" for group, level in cell.items()), fontsize=7, loc="right")


def _values(name: str, values: np.ndarray) -> xr.DataArray:
    return xr.DataArray(values, dims=name, coords={name: values})


def _some(values: np.ndarray) -> np.ndarray:
    """At most MOST of the values, evenly spread by rank."""
    levels = np.unique(values)
    return levels[np.unique(np.linspace(0, len(levels) - 1, MOST).round().astype(int))]


def _residuals(law: Law, post: xr.DataTree, runs: pd.DataFrame) -> Figure:
    from bayescale.plots import residuals

    figure, ((*axes,),) = _canvas(len(law.inputs))
    ratio = post["observed_data"].to_dataset()["loss"] / post["fitted"].to_dataset()["mu"]
    residual = xr.apply_ufunc(np.log, ratio.transpose("chain", "draw", "run")).drop_vars("run")
    for ax, x in zip(axes, law.inputs, strict=True):
        residuals(residual, runs.reset_index(drop=True), x=x, ax=ax)
    return figure


def _entropy(law: Law, post: xr.DataTree, runs: pd.DataFrame) -> Figure | None:
    """Prior and posterior of E, with a panel for each of the first groups; None if the law has no E."""
    from bayescale.plots import prior_posterior

    if "E" not in post["posterior"] or "prior" not in post.children:
        return None
    after, before = (post[group].to_dataset()["E"] for group in ("posterior", "prior"))
    levels = {str(dim): after[dim].values.tolist() for dim in after.dims[2:]}
    cells = [dict(zip(levels, chosen, strict=True)) for chosen in islice(product(*levels.values()), MOST)]
    figure, ((*axes,),) = _canvas(len(cells))
    for ax, cell in zip(axes, cells, strict=True):
        both = {"prior": before.sel(cell), "posterior": after.sel(cell)}
        tree = xr.DataTree.from_dict({group: xr.Dataset({"E": draws}) for group, draws in both.items()})
        tree["posterior"].attrs["units"] = {"E": runs.attrs.get("units", {}).get("loss", column("E").unit)}
        prior_posterior(tree, var="E", ax=ax)
        _name(ax, cell)
    return figure


#: Name of the file, without ending -> function that draws the figure, or returns None.
DRAWINGS = {"curves": _curves, "residuals": _residuals, "prior_posterior_E": _entropy}
