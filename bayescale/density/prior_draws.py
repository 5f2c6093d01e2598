"""Prior draws: draws of all parameters from their priors, without PyMC."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from bayescale.density.bound import Bound
from bayescale.modelling.prior import Prior


def draw_all(bound: Bound, rng: np.random.Generator, draws: int) -> dict[str, np.ndarray]:
    """Draw parameters and hyperparameters of a law from their priors.

    Returns
    -------
    dict : draws by variable, of shape (draw, *dims); hyperparameters before the parameters that they govern.

    Raises
    ------
    ValueError
        If only PyMC has a prior's family.
    """
    return draw_variables(bound.law.variables, rng, draws, bound.units, bound.sizes)


def draw_variables(
    variables: Mapping[str, Prior],
    rng: np.random.Generator,
    draws: int,
    units: Mapping[str, Any],
    sizes: Mapping[str, int],
) -> dict[str, np.ndarray]:
    """Draw variables from their priors, as `draw_all`.

    Parameters
    ----------
    variables : priors by name, hyperpriors before the priors that they govern (`Prior.graph`).
    rng : numpy.random.Generator
    draws : int
    units : value of each unit, by `Prior.unit_name`: a number, or an array with the shape of the prior's dims.
    sizes : number of levels of each group.
    """
    drawn: dict[str, np.ndarray] = {}
    for name, prior in variables.items():
        if prior.known is None:
            raise ValueError(
                f"{prior} of {name} can be drawn by PyMC only; use pymc.sample_prior_predictive in bs.model(law, runs)."
            )
        args = {**prior.args, **{key: _spread(drawn[f"{name}_{key}"], prior.dims) for key in prior.hyperpriors()}}
        args = prior.in_unit(args, units[prior.unit_name] if prior.unit_name else None)
        drawn[name] = prior.known.draw(rng, (draws, *(sizes[dim] for dim in prior.dims)), **args)
    return drawn


def _spread(hyper: np.ndarray, dims: tuple[str, ...]) -> np.ndarray:
    """Draws of a hyperparameter, of shape (draw,), so that they broadcast with draws of shape (draw, *dims)."""
    return hyper.reshape(-1, *(1,) * len(dims)) if hyper.ndim == 1 else hyper
