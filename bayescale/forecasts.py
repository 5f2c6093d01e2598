"""forecasts: what is to be said of a new run: its loss, how far out it lies, and where the uncertainty comes from."""

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.law import SAMPLE_DIMS, Law
from bayescale.predictive import predict
from bayescale.runs import complete

SIZES = ("N", "D", "C")
#: Probabilities of the quantiles that are given: median, 50 % and 90 % intervals.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
#: Where the uncertainty of a new run's loss comes from.
PARTS = ("parameters", "discrepancy", "noise")


def forecast(law: Law, post: xr.DataTree, runs: pd.DataFrame, *, seed: int | None = None) -> pd.DataFrame:
    """Forecast the loss of new runs, as a table; `predict` has the draws behind it.

    Parameters
    ----------
    law : the law that `post` was fitted with.
    post : DataTree of `fit`.
    runs : DataFrame with the law's columns, one row a run.
    seed : int, optional, of the noise and of the discrepancy beyond the runs that were fitted.

    Returns
    -------
    DataFrame : the rows of `runs`, with ``mu_0.05`` … ``mu_0.95``, quantiles of the expected loss, and ``loss_0.05`` …
        ``loss_0.95`` of a new run's [nats/token]; ``times_N``, ``times_D``, ``times_C``, the run's size over the
        largest that was fitted; and ``share_parameters``, ``share_discrepancy``, ``share_noise``, as of `shares`.

    Raises
    ------
    TypeError, ValueError
        As `predict`.
    """
    drawn = predict(law, post, runs, seed=seed)
    table = runs.copy()
    for name in ("mu", "loss"):
        quantiles = drawn[name].quantile(QUANTILES, dim=SAMPLE_DIMS).to_numpy()
        table = table.assign(**{f"{name}_{q}": values for q, values in zip(QUANTILES, quantiles, strict=True)})
    sizes = with_compute(runs)
    for name, most in largest(post).items():
        if name in sizes:
            table[f"times_{name}"] = sizes[name] / most
    parts = shares(law, post, drawn)
    return table.assign(**{f"share_{name}": parts.sel(part=name).to_numpy() for name in PARTS})


def shares(law: Law, post: xr.DataTree, predicted: xr.Dataset) -> xr.DataArray:
    """Where the uncertainty of new runs' losses comes from: the law's parameters, its discrepancy, or the noise.

    The log loss is a sum of three parts; the share of each is its covariance with the sum over the variance of the sum
    (Euler's allocation). Shares add to one; a part that makes up for another has a negative share.

    Parameters
    ----------
    law, post : as in `predict`.
    predicted : Dataset of `predict`.

    Returns
    -------
    DataArray : dims (part, run).
    """
    at = {name: predicted[name].to_numpy() for name in (*law.inputs, *law.groups)}
    curve = np.log(law(post, **at).drop_vars("run", errors="ignore"))
    expected, total = (np.log(predicted[name].drop_vars("run")) for name in ("mu", "loss"))
    parts = xr.concat([curve, expected - curve, total - expected], pd.Index(PARTS, name="part"))
    share = xr.cov(parts, total, dim=SAMPLE_DIMS) / total.var(SAMPLE_DIMS, ddof=1)
    return share.assign_coords(run=predicted["run"]).rename("share").transpose("part", "run")


def beats(predicted: xr.Dataset) -> xr.DataArray:
    """Probability that a run ends with a smaller loss than another, noise of both included.

    Parameters
    ----------
    predicted : Dataset of `predict`. Runs predicted together err together, so predict them in one call.

    Returns
    -------
    DataArray : dims (run, other); 0.5 on the diagonal.
    """
    loss = predicted["loss"]
    other = loss.rename(run="other")
    wins = (loss < other).mean(SAMPLE_DIMS) + 0.5 * (loss == other).mean(SAMPLE_DIMS)
    return wins.rename("probability").transpose("run", "other")


def largest(post: xr.DataTree) -> dict[str, float]:
    """The largest N, D and C of the runs that were fitted; C = 6ND where they have no C of their own."""
    return {str(name): float(values.max()) for name, values in sizes_of(post).items()}


def sizes_of(post: xr.DataTree) -> pd.DataFrame:
    """N, D and C of the runs that were fitted, as far as they are known."""
    constants = post["constant_data"].to_dataset()
    known = {name: constants[name].to_numpy() for name in SIZES if name in constants and constants[name].ndim}
    return with_compute(pd.DataFrame(known))


def with_compute(runs: pd.DataFrame) -> pd.DataFrame:
    """The sizes in a table, with C = 6ND [FLOP] where there is none."""
    table = complete(runs, ["C"])
    return pd.DataFrame({name: table[name].astype(float) for name in SIZES if name in table})
