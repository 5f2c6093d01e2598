"""Proposals: the importance samples of a posterior, from better and better proposals until one is good.

1. An ellipsoid around each mode. A single one may be refitted to its weighted points. It needs very good weights.
2. Otherwise adaptive mixtures (`bayescale.inference.laplace.amis`), which follow curved and multimodal posteriors.

After chains that failed, a mixture fitted to their draws takes the place of the ellipsoids.
Evidence: docs/project/decisions/10-importance-proposals.md.
"""

from collections.abc import Iterator

import numpy as np

from bayescale.density.log_density import LogDensity
from bayescale.inference.laplace.amis import AdaptiveSampler, Sample
from bayescale.inference.laplace.em import fit_mixture
from bayescale.inference.laplace.mixture import Mixture
from bayescale.inference.laplace.modes import find_modes

#: Points drawn from a proposal, unless more draws are asked for.
POINTS = 16000
#: The same for tables of more than `LONG` runs.
POINTS_LONG = 8000
#: Number of runs above which a table counts as long.
LONG = 500
#: One ellipsoid is refitted to the weighted mean and covariance of its points at most this often.
REFITS = 2
#: A refitted ellipsoid is given up if its effective sample size is below this share of its points.
HOPELESS_SHARE = 0.1
#: An ellipsoid is used only if its Pareto k is below this.
ELLIPSOID_K = 0.4
#: An ellipsoid is used only if its effective sample size is above this share of its points. With a quarter, quantiles
#: of small tables were off by up to 0.21 standard deviations; with a half, by 0.14. A normal posterior of twelve
#: coordinates has a share of 0.64.
ELLIPSOID_SHARE = 0.5
#: The same for densities so expensive that no larger sample could follow.
ELLIPSOID_SHARE_EXPENSIVE = 0.25
#: Rounds of adaptation: each fits new mixtures and draws a new sample from them.
ROUNDS = 3
#: The sample of round r has at most r times this many times the points of an ellipsoid.
GROWTH = 4
#: Growing samples stop at this many points times `LogDensity.work`.
MOST_WORK = 3e7
#: The mixture fitted to chains has one component for this many of their draws. Narrow or curved posteriors need many.
DRAWS_PER_COMPONENT = 100
#: Largest number of components of the mixture fitted to chains.
MOST_COMPONENTS = 128
#: Share of ellipsoids around the modes in the proposal after chains, which may have missed a mode.
MODES_SHARE = 0.1
#: Largest accepted Pareto k of weights. (After chains it is `psis.MAX_K`: weights say nothing of places where no point
#: was proposed, but chains have visited them.)
ACCEPTED_K = 0.65
#: Adaptation ends at a sample whose effective sample size is above this, and whose Pareto k is below `ACCEPTED_K`.
ENOUGH_ESS = 1200


def samples(
    density: LogDensity, rng: np.random.Generator, draws: int, chain_points: np.ndarray | None
) -> Iterator[tuple[Sample, bool]]:
    """Importance samples of a posterior, up to the first that is good.

    Parameters
    ----------
    density : LogDensity
    rng : Generator
    draws : int, number of draws that will be resampled from a sample.
    chain_points : array of shape (point, size), or None
        Draws of chains that failed, in the sampling coordinates.

    Yields
    ------
    Sample
    bool : False if it finds more of the posterior than the adapted sample before it.
    """
    count = max(POINTS if len(density.table.loss) <= LONG else POINTS_LONG, 2 * draws)
    most = int(MOST_WORK / density.work)
    modes = find_modes(density, rng)
    sampler, proposal = AdaptiveSampler(density, rng), Mixture.around(modes)
    if chain_points is None:
        share = ELLIPSOID_SHARE if most >= GROWTH * count else ELLIPSOID_SHARE_EXPENSIVE
        sample = _ellipsoid(sampler, proposal, count, share, REFITS if len(modes) == 1 else 0, rng)
        if sample is not None:
            yield sample, True
            return
    else:
        components = min(MOST_COMPONENTS, len(chain_points) // DRAWS_PER_COMPONENT)
        equal = np.full(len(chain_points), 1.0 / len(chain_points))
        fitted = fit_mixture(chain_points, equal, rng, components)
        proposal = Mixture.average([fitted, proposal], [1.0 - MODES_SHARE, MODES_SHARE])
        sample = sampler.sample(proposal, max(count, min(GROWTH * count, most)))
        yield sample, True
        if _is_good(sample):
            return
    yield from _adapted(sampler, count, most)


def _ellipsoid(
    sampler: AdaptiveSampler, proposal: Mixture, count: int, share: float, refits: int, rng: np.random.Generator
) -> Sample | None:
    """A sample of the proposal, or of one component refitted to it; None if the weights are not good."""
    for refit in range(refits + 1):
        sample = sampler.sample(proposal, count)
        if sample.k < ELLIPSOID_K and sample.ess > share * count:
            return sample
        if refit and sample.ess < HOPELESS_SHARE * count:
            return None
        proposal = fit_mixture(sample.points, sample.weights, rng, 1)
    return None


def _adapted(sampler: AdaptiveSampler, count: int, most: int) -> Iterator[tuple[Sample, bool]]:
    """Samples of adaptive mixtures, round by round; as `samples`."""
    before = None
    for at in range(1, ROUNDS + 1):
        sampler.adapt(min(max(most // 8, count // 4), count // 2))
        sample = sampler.sample_latest(max(count, min(GROWTH * at * count, most)))
        agrees = before is None or not sample.exceeds(before)
        yield sample, agrees
        if agrees and _is_good(sample):
            return
        before = sample


def _is_good(sample: Sample) -> bool:
    return sample.k < ACCEPTED_K and sample.ess > ENOUGH_ESS
