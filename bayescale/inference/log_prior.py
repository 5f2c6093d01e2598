"""Log prior: log density of each parameter's prior at draws, for ArviZ's prior sensitivity."""

import numpy as np
import xarray as xr

from bayescale.density.bound import Bound
from bayescale.modelling.draws import SAMPLE_DIMS


def log_prior(bound: Bound, posterior: xr.Dataset) -> xr.Dataset:
    """Log prior density of every free parameter and hyperparameter at each draw, given its hyperparameters.

    Parameters
    ----------
    bound : Bound
    posterior : Dataset of draws, dims (chain, draw, and a prior's groups).

    Returns
    -------
    Dataset : the parameters by name, with the dims of their draws.

    Raises
    ------
    ValueError
        If only PyMC knows the family of a prior.
    """
    found, stacked = {}, posterior.stack(sample=SAMPLE_DIMS)
    for name, prior in bound.law.variables.items():
        if prior.known is None:
            raise ValueError(f"{prior} of {name} can be evaluated by PyMC only.")
        draws = posterior[name].transpose(*SAMPLE_DIMS, *prior.dims)
        args = dict(prior.args)
        for key, hyper in prior.hyperpriors().items():
            values = stacked[f"{name}_{key}"].transpose("sample", *hyper.dims).to_numpy()
            args[key] = values if hyper.dims else values.reshape(-1, *(1,) * len(prior.dims))
        args = prior.in_unit(args, bound.units[prior.unit_name] if prior.unit_name else None)
        flat = draws.to_numpy().reshape(-1, *draws.shape[2:])
        density = np.broadcast_to(prior.known.logp(flat, **args), flat.shape)
        found[name] = draws.copy(data=density.reshape(draws.shape))
    return xr.Dataset(found)
