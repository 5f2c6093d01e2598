"""Baselines: how losses are forecast without this package, as forecasters for `bayescale.backtest`.

`last_value`, `power_law` and `huber_bootstrap` are functions ``(train, test, seed) -> draws`` of the losses of new runs
[nats/token], of shape (draw, run). `huber_fit` is the fit behind the last of them.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from bayescale.base.columns import training_flop

__all__ = ["huber_bootstrap", "huber_fit", "last_value", "power_law"]

#: Draws of each baseline.
DRAWS = 1000
#: Bootstrap samples that are refitted.
REFITS = 100
#: Fewest runs for a bootstrap of cases; with fewer, residuals are resampled.
CASES = 6
#: Residual at which the Huber loss turns from quadratic to linear [log loss] (Hoffmann et al. 2022, Eq 11).
DELTA = 1e-3
#: Tolerances of L-BFGS.
_TIGHT = {"ftol": 1e-14, "gtol": 1e-10, "maxiter": 2000}
#: Starting points of the fit: (exponents, E over the smallest loss).
_STARTS = ((0.3, 0.6), (0.6, 0.8), (0.15, 0.2))


def last_value(train: pd.DataFrame, test: pd.DataFrame, seed: int) -> np.ndarray:
    """The loss of the largest run, with the scatter of the changes between successive runs in order of size.

    Parameters
    ----------
    train : DataFrame, the fitted runs: C [FLOP], or N and D, or one of them, and ``loss`` [nats/token].
    test : DataFrame, one row for each run to forecast; only their number matters.
    seed : int

    Returns
    -------
    array of shape (draw, run) : 1000 draws of the losses [nats/token].

    Raises
    ------
    ValueError
        If the table has neither N, D nor C.

    Examples
    --------
    >>> import bayescale as bs
    >>> runs = bs.load("known_entropy")
    >>> train, test = runs.query("split == 'grid'"), runs.query("split == 'heldout'")
    >>> bs.baselines.last_value(train, test, seed=1).shape
    (1000, 3)
    """
    rng = np.random.default_rng(seed)
    ordered = train["loss"].to_numpy(float)[np.argsort(_size(train), kind="stable")]
    steps = np.diff(np.log(ordered))
    return np.exp(np.log(ordered[-1]) + rng.choice(steps - steps.mean(), (DRAWS, len(test))))


def power_law(train: pd.DataFrame, test: pd.DataFrame, seed: int) -> np.ndarray:
    """Least squares of log loss on log C, with its Student-t predictive distribution (flat prior).

    Parameters
    ----------
    train : DataFrame, the fitted runs: C [FLOP], or N and D, or one of them, and ``loss`` [nats/token].
    test : DataFrame, the runs to forecast, with the same columns; ``loss`` is not needed.
    seed : int

    Returns
    -------
    array of shape (draw, run) : 1000 draws of the losses [nats/token].

    Raises
    ------
    ValueError
        If there are fewer than four runs, or the table has neither N, D nor C.

    Examples
    --------
    >>> import bayescale as bs
    >>> runs = bs.load("known_entropy")
    >>> train, test = runs.query("split == 'grid'"), runs.query("split == 'heldout'")
    >>> bs.baselines.power_law(train, test, seed=1).shape
    (1000, 3)
    """
    rng = np.random.default_rng(seed)
    x, y, new = np.log(_size(train)), np.log(train["loss"].to_numpy(float)), np.log(_size(test))
    if len(x) < 4:
        raise ValueError(f"A line and its scatter need four runs or more; got {len(x)}.")
    design = np.stack([np.ones_like(x), x - x.mean()], axis=1)
    best, *_ = np.linalg.lstsq(design, y, rcond=None)
    freedom = len(x) - 2
    left = y - design @ best
    scale = np.sqrt(left @ left / freedom * freedom / rng.chisquare(freedom, DRAWS))
    root = np.linalg.cholesky(np.linalg.inv(design.T @ design))
    drawn = best + scale[:, None] * (rng.standard_normal((DRAWS, 2)) @ root.T)
    mean = drawn @ np.stack([np.ones_like(new), new - x.mean()])
    return np.exp(mean + scale[:, None] * rng.standard_normal(mean.shape))


def huber_bootstrap(train: pd.DataFrame, test: pd.DataFrame, seed: int) -> np.ndarray:
    """The usual method of papers: the additive law, fitted by Huber loss to bootstrap samples.

    The law is E + A N^-alpha + B D^-beta. If N or D does not vary, its term is dropped. If both vary along one line,
    the law is in C. With fewer than six runs, residuals are resampled instead of runs. The noise of a new run is a
    resampled residual.

    Parameters
    ----------
    train : DataFrame, the fitted runs: N [parameters], D [tokens] or C [FLOP], and ``loss`` [nats/token].
    test : DataFrame, the runs to forecast, with the same columns; ``loss`` is not needed.
    seed : int

    Returns
    -------
    array of shape (draw, run) : 1000 draws of the losses [nats/token], ten from each of 100 bootstrap samples.

    Raises
    ------
    ValueError
        If neither N, D nor C varies.

    Notes
    -----
    Hoffmann et al. 2022, Eqs 10 and 11, arXiv:2203.15556, with the optimiser restarted as in `huber_fit`.

    Examples
    --------
    >>> import bayescale as bs
    >>> runs = bs.load("known_entropy")
    >>> train, test = runs.query("split == 'grid'"), runs.query("split == 'heldout'")
    >>> bs.baselines.huber_bootstrap(train.head(8), test, seed=1).shape
    (1000, 3)
    """
    rng = np.random.default_rng(seed)
    names = terms(train)
    x, new = (np.log(np.stack([_column(t, name) for name in names])) for t in (train, test))
    z = np.log(train["loss"].to_numpy(float))
    best = huber_fit(x, z)
    left = z - log_loss(best, x)
    draws = []
    for _ in range(REFITS):
        if len(z) >= CASES:
            at = rng.integers(len(z), size=len(z))
            sample = x[:, at], z[at]
        else:
            sample = x, log_loss(best, x) + rng.choice(left, len(z))
        refit = huber_fit(*sample, start=best)
        draws.append(log_loss(refit, new) + rng.choice(left, (DRAWS // REFITS, len(test))))
    return np.exp(np.concatenate(draws))


def terms(runs: pd.DataFrame) -> tuple[str, ...]:
    """Columns whose terms the runs identify: N and D, one of them, or C if both vary along one line."""
    known = [name for name in ("N", "D") if name in runs and np.ptp(np.log(runs[name].to_numpy(float))) > 1e-9]
    if len(known) == 2 and abs(np.corrcoef(np.log(runs["N"]), np.log(runs["D"]))[0, 1]) > 0.99:
        return ("C",)
    if not known and "C" not in runs:
        raise ValueError(f"Neither N, D nor C varies; the columns are {list(runs.columns)}.")
    return tuple(known) or ("C",)


def log_loss(parameters: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Log of E plus power laws, of shape (run,); `parameters` and `x` as in `huber`."""
    return np.logaddexp.reduce(_parts(parameters, x), axis=0)


