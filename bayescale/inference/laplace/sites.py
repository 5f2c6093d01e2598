"""Sites: the density of a law on a table, with the Student-t likelihood expanded about the posterior mode."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from bayescale.data.checkpoints import Checkpoints
from bayescale.density.basis import nu_of
from bayescale.density.bound import Bound
from bayescale.density.conditional import moments
from bayescale.density.log_density import LogDensity, as_posterior
from bayescale.density.sites import Sites
from bayescale.inference.laplace.modes import SAME_HEIGHT, Mode, climb, find_modes
from bayescale.modelling.distributions import student_curvature
from bayescale.modelling.draws import SAMPLE_DIMS

#: Seed of the mode search. It is fixed, so that the density does not depend on the seed of the draws.
SEED = 0
#: Largest number of mode searches. The first uses the sites of the law without its discrepancy, each later one those of
#: the best mode so far.
SEARCHES = 4
#: Largest number of alternations between climbing to a mode and expanding the likelihood about it.
STEPS = 12
#: Tolerance of log evidence and of log density. Searches end if the best log evidence rises by less than this, and
#: alternations if the log density changes by less.
SETTLED = 1e-2
#: Tolerance of residuals, in units of the noise's scale. Alternations continue while a residual changes by more.
RESIDUAL_TOLERANCE = 2e-2
#: Prior probability that errors of checkpoints are independent. The correlation lengths on the grid share the rest.
INDEPENDENT = 0.5
#: Lower bound on a run's curvature, so that the Hessian stays positive.
LEAST_CURVATURE = 0.02


def prepare(bound: Bound) -> LogDensity:
    """Prepare the density of a law on a table for sampling.

    With a discrepancy and Student-t noise, the likelihood is expanded about the posterior mode (`Sites`). The mode in
    turn depends on the expansion:

    1. A search finds modes of the density with the present sites.
    2. From each mode, climbing and expanding alternate until both agree.
    3. The mode of the largest evidence gives the sites of the next search, as long as the evidence rises.

    If rows are checkpoints, the correlation length is the median of its posterior on a grid (`Checkpoints.lengths`).
    Evidence: docs/project/decisions/14-mode-search-with-discrepancy.md.

    Parameters
    ----------
    bound : Bound

    Returns
    -------
    LogDensity : if the law has a discrepancy, `LogDensity.near` holds points near its modes, the best first.

    Raises
    ------
    Untraceable
        As `LogDensity`.
    """
    if bound.law.discrepancy is None:
        return LogDensity(bound)
    rng = np.random.default_rng(SEED)
    best, modes = _searched(LogDensity(_first(bound, rng)), rng)
    checkpoints = bound.checkpoints
    if checkpoints is not None and len(checkpoints.lengths):
        best = _with_length(best, checkpoints)
    return best.density.starting_near(np.array([best.mode, *(mode.point for mode in modes)]))


@dataclass(frozen=True)
class _Settled:
    """A density whose sites are those of its mode.

    Attributes
    ----------
    density : LogDensity
    mode : array of shape (size,), in the sampling coordinates.
    height : float, log density at the mode.
    log_evidence : float, by Laplace's method about the mode.
    """

    density: LogDensity
    mode: np.ndarray
    height: float
    log_evidence: float

    def is_at(self, mode: Mode) -> bool:
        """Whether another search found the same mode."""
        return abs(mode.height - self.height) < SAME_HEIGHT and mode.is_near(self.mode)


def _searched(density: LogDensity, rng: np.random.Generator) -> tuple[_Settled, list[Mode]]:
    """The mode of the largest evidence of all searches, and the modes of the last one."""
    best: _Settled | None = None
    modes: list[Mode] = []
    for _ in range(SEARCHES):
        modes, before = find_modes(density, rng), best
        new = [mode.point for mode in modes if before is None or not before.is_at(mode)]
        settled = [_settled(density, point) for point in new]
        best = _best([before, *settled] if before is not None else settled)
        if density.bound.sites is None:
            break
        if before is None:  # sites as under normal noise may lead to a better mode
            equal = density.bound.with_sites(Sites.normal(len(density.table.loss)))
            best = _best([best, _settled(density.on(equal), best.mode)])
        elif best.log_evidence - before.log_evidence < SETTLED:
            break
        density = best.density
    if best is None:
        raise RuntimeError("SEARCHES is below one")
    return best, modes


def _best(candidates: list[_Settled]) -> _Settled:
    return max(candidates, key=lambda candidate: candidate.log_evidence)


def _with_length(best: _Settled, checkpoints: Checkpoints) -> _Settled:
    """The density whose correlation length is the posterior median, given the density of independent errors."""
    tried = [best]
    for length in checkpoints.lengths:
        density, mode = tried[-1].density, tried[-1].mode
        tried.append(_settled(density.on(density.bound.with_length(float(length))), mode))
    evidence = np.array([settled.log_evidence for settled in tried])
    if not np.isfinite(evidence).any():
        return best
    prior = np.array([INDEPENDENT, *np.full(len(tried) - 1, (1.0 - INDEPENDENT) / (len(tried) - 1))])
    posterior = prior * np.exp(evidence - evidence.max())
    return tried[np.searchsorted(np.cumsum(posterior), 0.5 * posterior.sum())]


def _settled(density: LogDensity, mode: np.ndarray) -> _Settled:
    """From a point near a mode, alternate between climbing and expanding the likelihood until both agree."""
    (mode,), (height,) = climb(density, mode[None])
    sites = density.bound.sites
    for _ in range(STEPS):
        if sites is None:
            break
        before, sites = sites, _sites(density.bound, as_posterior(density, mode[None, None]))
        density = density.on(density.bound.with_sites(sites))
        last, ((mode,), (height,)) = height, climb(density, mode[None])
        if abs(height - last) < SETTLED and np.max(np.abs(sites.residuals - before.residuals)) < RESIDUAL_TOLERANCE:
            break
    return _Settled(density, mode, float(height), _log_evidence(density, mode))


def _log_evidence(density: LogDensity, mode: np.ndarray) -> float:
    """Log evidence by Laplace's method about a mode; -inf if the curvature there is not that of a maximum."""
    sign, log_determinant = np.linalg.slogdet(-density.hessian(mode))
    return float(density.value(mode[None])[0] - 0.5 * log_determinant) if sign > 0 else -np.inf


