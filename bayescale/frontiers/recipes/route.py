"""Routes: the runs on which compute, parameters or tokens grow, and their loss for each posterior draw."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from bayescale.density.paths import Paths
from bayescale.frontiers.frontier import WINDOW, _check_lost
from bayescale.frontiers.search import GRID, minimise, nearby, refine
from bayescale.frontiers.surface import Surface
from bayescale.modelling.draws import SAMPLE_DIMS

#: Distance between the budgets at which the optimal N is computed [log C]; a straight line in log C joins them. Half a
#: decade for a law alone, whose log N* is close to a straight line; half of that with a discrepancy, which bends it.
NODES, BENT_NODES = 0.5 * np.log(10.0), 0.25 * np.log(10.0)
#: Every so many budgets the optimum is searched in the whole range; between them, from the line through those.
COARSE = 8


@dataclass(frozen=True, eq=False)
class Optimal:
    """Compute-optimal runs, from the budgets of A's runs.

    Attributes
    ----------
    surface : the loss.
    start : log C at growth 0, dims of the runs.
    low, step : first budget at which the optimal N is known, and the distance to the next [log C].
    u : array of shape (draw, budget), optimal log N; a law in C alone does not use it.
    """

    surface: Surface
    start: xr.DataArray
    low: float
    step: float
    u: np.ndarray

    def columns(self, t: xr.DataArray) -> dict[str, Any]:
        """The law's columns after compute has grown by t [log C], dims (chain, draw, ...)."""
        c = self.start + t
        return self.surface.columns(self.log_N(c), c)

    def log_N(self, c: xr.DataArray) -> xr.DataArray:
        """Optimal log N at budgets log C = c, dims (chain, draw, ...)."""
        c = (c + _zeros(len(self.u))).transpose(*SAMPLE_DIMS, ...)
        place = (c.to_numpy() - self.low) / self.step
        at = np.clip(np.nan_to_num(place).astype(int), 0, self.u.shape[1] - 2)
        rows = np.arange(len(self.u)).reshape(1, -1, *(1,) * (c.ndim - 2))
        left, right = self.u[rows, at], self.u[rows, at + 1]
        return c.copy(data=left + (place - at) * (right - left))

    def loss(self, t: xr.DataArray) -> xr.DataArray:
        """Median loss [nats/token], without local parts of the discrepancy."""
        return self.surface.loss_of(self.columns(t)).reset_coords(drop=True)  # without the level of its group

    def times(self, t: Any) -> Any:
        """Compute over that at growth 0."""
        return np.exp(t)

    def span(self) -> dict[str, xr.DataArray]:
        """The law's columns in the region that the runs may lie in."""
        nodes = xr.DataArray(self.low + self.step * np.arange(self.u.shape[1]), dims="C")
        return self.surface.span(xr.DataArray(self.u[None], dims=(*SAMPLE_DIMS, "C")), nodes, WINDOW + 2 * GRID)

    def bent(self, paths: Paths) -> "Optimal":
        """The same with a discrepancy, which moves the optimum."""
        surface = replace(self.surface, paths=paths)
        if surface.cost is None:
            return replace(self, surface=surface)
        c = xr.DataArray(np.arange(self.low, self.low + self.step * (self.u.shape[1] - 0.9), BENT_NODES), dims="C")
        u, _ = nearby(surface.loss, c, self.log_N(c), WINDOW)
        return replace(self, surface=surface, step=BENT_NODES, u=_filled(u.transpose(*SAMPLE_DIMS, "C").to_numpy()[0]))


