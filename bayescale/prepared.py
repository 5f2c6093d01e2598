"""Prepared: the density of a law and its runs, once it is known what the noise of each run is like."""

from dataclasses import replace

import numpy as np
import xarray as xr

from bayescale.checked import Checked, Sites
from bayescale.checkpoints import Checkpoints
from bayescale.conditional import moments, nu_of, shape_of
from bayescale.density import Density, as_posterior
from bayescale.families import student_curvature
from bayescale.law import Law
from bayescale.modes import climb, find_modes

#: Where modes are looked for has a seed of its own: the model is the same, whatever the seed of its draws.
SEED = 0
#: Steps to the mode, at most, from that of the law without its discrepancy,
STEPS = 3
#: until one changes the log density there by less.
SETTLED = 1e-2
#: Probability, beforehand, that errors of checkpoints are independent; the lengths that are tried share the rest.
INDEPENDENT = 0.5
#: The least curvature of a run, about that of one far outside: a mode needs some.
FLATTEST = 0.02


def prepare(law: Law, table: Checked) -> Density:
    """The density of a law and its runs, and where its modes are.

    With a discrepancy and Student-t noise, the likelihood needs to know what runs are like at the posterior mode
    (`Sites`); it is found in steps, from that of the law without its discrepancy. Of several modes, that of the
    greatest mass counts. Where rows are checkpoints, the distance over which their errors are alike
    (`Checkpoints.length`) is the median of its posterior.

    Raises
    ------
    Untraceable
        As `Density`.
    """
    if law.discrepancy is None:
        return Density(law, table)
    rng = np.random.default_rng(SEED)
    density = Density(law, _first(law, table, rng))
    modes = find_modes(density, rng)
    density, mode = _probable([_settled(density, mode.point) for mode in modes])
    if table.checkpoints is not None and len(table.checkpoints.lengths):
        density, mode = _of_length(density, mode, table.checkpoints)
    density.near = np.array([mode, *(other.point for other in modes)])
    return density


def _probable(found: list[tuple[Density, np.ndarray]]) -> tuple[Density, np.ndarray]:
    """The density, and its mode, of the greatest evidence."""
    return max(found, key=lambda one: _log_evidence(*one)) if len(found) > 1 else found[0]


def _of_length(density: Density, mode: np.ndarray, checkpoints: Checkpoints) -> tuple[Density, np.ndarray]:
    """The density, and its mode, whose length is the median of the posterior; from that of independent errors."""
    tried, evidence = [(density, mode)], [_log_evidence(density, mode)]
    for length in checkpoints.lengths:
        table = replace(density.table, checkpoints=replace(checkpoints, length=float(length)))
        density, mode = _settled(density.on(table), mode)
        tried.append((density, mode))
        evidence.append(_log_evidence(density, mode))
    if not np.isfinite(evidence).any():
        return tried[0]
    prior = np.array([INDEPENDENT, *np.full(len(tried) - 1, (1.0 - INDEPENDENT) / (len(tried) - 1))])
    probable = prior * np.exp(np.array(evidence) - np.max(evidence))
    return tried[np.searchsorted(np.cumsum(probable), 0.5 * probable.sum())]


def _log_evidence(density: Density, mode: np.ndarray) -> float:
    """Log of the integral of a density about its mode, by Laplace's approximation; without a constant."""
    sign, log_determinant = np.linalg.slogdet(-density.hessian(mode))
    return float(density.value(mode[None])[0] - 0.5 * log_determinant) if sign > 0 else -np.inf


def _settled(density: Density, mode: np.ndarray) -> tuple[Density, np.ndarray]:
    """The density whose sites are those of its mode, and that mode, from one that is near."""
    law = density.law
    (mode,), (height,) = climb(density, mode[None])
    for _ in range(STEPS if density.table.sites is not None else 0):
        density = density.on(_sited(law, density.table, as_posterior(density, mode[None, None])))
        before, ((mode,), (height,)) = height, climb(density, mode[None])
        if abs(height - before) < SETTLED:
            break
    return density, mode


def _first(law: Law, table: Checked, rng: np.random.Generator) -> Checked:
    """The table with what each row counts for by the law without its discrepancy."""
    if law.noise.variate == "normal" or law.discrepancy is None:
        return table
    plain = Density(replace(law, discrepancy=None), table)
    mode = as_posterior(plain, find_modes(plain, rng, rough=True)[0].point[None, None])
    none = xr.zeros_like(mode[law.noise.parameters[0]])
    none_yet = np.zeros(len(table.loss))
    table = replace(table, sites=Sites(none_yet, none_yet + 1.0, none_yet))
    return _sited(law, table, mode.assign(dict.fromkeys(law.discrepancy.priors, none)))


def _sited(law: Law, table: Checked, mode: xr.Dataset) -> Checked:
    """The table with what its runs are like at one draw of the parameters."""
    left, spreads = _left(law, table, mode)
    curvatures = np.maximum(student_curvature(left, nu_of(law), spreads), FLATTEST)
    return replace(table, sites=Sites(left, curvatures, spreads))


def _left(law: Law, table: Checked, mode: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Residuals of the runs at one draw, and what of them the discrepancy leaves open, in units of the noise."""
    mean, root, amplitudes, error, scale = (value[0] for value in moments(law, table, mode))
    basis = shape_of(law, table).kept * amplitudes
    return (error - basis @ mean) / scale, np.sqrt(np.sum((basis @ root) ** 2, axis=1)) / scale
