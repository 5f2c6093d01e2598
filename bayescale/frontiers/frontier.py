"""Frontier: compute-optimal runs, with slope and curvature of the loss along them, for each draw."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from bayescale.base.columns import FLOP_PER_PARAMETER_AND_TOKEN, column, training_flop
from bayescale.base.targets import check_sizes, real_numbers, search_range
from bayescale.frontiers.facts import facts
from bayescale.inference.door.posterior import check_posterior
from bayescale.modelling.draws import SAMPLE_DIMS, as_arrays
from bayescale.modelling.law import Law

#: Step of the coarse grid search [log N].
GRID = 0.75
#: Step of the finite differences [log N, log C].
STEP = 0.02
#: Smallest and largest N [parameters] that are considered unless the user says otherwise.
SEARCH = (1.0, 1e18)
#: Largest number of Newton steps.
NEWTON = 12
#: Largest share of draws that may lack an optimum inside the search range.
MAX_LOST = 0.01


def frontier(
    law: Law,
    post,
    C,
    *,
    cost: Callable = training_flop,
    search: tuple[float, float] = SEARCH,
    **inputs,
) -> xr.Dataset:
    """The compute-optimal run at each budget: for each draw, the N and D that minimise the median loss at cost C.

    Parameters
    ----------
    law : Law in N and D, or in C alone. Give values of its further inputs in `inputs`.
    post : DataTree of `fit`.
    C : float or array of shape (C,), budgets [FLOP].
    cost : callable ``cost(N, D)`` [FLOP], increasing in D; ``lambda N, D: 6*N*D + 2*N*1e12`` adds the inference of
        1e12 tokens.
    search : smallest and largest N [parameters] to consider.
    **inputs : values of further inputs (``U=1e11``) and of groups (``family="a"``).

    Returns
    -------
    Dataset : dims (chain, draw, C): ``N`` [parameters], ``D`` [tokens], ``loss`` [nats/token], and along the frontier
        ``slope`` = d ln loss / d ln C [1] and ``curvature`` = d^2 ln loss / d (ln C)^2 [1]. No N and D for a law in C
        alone. ``attrs["warnings"]`` is a JSON list of what limits the frontier: problems of the fit, runs of one N or
        D or on one line, optima beyond the runs, a table whose C is not 6ND; ``attrs["inside"]``, the smallest and
        the largest of the budgets whose median optimum lies within the fitted runs.

    Raises
    ------
    TypeError
        If `law` is not a Law, `post` no posterior, or `cost` no function.
    ValueError
        If the law is not in N and D or in C alone, a budget is not a positive finite number or in another unit, or the
        optimum of more than 1 % of the draws lies at the edge of `search`.

    Warns
    -----
    UserWarning
        If at most 1 % of the draws have no optimum (their values are NaN); if a budget or a held input is more than
        1000 times below the fitted runs.

    Notes
    -----
    With u = ln N and c = ln C, the derivatives along the frontier are dL/dc = L_c (envelope theorem) and
    d2L/dc2 = L_cc - L_uc^2/L_uu (implicit function theorem), at the optimum u*(c).
    """
    check_posterior(law, post)
    if not callable(cost):
        raise TypeError(f"cost is {cost!r}; wanted a function cost(N, D) [FLOP], such as lambda N, D: 6 * N * D.")
    C = _budgets(C)
    check_sizes(
        post, {"C": C, **as_arrays(law, inputs, wanted=tuple(n for n in law.inputs if n in inputs))}, law.columns
    )
    best = optima(law, post, C, cost=cost, search=search, **inputs)
    return best.assign_attrs(facts(post, best, own_cost=cost is not training_flop))


def optima(law: Law, post, C: xr.DataArray, *, cost: Callable = training_flop, search=SEARCH, **inputs) -> xr.Dataset:
    """The result of `frontier`, without its attributes, for budgets that are checked."""
    search = search_range(search, "N [parameters]")
    if law.inputs == ("C",):
        given = as_arrays(law, inputs, wanted=())

        def along(u, c):
            return law.evaluate(law.formula, post, {**given, "C": np.exp(c)})

        zero = xr.zeros_like(along(0.0, np.log(C)))
        return _describe(along, zero, np.log(C), chosen=None)
    if not {"N", "D"} <= set(law.inputs):
        raise ValueError(
            f"Law '{law.name}' is in {list(law.inputs)}; the frontier chooses N and D, so it needs a law in N and D, "
            "or in C alone."
        )
    wanted = tuple(name for name in law.inputs if name not in ("N", "D"))
    given = as_arrays(law, inputs, wanted=wanted)

    def loss(u, c):
        N = np.exp(u)
        D = _tokens(cost, N, c)
        return law.evaluate(law.formula, post, {**given, "N": N, "D": D})

    u = _minimise(loss, np.log(C), np.log(search))
    lost = float(u.isnull().mean())
    if lost > MAX_LOST:
        raise ValueError(
            f"{lost:.0%} of the draws have their optimum at the edge of the search range N = {search[0]:.3g} to "
            f"{search[1]:.3g}. Widen search=, or choose other budgets."
        )
    if lost:
        warnings.warn(
            f"{lost:.2%} of the draws have no optimum in the search range; their values are NaN.",
            UserWarning,
            stacklevel=3,
        )
    return _describe(loss, u, np.log(C), chosen=cost)


def _budgets(C) -> xr.DataArray:
    """Budgets [FLOP] as an array with dim C."""
    if isinstance(C, xr.DataArray):
        C = C.copy(data=real_numbers("C", C.values))
    elif np.ndim(C) < 2:
        C = xr.DataArray(np.atleast_1d(real_numbers("C", C)), dims="C")
    else:
        raise ValueError(f"C has {np.ndim(C)} dimensions; wanted a number or a one-dimensional array of budgets.")
    if C.dims != ("C",):
        raise ValueError(
            f"C has the dims {C.dims}; wanted a number or a one-dimensional array of budgets, with dim 'C'."
        )
    if not C.size:
        raise ValueError("C has no budgets; wanted one or more [FLOP].")
    if not (np.isfinite(C) & (C > 0)).all():
        raise ValueError("C has NaN, infinite or non-positive budgets; wanted positive numbers of FLOP.")
    return C.assign_coords(C=C.values)


def _tokens(cost: Callable, N, c):
    """D with cost(N, D) = exp(c); NaN where N alone costs more than that."""
    log_D = c - np.log(FLOP_PER_PARAMETER_AND_TOKEN) - np.log(N)
    if cost is training_flop:
        return np.exp(log_D)
    with np.errstate(all="ignore"):
        log_D = log_D.where(cost(N, np.exp(log_D - 40)) < np.exp(c))  # the cost of N alone
        for _ in range(60):  # Newton's method in log D; exact in one step if the cost is a power of D
            here = np.log(cost(N, np.exp(log_D)))
            slope = (np.log(cost(N, np.exp(log_D + 1e-4))) - np.log(cost(N, np.exp(log_D - 1e-4)))) / 2e-4
            step = ((c - here) / slope).clip(-3.0, 3.0)
            log_D = log_D + step
            if not (abs(step) > 1e-9).any():
                break
        return np.exp(log_D.where(abs(step) < 1e-8))


def _minimise(loss: Callable, c: xr.DataArray, span: np.ndarray) -> xr.DataArray:
    """log N of smallest loss at log C = c: a coarse and a fine grid, then Newton's method; NaN at the edges."""
    grid = np.linspace(*span, int(np.ceil((span[1] - span[0]) / GRID)) + 1)
    u = _best(loss, [xr.full_like(c, value) for value in grid], c)
    u = u.where((u > grid[0]) & (u < grid[-1]))
    u = _best(loss, [u + k * GRID / 8 for k in range(-8, 9)], c)  # large N may leave no budget for D
    step = xr.full_like(u, np.inf)
    for _ in range(NEWTON):
        first, second = _derivatives(lambda d: loss(u + d, c))  # noqa: B023 (called at once)
        step = (-first / second).where(second > 0, -GRID / 2 * np.sign(first)).clip(-GRID, GRID)
        u = u + step
        if not (abs(step) > 1e-10).any():
            break
    return u.where((abs(step) < 1e-6) & (u > span[0]) & (u < span[1]))


