"""The figure of ``bayescale isoflop``: the valleys, and the optimal N along compute."""

from pathlib import Path

import numpy as np
import xarray as xr

from bayescale.base.columns import column
from bayescale.cli.drawings.canvas import canvas, write
from bayescale.frontiers.approaches.optimal import optimal

#: Budgets of the frontier.
BUDGETS = 25


def draw(stem: Path, post: xr.DataTree, C: list[float], unit: str, quiet: bool) -> None:
    """Draw a fit of `bayescale.isoflop` of losses in `unit`, with its frontier up to the largest C [FLOP].

    Say where, unless `quiet`.
    """
    from bayescale import plots

    known = [*post["posterior"]["budget"].to_numpy().tolist(), *C]
    best = optimal(post, np.geomspace(min(known), max(known), BUDGETS))
    figure, axes = canvas(2)
    plots.valleys(post, ax=axes[0])
    axes[0].set_ylabel(column("loss").label + f" [{unit}]")
    plots.frontier(best, "N", ax=axes[1])
    write(figure, stem, quiet)
