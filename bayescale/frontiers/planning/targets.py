"""Targets: what is to be known better, for each posterior draw, with the losses of candidates under the same draw."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.density.paths import paths_of
from bayescale.forecasting.predict import _given, check_targets
from bayescale.frontiers.along import along
from bayescale.frontiers.frontier import SEARCH, WINDOW, _budgets, _check_lost
from bayescale.frontiers.planning.joint import Joint, law_log_loss, noise_variance, open_parts, paired, rows_of
from bayescale.frontiers.recipes.pair import flat
from bayescale.frontiers.search import GRID, minimise, nearby
from bayescale.frontiers.surface import Surface
from bayescale.modelling.draws import SAMPLE_DIMS, as_arrays
from bayescale.modelling.law import Law

#: Targets on the frontier. The logs of N, D and tokens_per_param are used, so that their unit does not matter.
FRONTIER = ("N", "D", "tokens_per_param", "loss", "a", "b", "slope", "curvature")
LOGS = ("N", "D", "tokens_per_param")
#: Largest share of draws that may have no value of the target.
MOST_LOST = 0.1


def of_runs(law: Law, post: Any, given: Mapping[str, Any], count: int, runs: pd.DataFrame) -> Joint:
    """The target is the median loss of runs, with discrepancy [nats/token]."""
    table, columns = _given(law, rows_of(runs, law.noise.columns))
    check_targets(post, law, table, stacklevel=5)
    both = paired(given, columns, (count, len(table)))
    log_loss, parts = law_log_loss(law, post, both), ()
    if law.discrepancy is not None:
        mean, left = open_parts(law, post, {name: both[name].to_numpy() for name in law.inputs})
        log_loss, parts = log_loss + mean, tuple(left)
    target = np.exp(log_loss[:, count:])
    log_loss = log_loss[:, :count]
    return Joint(log_loss, noise_variance(law, post, given, log_loss), target, target, parts)


def of_draws(law: Law, post: Any, given: Mapping[str, Any], count: int, values: np.ndarray) -> Joint:
    """The target is known for each draw, of shape (draw, target): a parameter, or a function of parameters."""
    both = {name: xr.DataArray(np.broadcast_to(np.asarray(v), count), dims="run") for name, v in given.items()}
    log_loss, parts = law_log_loss(law, post, both), ()
    if law.discrepancy is not None:
        mean, left = open_parts(law, post, {name: both[name].to_numpy() for name in law.inputs})
        log_loss = log_loss + mean
        targets = values.shape[1]
        parts = tuple((squared, np.pad(covariance, (0, targets))) for squared, covariance in left)
    noise = noise_variance(law, post, given, log_loss)
    return _finite(Joint(log_loss, noise, values, np.zeros(values.shape), parts))


def of_frontier(
    law: Law, post: Any, given: Mapping[str, Any], count: int, name: str, C: Any, cost: Callable, inputs: dict,
    seed: int | None,
) -> Joint:  # fmt: skip
    """The target is on the frontier, which the discrepancy bends: it and the candidates share one drawn function."""
    c = np.log(_budgets(C))
    in_compute = law.inputs == ("C",)
    if not in_compute and not {"N", "D"} <= set(law.inputs):
        raise ValueError(
            f"Law '{law.name}' is in {list(law.inputs)}; a target on the frontier needs a law in N and D, or C alone."
        )
    held = as_arrays(law, inputs, wanted=tuple(n for n in law.inputs if n in inputs or n not in ("N", "D", "C")))
    surface = Surface(law, post, held, None if in_compute else cost)
    if in_compute:
        u = xr.zeros_like(surface.curve(0.0, c))
        valleys = xr.ones_like(u, dtype=int)
    else:
        u, valleys = minimise(surface.loss, c, np.log(SEARCH))
        _check_lost(u, np.array(SEARCH))
    runs = {key: xr.DataArray(np.broadcast_to(np.asarray(v), count), dims="run") for key, v in given.items()}
    log_loss = law_log_loss(law, post, runs)
    if law.discrepancy is not None:
        region = flat(surface.span(u, c, 0.5 if in_compute else WINDOW + 2 * GRID))
        corners = {key: xr.concat([region[key], runs[key].rename(run="corner")], "corner") for key in region}
        paths = paths_of(law, post, corners, np.random.default_rng(seed))
        surface = replace(surface, paths=paths)
        bent = paths(runs, "smooth") + paths(runs, "local")
        log_loss = log_loss + bent.transpose(*SAMPLE_DIMS, "run").to_numpy()[0]
        if not in_compute:
            u, valleys = nearby(surface.loss, c, u, WINDOW)
    best = along(surface, u, c, valleys)
    if name not in best:
        raise ValueError(
            f"The frontier of a law in C alone has no {name}; wanted one of {[n for n in FRONTIER if n in best]}."
        )
    values = best[name].transpose(*SAMPLE_DIMS, "C").to_numpy()[0]
    values = np.log(values) if name in LOGS else values
    noise = noise_variance(law, post, given, log_loss)
    return _finite(Joint(log_loss, noise, values, np.zeros(values.shape), ()))


def _finite(joint: Joint) -> Joint:
    """Without the draws in which the target has no finite value.

    Raises
    ------
    ValueError
        If that is more than a tenth of them.
    """
    fine = np.isfinite(joint.target).all(1)
    if (lost := 1.0 - fine.mean()) > MOST_LOST:
        raise ValueError(
            f"The target is infinite or NaN in {lost:.0%} of the draws, so it has no variance. Take a target that is "
            "finite, such as the loss of a run, or the log of this one."
        )
    return joint if fine.all() else joint.only(fine)
