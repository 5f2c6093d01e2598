"""sample_prior: draws from the prior."""

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.data.check import check
from bayescale.density.bound import Bound
from bayescale.density.check_formula import check_formula
from bayescale.density.conditional import coefficients
from bayescale.density.prior_draws import draw_all
from bayescale.inference.door.arguments import MOST_DRAWS, check_law, check_seed, whole
from bayescale.inference.door.formula import check_result
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.formula import call
from bayescale.modelling.law import Law

#: Number of prior draws that `fit` stores with a posterior.
PRIOR_DRAWS = 4000


def sample_prior(law: Law, runs: pd.DataFrame, *, draws: int = 1000, seed: int | None = None) -> xr.DataTree:
    """Draw parameters and derived quantities from the prior, without PyMC.

    Parameters
    ----------
    law : Law
    runs : DataFrame, as in `fit`. They give the reference run and the smallest loss, which some priors have as unit.
    draws : int
    seed : int, optional

    Returns
    -------
    DataTree : groups prior (dims chain of length 1, draw), constant_data and, if the law has one, discrepancy. It can
        be used like a posterior: ``law(prior, N=…, D=…)`` gives the median loss under each draw,
        ``predict(law, prior, runs)`` prior predictive losses.

    Raises
    ------
    TypeError, ValueError
        As `fit`, and if only PyMC knows the family of a prior.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> prior = bs.sample_prior(chinchilla, runs, draws=200, seed=1)
    >>> chinchilla(prior, N=1e6, D=2e7).sizes
    Frozen({'chain': 1, 'draw': 200})
    """
    check_law(law, runs)
    draws = whole("draws", draws, 1, MOST_DRAWS)
    check_seed(seed)
    table = check(law, runs)
    bound = Bound(law, table)
    check_formula(bound)
    check_result(law, table)
    rng = np.random.default_rng(seed)
    prior = draw_prior(bound, draws, rng)
    tree = xr.DataTree.from_dict({"prior": prior, "constant_data": xr.Dataset(dict(bound.table.reference))})
    if law.discrepancy is not None:
        tree["discrepancy"] = xr.DataTree(coefficients(bound, prior, rng, prior=True))
    tree.attrs |= {"law": law.name}
    return tree


def draw_prior(bound: Bound, draws: int, rng: np.random.Generator) -> xr.Dataset:
    """Draw parameters, hyperparameters and derived quantities from the prior.

    Parameters
    ----------
    bound : Bound
    draws : int
    rng : Generator

    Returns
    -------
    Dataset : dims (chain of length 1, draw).

    Raises
    ------
    ValueError
        If only PyMC knows the family of a prior.
    """
    law, variables = bound.law, bound.law.variables
    drawn = {
        name: xr.DataArray(array[None], dims=(*SAMPLE_DIMS, *variables[name].dims))
        for name, array in draw_all(bound, rng, draws).items()
    }
    fixed = {name: prior for name, prior in law.all_priors.items() if name not in variables}
    derived = {name: call(f, drawn, fixed, bound.table.reference) for name, f in law.derived.items()}
    return xr.Dataset({**drawn, **derived}).assign_coords(chain=[0], draw=np.arange(draws), **bound.table.levels)
