"""Multiplier: how many times the compute, parameters or tokens of one recipe another needs for the same loss."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from bayescale.base.columns import column, training_flop
from bayescale.base.targets import check_sizes, positive
from bayescale.frontiers.recipes.limits import inside, limits
from bayescale.frontiers.recipes.match import match
from bayescale.frontiers.recipes.pair import paths_for, route_of, runs_of
from bayescale.frontiers.recipes.recipe import recipe, size, thinned
from bayescale.frontiers.recipes.route import Optimal, Ray
from bayescale.inference.door.arguments import check_seed
from bayescale.modelling.draws import SAMPLE_DIMS

#: Default end of the search either way, as a factor on compute, parameters or tokens.
FARTHEST = 1e6
#: Default number of posterior draws.
DRAWS = 1000


def multiplier(
    A, B, C=None, *, N=None, D=None, by: str = "C", tokens_per_param: float | None = None,
    cost: Callable = training_flop, discrepancy: bool = True, shared_errors: bool = False, farthest: float = FARTHEST,
    draws: int = DRAWS, seed: int | None = None,
) -> xr.Dataset:  # fmt: skip
    """How many times the compute of recipe A recipe B needs for the same loss, for each draw.

    The loss is the median loss of such runs. The smooth parts of the discrepancy are in it; local parts, which are
    errors of single configurations, are not.

    Parameters
    ----------
    A, B : recipes, each (law, post) or (law, post, held). ``held`` is a mapping: the level of each group
        (``{"recipe": "new"}``) and values of further inputs (``{"U": 1e11}``). The posterior may be the same.
    C : float or array of shape (C,), budgets of A [FLOP]. Both recipes are compute-optimal, each by its own law, unless
        `tokens_per_param` is given.
    N, D : floats or arrays of shape (run,), runs of A [parameters, tokens], in place of `C`.
    by : {"C", "N", "D"}, what grows from A's run to B's, if `N` and `D` are given: compute at the same D/N, parameters,
        or tokens.
    tokens_per_param : float, optional, the D/N of both recipes at every budget.
    cost : callable ``cost(N, D)`` [FLOP]; see `bayescale.costs`.
    discrepancy : bool, whether the loss has the laws' discrepancies.
    shared_errors : bool, whether what the runs leave open of two discrepancies is drawn with the same random numbers.
        It is for two posteriors whose runs share seeds or a stem and have the same N and D. Draws of two posteriors are
        independent otherwise; those of one posterior are always paired, and its discrepancy is one function.
    farthest : float, the largest factor to consider, either way.
    draws : int, largest number of posterior draws to use, evenly spaced.
    seed : int, optional, of the discrepancy that the fitted runs do not determine.

    Returns
    -------
    Dataset : dims (chain, draw, C), or (chain, draw, run) for given runs.

        - ``multiplier`` [1]: below 1 where B needs less. Infinite where B does not reach the loss of A within
          `farthest`; 1/`farthest` where B is better even there. Of several crossings, the one nearest to 1;
        - ``loss_A``, ``loss_B`` [nats/token], the losses at A's compute, or at A's run;
        - ``better``, the probability that A has the smaller loss there; ``reached``, that B reaches the loss of A;
          ``below_floor``, that the loss of A lies below the floor of B's law (NaN if that is not known);
        - ``crossing`` [FLOP], dims (chain, draw), for two budgets or more: the first budget of their range at which
          the losses cross, infinite where there is none; ``crosses``, the probability that they cross there.

        ``attrs["warnings"]`` is a JSON list of what limits the comparison; ``attrs["inside"]``, for budgets of 6ND, the
        smallest and largest compute that the fitted runs of both cover.

    Raises
    ------
    TypeError
        If A or B is not (law, post) or (law, post, mapping).
    ValueError
        If neither C nor runs are given, or both; a law does not have the inputs; a level of a group is missing; the two
        fitted losses are in different units; or a value is not a positive finite number.

    Notes
    -----
    For quantiles of values that may be infinite use ``.quantile(q, ("chain", "draw"), method="higher")``.
    The optimal N is computed each half decade of compute and joined by straight lines in log C; its error enters the
    loss only in second order. A posterior compared with itself has the multiplier 1 in each draw.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> a = bs.fit(chinchilla, runs, method="laplace", seed=1, progressbar=False)
    >>> b = bs.fit(chinchilla, runs.assign(loss=1.02 * runs["loss"]), method="laplace", seed=2, progressbar=False)
    >>> needs = bs.multiplier((chinchilla, a), (chinchilla, b), [1e12, 1e13], draws=200, seed=1)
    >>> needs["multiplier"].dims, bool((needs["multiplier"].median(("chain", "draw")) > 1).all())
    (('chain', 'draw', 'C'), True)
    """
    check_seed(seed)
    pair = recipe("A", A, discrepancy), recipe("B", B, discrepancy)
    ahead = float(np.log(_farthest(farthest)))
    runs = runs_of(C, {"N": N, "D": D}, by, tokens_per_param, pair)
    for each in pair:
        check_sizes(each.post, {name: v for name, v in runs.items() if name in ("N", "D", "C")}, each.law.columns)
    one, count = pair[0].same_posterior(pair[1]), min(draws, *(size(each.post) for each in pair))
    said = limits(pair, runs, cost, count)
    first = pair[0]._replace(post=thinned(pair[0].post, count))
    second = pair[1]._replace(post=first.post if one else thinned(pair[1].post, count))
    both = (first,) if one and first.held == second.held else (first, second)
    routes = [route_of(each, runs, by, cost, ahead) for each in both]
    bent = discrepancy and any(each.law.discrepancy is not None for each in pair)
    if bent:
        paths = paths_for(both, [route.span() for route in routes], one, shared_errors, seed)
        routes = [route if path is None else route.bent(path) for route, path in zip(routes, paths, strict=True)]
    found = _compared(routes[0], routes[-1], ahead, early=not bent)
    if "C" in runs:
        found = _crossed(found.assign_coords(C=runs["C"].to_numpy()))
        found["C"].attrs = {"units": column("C").unit}
        if cost is training_flop and (known := inside(pair)) is not None:
            found.attrs["inside"] = json.dumps(known)
    else:
        found = found.assign_coords({name: ("run", runs[name].to_numpy()) for name in runs})
    return found.assign_attrs(warnings=json.dumps(said, ensure_ascii=False), discrepancy=int(bent), by=by)


def _farthest(factor: float) -> float:
    """The largest factor to consider, checked."""
    value = positive("farthest", factor)
    if value.ndim or not value > 1:
        raise ValueError(f"farthest is {factor}; wanted a factor above 1, such as 1e6.")
    return float(value)


def _compared(a: Optimal | Ray, b: Optimal | Ray, ahead: float, early: bool) -> xr.Dataset:
    """The multiplier, the losses and probabilities."""
    one = xr.DataArray(0.0)
    dims = (a.loss(one) + b.loss(one)).transpose(*SAMPLE_DIMS, ...)
    zero = xr.zeros_like(dims)
    loss_A, loss_B = ((route.loss(zero) + zero).transpose(*zero.dims) for route in (a, b))
    floor = (b.surface.floor_of(b.columns(zero)).reset_coords(drop=True) + zero).transpose(*zero.dims)
    below = (loss_A <= floor).where(floor.notnull())

    def gap(t: Any) -> Any:
        return np.log(b.loss(t)) - np.log(loss_A)

    t = match(gap, zero, ahead, ahead, never=(below == 1) if early else False)
    inside = np.isfinite(t)
    times = xr.where(inside, b.times(t.where(inside, 0.0)), t).transpose(*zero.dims)
    better = (loss_A < loss_B) + 0.5 * (loss_A == loss_B)
    unit = column("loss").unit
    return xr.Dataset(
        {
            "multiplier": times.assign_attrs(units="1"),
            "loss_A": loss_A.assign_attrs(units=unit),
            "loss_B": loss_B.assign_attrs(units=unit),
            "better": better.mean(SAMPLE_DIMS),
            "reached": np.isfinite(times).mean(SAMPLE_DIMS),
            "below_floor": below.mean(SAMPLE_DIMS, skipna=False),
        }
    )


def _crossed(found: xr.Dataset) -> xr.Dataset:
    """With the first budget at which the losses cross, by a straight line between budgets in logs."""
    if found.sizes["C"] < 2:
        return found
    ordered = found.sortby("C")
    gap = np.log(ordered["loss_B"] / ordered["loss_A"]).transpose(*SAMPLE_DIMS, "C").to_numpy()
    c = np.log(ordered["C"].to_numpy())
    change = gap[..., :-1] * gap[..., 1:] < 0
    at = change.argmax(axis=-1)
    left, right = (np.take_along_axis(gap, (at + k)[..., None], axis=-1)[..., 0] for k in (0, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        place = c[at] + left / (left - right) * (c[at + 1] - c[at])
    first = xr.DataArray(np.exp(np.where(change.any(axis=-1), place, np.inf)), dims=SAMPLE_DIMS)
    return found.assign(crossing=first.assign_attrs(units=column("C").unit), crosses=np.isfinite(first).mean())
