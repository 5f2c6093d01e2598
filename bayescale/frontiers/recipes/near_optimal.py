"""Near-optimal sizes: how far N may lie from the optimum before the loss is worse by a given amount."""

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from bayescale.base.columns import column, training_flop
from bayescale.base.targets import check_sizes, positive
from bayescale.frontiers.frontier import SEARCH, WINDOW, _budgets
from bayescale.frontiers.recipes.match import match
from bayescale.frontiers.recipes.pair import paths_for, route_of
from bayescale.frontiers.recipes.recipe import recipe, size, thinned
from bayescale.frontiers.search import GRID, refine
from bayescale.inference.door.arguments import check_seed
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.law import Law

#: Loss [nats/token] of an N that leaves no budget for tokens, and the smallest log of a ratio of losses.
BAD, WORST = 1e300, -1e3
#: Largest number of posterior draws that are used, unless the user says otherwise.
DRAWS = 1000


def near_optimal(
    law: Law,
    post,
    C,
    within: float,
    *,
    cost: Callable = training_flop,
    discrepancy: bool = True,
    draws: int = DRAWS,
    seed: int | None = None,
    **inputs,
) -> xr.Dataset:
    """The sizes N whose loss is at most `within` above the best at the same cost, for each draw.

    Parameters
    ----------
    law : Law in N and D.
    post : DataTree of `fit`.
    C : float or array of shape (C,), budgets [FLOP].
    within : float, how much worse than the best a run may be [nats/token].
    cost : callable ``cost(N, D)`` [FLOP]; see `bayescale.costs`.
    discrepancy : bool, whether the loss has the smooth parts of the law's discrepancy, if the law has one.
    draws : int, largest number of posterior draws to use, evenly spaced.
    seed : int, optional, of the discrepancy that the fitted runs do not determine.
    **inputs : values of further inputs (``U=1e11``) and of groups (``family="a"``).

    Returns
    -------
    Dataset : dims (chain, draw, C).

        - ``N_low``, ``N``, ``N_high`` [parameters]: the smallest near-optimal N, the optimum, and the largest; 0 and
          infinite where the range has no end within a factor of 1e6, or of 32 with a discrepancy;
        - ``D_low``, ``D``, ``D_high`` [tokens] of the same runs, so that ``D_low`` is the largest;
        - ``loss`` [nats/token], of the optimum.

    Raises
    ------
    TypeError, ValueError
        As in `frontier`; and if `within` is not a positive number.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1, progressbar=False)
    >>> near = bs.near_optimal(chinchilla, post, 1e13, within=0.01, draws=200)
    >>> bool((near["N_low"] < near["N"]).all() and (near["N"] < near["N_high"]).all())
    True
    """
    check_seed(seed)
    one = recipe("The recipe", (law, post, inputs), discrepancy)
    if not {"N", "D"} <= set(law.inputs):
        raise ValueError(f"Law '{law.name}' is in {list(law.inputs)}; wanted a law in N and D.")
    allowed = float(positive("within", within))
    budgets = _budgets(C)
    check_sizes(post, {"C": budgets}, law.columns)
    small = one._replace(post=thinned(post, min(draws, size(post))))
    route = route_of(small, {"C": budgets}, "C", cost, 1e-9)
    bent = discrepancy and law.discrepancy is not None
    if bent:
        (paths,) = paths_for((small,), [route.span()], True, False, seed)
        route = route.bent(paths)
    farthest = WINDOW + GRID if bent else np.log(SEARCH[1]) / 3
    c = np.log(budgets.drop_vars("C"))
    u = route.log_N(c)
    u = refine(route.surface.loss, u, c).fillna(u)
    best = route.surface.loss(u, c).transpose(*u.dims)

    def side(sign: float) -> xr.DataArray:
        def gap(t: Any) -> Any:
            loss = route.surface.loss(u + sign * t, c)
            return np.log((best + allowed) / loss.fillna(BAD)).clip(WORST)

        return sign * match(gap, xr.zeros_like(u), farthest, farthest)

    found = {"loss": best.assign_attrs(units=column("loss").unit)}
    for name, move in (("_low", side(-1.0)), ("", xr.zeros_like(u)), ("_high", side(1.0))):
        inside = np.isfinite(move)
        run = route.surface.columns(u + move.where(inside, 0.0), c)
        found[f"N{name}"] = xr.where(inside, run["N"], np.exp(move)).transpose(*u.dims)
        found[f"D{name}"] = xr.where(inside, run["D"], np.exp(-move)).transpose(*u.dims)
    result = xr.Dataset({name: found[name] for name in ("N_low", "N", "N_high", "D_low", "D", "D_high", "loss")})
    for name in result:
        result[name].attrs = {"units": column(str(name).split("_")[0]).unit}
    return result.transpose(*SAMPLE_DIMS, "C").assign_coords(C=budgets.to_numpy()).assign_attrs(within=allowed)
