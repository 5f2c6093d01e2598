"""Prepared: the density of a law and its runs, once it is known what the noise of each run is like."""

from dataclasses import replace

import numpy as np
import xarray as xr

from bayescale.checked import Checked, Sites
from bayescale.conditional import moments, nu_of, shape_of
from bayescale.density import Density, as_posterior
from bayescale.families import student_curvature
from bayescale.law import Law
from bayescale.modes import climb, find_modes

#: Steps to the mode, from that of the law without its discrepancy.
STEPS = 3
#: The least curvature of a run, about that of one far outside: a mode needs some.
FLATTEST = 0.02


def prepare(law: Law, table: Checked, seed: int) -> Density:
    """The density of a law and its runs.

    With a discrepancy and Student-t noise, the likelihood needs to know what runs are like at the posterior mode
    (`Sites`); it is found in steps, from that of the law without its discrepancy. Where rows are checkpoints of fewer
    runs, the likelihood of each is taken to a power, `discounts`.

    Raises
    ------
    Untraceable
        As `Density`.
    """
    if law.discrepancy is None:
        return Density(law, table)
    rng = np.random.default_rng(seed)
    table = _first(law, table, rng)
    density = Density(law, table)
    mode = find_modes(density, rng)[0].point
    for _ in range(STEPS if law.noise.variate == "student" or table.of_run is not None else 0):
        table = _weighted(law, table, as_posterior(density, mode[None, None]))
        density = Density(law, table)
        mode, _ = climb(density, mode)
    return density


def _first(law: Law, table: Checked, rng: np.random.Generator) -> Checked:
    """The table with what each row counts for by the law without its discrepancy."""
    if law.noise.variate == "normal" or law.discrepancy is None:
        return table
    plain = Density(replace(law, discrepancy=None), table)
    mode = as_posterior(plain, find_modes(plain, rng)[0].point[None, None])
    none = xr.zeros_like(mode[law.noise.parameters[0]])
    none_yet = np.zeros(len(table.loss))
    table = replace(table, sites=Sites(none_yet, none_yet + 1.0, none_yet))
    return replace(_weighted(law, table, mode.assign(dict.fromkeys(law.discrepancy.priors, none))), powers=None)


def _weighted(law: Law, table: Checked, mode: xr.Dataset) -> Checked:
    """The table with what each row counts for, by one draw of the parameters: its precision, and its power."""
    mean, root, amplitudes, error, scale = (value[0] for value in moments(law, table, mode))
    basis = shape_of(law, table).kept * amplitudes
    left = (error - basis @ mean) / scale
    sites, weights = table.sites, 1.0
    if sites is not None:
        nu, spreads = nu_of(law), np.sqrt(np.sum((basis @ root) ** 2, axis=1)) / scale
        sites = Sites(left, np.maximum(student_curvature(left, nu, spreads), FLATTEST), spreads)
        weights = (nu + 1.0) / (nu + left**2)
    powers = None if table.of_run is None else discounts(left * np.sqrt(weights), table.of_run)
    return replace(table, sites=sites, powers=powers)


def discounts(residuals: np.ndarray, of_run: np.ndarray) -> np.ndarray:
    """How much each checkpoint counts: one over the design effect, 1 + (m - 1) rho (Kish 1965, Survey Sampling, 8.2).

    Parameters
    ----------
    residuals : array of shape (row,), in units of the noise.
    of_run : integer array of shape (row,), the training run of each row.

    Returns
    -------
    array of shape (row,); m is the number of checkpoints of the row's run, and rho the correlation of residuals in a
    run, by the mean product of all pairs.
    """
    many = np.bincount(of_run)
    products = np.bincount(of_run, residuals) ** 2 - np.bincount(of_run, residuals**2)
    rho = products.sum() / np.sum(many * (many - 1)) / np.mean(residuals**2)
    return (1.0 / (1.0 + (many - 1) * np.clip(rho, 0.0, 1.0)))[of_run]
