"""inference.sample_prior"""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.data.check import check
from bayescale.data.table import RunTable
from bayescale.density.conditional import increments
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.formula import call
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

PRIOR_DRAWS = 4000


def sample_prior(law: Law, runs: pd.DataFrame, *, draws: int = 1000, seed: int | None = None) -> xr.DataTree:
    """Draw parameters and derived quantities from the prior, without PyMC.

    Parameters
    ----------
    law, runs : as in `fit`; the runs give the reference run and the smallest loss, which the priors are relative to.
    draws : int
    seed : int, optional

    Returns
    -------
    DataTree : groups prior (dims chain of length 1, draw) and constant_data. It takes the place of a posterior:
        ``law(prior, N=…, D=…)`` are prior predictive means, ``predict(law, prior, runs)`` prior predictive losses.

    Raises
    ------
    TypeError, ValueError
        As `fit`; and if a prior's family is known to PyMC only.
    """
    table = check(law, runs)
    rng = np.random.default_rng(seed)
    prior = _draw_prior(law, table, draws, rng)
    tree = xr.DataTree.from_dict({"prior": prior, "constant_data": xr.Dataset(dict(table.reference))})
    if law.discrepancy is not None:
        tree["discrepancy"] = xr.DataTree(increments(law, table, prior, rng, prior=True))
    tree.attrs |= {"law": law.name}
    return tree


def _draw_prior(law: Law, table: RunTable, draws: int, rng: np.random.Generator) -> xr.Dataset:
    units = dict(table.reference)
    sizes = {name: len(levels) for name, levels in table.levels.items()}
    drawn: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for name, prior in law.all_priors.items():
        if not isinstance(prior, Prior):
            values[name] = prior
            continue
        if prior.unit_name and prior.unit_name not in units:
            units[prior.unit_name] = table.smallest(prior.dims)
        for key, array in prior.draw(name, rng, draws, units, sizes).items():
            dims = prior.dims if array.ndim == 1 + len(prior.dims) else ()
            drawn[key] = xr.DataArray(array[None], dims=(*SAMPLE_DIMS, *dims))
        values[name] = drawn[name]
    drawn |= {name: call(function, values, table.reference) for name, function in law.derived.items()}
    return xr.Dataset(drawn).assign_coords(chain=[0], draw=np.arange(draws), **table.levels)