def huber(parameters: np.ndarray, x: np.ndarray, z: np.ndarray, delta: float = DELTA) -> tuple[float, np.ndarray]:
    """Sum of the Huber losses of the residuals of log loss, and its gradient.

    Parameters
    ----------
    parameters : array, log E, log coefficients (term), exponents (term).
    x : array of shape (term, run), logs of the columns.
    z : array of shape (run,), log losses.
    delta : float, residual at which the loss turns from quadratic to linear.

    Returns
    -------
    float : the sum.
    array : its gradient, of the shape of `parameters`.
    """
    k = len(x)
    parts = _parts(parameters, x)
    top = np.logaddexp.reduce(parts, axis=0)
    left = top - z
    inside = np.abs(left) <= delta
    value = np.where(inside, 0.5 * left**2, delta * (np.abs(left) - 0.5 * delta)).sum()
    pull = np.where(inside, left, delta * np.sign(left)) * np.exp(parts - top)
    return float(value), np.concatenate([pull[: k + 1].sum(axis=1), -(pull[1:] * x).sum(axis=1)])


def huber_fit(
    x: np.ndarray, z: np.ndarray, delta: float = DELTA, start: np.ndarray | None = None, starts: Sequence = _STARTS
) -> np.ndarray:
    """Minimise `huber`.

    Columns are centred and the objective is scaled, so that the tolerances suit it. L-BFGS is restarted until it stays
    where it is, because it stops early in the narrow valley of this objective (Besiroglu et al. 2024).

    Parameters
    ----------
    x, z, delta : as in `huber`.
    start : array, optional
        Parameters to start from; by default, each of `starts`.
    starts : sequence of (exponents, E over the smallest loss).

    Returns
    -------
    array : log E, log coefficients (term), exponents (term).

    Examples
    --------
    >>> import numpy as np
    >>> import bayescale as bs
    >>> N = np.geomspace(1e7, 1e10, 8)
    >>> log_E, log_A, alpha = bs.baselines.huber_fit(np.log(N)[None], np.log(1.8 + 400 * N**-0.34))
    >>> round(float(np.exp(log_E)), 2), round(float(alpha), 2)
    (1.8, 0.34)
    """
    middle = x.mean(axis=1)
    centred = x - middle[:, None]
    k = len(x)

    def objective(q):
        value, gradient = huber(q, centred, z, delta)
        return value / delta, gradient / delta

    if start is not None:
        first = [np.concatenate([start[:1], start[1 : k + 1] - start[k + 1 :] * middle, start[k + 1 :]])]
    else:
        least, mean = z.min(), np.exp(z).mean()
        first = [
            np.concatenate(
                [[least + np.log(share)], np.full(k, np.log((mean - share * np.exp(least)) / k)), np.full(k, exponent)]
            )
            for exponent, share in starts
        ]
    minima = []
    for q in first:
        value = np.inf
        for _ in range(20):
            done = minimize(objective, q, jac=True, method="L-BFGS-B", options=_TIGHT)
            q = done.x
            if not done.fun < value * (1 - 1e-9):
                break
            value = done.fun
        minima.append((done.fun, q))
    q = min(minima, key=lambda pair: pair[0])[1]
    return np.concatenate([q[:1], q[1 : k + 1] + q[k + 1 :] * middle, q[k + 1 :]])


def _parts(parameters: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Log of E and of each power law, of shape (1 + term, run)."""
    k = len(x)
    powers = parameters[1 : k + 1, None] - parameters[k + 1 :, None] * x
    return np.concatenate([np.full((1, x.shape[1]), parameters[0]), powers])


def _column(runs: pd.DataFrame, name: str) -> np.ndarray:
    """N, D or C as floats."""
    return _size(runs) if name == "C" else runs[name].to_numpy(float)


def _size(runs: pd.DataFrame) -> np.ndarray:
    """C [FLOP], or 6ND; or N or D if the table has only one of them."""
    if "C" in runs:
        return runs["C"].to_numpy(float)
    known = [runs[name].to_numpy(float) for name in ("N", "D") if name in runs]
    if not known:
        raise ValueError(f"A baseline needs N, D or C; the columns are {list(runs.columns)}.")
    return training_flop(*known) if len(known) == 2 else known[0]
