"""Prediction: from a posterior to the losses of new runs."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.columns import column
from bayescale.base.targets import check_ratio, check_sizes
from bayescale.data.checkpoints import Continuation, decades
from bayescale.data.read import complete
from bayescale.data.values import numbers
from bayescale.density.expected import ends, expected, labels_of
from bayescale.inference.door.arguments import check_seed
from bayescale.inference.door.posterior import check_discrepancy, check_posterior
from bayescale.modelling.discrepancy import sizes
from bayescale.modelling.draws import SAMPLE_DIMS, as_arrays
from bayescale.modelling.law import Law


def predict(law: Law, post: xr.DataTree, runs: pd.DataFrame, *, seed: int | None = None) -> xr.Dataset:
    """Draw the losses of new runs.

    Parameters
    ----------
    law : the law that `post` was fitted with.
    post : DataTree of `fit` or `sample_prior`.
    runs : DataFrame with the columns of the law, its groups and its noise; ``loss`` is not needed.
        If the fitted rows are checkpoints of training runs, a column ``run`` says which training run a row belongs to:
        the errors of rows of one run are correlated, and those beyond the end of a fitted run also with its last error.
        Without that column every row is a run of its own. The exception is a law in one column fitted to one training
        run: its rows are later checkpoints of that run.
    seed : int, optional, of the noise, and of the discrepancy beyond the fitted runs.

    Returns
    -------
    Dataset : dims (chain, draw, run), with the columns as coordinates along run.

        - ``mu`` [nats/token], the median loss of runs of that size, with the discrepancy (half of them end below it);
          the law's loss, without discrepancy, is ``law(post, ...)``;
        - ``loss`` [nats/token], the loss of a new run, with its noise.

    Raises
    ------
    TypeError
        If `law` is not a Law, `post` no posterior, `runs` no DataFrame or `seed` no whole number.
    ValueError
        If a column is missing, has bad values or is in another unit, or the posterior is of another law.

    Warns
    -----
    UserWarning
        If N, D or C is more than 1000 times below the smallest fitted run.

    See Also
    --------
    forecast : the same as a table of quantiles.
    beats : probability that one new run ends below another.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy")
    >>> post = bs.fit(chinchilla, runs.query("split == 'grid'"), method="laplace", seed=1)
    >>> drawn = bs.predict(chinchilla, post, runs.query("split == 'heldout'"), seed=1)
    >>> drawn["loss"].dims, drawn["loss"].attrs["units"]
    (('chain', 'draw', 'run'), 'nats/token')
    """
    check_posterior(law, post)
    check_seed(seed)
    table, given = _given(law, runs)
    check_targets(post, law, table, stacklevel=4)
    return predicted(law, post, table, given, seed)


def check_targets(post, law: Law, table: pd.DataFrame, stacklevel: int = 3) -> None:
    """Refuse runs in another unit than the fitted ones, and warn of runs far below them (`check_sizes`)."""
    sizes_given = {name: numbers(table, name) for name in ("N", "D", "C") if name in table}
    check_sizes(post, sizes_given, law.columns, stacklevel)
    if {"N", "D"} <= set(sizes_given):
        check_ratio(post, sizes_given["N"], sizes_given["D"])


def predicted(law: Law, post: xr.DataTree, table: pd.DataFrame, given: dict[str, Any], seed: int | None) -> xr.Dataset:
    """The result of `predict` for runs that `_given` has checked."""
    check_discrepancy(law, post)
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
        result[name].attrs = {"units": column("loss").unit}
    return result


def _continuation(law: Law, post: xr.DataTree, table: pd.DataFrame) -> Continuation | None:
    """The fitted training runs that new rows continue; None if errors of checkpoints are independent."""
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


def _values(
    arrays: tuple[xr.DataArray, xr.DataArray, dict[str, Any]],
) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Median loss and scale as NumPy arrays, and the noise's shape parameters."""
    mu, scale, shape = arrays
    return mu.to_numpy(), scale.to_numpy(), shape


def _losses(table: pd.DataFrame) -> np.ndarray:
    """The column ``loss``, or an error."""
    wanted = "runs needs a column 'loss' of positive numbers, to compare the forecasts with"
    if "loss" not in table:
        raise ValueError(f"{wanted}.")
    try:
        return numbers(table, "loss")
    except ValueError as error:
        raise ValueError(f"{wanted}: {error}") from None


def _given(law: Law, runs: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The table, with missing sizes completed from C = 6ND, and the values of each column that the law needs."""
    if not isinstance(runs, pd.DataFrame):
        raise TypeError(f"runs is a {type(runs).__name__}; wanted a pandas.DataFrame with one row a run.")
    needed = tuple(dict.fromkeys((*law.inputs, *law.noise.columns)))
    table = complete(runs, needed)
    absent = [name for name in (*needed, *law.groups) if name not in table]
    if absent:
        raise ValueError(f"runs lacks the columns {absent}, which '{law.name}' needs; it has {list(runs.columns)}.")
    columns = {name: numbers(table, name) for name in needed} | {name: table[name] for name in law.groups}
    return table, as_arrays(law, columns, wanted=needed)
