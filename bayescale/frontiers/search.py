"""Search: the N of smallest loss at each budget, and derivatives along the frontier, for any law and cost."""

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from bayescale.base.columns import FLOP_PER_PARAMETER_AND_TOKEN, training_flop

#: Step of the coarse grid search [log N].
GRID = 0.75
#: Step of the finite differences [log N, log C].
STEP = 0.02
#: Step of the differences that locate the optimum [log N]; small, as some costs leave no tokens at a larger N.
FINE = 0.005
#: Largest number of Newton steps.
NEWTON = 12
#: Largest |Newton step| at which an optimum counts as found [log N].
FOUND = 1e-6


def tokens(cost: Callable, N, c):
    """D with cost(N, D) = exp(c); NaN where N alone costs more than that."""
    log_D = c - np.log(FLOP_PER_PARAMETER_AND_TOKEN) - np.log(N)
    if cost is training_flop:
        return np.exp(log_D)
    with np.errstate(all="ignore"):
        log_D = log_D.where(cost(N, np.exp(log_D - 40)) < np.exp(c))  # the cost of N alone
        step = xr.full_like(log_D, np.inf)
        for _ in range(60):  # Newton's method in log D; exact in one step if the cost is a power of D
            here = np.log(cost(N, np.exp(log_D)))
            slope = (np.log(cost(N, np.exp(log_D + 1e-4))) - np.log(cost(N, np.exp(log_D - 1e-4)))) / 2e-4
            step = ((c - here) / slope).clip(-3.0, 3.0)
            log_D = log_D + step
            if not (abs(step) > 1e-9).any():
                break
        return np.exp(log_D.where(abs(step) < 1e-8))


def minimise(loss: Callable, c: xr.DataArray, span: np.ndarray) -> tuple[xr.DataArray, xr.DataArray]:
    """log N of smallest loss at log C = c, NaN at the edges of `span`; and the number of valleys that the grid saw."""
    grid = np.linspace(*span, int(np.ceil((span[1] - span[0]) / GRID)) + 1)
    u, valleys = _best(loss, [xr.full_like(c, value) for value in grid], c)
    u = u.where((u > grid[0]) & (u < grid[-1]))
    u, _ = _best(loss, [u + k * GRID / 8 for k in range(-8, 9)], c)  # large N may leave no budget for D
    u = refine(loss, u, c)
    return u.where((u > span[0]) & (u < span[1])), valleys


def nearby(loss: Callable, c: xr.DataArray, u: xr.DataArray, window: float) -> tuple[xr.DataArray, xr.DataArray]:
    """The same within `window` of u [log N]. Where the smallest loss is at an end of it: that end, and -1 valleys."""
    steps = GRID / 3 * np.arange(-np.ceil(window / GRID * 3), np.ceil(window / GRID * 3) + 1)
    found, valleys = _best(loss, [u + step for step in steps], c)
    inside = (found > u + steps[0] + 1e-9) & (found < u + steps[-1] - 1e-9)
    exact = refine(loss, found.where(inside), c)
    return exact.fillna(found), valleys.where(exact.notnull(), -1).where(u.notnull(), -1)


def refine(loss: Callable, u: xr.DataArray, c: xr.DataArray) -> xr.DataArray:
    """Newton's method from u to the optimum; NaN where it does not converge."""
    step = xr.full_like(u, np.inf)
    for _ in range(NEWTON):
        first, second = derivatives(lambda d: loss(u + d, c), FINE)  # noqa: B023 (called at once)
        step = (-first / second).where(second > 0, -GRID / 2 * np.sign(first)).clip(-GRID, GRID)
        u = u + step
        if not (abs(step) > 1e-10).any():
            break
    return u.where(abs(step) < FOUND)


def _best(loss: Callable, candidates: list[xr.DataArray], c: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """The candidate of smallest loss, elementwise (the first where no loss is finite), and the number of valleys.

    A valley is an inner candidate below which the loss fell and above which it rises.
    """
    best = chosen = last = None
    fell: Any = False
    valleys: Any = 0
    for u in candidates:
        value = loss(u, c)
        value, u = xr.broadcast(value.where(np.isfinite(value), np.inf), u)
        if best is None or chosen is None or last is None:
            best, chosen, last = value, u, value
            continue
        valleys = valleys + (fell & (value > last))
        fell = (value < last) | (fell & (value == last))
        best, chosen, last = np.minimum(best, value), u.where(value < best, chosen), value
    if chosen is None:
        raise ValueError("search= holds no N; wanted the smallest N first, then the largest.")
    return chosen, xr.zeros_like(chosen, dtype=int) + valleys


def derivatives(f: Callable, h: float = STEP) -> tuple[Any, Any]:
    """First and second derivative of f at 0, by central differences of fourth order with step h."""
    a, b, m, d, e = (f(k * h) for k in (-2, -1, 0, 1, 2))
    return (a - 8 * b + 8 * d - e) / (12 * h), (-a + 16 * b - 30 * m + 16 * d - e) / (12 * h**2)


def mixed(f: Callable) -> Any:
    """Mixed second derivative of f(x, y) at (0, 0), by central differences of fourth order."""

    def cross(h):
        return (f(h, h) - f(h, -h) - f(-h, h) + f(-h, -h)) / (4 * h**2)

    return (4 * cross(STEP) - cross(2 * STEP)) / 3
