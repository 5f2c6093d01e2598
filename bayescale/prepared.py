"""Prepared: the density of a law and its runs, once it is known how much the noise of each run counts."""

from dataclasses import replace

import numpy as np
import xarray as xr

from bayescale.checked import Checked
from bayescale.conditional import moments, shape_of
from bayescale.density import Density, as_posterior
from bayescale.law import Law
from bayescale.modes import climb, find_modes

#: Steps of expectation maximisation, from the weights of the law without its discrepancy.
STEPS = 3


def prepare(law: Law, table: Checked, seed: int) -> Density:
    """The density of a law and its runs.

    With a discrepancy, Student-t noise is normal with a precision that is drawn for each run; a run's weight is its
    expectation at the posterior mode (Lange, Little & Taylor 1989). Normal noise has weights of one.

    Raises
    ------
    Untraceable
        As `Density`.
    """
    if law.discrepancy is None:
        return Density(law, table)
    rng = np.random.default_rng(seed)
    table = replace(table, weights=_first(law, table, rng))
    density = Density(law, table)
    mode = find_modes(density, rng)[0].point
    for _ in range(STEPS if law.noise.variate == "student" else 0):
        table = replace(table, weights=_expected(law, table, as_posterior(density, mode[None, None])))
        density = Density(law, table)
        mode, _ = climb(density, mode)
    return density


def _first(law: Law, table: Checked, rng: np.random.Generator) -> np.ndarray:
    """Weights of the runs by the law without its discrepancy."""
    if law.noise.variate == "normal" or law.discrepancy is None:
        return np.ones(len(table.loss))
    plain = Density(replace(law, discrepancy=None), table)
    mode = as_posterior(plain, find_modes(plain, rng)[0].point[None, None])
    none = xr.zeros_like(mode[law.noise.parameters[0]])
    return _expected(law, table, mode.assign(dict.fromkeys(law.discrepancy.priors, none)))


def _expected(law: Law, table: Checked, mode: xr.Dataset) -> np.ndarray:
    """Expected precision of each run's noise beside the scale, at one draw of the parameters; of shape (run,)."""
    mean, root, amplitudes, error, scale = (value[0] for value in moments(law, table, mode))
    basis = shape_of(law, table).kept * amplitudes
    squared = (error - basis @ mean) ** 2 + np.sum((basis @ root) ** 2, axis=1)
    nu = float(law.noise.priors["nu"])  # pyright: ignore[reportArgumentType] (a number: Noise.constant)
    return (nu + 1.0) / (nu + squared / scale**2)
