"""Noise-free runs: losses that a law fits to all digits, as in simulated tables.

The posterior of such a table is as narrow as floating-point numbers are fine, and no sampler can move in it. Rounding
the losses to seven digits gives it a width; the estimates are right to about as many.
"""

from dataclasses import replace

import numpy as np
import xarray as xr

from bayescale.autodiff.node import Untraceable
from bayescale.density.bound import Bound
from bayescale.density.expected import expected
from bayescale.density.log_density import LogDensity, as_posterior
from bayescale.inference.laplace.modes import find_modes

#: Digits after the leading one to which losses without noise are rounded.
DIGITS = 6
#: Losses have no noise if their logs scatter by less than this: a few units of the last digit kept.
EXACT = 1e-6


def rounded(bound: Bound) -> Bound:
    """The same with losses rounded to seven digits, if the law fits them to all digits; otherwise `bound` itself.

    Only losses with more digits are examined, by the scatter about the law at the modes of the posterior.
    """
    loss = bound.table.loss
    if len(loss) < 3:
        return bound
    unit = 10.0 ** (np.floor(np.log10(loss.min())) - DIGITS)
    coarse = np.round(loss / unit) * unit
    if np.allclose(coarse, loss, rtol=1e-12, atol=0):
        return bound
    candidate = Bound(bound.law, replace(bound.table, loss=coarse))
    return candidate if _scatter(candidate) < EXACT else bound


def _scatter(bound: Bound) -> float:
    """Median absolute log residual about the law, without discrepancy, at the best mode; infinite if none is found."""
    plain = bound.without_discrepancy()
    try:
        density = LogDensity(plain)
        modes = find_modes(density, np.random.default_rng(0), rough=True)
    except (Untraceable, ValueError, ArithmeticError, np.linalg.LinAlgError):
        return np.inf
    if not modes:
        return np.inf
    best = max(modes, key=lambda mode: mode.height)
    tree = xr.DataTree.from_dict({"posterior": as_posterior(density, best.point[None, None])})
    tree["constant_data"] = xr.DataTree(xr.Dataset(dict(plain.table.reference)))
    table = plain.table
    given = {name: xr.DataArray(values.to_numpy(), dims="run") for name, values in table.columns.items()}
    given |= {name: xr.DataArray(values.to_numpy(), dims="run") for name, values in table.groups.items()}
    mu = expected(plain.law, tree, given, np.random.default_rng(0))[0].to_numpy().reshape(-1, len(table.loss))[0]
    return float(np.median(np.abs(np.log(table.loss / mu))))
