"""Log predictive densities of runs: of new runs, and of fitted runs that are left out."""

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.data.checkpoints import checkpoints
from bayescale.density.expected import expected, in_sequence
from bayescale.forecasting.predict import _continuation, _end_errors, _given, _losses, _values
from bayescale.inference.laplace import psis
from bayescale.modelling.discrepancy import sizes
from bayescale.modelling.law import Law


def log_predictive(law: Law, post: xr.DataTree, runs: pd.DataFrame, *, seed: int | None = None) -> xr.DataArray:
    """Log of the posterior predictive density of the log loss of each new run (marginal, not joint).

    Parameters
    ----------
    law, post : as in `predict`.
    seed : int, optional, of the discrepancy beyond the fitted runs.
    runs : DataFrame as in `predict`, with ``loss`` [nats/token].

    Returns
    -------
    DataArray : dims (run); the log of the mean over draws of the density of log(loss), dimensionless.

    Raises
    ------
    TypeError, ValueError
        As `predict`; and if a loss is not a positive number.
    """
    table, given = _given(law, runs)
    losses = _losses(table)
    mu, scale, shape = _values(expected(law, post, given, np.random.default_rng(seed)))
    if (continuation := _continuation(law, post, table)) is not None:
        mu, scale = continuation.marginal(mu, scale, _end_errors(post))
    logs = _log_densities(law, losses, mu, scale, shape)
    return xr.DataArray(np.logaddexp.reduce(logs, axis=0) - np.log(len(logs)), dims="run", name="log_predictive")


def log_left_out(law: Law, post: xr.DataTree, runs: pd.DataFrame) -> xr.DataArray:
    """Log predictive density of the log loss of each fitted run, given all other runs.

    The density of a checkpoint is also given the earlier checkpoints of its run. Computed by Pareto-smoothed importance
    sampling (Vehtari et al. 2017, doi:10.1007/s11222-016-9696-4), as in `az.loo`, which has its diagnostics too.

    Parameters
    ----------
    law, post : as in `predict`.
    runs : DataFrame, the runs that were fitted.

    Returns
    -------
    DataArray : dims (run), dimensionless; with the coordinate ``pareto_k``, above 0.7 where the value is unreliable.
    """
    table, given = _given(law, runs)
    loss = table["loss"].to_numpy(dtype=float)
    mu, scale, shape = _values(expected(law, post, given, np.random.default_rng(0)))
    mu, scale = in_sequence(post, checkpoints(table, sizes(law.inputs)), loss, mu, scale)
    logs = _log_densities(law, loss, mu, scale, shape).T
    smoothed, k = psis.smooth(-logs)
    top = logs.max(axis=1, keepdims=True)
    left_out = np.log(np.sum(smoothed * np.exp(logs - top), axis=1)) + top[:, 0]
    return xr.DataArray(left_out, {"pareto_k": ("run", k)}, dims="run", name="log_left_out")


def _log_densities(law: Law, loss: np.ndarray, mu: np.ndarray, scale: np.ndarray, shape) -> np.ndarray:
    """Log density of each log loss given each draw, of shape (draw, run)."""
    return (law.noise.logpdf(loss, mu, scale, shape) + np.log(loss)).reshape(-1, len(loss))
