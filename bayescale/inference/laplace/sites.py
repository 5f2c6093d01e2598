"""Prepared: the density of a law and its runs, once it is known what the noise of each run is like."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import xarray as xr

from bayescale.data.checkpoints import Checkpoints
from bayescale.data.table import RunTable, Sites
from bayescale.density.basis import nu_of, shape_of
from bayescale.density.conditional import moments
from bayescale.density.log_density import Density, as_posterior
from bayescale.inference.laplace.modes import SAME_HEIGHT, Mode, climb, find_modes
from bayescale.modelling.distributions import student_curvature
from bayescale.modelling.law import Law

#: Where modes are looked for has a seed of its own: the model is the same, whatever the seed of its draws.
SEED = 0
#: Searches, at most: the first with what runs are like at the mode of the law without its discrepancy, then, from
#: the best mode, all runs alike; others with what they are like at the best mode so far. Steps, at most, from a mode to
#: that with what runs are like there.
SEARCHES, STEPS = 4, 12
#: A search that gains less log evidence is the last; a step, if it changes the log density by less, and no residual, in
#: units of the noise, by more.
SETTLED, STILL = 1e-2, 2e-2
#: Probability, beforehand, that errors of checkpoints are independent; the lengths that are tried share the rest.
INDEPENDENT = 0.5
#: The least curvature of a run, about that of one far outside: a mode needs some.
FLATTEST = 0.02


def prepare(law: Law, table: RunTable) -> Density:
    """The density of a law and its runs, and where its modes are.

    With a discrepancy and Student-t noise, the likelihood needs to know what runs are like at the posterior mode
    (`Sites`). From the modes that a search finds, steps lead to where they agree with what runs are like there; the one
    of the greatest evidence counts, and the next search goes by it, as long as that gains. Where rows are checkpoints,
    the distance over which their errors are alike (`Checkpoints.length`) is the median of its posterior.

    Raises
    ------
    Untraceable
        As `Density`.
    """
    if law.discrepancy is None:
        return Density(law, table)
    rng = np.random.default_rng(SEED)
    best, modes = _searched(Density(law, _first(law, table, rng)), rng)
    if table.checkpoints is not None and len(table.checkpoints.lengths):
        best = _of_length(best, table.checkpoints)
    best.density.near = np.array([best.mode, *(other.point for other in modes)])
    return best.density


class _Settled(NamedTuple):
    """A density whose sites are those of its mode, that mode, its height, and the log evidence about it."""

    density: Density
    mode: np.ndarray
    height: float
    log_evidence: float

    def is_at(self, mode: Mode) -> bool:
        """Whether a mode of the density is this one."""
        return abs(mode.height - self.height) < SAME_HEIGHT and mode.holds(self.mode)


def _searched(density: Density, rng: np.random.Generator) -> tuple[_Settled, list[Mode]]:
    """What has the greatest evidence of all that was found, and the modes of the last search."""
    best: list[_Settled] = []
    modes: list[Mode] = []
    for search in range(SEARCHES):
        modes, before = find_modes(density, rng), best
        new = (mode.point for mode in modes if not any(one.is_at(mode) for one in before))
        best = [_best([*before, *(_settled(density, point) for point in new)])]
        if density.table.sites is None:
            break
        if not search:
            best = [_best([*best, _settled(density.on(_ordinary(density.table)), best[0].mode)])]
        if before and best[0].log_evidence - before[0].log_evidence < SETTLED:
            break
        density = best[0].density
    return best[0], modes


def _best(found: list[_Settled]) -> _Settled:
    return max(found, key=lambda one: one.log_evidence)


def _of_length(best: _Settled, checkpoints: Checkpoints) -> _Settled:
    """That whose length is the median of the posterior; from that of independent errors."""
    tried = [best]
    for length in checkpoints.lengths:
        density, mode, *_ = tried[-1]
        table = replace(density.table, checkpoints=replace(checkpoints, length=float(length)))
        tried.append(_settled(density.on(table), mode))
    evidence = np.array([one.log_evidence for one in tried])
    if not np.isfinite(evidence).any():
        return best
    prior = np.array([INDEPENDENT, *np.full(len(tried) - 1, (1.0 - INDEPENDENT) / (len(tried) - 1))])
    probable = prior * np.exp(evidence - evidence.max())
    return tried[np.searchsorted(np.cumsum(probable), 0.5 * probable.sum())]


def _settled(density: Density, mode: np.ndarray) -> _Settled:
    """From a mode that is near."""
    (mode,), (height,) = climb(density, mode[None])
    sites = density.table.sites
    for _ in range(STEPS):
        if sites is None:
            break
        before, sites = sites, _sites(density.law, density.table, as_posterior(density, mode[None, None]))
        density = density.on(replace(density.table, sites=sites))
        last, ((mode,), (height,)) = height, climb(density, mode[None])
        if abs(height - last) < SETTLED and np.max(np.abs(sites.residuals - before.residuals)) < STILL:
            break
    return _Settled(density, mode, float(height), _log_evidence(density, mode))


def _log_evidence(density: Density, mode: np.ndarray) -> float:
    """By Laplace's approximation about the mode."""
    sign, log_determinant = np.linalg.slogdet(-density.hessian(mode))
    return float(density.value(mode[None])[0] - 0.5 * log_determinant) if sign > 0 else -np.inf


def _first(law: Law, table: RunTable, rng: np.random.Generator) -> RunTable:
    """The table with what each row counts for by the law without its discrepancy."""
    if law.noise.variate == "normal" or law.discrepancy is None:
        return table
    plain = Density(replace(law, discrepancy=None), table)
    mode = as_posterior(plain, find_modes(plain, rng, rough=True)[0].point[None, None])
    none = xr.zeros_like(mode[law.noise.parameters[0]])
    sites = _sites(law, _ordinary(table), mode.assign(dict.fromkeys(law.discrepancy.priors, none)))
    return replace(table, sites=sites)


def _ordinary(table: RunTable) -> RunTable:
    """The table with all runs alike, as under normal noise."""
    none = np.zeros(len(table.loss))
    return replace(table, sites=Sites(none, none + 1.0, none))


def _sites(law: Law, table: RunTable, mode: xr.Dataset) -> Sites:
    """What the runs of a table are like at one draw of the parameters."""
    left, spreads = _left(law, table, mode)
    curvatures = np.maximum(student_curvature(left, nu_of(law), spreads), FLATTEST)
    return Sites(left, curvatures, spreads)


def _left(law: Law, table: RunTable, mode: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Residuals of the runs at one draw, and what of them the discrepancy leaves open, in units of the noise."""
    mean, root, amplitudes, error, scale = (value[0] for value in moments(law, table, mode))
    basis = shape_of(law, table).kept * amplitudes
    return (error - basis @ mean) / scale, np.sqrt(np.sum((basis @ root) ** 2, axis=1)) / scale
