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
#: The most that neighbours on one curve are taken to be alike: a curve says something.
MOST = 0.95
#: The least curvature of a run, about that of one far outside: a mode needs some.
FLATTEST = 0.02


def prepare(law: Law, table: Checked, seed: int) -> Density:
    """The density of a law and its runs.

    With a discrepancy and Student-t noise, the likelihood needs to know what runs are like at the posterior mode
    (`Sites`); it is found in steps, from that of the law without its discrepancy. Where rows are checkpoints of fewer
    runs, the likelihood of each is taken to a power, `discounts`, by the residuals of a fit that takes them as
    independent. (Estimated anew after it, they would grow alike by the loosened fit itself.)

    Raises
    ------
    Untraceable
        As `Density`.
    """
    if law.discrepancy is None:
        return Density(law, table)
    rng = np.random.default_rng(seed)
    density = Density(law, _first(law, table, rng))
    density, mode = _settled(density, find_modes(density, rng)[0].point)
    if table.of_run is not None:
        counted = replace(density.table, powers=_powers(law, density.table, as_posterior(density, mode[None, None])))
        density, _ = _settled(Density(law, counted), mode)
    return density


def _settled(density: Density, mode: np.ndarray) -> tuple[Density, np.ndarray]:
    """The density whose sites are those of its mode, and that mode, from one that is near."""
    law = density.law
    for _ in range(STEPS if density.table.sites is not None else 0):
        density = Density(law, _sited(law, density.table, as_posterior(density, mode[None, None])))
        mode, _ = climb(density, mode)
    return density, mode


def _first(law: Law, table: Checked, rng: np.random.Generator) -> Checked:
    """The table with what each row counts for by the law without its discrepancy."""
    if law.noise.variate == "normal" or law.discrepancy is None:
        return table
    plain = Density(replace(law, discrepancy=None), table)
    mode = as_posterior(plain, find_modes(plain, rng)[0].point[None, None])
    none = xr.zeros_like(mode[law.noise.parameters[0]])
    none_yet = np.zeros(len(table.loss))
    table = replace(table, sites=Sites(none_yet, none_yet + 1.0, none_yet))
    return _sited(law, table, mode.assign(dict.fromkeys(law.discrepancy.priors, none)))


def _sited(law: Law, table: Checked, mode: xr.Dataset) -> Checked:
    """The table with what its runs are like at one draw of the parameters."""
    left, spreads = _left(law, table, mode)
    curvatures = np.maximum(student_curvature(left, nu_of(law), spreads), FLATTEST)
    return replace(table, sites=Sites(left, curvatures, spreads))


def _powers(law: Law, table: Checked, mode: xr.Dataset) -> np.ndarray:
    """How much each row counts, by the residuals at one draw of the parameters."""
    left, _ = _left(law, table, mode)
    if table.sites is not None:
        left = left * np.sqrt((nu_of(law) + 1.0) / (nu_of(law) + left**2))
    size = table.columns.drop(columns="loss_se", errors="ignore").rank().sum(axis=1)
    return discounts(left, table.of_run, size.to_numpy())


def _left(law: Law, table: Checked, mode: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Residuals of the runs at one draw, and what of them the discrepancy leaves open, in units of the noise."""
    mean, root, amplitudes, error, scale = (value[0] for value in moments(law, table, mode))
    basis = shape_of(law, table).kept * amplitudes
    return (error - basis @ mean) / scale, np.sqrt(np.sum((basis @ root) ** 2, axis=1)) / scale


def discounts(residuals: np.ndarray, of_run: np.ndarray, size: np.ndarray) -> np.ndarray:
    """How much each checkpoint counts: one over the design effect, 1 + (m - 1) rho (Kish 1965, Survey Sampling, 8.2).

    Where all are of one run, residuals that are alike in all of it are the curve; then each counts for
    (1 - rho) / (1 + rho), which is what an autoregressive series of correlation rho says of its mean (Bartlett 1946,
    doi:10.2307/2983611).

    Parameters
    ----------
    residuals : array of shape (row,), in units of the noise.
    of_run : integer array of shape (row,), the training run of each row.
    size : array of shape (row,), by which the rows of a run follow each other.

    Returns
    -------
    array of shape (row,); m is the number of checkpoints of the row's run, and rho the correlation of residuals in a
    run: the mean product of all pairs, or, where there is one run, of neighbours.
    """
    many, square = np.bincount(of_run), np.mean(residuals**2)
    if len(many) == 1:
        ordered = residuals[np.argsort(size, kind="stable")]
        rho = np.clip(np.mean(ordered[1:] * ordered[:-1]) / square, 0.0, MOST)
        return np.full(len(residuals), (1.0 - rho) / (1.0 + rho))
    products = np.bincount(of_run, residuals) ** 2 - np.bincount(of_run, residuals**2)
    rho = products.sum() / np.sum(many * (many - 1)) / square
    return (1.0 / (1.0 + (many - 1) * np.clip(rho, 0.0, 1.0)))[of_run]
