"""Laplace approximation, corrected by importance sampling, in NumPy.

The modes of the posterior and its curvature there give a heavy-tailed proposal. Importance weights make its points a
sample of the exact posterior. Their Pareto k tells whether they can be trusted (Vehtari et al. 2024, arXiv:1507.02646).
Evidence: docs/project/decisions/11-accepting-weights.md.
"""

from dataclasses import dataclass

import numpy as np

from bayescale.density.log_density import LogDensity
from bayescale.inference.laplace.amis import Sample
from bayescale.inference.laplace.mixture import Mixture
from bayescale.inference.laplace.proposals import ACCEPTED_K, samples
from bayescale.inference.laplace.psis import MAX_K, MIN_ESS


@dataclass(frozen=True)
class Approximation:
    """Draws from the posterior, and whether they are accepted.

    Attributes
    ----------
    points : array of shape (chain, draw, size), in the sampling coordinates, equally weighted. Each chain is resampled
        from points of its own, so chains are independent.
    k : float, Pareto k of the importance weights.
    ess : float, effective sample size of the weights, 1 / sum of squared weights.
    reason : str, why the draws are not accepted; empty if they are. The effective sample size is below 400, Pareto k is
        above 0.65 (0.7 after chains), or another proposal found more of the posterior.
    log_evidence : float, log of the integral of the density: of the probability of the losses [1/nats^runs] under law
        and priors. Its standard error is about 1 / sqrt(ess).
    """

    points: np.ndarray
    k: float
    ess: float
    reason: str
    log_evidence: float

    @property
    def accepted(self) -> bool:
        """Whether the draws can stand for the posterior."""
        return not self.reason


def approximate(
    density: LogDensity, seed: int, chains: int, draws: int, chain_points: np.ndarray | None = None
) -> Approximation:
    """Approximate a posterior by draws.

    Parameters
    ----------
    density : LogDensity
    seed : int
    chains, draws : int, number of chains, and of draws of each.
    chain_points : array of shape (point, size), optional
        Draws of chains that failed, in the sampling coordinates.
    """
    rng = np.random.default_rng(seed)
    most_k = ACCEPTED_K if chain_points is None else MAX_K
    candidates = list(samples(density, rng, chains * draws, chain_points))
    judged = [(sample, _complete(candidates, place)) for place, (sample, _) in enumerate(candidates)]

    def rank(candidate: tuple[Sample, bool]) -> tuple[bool, bool, bool, float]:
        sample, complete = candidate
        return complete, sample.k <= most_k, sample.k < ACCEPTED_K, sample.ess

    best, complete = max(judged, key=rank)
    parts = np.array_split(rng.permutation(len(best.points)), chains)
    points = [best.points[part[_systematic(rng, best.weights[part], draws)]] for part in parts]
    reason = f"Pareto k {best.k:.2f}, importance ESS {best.ess:.0f}"
    reason += "" if complete else ", another proposal found more of the posterior"
    accepted = complete and best.k <= most_k and best.ess >= MIN_ESS
    log_evidence = best.log_evidence - Mixture.log_constant(best.points.shape[1])
    return Approximation(np.array(points), best.k, best.ess, "" if accepted else reason, log_evidence)


def _complete(candidates: list[tuple[Sample, bool]], place: int) -> bool:
    """Whether a sample agrees with the one before it, and no later sample finds more of the posterior.

    An earlier sample that finds more is no evidence: it may have done so by chance.
    """
    sample, agrees = candidates[place]
    return agrees and not any(later.exceeds(sample) for later, _ in candidates[place + 1 :])


def _systematic(rng: np.random.Generator, weights: np.ndarray, draws: int) -> np.ndarray:
    """Indices drawn by systematic resampling, which has the least variance, in random order."""
    ticks = (np.arange(draws) + rng.uniform()) / draws * weights.sum()
    return rng.permutation(np.minimum(np.searchsorted(np.cumsum(weights), ticks), len(weights) - 1))
