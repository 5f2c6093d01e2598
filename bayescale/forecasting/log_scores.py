"""forecasting.log_scores"""

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
    """Log of the posterior predictive density of the log losses of new runs, each by itself.

    Parameters
    ----------
    law, post, seed : as in `predict`; the same seed, the same discrepancy beyond the runs that were fitted.
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
    every = _log_densities(law, losses, mu, scale, shape)
    return xr.DataArray(np.logaddexp.reduce(every, axis=0) - np.log(len(every)), dims="run", name="log_predictive")


def log_left_out(law: Law, post: xr.DataTree, runs: pd.DataFrame) -> xr.DataArray:
    """Log predictive density of the log loss of each run that was fitted, given all others; of a checkpoint, given
    those before it in its run.

    Pareto-smoothed importance sampling (Vehtari et al. 2017, doi:10.1007/s11222-016-9696-4), as of `az.loo`, which has
    the diagnostics too.

    Parameters
    ----------
    law, post : as in `predict`.
    runs : DataFrame, the runs that were fitted.

    Returns
    -------
    DataArray : dims (run).
    """
    table, given = _given(law, runs)
    loss = table["loss"].to_numpy(dtype=float)
    mu, scale, shape = _values(expected(law, post, given, np.random.default_rng(0)))
    mu, scale = in_sequence(post, checkpoints(table, sizes(law.inputs)), loss, mu, scale)
    logs = _log_densities(law, loss, mu, scale, shape).T
    smoothed, _ = psis.smooth(-logs)
    top = logs.max(axis=1, keepdims=True)
    found = np.log(np.sum(smoothed * np.exp(logs - top), axis=1)) + top[:, 0]
    return xr.DataArray(found, dims="run", name="log_left_out")


def _log_densities(law: Law, loss: np.ndarray, mu: np.ndarray, scale: np.ndarray, shape) -> np.ndarray:
    """Log density of each log loss under each draw, of shape (draw, run)."""
    return (law.noise.logpdf(loss, mu, scale, shape) + np.log(loss)).reshape(-1, len(loss))
