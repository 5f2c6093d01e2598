"""Kernels: covariances of the parts of a discrepancy, for an amplitude of one.

x is the signed distance of a run from the anchor of a part, in decades of a column or of a product of columns.
"""

import numpy as np

#: Correlation length of a local part [decades].
LENGTH = 1.0


def smooth(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Covariance of an integrated Wiener process that starts at zero, with slope zero, on both sides of the anchor.

    Its variance at a distance of h decades is h^3 / 3. It is the prior of a cubic smoothing spline (Wahba 1978,
    doi:10.1111/j.2517-6161.1978.tb01050.x).

    Parameters
    ----------
    x, y : arrays of shape (a,) and (b,), signed distances [decades].

    Returns
    -------
    array of shape (a, b); zero for distances on different sides.
    """
    a, b = np.abs(x)[:, None], np.abs(y)[None]
    least, most = np.minimum(a, b), np.maximum(a, b)
    return np.where(x[:, None] * y[None] > 0, least**2 * (3.0 * most - least) / 6.0, 0.0)


def local(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Covariance of an Ornstein-Uhlenbeck process: variance one, and a correlation of 1/e at a distance of LENGTH.

    Parameters
    ----------
    x, y : arrays of shape (a,) and (b,), signed distances [decades].

    Returns
    -------
    array of shape (a, b).
    """
    return np.exp(-np.abs(x[:, None] - y[None]) / LENGTH)


KERNELS = {"smooth": smooth, "local": local}