def _best(loss: Callable, candidates: list[xr.DataArray], c: xr.DataArray) -> xr.DataArray:
    """The candidate of smallest loss, elementwise; the first candidate where no loss is finite."""
    best = chosen = None
    for u in candidates:
        value = loss(u, c)
        value, u = xr.broadcast(value.where(np.isfinite(value), np.inf), u)
        if best is None or chosen is None:
            best, chosen = value, u
        else:
            best, chosen = np.minimum(best, value), u.where(value < best, chosen)
    if chosen is None:
        raise ValueError("search= holds no N; wanted the smallest N first, then the largest.")
    return chosen


def _derivatives(f: Callable) -> tuple[Any, Any]:
    """First and second derivative of f at 0, by central differences of fourth order."""
    h = STEP
    a, b, m, d, e = (f(k * h) for k in (-2, -1, 0, 1, 2))
    return (a - 8 * b + 8 * d - e) / (12 * h), (-a + 16 * b - 30 * m + 16 * d - e) / (12 * h**2)


def _mixed(f: Callable) -> Any:
    """Mixed second derivative of f(x, y) at (0, 0), by central differences of fourth order."""

    def cross(h):
        return (f(h, h) - f(h, -h) - f(-h, h) + f(-h, -h)) / (4 * h**2)

    return (4 * cross(STEP) - cross(2 * STEP)) / 3


def _describe(loss: Callable, u: xr.DataArray, c: xr.DataArray, chosen: Callable | None) -> xr.Dataset:
    """The result of `frontier`, from log N = u at log C = c; `chosen` is the cost, None for a law in C alone."""
    value = loss(u, c)
    first, second = _derivatives(lambda d: loss(u, c + d))
    result: dict[str, Any] = {}
    if chosen is not None:
        _, bend = _derivatives(lambda d: loss(u + d, c))
        second = second - _mixed(lambda x, y: loss(u + x, c + y)) ** 2 / bend
        N = np.exp(u)
        result = {"N": N, "D": _tokens(chosen, N, c)}
    slope = first / value
    result |= {"loss": value, "slope": slope, "curvature": second / value - slope**2}
    frame = xr.Dataset({name: array.transpose(*SAMPLE_DIMS, ...) for name, array in result.items()})
    for name in frame.data_vars:
        frame[name].attrs = {"units": column(str(name)).unit}
    frame["C"].attrs = {"units": column("C").unit}
    return frame