@dataclass(frozen=True, eq=False)
class Ray:
    """Runs that grow from given ones in N, in D or in both by one factor.

    Attributes
    ----------
    surface : the loss.
    runs : the law's columns at growth 0.
    powers : how fast each size grows: compute at a fixed D/N is {"N": 0.5, "D": 0.5}.
    cost : callable ``cost(N, D)`` [FLOP] if the multiplier is one of compute, else None.
    within : float, the largest growth [log].
    """

    surface: Surface
    runs: dict[str, Any]
    powers: dict[str, float]
    cost: Callable | None
    within: float

    def columns(self, t: xr.DataArray) -> dict[str, Any]:
        """The law's columns after growth by t [log]."""
        grown = {name: self.runs[name] * np.exp(power * t) for name, power in self.powers.items() if name in self.runs}
        return {**self.runs, **grown}

    def loss(self, t: xr.DataArray) -> xr.DataArray:
        """Median loss [nats/token], without local parts of the discrepancy."""
        return self.surface.loss_of(self.columns(t)).reset_coords(drop=True)  # without the level of its group

    def times(self, t: Any) -> Any:
        """Compute, parameters or tokens over those at growth 0."""
        if self.cost is None:
            return np.exp(t)
        grown = self.columns(t)
        return self.cost(grown["N"], grown["D"]) / self.cost(self.runs["N"], self.runs["D"])

    def span(self) -> dict[str, xr.DataArray]:
        """The law's columns in the region that the runs may lie in."""
        ends = self.columns(xr.DataArray([-self.within, 0.0, self.within], dims="corner"))
        return {name: xr.DataArray(values) for name, values in ends.items() if name in self.surface.law.inputs}

    def bent(self, paths: Paths) -> "Ray":
        """The same with a discrepancy."""
        return replace(self, surface=replace(self.surface, paths=paths))


def optimal(surface: Surface, start: xr.DataArray, reach: tuple[float, float], span: np.ndarray) -> Optimal:
    """The compute-optimal route of a law without discrepancy.

    Parameters
    ----------
    surface : without discrepancy.
    start : log C of A's runs.
    reach : smallest and largest growth [log C].
    span : smallest and largest log N to search.

    Raises
    ------
    ValueError
        If more than 1 % of the draws have no optimum at the budgets of A.
    """
    low, high = float(start.min()) + reach[0], float(start.max()) + reach[1]
    count = max(int(np.ceil((high - low) / NODES)) + 1, 2)
    if surface.cost is None:
        draws = surface.curve(0.0, start).sizes["draw"]
        return Optimal(surface, start, low, NODES, np.zeros((draws, count)))
    nodes = low + NODES * np.arange(count)
    coarse, ends = np.r_[nodes[:-1:COARSE], nodes[-1]], [float(start.min()), float(start.max())]
    found, _ = minimise(surface.loss, xr.DataArray(np.r_[coarse, ends], dims="C"), span)
    _check_lost(found.isel(C=slice(-2, None)), np.exp(span))
    known = _filled(found.isel(C=slice(None, -2)).transpose(*SAMPLE_DIMS, "C").to_numpy()[0], coarse)
    first = np.stack([np.interp(nodes, coarse, row) for row in known])
    u = refine(surface.loss, xr.DataArray(first[None], dims=(*SAMPLE_DIMS, "C")), xr.DataArray(nodes, dims="C"))
    u = u.fillna(xr.DataArray(first[None], dims=u.dims))
    return Optimal(surface, start, low, NODES, u.to_numpy()[0])


def _zeros(draws: int) -> xr.DataArray:
    """Zeros with dims (chain, draw)."""
    return xr.DataArray(np.zeros((1, draws)), dims=SAMPLE_DIMS)


def _filled(u: np.ndarray, x: np.ndarray | None = None) -> np.ndarray:
    """Each row with its NaN replaced: between numbers by interpolation, outside by a straight line fitted to the row.

    A budget that lies far outside all runs may have no optimum among the N searched. Its N hardly matters.
    """
    x = np.arange(u.shape[1], dtype=float) if x is None else x
    filled = u.copy()
    for row in (filled[i] for i in np.flatnonzero(np.isnan(filled).any(axis=1))):
        known = np.isfinite(row)
        if known.sum() < 2:
            row[~known] = row[known][0] if known.any() else np.nan
            continue
        slope, intercept = np.polyfit(x[known], row[known], 1)
        row[~known] = np.where(
            (x[~known] > x[known][0]) & (x[~known] < x[known][-1]),
            np.interp(x[~known], x[known], row[known]),
            intercept + slope * x[~known],
        )
    return filled
