"""Frontier: compute-optimal runs and what the loss does along them, for each posterior draw."""

import json
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from bayescale.base.columns import training_flop
from bayescale.base.targets import check_sizes, real_numbers, search_range
from bayescale.frontiers.along import along
from bayescale.frontiers.facts import facts, marks
from bayescale.frontiers.search import GRID, minimise, nearby
from bayescale.frontiers.surface import Surface
from bayescale.inference.door.arguments import check_seed
from bayescale.inference.door.posterior import check_discrepancy, check_posterior
from bayescale.modelling.draws import as_arrays
from bayescale.modelling.law import Law

#: Smallest and largest N [parameters] that are considered unless the user says otherwise.
SEARCH = (1.0, 1e18)
#: Largest share of draws that may lack an optimum inside the search range.
MAX_LOST = 0.01
#: The discrepancy may move the optimum by at most this much [log N]: a factor of 32.
WINDOW = 3.45
#: What the values of ``status`` mean.
STATUS = ("one optimum", "several valleys, the deepest taken", "no optimum inside the range")


def frontier(
    law: Law,
    post,
    C,
    *,
    cost: Callable = training_flop,
    discrepancy: bool = True,
    search: tuple[float, float] = SEARCH,
    seed: int | None = None,
    **inputs,
) -> xr.Dataset:
    """The compute-optimal run at each budget: for each draw, the N and D that minimise the median loss at cost C.

    The **law's loss** is the formula alone, as ``law(post, N=..., D=...)`` gives it. The **median loss** also has the
    discrepancy: half of all runs of that size end below it. `frontier`, `predict` (``mu``), `forecast` and `reach`
    report the median loss, so they agree at the same run.

    Parameters
    ----------
    law : Law in N and D, or in C alone. Give values of its further inputs in `inputs`.
    post : DataTree of `fit`.
    C : float or array of shape (C,), budgets [FLOP].
    cost : callable ``cost(N, D)`` [FLOP], increasing in D; see `bayescale.costs`.
    discrepancy : bool, whether the loss has the law's discrepancy, if the law has one. Its smooth parts bend the law
        and move the optimum. Its local parts are errors of single configurations, which nobody can choose: they
        change the loss, but not the optimum, the slope or the curvature.
    search : smallest and largest N [parameters] to consider.
    seed : int, optional, of the discrepancy that the fitted runs do not determine.
    **inputs : values of further inputs (``U=1e11``) and of groups (``family="a"``).

    Returns
    -------
    Dataset : dims (chain, draw, C).

        - ``N`` [parameters], ``D`` [tokens], ``tokens_per_param`` = D/N; not for a law in C alone;
        - ``loss`` [nats/token], the median loss of the optimal run; ``loss_law``, the law's loss there;
        - ``a`` = d ln N / d ln C and ``b`` = d ln D / d ln C [1], local exponents;
        - ``slope`` = d ln loss / d ln C and ``curvature`` = d^2 ln loss / d (ln C)^2 [1];
        - ``reducible`` [1], the share of the law's loss above its floor; ``slope_reducible``, the slope of that part;
        - ``C_E`` [FLOP], dims (chain, draw), the budget at which the law's reducible loss equals its floor; infinite
          where the law has no floor, NaN where no such budget was found;
        - ``status``, 0: one optimum; 1: several valleys, the deepest taken; 2: no optimum inside the range.

        Coordinates ``beyond_N``, ``beyond_D`` and ``beyond_C`` (C) are True where the median optimum, or the budget,
        lies beyond the fitted runs. ``attrs["warnings"]`` is a JSON list of what limits the frontier;
        ``attrs["inside"]``, the smallest and largest budget that is not beyond; ``attrs["discrepancy"]``, 1 or 0.

    Raises
    ------
    TypeError
        If `law` is not a Law, `post` no posterior, or `cost` no function.
    ValueError
        If the law is not in N and D or in C alone, a budget is not a positive finite number or in another unit, the
        optimum of more than 1 % of the draws lies at the edge of `search`, or `post` has draws but no discrepancy.

    Warns
    -----
    UserWarning
        If at most 1 % of the draws have no optimum (their values are NaN); if a budget or a held input is more than
        1000 times below the fitted runs.

    Notes
    -----
    With F = ln loss, u = ln N and c = ln C, the derivatives along the frontier are F_c (envelope theorem) and
    F_cc - F_uc^2 / F_uu, and a = -F_uc / F_uu (implicit function theorem), at the optimum u*(c). A smooth part of the
    discrepancy has no second derivative; ``a``, ``b`` and ``curvature`` take it as a spline with knots every half
    decade of N, D and C. The floor of a law with discrepancy is the law's; the factor cancels in ``reducible``.
    The discrepancy may move N by a factor of 32. Where the loss still falls there, N, D and loss are those of that end,
    ``status`` is 2, and exponents, slopes and curvature are NaN. Each draw has an optimum of its own, so the median of
    ``loss`` is at or below that of `predict` at the median N and D; the two differ little within the runs.

    Examples
    --------
    >>> import bayescale as bs
    >>> runs = bs.load("known_entropy")
    >>> post = bs.fit(bs.laws.chinchilla, runs, method="laplace", seed=1, progressbar=False)
    >>> best = bs.frontier(bs.laws.chinchilla, post, [1e13, 1e14])
    >>> best["loss"].dims
    ('chain', 'draw', 'C')
    """
    check_posterior(law, post)
    check_seed(seed)
    if not callable(cost):
        raise TypeError(f"cost is {cost!r}; wanted a function cost(N, D) [FLOP], such as lambda N, D: 6 * N * D.")
    C = _budgets(C)
    check_sizes(
        post, {"C": C, **as_arrays(law, inputs, wanted=tuple(n for n in law.inputs if n in inputs))}, law.columns
    )
    best = optima(law, post, C, cost=cost, discrepancy=discrepancy, search=search, seed=seed, **inputs)
    about = facts(post, best, own_cost=cost is not training_flop)
    said = json.loads(about["warnings"]) + _several(best)
    bent = int(discrepancy and law.discrepancy is not None)
    best = best.assign_coords(marks(post, best, cost))
    inside = _inside(best)
    return best.assign_attrs(about | {"warnings": json.dumps(said, ensure_ascii=False), "discrepancy": bent} | inside)


