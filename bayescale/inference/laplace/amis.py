"""AMIS: adaptive multiple importance sampling (Cornuet et al. 2012, arXiv:0907.1254).

All points of all proposals so far are weighted by the density over the average of the proposals, and the next proposal
is fitted to them. So no point of a poor proposal gets too large a weight. Points that a proposal was fitted to have
optimistic weights; the draws therefore come from new points.
"""

from dataclasses import dataclass

import numpy as np

from bayescale.density.log_density import LogDensity
from bayescale.inference.laplace import psis
from bayescale.inference.laplace.em import fit_mixture
from bayescale.inference.laplace.mixture import Mixture, log_sum_exp

#: Number of mixtures fitted in a row.
MIXTURES = 6
#: Components of each mixture.
COMPONENTS = 16
#: A new sample is drawn from the average of this many mixtures, the latest.
LATEST = 5
#: A mixture is fitted to weights with at least this effective sample size; weights with less are flattened.
LEAST_ESS = 800
#: Two estimates of the integral of the density differ if they are further apart than this many standard errors.
STANDARD_ERRORS = 3.0


@dataclass(frozen=True)
class Sample:
    """Points of one proposal, and their importance weights.

    Attributes
    ----------
    points : array of shape (point, size), in the sampling coordinates.
    values : array of shape (point,), log density.
    weights : array of shape (point,), Pareto-smoothed; they sum to one.
    k : float, Pareto k of the weights.
    log_evidence : float, log of the integral of the density, estimated by the weights before smoothing.
    """

    points: np.ndarray
    values: np.ndarray
    weights: np.ndarray
    k: float
    log_evidence: float

    @property
    def ess(self) -> float:
        """Effective sample size, 1 / sum of squared weights."""
        return float(1 / np.sum(self.weights**2))

    def exceeds(self, other: "Sample") -> bool:
        """Whether its integral of the density is larger than another sample's, beyond the error of both.

        If so, the other sample misses some of the posterior.
        """
        error = np.sqrt(1.0 / self.ess + 1.0 / other.ess)
        return self.log_evidence - other.log_evidence > STANDARD_ERRORS * error


class AdaptiveSampler:
    """Importance sampling of one density, from proposals that learn from all points so far.

    Parameters
    ----------
    density : LogDensity
    rng : Generator
    """

    def __init__(self, density: LogDensity, rng: np.random.Generator):
        self._density, self._rng = density, rng
        self._points, self._values = np.empty((0, density.size)), np.empty(0)
        self._mixtures: list[Mixture] = []
        self._counts = np.empty(0)  # number of points of each mixture
        self._logs = np.empty((0, 0))  # log density of each mixture at each point

    def sample(self, mixture: Mixture, count: int) -> Sample:
        """Draw `count` points from a mixture, which becomes one of the proposals."""
        self._mixtures.append(mixture)
        self._counts = np.append(self._counts, 0.0)
        self._logs = np.concatenate([self._logs, mixture.logpdf(self._points)[None]])
        return self._sample(mixture, 1, count)

    def sample_latest(self, count: int) -> Sample:
        """Draw `count` points from the average of the latest mixtures."""
        return self._sample(Mixture.average(self._mixtures[-LATEST:]), LATEST, count)

    def adapt(self, count: int) -> None:
        """Fit mixtures in turn, each to all points so far, and draw `count` points from each."""
        for _ in range(MIXTURES):
            weights = _flattened(psis.smooth(self._values - self._log_total())[0])
            self.sample(fit_mixture(self._points, weights, self._rng, COMPONENTS), count)

    def _log_total(self) -> np.ndarray:
        """Log of the sum of all proposals, each times its number of points, at each point."""
        return log_sum_exp(self._logs + np.log(self._counts)[:, None])

    def _sample(self, proposal: Mixture, latest: int, count: int) -> Sample:
        """Draw from a proposal, which is the average of the latest mixtures, and keep its points."""
        points = proposal.draw(self._rng, count)
        values, logs = self._density.value(points), np.array([mixture.logpdf(points) for mixture in self._mixtures])
        self._points = np.concatenate([self._points, points])
        self._values = np.concatenate([self._values, values])
        self._logs = np.concatenate([self._logs, logs], axis=1)
        self._counts[-latest:] += len(points) / latest
        log_weights = values - log_sum_exp(logs[-latest:])
        weights, k = psis.smooth(log_weights)
        log_evidence = log_sum_exp(log_weights) - np.log(len(points) / latest)
        return Sample(points, values, weights, float(k), float(log_evidence))


def _flattened(weights: np.ndarray) -> np.ndarray:
    """Weights raised to a power so small that their effective sample size reaches `LEAST_ESS`."""
    power = 1.0
    while 1 / np.sum(weights**2) < LEAST_ESS and power > 1e-3:
        power *= 0.8
        weights = np.where(weights > 0, weights, 0.0) ** 0.8
        weights = weights / weights.sum()
    return weights
