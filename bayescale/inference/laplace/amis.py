"""Pool: the points of many proposals, each weighted by the average of all, and mixtures fitted to them.

Adaptive multiple importance sampling (Cornuet et al. 2012, arXiv:0907.1254): a weight's denominator is what all
proposals together had put there, so that no point of a poor one is worth too much, and later mixtures are fitted to all
that is known. Points that a mixture was fitted to look better than they are; so draws are of a fresh sample.
"""

from dataclasses import dataclass

import numpy as np

from bayescale.density.log_density import LogDensity
from bayescale.inference.laplace import psis
from bayescale.inference.laplace.mixture import Mixture, log_sum

#: Mixtures fitted in a row, and how many components each has.
MIXTURES, COMPONENTS = 6, 16
#: A fresh sample is drawn from the average of the last so many.
LAST = 5
#: Effective points that a mixture is fitted to, at least.
ENOUGH = 800


@dataclass(frozen=True)
class Sample:
    """Points of a proposal, and what they count for.

    Attributes
    ----------
    points : array of shape (point, size), in the chart.
    values : array of shape (point,), log density.
    weights : array of shape (point,), smoothed, that sum to one.
    k : float, Pareto shape of the weights.
    log_evidence : float, log of the integral of the density, as the unsmoothed weights have it.
    """

    points: np.ndarray
    values: np.ndarray
    weights: np.ndarray
    k: float
    log_evidence: float

    @property
    def ess(self) -> float:
        """Effective number of proposals, 1 / sum of squared weights."""
        return float(1 / np.sum(self.weights**2))

    def beyond(self, other: "Sample") -> bool:
        """Whether it holds more of the density than another, beyond the error of both (three standard errors)."""
        return self.log_evidence - other.log_evidence > 3.0 * np.sqrt(1.0 / self.ess + 1.0 / other.ess)


class Pool:
    """Points from several proposals.

    Parameters
    ----------
    density : LogDensity
    rng : Generator
    """

    def __init__(self, density: LogDensity, rng: np.random.Generator):
        self._density, self._rng = density, rng
        self._points, self._values = np.empty((0, density.size)), np.empty(0)
        self._mixtures: list[Mixture] = []
        self._counts, self._logs = np.empty(0), np.empty((0, 0))  # of each mixture; its log density at each point

    def sample(self, mixture: Mixture, count: int) -> Sample:
        """Draw from a mixture, which joins the pool."""
        self._mixtures.append(mixture)
        self._counts = np.append(self._counts, 0.0)
        self._logs = np.concatenate([self._logs, mixture.logpdf(self._points)[None]])
        return self._drawn(mixture, 1, count)

    def fresh(self, count: int) -> Sample:
        """Draw from the average of the last mixtures."""
        return self._drawn(Mixture.average(self._mixtures[-LAST:]), LAST, count)

    def adapt(self, count: int) -> None:
        """Fit mixtures, one after the other, to all points so far."""
        for _ in range(MIXTURES):
            weights = _tempered(psis.smooth(self._values - self._crowd())[0])
            self.sample(Mixture.fitted(self._points, weights, self._rng, COMPONENTS), count)

    def _crowd(self) -> np.ndarray:
        """Log of the density of all proposals together at each point."""
        return log_sum(self._logs + np.log(self._counts)[:, None])

    def _drawn(self, mixture: Mixture, last: int, count: int) -> Sample:
        """A sample of the last mixtures' average, added to the pool."""
        points = mixture.draw(self._rng, count)
        values, logs = self._density.value(points), np.array([one.logpdf(points) for one in self._mixtures])
        self._points = np.concatenate([self._points, points])
        self._values = np.concatenate([self._values, values])
        self._logs = np.concatenate([self._logs, logs], axis=1)
        self._counts[-last:] += len(points) / last
        log_weights = values - log_sum(logs[-last:])
        weights, k = psis.smooth(log_weights)
        log_evidence = log_sum(log_weights) - np.log(len(points) / last)
        return Sample(points, values, weights, float(k), float(log_evidence))


def _tempered(weights: np.ndarray) -> np.ndarray:
    """Weights to a power so small that enough points count for a mixture to be fitted to them."""
    power = 1.0
    while 1 / np.sum(weights**2) < ENOUGH and power > 1e-3:
        power *= 0.8
        weights = np.where(weights > 0, weights, 0.0) ** 0.8
        weights = weights / weights.sum()
    return weights
