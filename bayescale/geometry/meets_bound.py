"""Probability that an exponent is at least what a dimension demands."""

import numpy as np
import xarray as xr

#: Dims of draws.
SAMPLES = ("chain", "draw")


def meets_bound(alpha, dimension, constant: float = 4.0) -> xr.DataArray:
    """Probability that alpha >= constant / d, given draws of an exponent and, independently, of a dimension.

    Theory says alpha >= 4/d for models that are piecewise linear in a smooth target on a manifold of dimension d
    (Sharma and Kaplan 2022, arXiv:2004.10802), and alpha >= 1/d for any Lipschitz target and model (Bahri et al. 2024,
    arXiv:2102.06701).

    Parameters
    ----------
    alpha : DataArray of draws with dims (chain, draw) and any others, an array of draws, or a number.
    dimension : the same for d, as ``bs.dimension(points)["dimension"]``.
    constant : float > 0.

    Returns
    -------
    DataArray : the probability, with the dims of both but chain and draw.

    Raises
    ------
    ValueError
        If a draw is negative, zero, NaN or infinite, or if the constant is no positive number.

    Examples
    --------
    >>> import numpy as np
    >>> import bayescale as bs
    >>> alpha = np.random.default_rng(0).normal(0.1, 0.01, 1000)
    >>> float(bs.meets_bound(alpha, 60.0)) > 0.99, float(bs.meets_bound(alpha, 7.0)) < 0.01
    (True, True)
    """
    if not np.isfinite(constant) or constant <= 0:
        raise ValueError(f"constant is {constant!r}; wanted a positive number, such as 4.")
    slopes, sizes = _draws("alpha", alpha, "_alpha"), _draws("dimension", dimension, "_d")
    return xr.apply_ufunc(
        lambda a, d: np.mean(np.searchsorted(np.sort(constant / d), a, side="right")) / len(d),
        slopes,
        sizes,
        input_core_dims=[["_alpha"], ["_d"]],
        vectorize=True,
    ).rename("probability")


def _draws(name: str, value, dim: str) -> xr.DataArray:
    """Draws along one dim of this name."""
    if not isinstance(value, xr.DataArray):
        value = xr.DataArray(np.asarray(value, dtype=float).reshape(-1), dims="draw")
    if not (np.isfinite(value) & (value > 0)).all():
        raise ValueError(f"{name} has draws that are no positive finite numbers; wanted draws of a positive quantity.")
    own = [each for each in SAMPLES if each in value.dims]
    return value.expand_dims(dim) if not own else value.stack({dim: own}, create_index=False)
