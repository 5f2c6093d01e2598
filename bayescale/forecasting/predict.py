"""predictive: from a posterior to new runs."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.data.checkpoints import Continuation, decades
from bayescale.data.read import complete
from bayescale.density.expected import ends, expected, labels_of
from bayescale.modelling.discrepancy import sizes
from bayescale.modelling.draws import SAMPLE_DIMS, as_arrays
from bayescale.modelling.law import Law


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
    continuation = _continuation(law, post, table)
    if continuation is None:
        drawn = law.noise.draw(rng, mu.to_numpy(), scale.to_numpy(), shape)
    else:
        noise = np.log(law.noise.draw(rng, np.ones(mu.shape), scale.to_numpy(), shape))
        drawn = mu.to_numpy() * np.exp(continuation.errors(noise, _end_errors(post)))
    result = xr.Dataset({"mu": mu, "loss": mu.copy(data=drawn)}).assign_coords(
        run=labels_of(table), **{name: ("run", table[name].to_numpy()) for name in table.columns if name in given}
    )
    for name in ("mu", "loss"):
        result[name].attrs = {"units": "nats/token"}
    return result


def _continuation(law: Law, post: xr.DataTree, table: pd.DataFrame) -> Continuation | None:
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
    return Continuation.of(names, size, known, group["end_size"].to_numpy(), float(group["length"]))


def _end_errors(post: xr.DataTree) -> np.ndarray:
    """Errors at the ends of training runs, of shape (chain, draw, training run)."""
    return post["discrepancy"]["end_error"].transpose(*SAMPLE_DIMS, "training_run").to_numpy()


def _values(found: tuple[xr.DataArray, xr.DataArray, dict[str, Any]]) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    mu, scale, shape = found
    return mu.to_numpy(), scale.to_numpy(), shape


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
