"""The figure of ``bayescale frontier``: the loss along the frontier, the optimal N, and lines of equal loss."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.columns import training_flop
from bayescale.cli import options
from bayescale.cli.drawings.canvas import canvas, write
from bayescale.cli.drawings.forecast import fitted
from bayescale.forecasting.predict import predict
from bayescale.frontiers.frontier import frontier
from bayescale.modelling.law import Law

#: Budgets of the frontier, and sizes N and D of the grid of losses. Their losses are drawn together with the
#: discrepancy, at a cost that grows with the cube of their number for a law with one.
BUDGETS, SIZES = 16, 16
#: The grid ends this far beyond the outermost run or optimum, as a factor.
MARGIN = 1.5


def draw(stem: Path, fit: tuple[Law, xr.DataTree], budgets: pd.DataFrame, how: Mapping[str, Any], quiet: bool) -> None:
    """Draw the frontier from the smallest fitted run to the largest budget, and say where unless `quiet`.

    Parameters
    ----------
    stem : Path without ending.
    fit : law and posterior.
    budgets : DataFrame with C [FLOP] and what the law takes besides N and D.
    how : cost, discrepancy and seed, as for `bayescale.frontier`.
    """
    from bayescale import plots

    (law, post), first = fit, budgets.iloc[0]
    held = {key: first[key] for key in (*law.inputs, *law.groups) if key not in ("N", "D", "C")}
    runs, cost = fitted(law, post, first), how.get("cost", training_flop)
    runs.attrs["units"] = {"loss": options.loss_unit(post)}
    in_both = {"N", "D"} <= set(law.inputs)
    if in_both:
        runs["C"] = cost(runs["N"], runs["D"])
    ends = min(runs["C"].min(), budgets["C"].min()), max(runs["C"].max(), budgets["C"].max())
    along = np.unique([*np.geomspace(*ends, BUDGETS), runs["C"].max()])
    best = frontier(law, post, along, **how, **held)
    figure, axes = canvas(2 if in_both else 1)
    plots.frontier(best, "loss", runs=runs, ax=axes[0])
    if in_both:
        plots.contours(_losses(fit, best, runs, how, held), best, runs, ax=axes[1], cost=cost)
    write(figure, stem, quiet)


def _losses(
    fit: tuple[Law, xr.DataTree], best: xr.Dataset, runs: pd.DataFrame, how: Mapping[str, Any], held: dict[str, Any]
) -> xr.DataArray:
    """Draws of the median loss on a grid about the runs and the optima; of the law's loss without discrepancy."""
    law, post = fit
    sizes = {}
    for name in ("N", "D"):
        middle = best[name].median([dim for dim in best[name].dims if dim != "C"])
        ends = min(runs[name].min(), float(middle.min())), max(runs[name].max(), float(middle.max()))
        sizes[name] = np.geomspace(ends[0] / MARGIN, ends[1] * MARGIN, SIZES)
    if not how.get("discrepancy", True) or law.discrepancy is None:
        return law(post, **{name: xr.DataArray(at, coords={name: at}) for name, at in sizes.items()}, **held)
    pairs = pd.MultiIndex.from_product(sizes.values(), names=list(sizes)).to_frame(index=False)
    return predict(law, post, pairs.assign(**held), seed=how["seed"])["mu"]
