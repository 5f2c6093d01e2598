"""Pair: the runs at which two recipes are compared, and the routes on which they grow."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from bayescale.base.targets import positive
from bayescale.density.paths import paths_of
from bayescale.frontiers.frontier import SEARCH, _budgets
from bayescale.frontiers.recipes.recipe import Recipe
from bayescale.frontiers.recipes.route import Optimal, Ray, optimal
from bayescale.frontiers.surface import Surface
from bayescale.modelling.draws import as_arrays

#: How fast N and D grow on a ray, by what grows.
POWERS = {"C": {"N": 0.5, "D": 0.5}, "N": {"N": 1.0}, "D": {"D": 1.0}}


def runs_of(C, sizes: dict[str, Any], by: str, ratio: Any, pair: tuple[Recipe, Recipe]) -> dict[str, xr.DataArray]:
    """A's runs: C, dims (C,), with tokens_per_param where D/N is fixed; or N and D, dims (run,).

    Raises
    ------
    ValueError
        If neither are given, or both, or they are not what the laws need.
    """
    given = {name: np.atleast_1d(positive(name, value)) for name, value in sizes.items() if value is not None}
    if by not in POWERS:
        raise ValueError(f"by is {by!r}; wanted one of {list(POWERS)}.")
    if (C is None) == (not given):
        raise ValueError("Give either budgets C [FLOP], or runs by N [parameters] and D [tokens].")
    if C is not None:
        if by != "C":
            raise ValueError(f"by='{by}' needs the runs of A: give N and D in place of C.")
        fixed = {} if ratio is None else {"tokens_per_param": xr.DataArray(float(positive("tokens_per_param", ratio)))}
        return {"C": _budgets(C), **fixed}
    if ratio is not None:
        raise ValueError("tokens_per_param goes with C; runs given by N and D have their own D/N.")
    for name, each in zip("AB", pair, strict=True):
        if by != "C" and by not in each.law.inputs:
            raise ValueError(f"by='{by}' is not an input of the law of {name}, which is in {list(each.law.inputs)}.")
        if missing := [key for key in sizes if (by == "C" or key in each.law.inputs) and key not in given]:
            raise ValueError(f"With by='{by}', recipe {name} needs N and D of the runs; missing {missing}.")
    count = max(map(len, given.values()))
    lengths = {name: len(values) for name, values in given.items()}
    if any(length not in (1, count) for length in lengths.values()):
        raise ValueError(f"N and D are paired run by run, but the numbers of values differ: {lengths}.")
    return {name: xr.DataArray(np.broadcast_to(values, count), dims="run") for name, values in given.items()}


def route_of(each: Recipe, runs: dict[str, xr.DataArray], by: str, cost: Callable, ahead: float) -> Optimal | Ray:
    """The route of one recipe, without discrepancy.

    Parameters
    ----------
    each : recipe.
    runs : of `runs_of`.
    by : what grows.
    cost : callable ``cost(N, D)`` [FLOP].
    ahead : largest growth either way [log].
    """
    law, in_compute = each.law, each.law.inputs == ("C",)
    if "C" in runs and not in_compute and not {"N", "D"} <= set(law.inputs):
        raise ValueError(f"Law '{law.name}' is in {list(law.inputs)}; budgets C need a law in N and D, or in C alone.")
    if "C" not in runs and in_compute:
        raise ValueError(f"Law '{law.name}' is in C alone; give budgets C in place of N and D.")
    sizes = ("C",) if in_compute else ("N", "D")
    given = as_arrays(law, dict(each.held), wanted=tuple(name for name in law.inputs if name not in sizes))
    surface = Surface(law, each.post, given, None if in_compute else cost)
    if "C" in runs and (in_compute or "tokens_per_param" not in runs):
        return optimal(surface, np.log(runs["C"].drop_vars("C")), (-ahead, ahead), np.log(SEARCH))
    if "C" in runs:
        ratio = float(runs["tokens_per_param"])
        N = _at_ratio(cost, runs["C"].drop_vars("C"), ratio)
        return Ray(surface, {**given, "N": N, "D": ratio * N}, POWERS["C"], cost, ahead)
    return Ray(surface, {**given, **runs}, POWERS[by], cost if by == "C" else None, ahead)


def paths_for(
    pair: Sequence[Recipe], spans: Sequence[dict[str, Any]], one: bool, shared: bool, seed: int | None
) -> list:
    """The discrepancy of each recipe in the region of its runs; None for a law without one.

    Parameters
    ----------
    pair : recipes.
    spans : the law's columns in the region, for each recipe.
    one : bool, whether both have one posterior, whose discrepancy is then one function.
    shared : bool, whether two discrepancies are drawn with the same random numbers.
    seed : int, optional.
    """
    regions, seeds = [flat(span) for span in spans], np.random.SeedSequence(seed).spawn(len(pair))
    if (one or shared) and set(regions[0]) == set(regions[-1]):
        regions = [{name: xr.concat([region[name] for region in regions], "corner") for name in regions[0]}] * len(pair)
    if shared:
        seeds = [seeds[0]] * len(pair)
    paths = [
        None if each.law.discrepancy is None else paths_of(each.law, each.post, region, np.random.default_rng(own))
        for each, region, own in zip(pair[:1] if one else pair, regions, seeds, strict=False)
    ]
    return paths * len(pair) if one else paths


def flat(span: dict[str, Any]) -> dict[str, xr.DataArray]:
    """The same with one dim for all columns."""
    arrays = xr.broadcast(*(xr.DataArray(values) for values in span.values()))
    return {name: xr.DataArray(a.to_numpy().ravel(), dims="corner") for name, a in zip(span, arrays, strict=True)}


def _at_ratio(cost: Callable, C: xr.DataArray, ratio: float) -> xr.DataArray:
    """N [parameters] with cost(N, ratio N) = C, by Newton's method in log N."""
    log_N, step = 0.5 * np.log(C / (6.0 * ratio)), 1e-4
    for _ in range(60):
        here, more = (np.log(cost(np.exp(x), ratio * np.exp(x))) for x in (log_N, log_N + step))
        move = ((np.log(C) - here) * step / (more - here)).clip(-3.0, 3.0)
        log_N = log_N + move
        if not (abs(move) > 1e-10).any():
            break
    size: Any = np.exp(log_N)
    return size
