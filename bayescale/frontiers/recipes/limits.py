"""Limits: what limits the comparison of two recipes, as sentences."""

from collections.abc import Callable

import numpy as np
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
    for name, each in zip("AB", pair[:1] if pair[0].same_posterior(pair[1]) else pair, strict=False):
        who = "The fit" if pair[0].same_posterior(pair[1]) else f"Recipe {name}"
        said += [text.replace("The fit:", f"{who}:", 1) for text in _of_posterior(each.post)]
        said += _few(who, each)
        if isinstance(each.post, xr.DataTree) and "constant_data" in each.post.children:
            said += _beyond(who, each, runs, cost)
            if cost is training_flop and (words := note(each.post)):
                said.append(f"{who}: {words}")
    if (most := max(size(each.post) for each in pair)) > count:
        said.append(f"{count} of {most} posterior draws are used, evenly spaced.")
    return said


def _few(who: str, each: Recipe) -> list[str]:
    """Whether a recipe has fewer runs than its law has parameters."""
    count = int(each.post.attrs.get("runs", 0))
    free = sum(isinstance(each.law.priors[name], Prior) for name in each.law.parameters)
    if not count or count >= free:
        return []
    s = "" if count == 1 else "s"
    return [
        f"{who} was fitted to {count} run{s}, and its law has {free} parameters: the prior decides on what {count} "
        f"run{s} cannot, such as the slope."
    ]


def _beyond(who: str, each: Recipe, runs: dict[str, xr.DataArray], cost: Callable) -> list[str]:
    """How far beyond the fitted runs the comparison goes."""
    fitted = sizes_of(each.post)
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
    known = [sizes_of(e.post) for e in pair if isinstance(e.post, xr.DataTree) and "constant_data" in e.post.children]
    if len(known) < len(pair) or any("C" not in table for table in known):
        return None
    low, high = max(float(t["C"].min()) for t in known), min(float(t["C"].max()) for t in known)
    return [low, high] if low <= high else []
