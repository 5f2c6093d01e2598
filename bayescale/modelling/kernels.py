"""Kernels: covariances of the parts of a discrepancy, for an amplitude of one.

x is the signed distance of a run from the anchor of a part, in decades of a column or of a product of columns.
"""

import numpy as np

#: Memory of a slope [decades]: the slope of a smooth part changes by white noise and decays to zero over this distance.
MEMORY = 1.0
#: Correlation length of the local part [decades]: 0.03 for sizes that differ by a factor of 2.2, so configurations of
#: a ladder have errors of their own, and nearly equal ones share them.
NEIGHBOURHOOD = 0.1


def smooth(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Covariance of an integrated Ornstein-Uhlenbeck process that starts at zero, with slope zero, on both sides.

    The slope v follows dv = -v dx / MEMORY + dW. Near the anchor the process is an integrated Wiener process, with
    variance x^3 / 3; far from it the variance grows by MEMORY^2 a decade.

    Parameters
    ----------
    x, y : arrays of shape (a,) and (b,), signed distances [decades].

    Returns
    -------
    array of shape (a, b); zero for distances on different sides.
    """
    a, b = np.abs(x)[:, None] / MEMORY, np.abs(y)[None] / MEMORY
    least, most = np.minimum(a, b), np.maximum(a, b)
    gap = most - least
    # least - (1 - e^-least) - (e^-gap - e^-most) + (e^-gap - e^-(least + most)) / 2, without cancellation near 0
    value = least + np.expm1(-least) + np.exp(-gap) * (np.expm1(-least) - 0.5 * np.expm1(-2.0 * least))
    small = most < 1e-3
    value = np.where(small, least**2 * (3.0 * most - least) / 6.0, value)
    return np.where(x[:, None] * y[None] > 0, MEMORY**3 * value, 0.0)


def local(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Covariance of a stationary Ornstein-Uhlenbeck process: one, and a share 1/e of it at NEIGHBOURHOOD.

    Parameters
    ----------
    x, y : arrays of shape (a,) and (b,), signed distances [decades].

    Returns
    -------
    array of shape (a, b).
    """
    return np.exp(-np.abs(x[:, None] - y[None]) / NEIGHBOURHOOD)


KERNELS = {"smooth": smooth, "local": local}
