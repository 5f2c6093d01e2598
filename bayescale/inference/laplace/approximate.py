"""Laplace: the posterior by its mode and curvature, corrected by importance sampling, without PyMC and uncompiled.

The mode and the curvature in the chart give a heavy-tailed proposal; importance weights carry it to the exact
posterior; the Pareto k of their tail is the licence to use it (Vehtari et al. 2024). Where one ellipsoid does not do,
mixtures are fitted to all points so far, each weighted by the average of all proposals (adaptive multiple importance
sampling, Cornuet et al. 2012, arXiv:0907.1254). The draws come from a fresh sample of what was fitted.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bayescale.density.log_density import LogDensity
from bayescale.inference.laplace.amis import Pool, Sample
from bayescale.inference.laplace.mixture import Mixture
from bayescale.inference.laplace.modes import find_modes
from bayescale.inference.laplace.psis import MAX_K, MIN_ESS

#: Proposals, of which the weights choose the draws; and for tables of more runs than LONG.
PROPOSALS, PROPOSALS_LONG = 16000, 8000
LONG = 500
#: How often the proposal may be set anew to the weighted mean and covariance,
REFRESHES = 2
#: but not again where so small a share of its points counts then: one ellipsoid does not do;
HOPELESS = 0.1
#: and how often, after that, a fresh sample may be drawn, of so many times more proposals each time,
ROUNDS, MORE = 3, 4
#: as long as that costs no more than so many proposals times `LogDensity.work`.
MOST_WORK = 3e7
#: Where chains have been, a mixture of a component for each so many of their draws, up to so many, follows necks and
#: kinks that few do not; the modes, which chains may miss, get so much of a share beside it.
EACH, MANY, BESIDE = 100, 128, 0.1
#: A proposal with a smaller Pareto k and a larger effective share of its points is not fitted anew; the smaller share
#: is for densities so dear that a fresh sample could not be larger. (A normal posterior of twelve coordinates has
#: 0.64. With a quarter allowed, k below 0.4 and all, one ellipsoid missed tails of simulated tables of five to seven
#: runs: quantiles were off by up to 0.21 standard deviations, one in 25 by more than 0.1; with a half, by 0.14 and one
#: in 300.)
GOOD_K, GOOD_SHARE, GOOD_SHARE_DEAR = 0.4, 0.5, 0.25
#: A mixture is held to less: to this k, and so many effective points.
FAIR_K, FAIR_ESS = 0.65, 1200


@dataclass(frozen=True)
class Approximation:
    """Draws from the posterior, and whether they may be used.

    Attributes
    ----------
    points : array of shape (chain, draw, size), in the chart, equally weighted; each chain of proposals of its own.
    k : float, Pareto shape of the importance weights.
    ess : float, effective number of proposals, 1 / sum of squared weights.
    doubt : str, why it may not be used: fewer than 400 effective draws, a Pareto k above 0.65 (0.7 where chains have
        been seen), or proposals that find more of the posterior than earlier ones; empty if it may.
    """

    points: np.ndarray
    k: float
    ess: float
    doubt: str

    @property
    def accepted(self) -> bool:
        """Whether the approximation may be used."""
        return not self.doubt


def approximate(
    density: LogDensity, seed: int, chains: int, draws: int, seen: np.ndarray | None = None
) -> Approximation:
    """Approximate a posterior.

    Parameters
    ----------
    density : LogDensity
    seed : int
    chains, draws : int, the number of draws wanted.
    seen : array of shape (point, size), optional
        Points, in the chart, where chains have been that did not mix.
    """
    rng = np.random.default_rng(seed)
    most_k = FAIR_K if seen is None else MAX_K  # tails do not tell what was never proposed; chains may
    rank = lambda one: (one[1], one[0].k <= most_k, one[0].k < FAIR_K, one[0].ess)  # noqa: E731
    found = list(_samples(density, rng, chains * draws, seen))
    # what later proposals find beyond a sample, it lacks; what earlier ones found may be chance
    whole = [
        (one, complete and not any(later.beyond(one) for later, _ in found[at + 1 :]))
        for at, (one, complete) in enumerate(found)
    ]
    best, complete = max(whole, key=rank)
    parts = np.array_split(rng.permutation(len(best.points)), chains)
    points = [best.points[part[_systematic(rng, best.weights[part], draws)]] for part in parts]
    doubt = f"Pareto k {best.k:.2f}, importance ESS {best.ess:.0f}" + ", other proposals find more" * (not complete)
    accepted = complete and best.k <= most_k and best.ess >= MIN_ESS
    return Approximation(np.array(points), best.k, best.ess, "" if accepted else doubt)


def _samples(
    density: LogDensity, rng: np.random.Generator, draws: int, seen: np.ndarray | None
) -> Iterator[tuple[Sample, bool]]:
    """Samples of ever better proposals, until one is good; of one ellipsoid, only a good one.

    Each with whether it holds no more of the density than the one before.
    """
    count = max(PROPOSALS if len(density.table.loss) <= LONG else PROPOSALS_LONG, 2 * draws)
    modes = find_modes(density, rng)
    pool, proposal = Pool(density, rng), Mixture.about(modes)
    most = int(MOST_WORK / density.work)
    least_share = GOOD_SHARE if most >= MORE * count else GOOD_SHARE_DEAR
    if seen is not None:
        followed = Mixture.fitted(seen, np.full(len(seen), 1.0 / len(seen)), rng, min(MANY, len(seen) // EACH))
        proposal = Mixture.average([followed, proposal], [1.0 - BESIDE, BESIDE])
        sample = pool.sample(proposal, max(count, min(MORE * count, most)))
        yield sample, True
        if sample.k < FAIR_K and sample.ess > FAIR_ESS:
            return
    for refreshed in range(0 if seen is not None else REFRESHES + 1 if len(modes) == 1 else 1):
        sample = pool.sample(proposal, count)
        if sample.k < GOOD_K and sample.ess > least_share * count:
            yield sample, True
            return
        if refreshed and sample.ess < HOPELESS * count:
            break
        proposal = Mixture.fitted(sample.points, sample.weights, rng, 1)
    before = None
    for again in range(1, ROUNDS + 1):
        pool.adapt(min(max(most // 8, count // 4), count // 2))
        sample = pool.fresh(max(count, min(MORE * again * count, most)))
        complete = before is None or not sample.beyond(before)
        yield sample, complete
        if complete and sample.k < FAIR_K and sample.ess > FAIR_ESS:
            return
        before = sample


def _systematic(rng: np.random.Generator, weights: np.ndarray, draws: int) -> np.ndarray:
    """Indices drawn in proportion to the weights with the least variance, in random order."""
    ticks = (np.arange(draws) + rng.uniform()) / draws * weights.sum()
    return rng.permutation(np.minimum(np.searchsorted(np.cumsum(weights), ticks), len(weights) - 1))
