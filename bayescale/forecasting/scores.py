"""Scores: how good a forecast was, once the loss is known.

All are of the log loss, in percent (100 times the difference of natural logs): an error of 1 is 1 % of the loss.
"""

from collections.abc import Sequence

import numpy as np

LEVELS = (0.5, 0.8, 0.9, 0.95)


def errors(draws: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Signed error of the median [%]: positive where the loss was forecast too high.

    Parameters
    ----------
    draws : array of shape (draw, run), forecast losses [nats/token].
    observed : array of shape (run,), the losses [nats/token].

    Returns
    -------
    array of shape (run,).
    """
    draws, observed = _checked(draws, observed)
    return 100.0 * (np.median(draws, axis=0) - observed)


def pit(draws: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Probability integral transform: the share of draws below the observed loss, of shape (run,)."""
    draws, observed = _checked(draws, observed)
    below, same = (draws < observed).mean(axis=0), (draws == observed).mean(axis=0)
    return below + 0.5 * same


def covered(draws: np.ndarray, observed: np.ndarray, levels: Sequence[float] = LEVELS) -> np.ndarray:
    """Whether the central intervals hold the observed loss, of shape (level, run)."""
    draws, observed = _checked(draws, observed)
    low, high = _intervals(draws, levels)
    return (low <= observed) & (observed <= high)


def widths(draws: np.ndarray, levels: Sequence[float] = LEVELS) -> np.ndarray:
    """Width of the central intervals [%], of shape (level, run)."""
    low, high = _intervals(_logs(draws), levels)
    return 100.0 * (high - low)


def crps(draws: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score [%], of shape (run,): mean |X - y| - mean |X - X'| / 2 over the draws.

    The fair estimate of Ferro 2014 (doi:10.1002/qj.2270), unbiased for any number of draws.
    """
    draws, observed = _checked(draws, observed)
    n = len(draws)
    ranks = 2.0 * np.arange(1, n + 1) - n - 1.0
    spread = (ranks[:, None] * np.sort(draws, axis=0)).sum(axis=0) / (n * (n - 1))  # half the mean |X - X'|
    return 100.0 * (np.abs(draws - observed).mean(axis=0) - spread)


def interval_score(draws: np.ndarray, observed: np.ndarray, level: float = 0.9) -> np.ndarray:
    """Width of the central interval plus 2 / (1 - level) times the miss [%], of shape (run,).

    Gneiting & Raftery 2007, Eq 43, doi:10.1198/016214506000001437.
    """
    draws, observed = _checked(draws, observed)
    (low,), (high,) = _intervals(draws, [level])
    miss = np.maximum(low - observed, 0.0) + np.maximum(observed - high, 0.0)
    return 100.0 * (high - low + 2.0 / (1.0 - level) * miss)


def log_score(draws: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Log of the forecast density of the log loss, of shape (run,); larger is better.

    The density is a Gaussian kernel estimate from the draws, with the bandwidth of Silverman 1986, Eq 3.31.
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
    """Logs of forecast and observed losses, or an error."""
    draws, observed = _logs(draws), np.asarray(observed, dtype=float)
    if observed.shape != draws.shape[1:]:
        raise ValueError(f"There are {draws.shape[1]} forecasts and {observed.shape} observed losses; wanted one each.")
    return draws, _log("observed", observed)


def _logs(draws) -> np.ndarray:
    """Logs of forecast losses, or an error."""
    draws = np.asarray(draws, dtype=float)
    if draws.ndim != 2 or len(draws) < 2:
        raise ValueError(f"The draws have the shape {draws.shape}; wanted (draw, run) with two draws or more.")
    return _log("forecast", draws)


def _log(name: str, losses: np.ndarray) -> np.ndarray:
    if not (np.isfinite(losses) & (losses > 0)).all():
        raise ValueError(f"Some {name} losses are NaN, infinite or not positive; a loss is a positive number.")
    return np.log(losses)