def optima(
    law: Law, post, C: xr.DataArray, *, cost: Callable = training_flop, discrepancy=False, search=SEARCH, seed=None,
    **inputs,
) -> xr.Dataset:  # fmt: skip
    """The result of `frontier`, without its attributes, for budgets that are checked."""
    span = np.log(search_range(search, "N [parameters]"))
    bent = discrepancy and law.discrepancy is not None
    if bent:
        _check_bent(law, post)
    in_compute = law.inputs == ("C",)
    if not in_compute and not {"N", "D"} <= set(law.inputs):
        raise ValueError(
            f"Law '{law.name}' is in {list(law.inputs)}; the frontier chooses N and D, so it needs a law in N and D, "
            "or in C alone."
        )
    given = as_arrays(law, inputs, wanted=tuple(name for name in law.inputs if name not in ("N", "D", "C")))
    surface, c = Surface(law, post, given, None if in_compute else cost), np.log(C)
    if in_compute:
        u = xr.zeros_like(surface.curve(0.0, c))
        valleys = xr.ones_like(u, dtype=int)
        surface = surface.bent(u, c, 0.5, seed) if bent else surface
        return along(surface, u, c, valleys)
    own, valleys = minimise(surface.loss, c, span)
    _check_lost(own, np.exp(span))
    if not bent:
        return along(surface, own, c, valleys)
    surface = surface.bent(own, c, WINDOW + 2 * GRID, seed)
    u, valleys = nearby(surface.loss, c, own, WINDOW)
    return along(surface, u, c, valleys)


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


def _check_bent(law: Law, post: Any) -> None:
    """Refuse draws without a discrepancy, and say how to do without it."""
    try:
        check_discrepancy(law, post)
    except ValueError as error:
        raise ValueError(f"{error} For the law's loss, without discrepancy, give discrepancy=False.") from None


def _check_lost(u: xr.DataArray, search: np.ndarray) -> None:
    """Refuse or report draws without an optimum inside the search range."""
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
            stacklevel=4,
        )


def _several(best: xr.Dataset) -> list[str]:
    """Sentences on budgets at which draws have several valleys or no optimum."""
    said = []
    for code, words in (
        (1, "the loss has several valleys, of which the deepest is taken"),
        (2, "there is no optimum inside the range, and N, D and loss are those of its end"),
    ):
        share = (best["status"] == code).mean([dim for dim in best["status"].dims if dim != "C"])
        if (share > 0).any():
            worst = share.isel(C=int(share.argmax("C")))
            said.append(f"In up to {float(worst):.1%} of the draws (at C = {float(worst['C']):.3g} FLOP) {words}.")
    return said


def _inside(best: xr.Dataset) -> dict[str, str]:
    """The smallest and largest budget that is not beyond the fitted runs, if these are known."""
    names = [name for name in ("beyond_N", "beyond_D", "beyond_C") if name in best.coords]
    if not names:
        return {}
    beyond = xr.concat([best[name] for name in names], "reason", coords="minimal", compat="override")
    beyond = beyond.any([dim for dim in beyond.dims if dim != "C"])
    kept = best["C"].to_numpy()[~beyond.to_numpy()]
    return {"inside": json.dumps([float(kept.min()), float(kept.max())] if len(kept) else [])}
