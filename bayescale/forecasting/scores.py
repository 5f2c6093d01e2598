"""Scores of forecasts against observed losses.

Scores are on the log scale, in percent: 100 times a difference of natural logs, so that 1 is about 1 % of the loss.
Exceptions are `pit` and `covered`, which are probabilities, and `log_score`, in nats.
"""

from collections.abc import Sequence

import numpy as np

__all__ = ["covered", "crps", "errors", "interval_score", "log_score", "pit", "widths"]

#: Probabilities of the central intervals that are scored.
LEVELS = (0.5, 0.8, 0.9, 0.95)


def errors(draws: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Signed error of the median [%], positive if the forecast was too high.

    Parameters
    ----------
    draws : array of shape (draw, run), forecast losses [nats/token].
    observed : array of shape (run,), the losses [nats/token].

    Returns
    -------
    array of shape (run,).

    Raises
    ------
    ValueError
        If the shapes do not agree, or a loss is not a positive number.

    Examples
    --------
    >>> import numpy as np
    >>> import bayescale as bs
    >>> draws, observed = np.array([[2.0, 3.0], [2.2, 3.2], [2.4, 3.4]]), np.array([2.2, 3.0])
    >>> bs.scores.errors(draws, observed).round(1).tolist()
    [0.0, 6.5]
    """
    draws, observed = _checked(draws, observed)
    return 100.0 * (np.median(draws, axis=0) - observed)


def pit(draws: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Probability integral transform: the share of draws below the observed loss; ties count half.

    Parameters
    ----------
    draws : array of shape (draw, run), forecast losses [nats/token].
    observed : array of shape (run,), the losses [nats/token].

    Returns
    -------
    array of shape (run,), between 0 and 1; uniform if forecasts are calibrated.

    Raises
    ------
    ValueError
        If the shapes do not agree, or a loss is not a positive number.

    Examples
    --------
    >>> import numpy as np
    >>> import bayescale as bs
    >>> bs.scores.pit(np.array([[2.0], [2.2], [2.4], [2.6]]), np.array([2.3])).tolist()
    [0.5]
    """
    draws, observed = _checked(draws, observed)
    below, same = (draws < observed).mean(axis=0), (draws == observed).mean(axis=0)
    return below + 0.5 * same


def covered(draws: np.ndarray, observed: np.ndarray, levels: Sequence[float] = LEVELS) -> np.ndarray:
    """Whether each central interval contains the observed loss.

    Parameters
    ----------
    draws : array of shape (draw, run), forecast losses [nats/token].
    observed : array of shape (run,), the losses [nats/token].
    levels : sequence of float, probabilities of the intervals.

    Returns
    -------
    array of bool of shape (level, run).

    Raises
    ------
    ValueError
        If the shapes do not agree, or a loss is not a positive number.

    Examples
    --------
    >>> import numpy as np
    >>> import bayescale as bs
    >>> bs.scores.covered(np.array([[2.0], [2.2], [2.4], [2.6]]), np.array([2.55]), levels=[0.5, 0.9]).tolist()
    [[False], [True]]
    """
    draws, observed = _checked(draws, observed)
    low, high = _intervals(draws, levels)
    return (low <= observed) & (observed <= high)


def widths(draws: np.ndarray, levels: Sequence[float] = LEVELS) -> np.ndarray:
    """Width of the central intervals [%].

    Parameters
    ----------
    draws : array of shape (draw, run), forecast losses [nats/token].
    levels : sequence of float, probabilities of the intervals.

    Returns
    -------
    array of shape (level, run), 100 times the difference of the logs.

    Raises
    ------
    ValueError
        If `draws` has another shape, or a loss is not a positive number.

    Examples
    --------
    >>> import numpy as np
    >>> import bayescale as bs
    >>> bs.scores.widths(np.array([[2.0], [2.2], [2.4]]), levels=[0.5]).round(1).tolist()
    [[9.1]]
    """
    low, high = _intervals(_logs(draws), levels)
    return 100.0 * (high - low)


def crps(draws: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score [%]; smaller is better.

    Parameters
    ----------
    draws : array of shape (draw, run), forecast losses [nats/token].
    observed : array of shape (run,), the losses [nats/token].

    Returns
    -------
    array of shape (run,).

    Raises
    ------
    ValueError
        If the shapes do not agree, or a loss is not a positive number.

    Notes
    -----
    The score is mean ``|X - y| - |X - X'| / 2`` over the draws of the log loss, in the fair estimate of Ferro 2014
    (doi:10.1002/qj.2270), which is unbiased for any number of draws.

    Examples
    --------
    >>> import numpy as np
    >>> import bayescale as bs
    >>> bs.scores.crps(np.array([[2.0], [2.2], [2.4]]), np.array([2.6])).round(1).tolist()
    [10.9]
    """
    draws, observed = _checked(draws, observed)
    n = len(draws)
    ranks = 2.0 * np.arange(1, n + 1) - n - 1.0
    spread = (ranks[:, None] * np.sort(draws, axis=0)).sum(axis=0) / (n * (n - 1))  # half the mean |X - X'|
    return 100.0 * (np.abs(draws - observed).mean(axis=0) - spread)


def interval_score(draws: np.ndarray, observed: np.ndarray, level: float = 0.9) -> np.ndarray:
    """Width of the central interval plus 2 / (1 - level) times the miss [%]; smaller is better.

    Parameters
    ----------
    draws : array of shape (draw, run), forecast losses [nats/token].
    observed : array of shape (run,), the losses [nats/token].
    level : float, probability of the interval.

    Returns
    -------
    array of shape (run,).

    Raises
    ------
    ValueError
        If the shapes do not agree, or a loss is not a positive number.

    Notes
    -----
    Gneiting & Raftery 2007, Eq 43, doi:10.1198/016214506000001437.

    Examples
    --------
    >>> import numpy as np
    >>> import bayescale as bs
    >>> inside, outside = bs.scores.interval_score(np.array([[2.0, 2.0], [2.2, 2.2], [2.4, 2.4]]), np.array([2.2, 2.6]))
    >>> bool(inside < outside)
    True
    """
    draws, observed = _checked(draws, observed)
    (low,), (high,) = _intervals(draws, [level])
    miss = np.maximum(low - observed, 0.0) + np.maximum(observed - high, 0.0)
    return 100.0 * (high - low + 2.0 / (1.0 - level) * miss)


def log_score(draws: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Log of the forecast density of the log loss [nats]; larger is better.

    Parameters
    ----------
    draws : array of shape (draw, run), forecast losses [nats/token].
    observed : array of shape (run,), the losses [nats/token].

    Returns
    -------
    array of shape (run,).

    Raises
    ------
    ValueError
        If the shapes do not agree, or a loss is not a positive number.

    Notes
    -----
    The density is a Gaussian kernel estimate from the draws, with the bandwidth of Silverman 1986, Eq 3.31.

    Examples
    --------
    >>> import numpy as np
    >>> import bayescale as bs
    >>> near, far = bs.scores.log_score(np.array([[2.0, 2.0], [2.2, 2.2], [2.4, 2.4]]), np.array([2.2, 2.6]))
    >>> bool(near > far)
    True
    """
    draws, observed = _checked(draws, observed)
    low, high = np.quantile(draws, [0.25, 0.75], axis=0)
    spread = np.minimum(draws.std(axis=0, ddof=1), (high - low) / 1.34)
    width = 0.9 * np.where(spread > 0, spread, draws.std(axis=0, ddof=1)) * len(draws) ** -0.2
    z = (observed - draws) / width
    top = (-0.5 * z**2).max(axis=0)
    return top + np.log(np.exp(-0.5 * z**2 - top).mean(axis=0)) - np.log(width * np.sqrt(2.0 * np.pi))


def _intervals(draws: np.ndarray, levels: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the central intervals, each of shape (level, run)."""
    tails = (1.0 - np.asarray(levels)) / 2.0
    return np.quantile(draws, tails, axis=0), np.quantile(draws, 1.0 - tails, axis=0)


def _checked(draws, observed) -> tuple[np.ndarray, np.ndarray]:
    """Logs of forecast and observed losses; an error if the shapes do not agree."""
    draws, observed = _logs(draws), np.asarray(observed, dtype=float)
    if observed.shape != draws.shape[1:]:
        raise ValueError(
            f"The draws are of {draws.shape[1]} runs, observed has the shape {observed.shape}; wanted one loss a run."
        )
    return draws, _log("observed", observed)


def _logs(draws) -> np.ndarray:
    """Logs of forecast losses; an error unless they have the shape (draw, run)."""
    draws = np.asarray(draws, dtype=float)
    if draws.ndim != 2 or len(draws) < 2:
        raise ValueError(f"The draws have the shape {draws.shape}; wanted (draw, run) with two draws or more.")
    return _log("forecast", draws)


def _log(name: str, losses: np.ndarray) -> np.ndarray:
    """Natural log; an error if a loss is not a positive number."""
    if not (np.isfinite(losses) & (losses > 0)).all():
        raise ValueError(f"Some {name} losses are NaN, infinite or not positive; a loss is a positive number.")
    return np.log(losses)
