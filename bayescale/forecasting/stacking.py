"""Stacking: average the forecasts of several laws, with weights that maximise the log density of unseen runs.

After Yao et al. 2018, Using Stacking to Average Bayesian Predictive Distributions, doi:10.1214/17-BA1091. The unseen
runs are those left out one at a time, or the largest ones, given the smallest, which is closer to a forecast.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.data.read import complete
from bayescale.forecasting.log_scores import log_left_out, log_predictive
from bayescale.forecasting.predict import predict
from bayescale.inference.door.arguments import check_law, check_method, check_seed
from bayescale.inference.fit import draw
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.law import Law

__all__ = ["mixture", "weights"]

#: How weights can be chosen.
WAYS = ("future", "loo", "equal")
#: Share of the runs, smallest first, that is fitted; the others are the future.
PAST = 0.7
#: Fewest runs to fit.
FEWEST = 4
#: Draws of a stacked forecast.
DRAWS = 4000


def weights(
    laws: Mapping[str, Law],
    runs: pd.DataFrame,
    *,
    by: str = "future",
    method: str = "laplace",
    seed: int | None = None,
) -> pd.Series:
    """Weight of each law in a stacked forecast.

    Parameters
    ----------
    laws : mapping from a name to a law.
    runs : DataFrame, as in `fit`.
    by : {"future", "loo", "equal"}
        What the weights maximise. "future": the summed log density of the largest runs, under fits to the smallest
        70 % of the runs (by C, or the product of the law's columns). "loo": the summed log density of each run given
        all others, by Pareto-smoothed importance sampling. "equal": nothing; every law has the same weight.
    method : {"laplace", "nuts"}, how the laws are fitted, as in `fit`.
    seed : int, optional, of the fits.

    Returns
    -------
    Series : indexed by name; the weights add to one.

    Raises
    ------
    TypeError
        If `laws` is not a mapping, a law not a Law, `runs` no DataFrame or `seed` no whole number.
    ValueError
        If there are no laws, `by` is unknown, or there are too few runs to hold some out.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla, gadre2024
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> weights = bs.stacking.weights({"chinchilla": chinchilla, "gadre": gadre2024.overtrained}, runs, seed=1)
    >>> weights.index.tolist(), round(float(weights.sum()), 6)
    (['chinchilla', 'gadre'], 1.0)
    """
    if by not in WAYS:
        raise ValueError(f"by is {by!r}; wanted one of {list(WAYS)}.")
    if not isinstance(laws, Mapping):
        raise TypeError(f"laws is a {type(laws).__name__}; wanted a mapping from a name to a law.")
    for law in laws.values():
        check_law(law, runs)
    if not isinstance(runs, pd.DataFrame):
        raise TypeError(f"runs is a {type(runs).__name__}; wanted a pandas.DataFrame with one row for each run.")
    check_method(method)
    check_seed(seed)
    if not laws:
        raise ValueError("There are no laws to stack; wanted a mapping from a name to a law.")
    if by == "equal":
        return pd.Series(1.0 / len(laws), index=list(laws))
    if by == "loo":
        return _by_left_out(laws, _posts(laws, runs, method, seed), runs)
    return pd.Series(stacked(np.array([_future(law, runs, method, seed) for law in laws.values()])), index=list(laws))


def stacked(log_densities: np.ndarray) -> np.ndarray:
    """Weights of a mixture that maximise the summed log density, by expectation maximisation.

    Parameters
    ----------
    log_densities : array of shape (law, run).

    Returns
    -------
    array of shape (law,) that adds to one.
    """
    density = np.exp(log_densities - log_densities.max(axis=0))
    share = np.full(len(density), 1.0 / len(density))
    for _ in range(2000):
        new = (share[:, None] * density / (share @ density)).mean(axis=1)
        if np.abs(new - share).max() < 1e-8:
            break
        share = new
    return share


def mixture(
    laws: Mapping[str, Law], by: str = "future", method: str = "laplace"
) -> Callable[[pd.DataFrame, pd.DataFrame, int], np.ndarray]:
    """A forecaster for `bayescale.backtest` that draws from each law in proportion to its weight.

    Parameters
    ----------
    laws, by, method : as in `weights`. With too few runs to hold some out, the weights are equal.

    Returns
    -------
    callable : ``(train, test, seed) -> draws`` of new runs' losses [nats/token], of shape (draw, run).

    See Also
    --------
    weights : the weights themselves.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla, gadre2024
    >>> runs = bs.load("known_entropy")
    >>> forecaster = bs.stacking.mixture({"chinchilla": chinchilla, "gadre": gadre2024.overtrained}, by="equal")
    >>> forecaster(runs.query("split == 'grid'"), runs.query("split == 'heldout'"), seed=1).shape
    (4000, 3)
    """

    def forecaster(train: pd.DataFrame, test: pd.DataFrame, seed: int) -> np.ndarray:
        few = by == "future" and any(_past(law, complete(train, ["C", *law.inputs])).all() for law in laws.values())
        if by == "loo":  # the same fits give the weights and the draws
            used, posts = laws, _posts(laws, train, method, seed)
            share = _by_left_out(laws, posts, train)
        else:
            share = weights(laws, train, by="equal" if few else by, method=method, seed=seed)
            used = {name: law for name, law in laws.items() if share[name] * DRAWS >= 1}
            posts, share = _posts(used, train, method, seed), share[list(used)]
        ends = np.round(np.cumsum(share.to_numpy()) / share.sum() * DRAWS).astype(int)
        parts = []
        for (name, law), count in zip(used.items(), np.diff(ends, prepend=0), strict=True):
            drawn = predict(law, posts[name], test, seed=seed)["loss"].stack(sample=SAMPLE_DIMS)
            losses = drawn.transpose("sample", "run").to_numpy()
            parts.append(losses[np.linspace(0, len(losses) - 1, count).astype(int)])
        return np.concatenate(parts)

    forecaster.__name__ = f"stacked_{by}"
    return forecaster


def _future(law: Law, runs: pd.DataFrame, method: str, seed: int | None) -> np.ndarray:
    """Log density of each of the largest runs, given the smallest ones; of shape (run,)."""
    table = complete(runs, ["C", *law.inputs])
    past = _past(law, table)
    if past.all():
        raise ValueError(f"{len(past)} runs leave none to hold out after {FEWEST} are fitted; use by='equal'.")
    post = draw(law, table[past], method=method, seed=seed, progressbar=False)
    return log_predictive(law, post, table[~past], seed=seed).to_numpy()


def _past(law: Law, table: pd.DataFrame) -> np.ndarray:
    """Which runs are among the smallest, of shape (run,); all of them if there are too few to hold some out."""
    size = np.log(table["C"] if "C" in table else table[list(law.inputs)].prod(axis="columns")).to_numpy()
    last = np.sort(size)[max(FEWEST, int(np.ceil(PAST * len(size)))) - 1] if len(size) > FEWEST else np.inf
    return size <= last


def _posts(laws: Mapping[str, Law], runs: pd.DataFrame, method: str, seed: int | None) -> dict[str, xr.DataTree]:
    """The posterior of each law."""
    return {name: draw(law, runs, method=method, seed=seed, progressbar=False) for name, law in laws.items()}


def _by_left_out(laws: Mapping[str, Law], posts: Mapping[str, xr.DataTree], runs: pd.DataFrame) -> pd.Series:
    """Weights by leave-one-out."""
    densities = [log_left_out(law, posts[name], runs).to_numpy() for name, law in laws.items()]
    return pd.Series(stacked(np.array(densities)), index=list(laws))
