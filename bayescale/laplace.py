"""Laplace: the posterior by its mode and curvature, corrected by importance sampling, without PyMC and uncompiled.

The mode and the curvature in the chart give a heavy-tailed proposal; importance weights carry it to the exact
posterior; the Pareto k of their tail is the licence to use it (Vehtari et al. 2024).
"""

from dataclasses import dataclass

import numpy as np

from bayescale import psis
from bayescale.density import Density
from bayescale.modes import find_modes
from bayescale.proposal import Mixture
from bayescale.psis import MAX_K, MIN_ESS

#: Proposals, of which the weights choose the draws; and for tables of more runs than LONG.
PROPOSALS, PROPOSALS_LONG = 16000, 8000
LONG = 500
#: How often the proposal may be set anew to the weighted mean and covariance; and then, where that does not do, to a
#: mixture of so many components (population Monte Carlo, Cappe et al. 2008, doi:10.1007/s11222-008-9059-x).
REFRESHES, MIXTURES = 4, (8,) * 8
#: A proposal with a smaller Pareto k and a larger effective share of its points is not fitted anew. Each mixture costs,
#: so a little more of k is borne for each, and less of the share. (With k 0.49, a quantile of one curve in thirty was
#: off by 0.3 standard deviations.)
GOOD_K, LESS_K, GOOD_ESS = 0.4, 0.03, 0.25
#: Effective points that a mixture is fitted to, at least.
ENOUGH = 800


@dataclass(frozen=True)
class Approximation:
    """Draws from the posterior, and whether they may be used.

    Attributes
    ----------
    points : array of shape (draw, size), in the chart, equally weighted.
    k : float, Pareto shape of the importance weights.
    ess : float, effective number of proposals, 1 / sum of squared weights.
    """

    points: np.ndarray
    k: float
    ess: float

    @property
    def licensed(self) -> bool:
        """Whether the approximation may be used: Pareto k up to 0.7 and 400 effective draws."""
        return self.k <= MAX_K and self.ess >= MIN_ESS


def approximate(density: Density, seed: int, draws: int) -> Approximation:
    """Approximate a posterior.

    Parameters
    ----------
    density : Density
    seed : int
    draws : int, the number of draws wanted.
    """
    rng = np.random.default_rng(seed)
    modes = find_modes(density, rng)
    proposal = Mixture.about(modes)
    count = max(PROPOSALS if len(density.table.loss) <= LONG else PROPOSALS_LONG, 2 * draws)
    best, mixtures = None, 0
    for components in (*((1,) * REFRESHES if len(modes) == 1 else ()), *MIXTURES, None):
        points = proposal.draw(rng, count)
        weights, k = psis.smooth(density.value(points) - proposal.logpdf(points))
        ess = 1 / np.sum(weights**2)
        if best is None or (k <= MAX_K, k < GOOD_K, ess) > (best[1] <= MAX_K, best[1] < GOOD_K, best[2]):
            best = (points, float(k), float(ess), weights)
        enough = k < GOOD_K + LESS_K * mixtures and ess > GOOD_ESS / (1 + mixtures) * count
        if components is None or enough:
            break
        mixtures += components > 1
        proposal = proposal.fitted(points, weights if components == 1 else _tempered(weights), rng, components)
    points, k, ess, weights = best
    return Approximation(points[_systematic(rng, weights, draws)], k, ess)


def _tempered(weights: np.ndarray) -> np.ndarray:
    """Weights to a power so small that enough points count for a mixture to be fitted to them."""
    power = 1.0
    while 1 / np.sum(weights**2) < ENOUGH and power > 1e-3:
        power *= 0.8
        weights = np.where(weights > 0, weights, 0.0) ** 0.8
        weights = weights / weights.sum()
    return weights


def _systematic(rng: np.random.Generator, weights: np.ndarray, draws: int) -> np.ndarray:
    """Indices drawn in proportion to the weights with the least variance, in random order."""
    ticks = (np.arange(draws) + rng.uniform()) / draws
    return rng.permutation(np.minimum(np.searchsorted(np.cumsum(weights), ticks), len(weights) - 1))
