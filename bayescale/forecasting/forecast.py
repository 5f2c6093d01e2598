"""Forecasts as a table: the loss of new runs, their distance from the fitted runs, and the sources of uncertainty."""

import pandas as pd
import xarray as xr

from bayescale.data.cost_ratio import note
from bayescale.data.read import complete
from bayescale.forecasting.predict import predict
from bayescale.forecasting.shares import PARTS, shares
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.law import Law

#: Columns that measure the size of a run.
SIZES = ("N", "D", "C")
#: Probabilities of the quantiles in the table: the median, and the ends of the 50 % and 90 % intervals.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def forecast(law: Law, post: xr.DataTree, runs: pd.DataFrame, *, seed: int | None = None) -> pd.DataFrame:
    """Forecast the loss of new runs, as a table of quantiles; `predict` returns the draws.

    Parameters
    ----------
    law : the law that `post` was fitted with.
    post : DataTree of `fit`.
    runs : DataFrame with the law's columns, one row a run.
    seed : int, optional, of the noise and of the discrepancy beyond the fitted runs.

    Returns
    -------
    DataFrame : the rows of `runs`, with additional columns

        - ``mu_0.05`` … ``mu_0.95`` [nats/token], quantiles of the median loss of such runs, with discrepancy;
        - ``loss_0.05`` … ``loss_0.95`` [nats/token], quantiles of a new run's loss;
        - ``times_N``, ``times_D``, ``times_C``, the size of the run over the largest fitted one;
        - ``share_parameters``, ``share_discrepancy``, ``share_noise``, as in `shares`.

        ``attrs["warnings"]`` is a list: it says what C means if the fitted table has a C that is not 6ND.

    Raises
    ------
    TypeError, ValueError
        As in `predict`.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy")
    >>> post = bs.fit(chinchilla, runs.query("split == 'grid'"), method="laplace", seed=1)
    >>> table = bs.forecast(chinchilla, post, runs.query("split == 'heldout'"), seed=1)
    >>> table["times_C"].round().astype(int).tolist()
    [10, 30, 100]
    >>> bool((table["loss_0.05"] < table["loss_0.95"]).all())
    True
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
    if words := note(post):
        table.attrs["warnings"] = [words]
    parts = shares(law, post, drawn)
    return table.assign(**{f"share_{name}": parts.sel(part=name).to_numpy() for name in PARTS})


def largest(post: xr.DataTree) -> dict[str, float]:
    """The largest N [parameters], D [tokens] and C [FLOP] of the fitted runs, as far as known; C = 6ND if not given."""
    return {str(name): float(values.max()) for name, values in sizes_of(post).items()}


def sizes_of(post: xr.DataTree) -> pd.DataFrame:
    """N [parameters], D [tokens] and C [FLOP] of the fitted runs, as far as known."""
    constants = post["constant_data"].to_dataset()
    known = {name: constants[name].to_numpy() for name in SIZES if name in constants and constants[name].ndim}
    return with_compute(pd.DataFrame(known))


def with_compute(runs: pd.DataFrame) -> pd.DataFrame:
    """The sizes in a table, with C = 6ND [FLOP] if it has no C."""
    table = complete(runs, ["C"])
    return pd.DataFrame({name: table[name].astype(float) for name in SIZES if name in table})