def _first(bound: Bound, rng: np.random.Generator) -> Bound:
    """The bound law with sites at the mode of the law without its discrepancy."""
    if bound.law.discrepancy is None or np.isinf(nu_of(bound.law)):
        return bound
    plain = LogDensity(bound.without_discrepancy())
    mode = as_posterior(plain, find_modes(plain, rng, rough=True)[0].point[None, None])
    zero = xr.DataArray(np.zeros((1, 1)), dims=SAMPLE_DIMS)
    equal = bound.with_sites(Sites.normal(len(bound.table.loss)))
    return bound.with_sites(_sites(equal, mode.assign(dict.fromkeys(bound.law.discrepancy.priors, zero))))


def _sites(bound: Bound, mode: xr.Dataset) -> Sites:
    """The expansion of the likelihood of each run about one draw of the parameters."""
    residuals, spreads = _residuals(bound, mode)
    curvatures = np.maximum(student_curvature(residuals, nu_of(bound.law), spreads), LEAST_CURVATURE)
    return Sites(residuals, curvatures, spreads)


def _residuals(bound: Bound, mode: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Residuals of the runs at one draw, and standard deviations of their discrepancy, both in units of the noise."""
    mean, root, amplitudes, error, scale = (value[0] for value in moments(bound, mode))
    basis = bound.basis.kept * amplitudes
    return (error - basis @ mean) / scale, np.sqrt(np.sum((basis @ root) ** 2, axis=1)) / scale
