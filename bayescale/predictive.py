"""predictive: from a posterior to new runs."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale import psis
from bayescale.checkpoints import Checkpoints, Onward, checkpoints, decades
from bayescale.conditional import delta
from bayescale.discrepancy import sizes
from bayescale.law import SAMPLE_DIMS, Law, as_arrays, draws_of
from bayescale.runs import complete


def predict(law: Law, post: xr.DataTree, runs: pd.DataFrame, *, seed: int | None = None) -> xr.Dataset:
    """Predict the loss of new runs.

    Parameters
    ----------
    law : the law that `post` was fitted with.
    post : DataTree of `fit` (or of `sample_prior`).
    runs : DataFrame with the law's columns, the grouping columns, and what the noise needs; no `loss` needed. Where the
        rows that were fitted are checkpoints (column ``run``), rows of a training run of theirs that lie beyond its end
        go on from its last error, and rows of any one run err together. Without the column each row is of a run of its
        own; but where the law has one column and was fitted to one run, rows are of that.
    seed : int, optional, of the noise.

    Returns
    -------
    Dataset : dims (chain, draw, run); ``mu``, the expected loss, and ``loss``, a new run's loss with noise, both in
        nats/token; the columns as coordinates along run.

    Raises
    ------
    ValueError
        If a column is missing or has bad values, or the posterior is of another law.
    """
    table, given = _given(law, runs)
    rng = np.random.default_rng(seed)
    mu, scale, shape = expected(law, post, given, rng)
    onward = _onward(law, post, table)
    if onward is None:
        drawn = law.noise.draw(rng, mu.to_numpy(), scale.to_numpy(), shape)
    else:
        noise = np.log(law.noise.draw(rng, np.ones(mu.shape), scale.to_numpy(), shape))
        drawn = mu.to_numpy() * np.exp(onward.errors(noise, _end_errors(post)))
    result = xr.Dataset({"mu": mu, "loss": mu.copy(data=drawn)}).assign_coords(
        run=labels_of(table), **{name: ("run", table[name].to_numpy()) for name in table.columns if name in given}
    )
    for name in ("mu", "loss"):
        result[name].attrs = {"units": "nats/token"}
    return result


def ppc(law: Law, post: xr.DataTree, runs: pd.DataFrame, *, seed: int | None = None) -> xr.DataTree:
    """Posterior predictive check on runs that were fitted, or on others: what ``az.plot_ppc_*`` take.

    Parameters
    ----------
    law, post, seed : as in `predict`.
    runs : DataFrame as in `predict`, with ``loss`` [nats/token].

    Returns
    -------
    DataTree : groups posterior_predictive (``loss``, dims chain, draw, run) and observed_data (``loss``, dim run).

    Raises
    ------
    TypeError, ValueError
        As `predict`; and if a loss is not a positive number.
    """
    drawn = predict(law, post, runs, seed=seed)
    observed = drawn["loss"].isel(chain=0, draw=0, drop=True).copy(data=_losses(runs))
    groups = {"posterior_predictive": drawn[["loss"]], "observed_data": observed.to_dataset(name="loss")}
    return xr.DataTree.from_dict({name: group.reset_coords(drop=True) for name, group in groups.items()})


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
    if (onward := _onward(law, post, table)) is not None:
        mu, scale = onward.marginal(mu, scale, _end_errors(post))
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


def in_sequence(
    post: xr.DataTree, found: Checkpoints | None, loss: np.ndarray, mu: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Expected loss and scale of the runs that were fitted, of shape (chain, draw, run), given earlier checkpoints."""
    group = ends(post)
    if found is None or group is None:
        return mu, scale
    return replace(found, length=float(group["length"])).onward(loss, mu, scale)


def ends(post: xr.DataTree) -> xr.Dataset | None:
    """Ends of training runs that forecasts go on from (`bayescale.conditional.with_ends`); None if there are none."""
    group = post["discrepancy"].to_dataset() if "discrepancy" in post.children else xr.Dataset()
    return group if "length" in group else None


def _onward(law: Law, post: xr.DataTree, table: pd.DataFrame) -> Onward | None:
    """What rows to be forecast go on from; None where checkpoints' errors are independent."""
    group = ends(post)
    if group is None:
        return None
    known, names = group["training_run"].to_numpy().tolist(), [None] * len(table)
    if "run" in table:
        names = [None if pd.isna(name) else str(name) for name in table["run"]]
    elif len(known) == 1 and len(law.inputs) == 1:  # a learning curve
        names = known * len(table)
    size = decades(table, sizes(law.inputs))
    return Onward.of(names, size, known, group["end_size"].to_numpy(), float(group["length"]))


def _end_errors(post: xr.DataTree) -> np.ndarray:
    """Errors at the ends of training runs, of shape (chain, draw, training run)."""
    return post["discrepancy"]["end_error"].transpose(*SAMPLE_DIMS, "training_run").to_numpy()


def _values(found: tuple[xr.DataArray, xr.DataArray, dict[str, Any]]) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    mu, scale, shape = found
    return mu.to_numpy(), scale.to_numpy(), shape


def _log_densities(law: Law, loss: np.ndarray, mu: np.ndarray, scale: np.ndarray, shape) -> np.ndarray:
    """Log density of each log loss under each draw, of shape (draw, run)."""
    return (law.noise.logpdf(loss, mu, scale, shape) + np.log(loss)).reshape(-1, len(loss))


def _losses(table: pd.DataFrame) -> np.ndarray:
    """The losses of runs whose outcome is known."""
    loss = table["loss"].to_numpy(dtype=float) if "loss" in table else np.array([np.nan])
    if not (np.isfinite(loss) & (loss > 0)).all():
        raise ValueError("runs needs a column 'loss' of positive numbers, which forecasts are held against.")
    return loss


def _given(law: Law, runs: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The table with what can be completed, and the values that the law needs."""
    if not isinstance(runs, pd.DataFrame):
        raise TypeError(f"runs is a {type(runs).__name__}; wanted a pandas.DataFrame with one row a run.")
    needed = tuple(dict.fromkeys((*law.inputs, *law.noise.columns)))
    table = complete(runs, needed)
    absent = [name for name in (*needed, *law.groups) if name not in table]
    if absent:
        raise ValueError(f"runs has no column {absent}, which '{law.name}' needs; it has {list(runs.columns)}.")
    given = as_arrays(law, {name: table[name] for name in (*needed, *law.groups)}, wanted=needed)
    return table, given


def expected(law: Law, post, given, rng: np.random.Generator) -> tuple[xr.DataArray, xr.DataArray, dict[str, Any]]:
    """Expected loss and scale of the log loss, dims (chain, draw, run), and the shape parameters of the variate."""
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
    """Labels of the runs: their index, or their numbers if that is not unique."""
    return table.index if table.index.is_unique and table.index.nlevels == 1 else np.arange(len(table))
