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

#: Seed of the mode search. It is fixed, so that the model does not depend on the seed of its draws.
SEED = 0
#: Mode searches at most. The first starts from the sites of the law without its discrepancy; later ones from the sites
#: of the best mode so far.
SEARCHES = 4
#: Steps at most from a mode to one that agrees with its own sites.
STEPS = 12
#: The last search is the first that gains less log evidence than this; a step, that changes the log density by less.
SETTLED = 1e-2
#: A step is the last one only if no residual changes by more than this, in units of the noise.
STILL = 2e-2
#: Prior probability that errors of checkpoints are independent. The correlation lengths on the grid share the rest.
INDEPENDENT = 0.5
#: Lower bound on a run's curvature, so that the Hessian stays positive.
FLATTEST = 0.02


def prepare(bound: Bound) -> LogDensity:
    """The density of a law on a table, and points near its modes.

    With a discrepancy and Student-t noise, the likelihood is expanded about the posterior mode (`Sites`), which must
    therefore be found first: a search finds modes, steps lead from each to a mode that agrees with its own sites, and
    the one of the greatest evidence gives the sites of the next search, as long as that gains evidence. Where rows are
    checkpoints, the correlation length is the median of its posterior on a grid (`Checkpoints.lengths`).

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
        best = _of_length(best, checkpoints)
    return best.density.starting_near(np.array([best.mode, *(other.point for other in modes)]))


@dataclass(frozen=True)
class _Settled:
    """A density whose sites are those of its mode, that mode, its height, and the log evidence about it."""

    density: LogDensity
    mode: np.ndarray
    height: float
    log_evidence: float

    def is_at(self, mode: Mode) -> bool:
        """Whether a mode of the density is this one."""
        return abs(mode.height - self.height) < SAME_HEIGHT and mode.holds(self.mode)


def _searched(density: LogDensity, rng: np.random.Generator) -> tuple[_Settled, list[Mode]]:
    """The mode of the greatest evidence, and the modes of the last search."""
    best: _Settled | None = None
    modes: list[Mode] = []
    for _ in range(SEARCHES):
        modes, before = find_modes(density, rng), best
        new = [mode.point for mode in modes if before is None or not before.is_at(mode)]
        settled = [_settled(density, point) for point in new]
        best = _best([before, *settled] if before is not None else settled)
        if density.bound.sites is None:
            break
        if before is None:  # also from equal sites, as under normal noise
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


def _of_length(best: _Settled, checkpoints: Checkpoints) -> _Settled:
    """The density whose correlation length is the posterior median, from that of independent errors."""
    tried = [best]
    for length in checkpoints.lengths:
        density, mode = tried[-1].density, tried[-1].mode
        tried.append(_settled(density.on(density.bound.with_length(float(length))), mode))
    evidence = np.array([one.log_evidence for one in tried])
    if not np.isfinite(evidence).any():
        return best
    prior = np.array([INDEPENDENT, *np.full(len(tried) - 1, (1.0 - INDEPENDENT) / (len(tried) - 1))])
    probable = prior * np.exp(evidence - evidence.max())
    return tried[np.searchsorted(np.cumsum(probable), 0.5 * probable.sum())]


def _settled(density: LogDensity, mode: np.ndarray) -> _Settled:
    """Climb from a mode that is near, and take its sites, until both agree."""
    (mode,), (height,) = climb(density, mode[None])
    sites = density.bound.sites
    for _ in range(STEPS):
        if sites is None:
            break
        before, sites = sites, _sites(density.bound, as_posterior(density, mode[None, None]))
        density = density.on(density.bound.with_sites(sites))
        last, ((mode,), (height,)) = height, climb(density, mode[None])
        if abs(height - last) < SETTLED and np.max(np.abs(sites.residuals - before.residuals)) < STILL:
            break
    return _Settled(density, mode, float(height), _log_evidence(density, mode))


def _log_evidence(density: LogDensity, mode: np.ndarray) -> float:
    """By Laplace's approximation about the mode."""
    sign, log_determinant = np.linalg.slogdet(-density.hessian(mode))
    return float(density.value(mode[None])[0] - 0.5 * log_determinant) if sign > 0 else -np.inf


def _first(bound: Bound, rng: np.random.Generator) -> Bound:
    """The law on the table with the sites of the law without its discrepancy."""
    if bound.law.discrepancy is None or np.isinf(nu_of(bound.law)):
        return bound
    plain = LogDensity(bound.without_discrepancy())
    mode = as_posterior(plain, find_modes(plain, rng, rough=True)[0].point[None, None])
    none = xr.DataArray(np.zeros((1, 1)), dims=SAMPLE_DIMS)
    equal = bound.with_sites(Sites.normal(len(bound.table.loss)))
    return bound.with_sites(_sites(equal, mode.assign(dict.fromkeys(bound.law.discrepancy.priors, none))))


def _sites(bound: Bound, mode: xr.Dataset) -> Sites:
    """The sites of runs at one draw of the parameters."""
    left, spreads = _left(bound, mode)
    curvatures = np.maximum(student_curvature(left, nu_of(bound.law), spreads), FLATTEST)
    return Sites(left, curvatures, spreads)


def _left(bound: Bound, mode: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Residuals of the runs at one draw, and the discrepancy's standard deviation, in units of the noise's scale."""
    mean, root, amplitudes, error, scale = (value[0] for value in moments(bound, mode))
    basis = bound.basis.kept * amplitudes
    return (error - basis @ mean) / scale, np.sqrt(np.sum((basis @ root) ** 2, axis=1)) / scale
