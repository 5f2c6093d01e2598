"""Limits: what limits the comparison of two recipes, as sentences."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.columns import training_flop
from bayescale.data.cost_ratio import note
from bayescale.forecasting.forecast import sizes_of
from bayescale.frontiers.facts import _of_posterior
from bayescale.frontiers.recipes.recipe import Recipe, size
from bayescale.modelling.prior import Prior

#: Compute this many times that of the largest fitted run counts as beyond the runs.
SLACK = 1 + 1e-6


def limits(pair: tuple[Recipe, Recipe], runs: dict[str, xr.DataArray], cost: Callable, count: int) -> list[str]:
    """Sentences on the fits, the number of their runs, and the distance of the comparison from them.

    Raises
    ------
    ValueError
        If the losses of the two are in different units.
    """
    units = [str(each.post.attrs.get("loss_unit", "nats/token")) for each in pair]
    if units[0] != units[1]:
        raise ValueError(f"The loss of A is in {units[0]} and that of B in {units[1]}; fit both in the same unit.")
    said: list[str] = []
    one = pair[0].same_posterior(pair[1])
    for name, each in zip("AB", pair, strict=True):
        who = f"Recipe {name}"
        if not (one and name == "B"):
            said += [text.replace("The fit:", "The fit:" if one else f"{who}:", 1) for text in _of_posterior(each.post)]
            if cost is training_flop and (words := note(each.post)):
                said.append(words if one else f"{who}: {words}")
        said += _few(who, each)
        said += _beyond(who, each, runs, cost)
    if (most := max(size(each.post) for each in pair)) > count:
        said.append(f"{count} of {most} posterior draws are used, evenly spaced.")
    return said


def _few(who: str, each: Recipe) -> list[str]:
    """Whether a recipe has fewer runs than its law has parameters."""
    own = _own_runs(each)
    count = int(each.post.attrs.get("runs", 0)) if own is None else len(own)
    free = sum(isinstance(each.law.priors[name], Prior) for name in each.law.parameters)
    if not count or count >= free:
        return []
    s = "" if count == 1 else "s"
    return [
        f"{who} has {count} fitted run{s}, and its law has {free} parameters: what {'it' if count == 1 else 'they'} "
        "cannot tell, such as slopes, comes from the prior and from the other recipes of the fit."
    ]


def _beyond(who: str, each: Recipe, runs: dict[str, xr.DataArray], cost: Callable) -> list[str]:
    """How far beyond the fitted runs the comparison goes."""
    fitted = _own_runs(each)
    if fitted is None or not len(fitted):
        return []
    if "C" in runs and "C" in fitted:
        most = float(fitted["C"].max())
        if {"N", "D"} <= set(fitted) and cost is not training_flop:
            most = float(np.max(cost(fitted["N"].to_numpy(), fitted["D"].to_numpy())))
        wanted = {"C": float(runs["C"].max())}
        largest = {"C": most}
    else:
        wanted = {name: float(runs[name].max()) for name in runs if name in fitted}
        largest = {name: float(fitted[name].max()) for name in wanted}
    return [
        f"{who}: the comparison goes up to {wanted[name] / largest[name]:.3g} times the largest {name} of its runs."
        for name in wanted
        if wanted[name] > largest[name] * SLACK
    ]


def inside(pair: tuple[Recipe, Recipe]) -> list[float] | None:
    """The smallest and largest compute [FLOP] that the fitted runs of both recipes cover; None if it is not known."""
    ends = []
    for each in pair:
        own = _own_runs(each)
        if own is None or "C" not in own or not len(own):
            return None
        ends.append((float(own["C"].min()), float(own["C"].max())))
    low, high = max(e[0] for e in ends), min(e[1] for e in ends)
    return [low, high] if low <= high else []


def _own_runs(each: Recipe) -> pd.DataFrame | None:
    """N, D and C of the fitted runs of a recipe, by its levels of groups; None if they are not known."""
    if not isinstance(each.post, xr.DataTree) or "constant_data" not in each.post.children:
        return None
    sizes, constants = sizes_of(each.post), each.post["constant_data"].to_dataset()
    if not len(sizes.columns):
        return None
    for group in each.law.groups:
        if (name := f"{group}_of_run") in constants:
            sizes = sizes.loc[constants[name].to_numpy()[sizes.index] == each.held[group]]
    return sizes
