"""Expected: median and scale of the loss of runs, for each draw of the posterior."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.data.checkpoints import Checkpoints
from bayescale.density.conditional import delta
from bayescale.modelling.draws import SAMPLE_DIMS, draws_of
from bayescale.modelling.law import Law


def in_sequence(
    post: xr.DataTree, checkpoints: Checkpoints | None, loss: np.ndarray, mu: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Median loss and scale of the fitted runs, each row given the earlier checkpoints of its training run.

    Parameters
    ----------
    post : DataTree of `fit`.
    checkpoints : of the table that was fitted; None if its rows are separate runs.
    loss : array of shape (run,) [nats/token].
    mu, scale : arrays of shape (chain, draw, run), without regard to checkpoints.

    Returns
    -------
    mu, scale : arrays of shape (chain, draw, run); unchanged if errors are independent.
    """
    group = ends(post)
    if checkpoints is None or group is None:
        return mu, scale
    return replace(checkpoints, length=float(group["length"])).given_previous(loss, mu, scale)


def ends(post: xr.DataTree) -> xr.Dataset | None:
    """Last rows of training runs, from which forecasts of later checkpoints continue; None if there are none.

    See `bayescale.density.conditional.with_ends`.
    """
    group = post["discrepancy"].to_dataset() if "discrepancy" in post.children else xr.Dataset()
    return group if "length" in group else None


def expected(law: Law, post, given, rng: np.random.Generator) -> tuple[xr.DataArray, xr.DataArray, dict[str, Any]]:
    """Median loss, and scale of the log loss, of runs, discrepancy included.

    Parameters
    ----------
    law : Law
    post : DataTree of `fit`.
    given : the law's columns, by name.
    rng : draws the discrepancy beyond the runs that were fitted.

    Returns
    -------
    mu, scale : DataArrays with dims (chain, draw, run); nats/token and log loss.
    shape : the variate's shape parameters by name, numbers or arrays of shape (chain, draw, 1).
    """
    mu = law.evaluate(law.formula, post, given)
    if law.discrepancy is not None:
        size = max((np.size(given[name]) for name in law.inputs), default=1)
        columns = {name: np.broadcast_to(given[name], size) for name in law.inputs}
        mu = mu * np.exp(xr.DataArray(delta(law, post, columns, rng), dims=(*SAMPLE_DIMS, "run")))
    scale = law.evaluate(law.noise.scale, post, {**given, "mu": mu})
    mu, scale = xr.broadcast(mu, scale)
    draws, _ = draws_of(law, post)
    shape = {}
    for name in law.noise.shape:
        value = draws[name]
        shape[name] = value.to_numpy()[..., None] if isinstance(value, xr.DataArray) else value
    order = (*SAMPLE_DIMS, ..., "run")
    return mu.transpose(*order), scale.transpose(*order), shape


def labels_of(table: pd.DataFrame):
    """Labels of the runs: the table's index, or 0, 1, … if the index is not unique."""
    return table.index if table.index.is_unique and table.index.nlevels == 1 else np.arange(len(table))
