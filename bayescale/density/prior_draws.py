"""Draws of all parameters from their priors, without PyMC."""

import numpy as np

from bayescale.density.bound import Bound


def draw_all(bound: Bound, rng: np.random.Generator, draws: int) -> dict[str, np.ndarray]:
    """Draw parameters and hyperparameters from the prior.

    Returns
    -------
    dict : hyperparameters before what they govern, each of shape (draw, *dims).

    Raises
    ------
    ValueError
        If a prior's family is known to PyMC only.
    """
    drawn: dict[str, np.ndarray] = {}
    for name, prior in bound.law.variables.items():
        if prior.known is None:
            raise ValueError(f"{prior} can be drawn by PyMC only (pymc.sample_prior_predictive).")
        args = {**prior.args, **{key: _spread(drawn[f"{name}_{key}"], prior.dims) for key in prior.hyperpriors()}}
        args = prior.in_unit(args, bound.units[prior.unit_name] if prior.unit_name else None)
        drawn[name] = prior.known.draw(rng, (draws, *(bound.sizes[dim] for dim in prior.dims)), **args)
    return drawn


def _spread(hyper: np.ndarray, dims: tuple[str, ...]) -> np.ndarray:
    """Draws of a hyperparameter, of shape (draw,), so that they broadcast with draws of shape (draw, *dims)."""
    return hyper.reshape(-1, *(1,) * len(dims)) if hyper.ndim == 1 else hyper
