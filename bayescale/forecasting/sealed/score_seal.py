"""Score: how good a sealed forecast was, from its quantiles."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from bayescale.base.targets import positive
from bayescale.forecasting.scores import LEVELS
from bayescale.forecasting.sealed.document import load


def score_seal(file: str | Path, losses: float | Sequence[float]) -> pd.DataFrame:
    """Score a sealed forecast against the losses of its runs.

    Parameters
    ----------
    file : str or Path, of `seal`.
    losses : float or sequence of float, the losses of the sealed runs in their order, in the unit of the file.

    Returns
    -------
    DataFrame : one row for each run: its sizes, and

        - ``loss``, the observed loss; ``median`` of the forecast; ``error`` [%], the signed error of the median,
          positive if the forecast was too high;
        - ``inside_0.5``, ``inside_0.8``, ``inside_0.9``, ``inside_0.95``, whether the central interval has the loss;
        - ``pit``, the forecast probability of a smaller loss, between the outermost probabilities of the file;
        - ``crps`` [%], the continuous ranked probability score of the log loss; smaller is better.

        ``attrs`` has ``created``, ``sha256``, ``law`` and ``unit`` of the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no sealed forecast or has changed since; or there is not one positive loss for each run.

    Notes
    -----
    Between its probabilities the forecast is taken as linear in the log loss, and constant beyond the outermost ones.
    The score is then exact: the integral over the probability of twice the quantile loss.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy")
    >>> heldout = runs.query("split == 'heldout'")
    >>> post = bs.fit(chinchilla, runs.query("split == 'grid'"), method="laplace", seed=1, progressbar=False)
    >>> file = Path(tempfile.mkdtemp()) / "forecast.json"
    >>> sealed = bs.seal(chinchilla, post, heldout, file, seed=1)
    >>> table = bs.score_seal(file, heldout["loss"])
    >>> len(table), table.attrs["sha256"] == sealed["sha256"]
    (3, True)
    """
    document = load(file)
    seen = np.atleast_1d(positive("losses", losses))
    runs = document["runs"]
    if seen.shape != (len(runs),):
        raise ValueError(
            f"There are {seen.size} losses and {len(runs)} sealed runs; give one for each, in their order."
        )
    levels = np.asarray(document["probabilities"], dtype=float)
    quantiles = np.log(np.asarray([run["quantiles"] for run in runs], dtype=float))
    logs = np.log(seen)
    median = [float(np.interp(0.5, levels, row)) for row in quantiles]
    table = pd.DataFrame([run["at"] for run in runs]).assign(
        loss=seen, median=np.exp(median), error=100.0 * (np.asarray(median) - logs)
    )
    for level in LEVELS:
        ends = [np.interp([0.5 - level / 2, 0.5 + level / 2], levels, row) for row in quantiles]
        table[f"inside_{level}"] = [bool(low <= x <= high) for (low, high), x in zip(ends, logs, strict=True)]
    table["pit"] = [_pit(levels, row, x) for row, x in zip(quantiles, logs, strict=True)]
    table["crps"] = [100.0 * _crps(levels, row, x) for row, x in zip(quantiles, logs, strict=True)]
    table.attrs = {name: document[name] for name in ("created", "sha256", "unit")} | {"law": document["law"]["name"]}
    return table


def _pit(levels: np.ndarray, quantiles: np.ndarray, x: float) -> float:
    """Probability of a value below x; where quantiles are equal, the middle of their probabilities."""
    low, high = np.searchsorted(quantiles, x, "left"), np.searchsorted(quantiles, x, "right")
    if high > low:
        return float(0.5 * (levels[low] + levels[high - 1]))
    return float(np.interp(x, quantiles, levels))


def _crps(levels: np.ndarray, quantiles: np.ndarray, x: float) -> float:
    """Integral of 2 (1{x < q} - p) (q - x) over the probability p, with q linear in p between the levels.

    The integral splits each piece where q crosses x; on each part the integrand is a parabola, so Simpson's rule is
    exact.
    """
    p, q = np.r_[0.0, levels, 1.0], np.r_[quantiles[0], quantiles, quantiles[-1]]
    total = 0.0
    for p0, p1, q0, q1 in zip(p[:-1], p[1:], q[:-1], q[1:], strict=True):
        cut = p0 + (x - q0) / (q1 - q0) * (p1 - p0) if q0 < x < q1 else p1
        for a, b in ((p0, cut), (cut, p1)):
            if b <= a:
                continue
            at = np.array([a, 0.5 * (a + b), b])
            value = q0 + (q1 - q0) * (at - p0) / (p1 - p0)
            above = float(value[1] > x)
            total += (b - a) / 6 * float(np.dot([1.0, 4.0, 1.0], 2.0 * (above - at) * (value - x)))
    return total
