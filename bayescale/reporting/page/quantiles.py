"""Quantiles: median and intervals of draws as cells of a table; figures as a gallery."""

from collections.abc import Iterable

import numpy as np
import xarray as xr

from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.reporting.page import html
from bayescale.reporting.page.drawings import Drawing
from bayescale.reporting.page.html import Cell
from bayescale.reporting.rounding import error_of, last_place, rounded

#: Central intervals of forecasts and frontiers: ends of the 50 % and of the 90 % interval, and the median.
QUANTILES = (0.5, 0.25, 0.75, 0.05, 0.95)
#: Heads of the columns of `quantile_cells`.
HEADS = ["median", "50 % interval", "90 % interval"]


def quantile_cells(draws: xr.DataArray) -> list[Cell]:
    """Median, 50 % and 90 % interval of draws, rounded by the width and the Monte Carlo error.

    Draws without a value, as where the frontier has no optimum, are left out; without any, the cells say so.
    """
    values = draws.transpose(*SAMPLE_DIMS).to_numpy()
    if np.isnan(values).all():
        return [Cell("none")] * len(HEADS)
    found = np.nanquantile(values, QUANTILES)
    place = last_place(found[3], found[4], error_of(values, (0.5, 0.05, 0.95)))
    median, *ends = rounded(found.tolist(), place)
    return [
        Cell(median, float(found[0])),
        Cell(f"{ends[0]} to {ends[1]}"),
        Cell(f"{ends[2]} to {ends[3]}"),
    ]


def figures(drawn: Iterable[Drawing]) -> str:
    """Drawings next to each other."""
    return html.gallery(html.figure(each.svg, each.caption, each.name) for each in drawn)
