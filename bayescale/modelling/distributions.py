"""Distributions: densities and draws of the families that need no PyMC, in elementary operations.

Each density is written once and called with arrays or with the nodes of a tape. Tests compare every one with PyMC.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from bayescale.autodiff.tape import erf, lgamma

LOG_2PI = float(np.log(2 * np.pi))


class Family(NamedTuple):
    """A family of distributions.

    Attributes
    ----------
    arguments : its arguments in PyMC's words, and their defaults (``...`` if the argument must be given).
    logp : (x, arguments) -> log density.
    draw : (generator, size, arguments) -> draws.
    bounds : arguments -> (lower, upper) of the support, None for infinity.
    scaled, logscale : the arguments that are multiplied by the unit of x, and those its logarithm is added to.
    standard : non-centred form, (standard normal z, arguments) -> x; None if there is none.
    """

    arguments: Mapping[str, Any]
    logp: Callable[..., Any]
    draw: Callable[..., np.ndarray]
    bounds: Callable[..., tuple[Any, Any]] = lambda **_: (None, None)
    scaled: tuple[str, ...] = ()
    logscale: tuple[str, ...] = ()
    standard: Callable[..., Any] | None = None


def _positive(**_):
    return 0.0, None


def normal(x, mu, sigma):
    z = (x - mu) / sigma
    return -0.5 * z * z - np.log(sigma) - 0.5 * LOG_2PI


def student(x, nu, mu=0.0, sigma=1.0):
    z = (x - mu) / sigma
    constant = lgamma((nu + 1.0) / 2.0) - lgamma(nu / 2.0) - 0.5 * np.log(nu * np.pi)
    return constant - np.log(sigma) - (nu + 1.0) / 2.0 * np.log1p(z * z / nu)


def student_slope(z, nu):
    """Minus the derivative of the log density of a standard Student-t."""
    return (nu + 1.0) * z / (nu + z * z)


def student_curvature(z, nu, spread):
    """Minus its second derivative, averaged over a normal of mean z and standard deviation `spread`.

    By Gauss-Hermite quadrature with three nodes.
    """
    bend = lambda z: (nu + 1.0) * (nu - z * z) / ((nu + z * z) * (nu + z * z))  # noqa: E731
    offset = np.sqrt(3.0) * spread
    return (4.0 * bend(z) + bend(z + offset) + bend(z - offset)) / 6.0


def _phi(z):
    """Standard normal distribution function, of numbers or nodes."""
    return 0.5 * (1.0 + erf(z / np.sqrt(2.0)))


def truncated_normal(x, mu, sigma, lower=None, upper=None):
    below = 0.0 if lower is None else _phi((lower - mu) / sigma)
    above = 1.0 if upper is None else _phi((upper - mu) / sigma)
    return normal(x, mu, sigma) - (0.0 if lower is None and upper is None else np.log(above - below))


def _draw_truncated(rng, size, mu, sigma, lower=None, upper=None):
    from scipy.special import ndtr, ndtri

    below = 0.0 if lower is None else ndtr((lower - mu) / sigma)
    above = 1.0 if upper is None else ndtr((upper - mu) / sigma)
    return mu + sigma * ndtri(below + (above - below) * rng.uniform(size=size))


#: Families by PyMC's name. Other families, and other spellings of these (Gamma by mu and sigma), are left to PyMC.
FAMILIES: dict[str, Family] = {
    "Normal": Family(
        {"mu": ..., "sigma": ...},
        normal,
        lambda rng, size, mu, sigma: rng.normal(mu, sigma, size),
        scaled=("mu", "sigma"),
        standard=lambda z, mu, sigma: mu + sigma * z,
    ),
    "LogNormal": Family(
        {"mu": ..., "sigma": ...},
        lambda x, mu, sigma: normal(np.log(x), mu, sigma) - np.log(x),
        lambda rng, size, mu, sigma: rng.lognormal(mu, sigma, size),
        _positive,
        logscale=("mu",),
        standard=lambda z, mu, sigma: np.exp(mu + sigma * z),
    ),
    "HalfNormal": Family(
        {"sigma": ...},
        lambda x, sigma: normal(x, 0.0, sigma) + np.log(2.0),
        lambda rng, size, sigma: np.abs(rng.normal(0.0, sigma, size)),
        _positive,
        scaled=("sigma",),
    ),
    "HalfCauchy": Family(
        {"beta": ...},
        lambda x, beta: np.log(2.0 / np.pi) - np.log(beta) - np.log1p((x / beta) * (x / beta)),
        lambda rng, size, beta: beta * np.abs(rng.standard_cauchy(size)),
        _positive,
        scaled=("beta",),
    ),
    "StudentT": Family(
        {"nu": ..., "mu": ..., "sigma": ...},
        student,
        lambda rng, size, nu, mu, sigma: mu + sigma * rng.standard_t(nu, size),
        scaled=("mu", "sigma"),
    ),
    "TruncatedNormal": Family(
        {"mu": ..., "sigma": ..., "lower": None, "upper": None},
        truncated_normal,
        _draw_truncated,
        lambda mu, sigma, lower=None, upper=None: (lower, upper),
        scaled=("mu", "sigma", "lower", "upper"),
    ),
    "Uniform": Family(
        {"lower": ..., "upper": ...},
        lambda x, lower, upper: -np.log(upper - lower),
        lambda rng, size, lower, upper: rng.uniform(lower, upper, size),
        lambda lower, upper: (lower, upper),
        scaled=("lower", "upper"),
    ),
    "Exponential": Family(
        {"scale": ...},
        lambda x, scale: -x / scale - np.log(scale),
        lambda rng, size, scale: rng.exponential(scale, size),
        _positive,
        scaled=("scale",),
    ),
    "Gamma": Family(
        {"alpha": ..., "beta": ...},
        lambda x, alpha, beta: alpha * np.log(beta) - lgamma(alpha) + (alpha - 1.0) * np.log(x) - beta * x,
        lambda rng, size, alpha, beta: rng.gamma(alpha, 1.0 / beta, size),
        _positive,
    ),
    "Beta": Family(
        {"alpha": ..., "beta": ...},
        lambda x, alpha, beta: (
            lgamma(alpha + beta)
            - lgamma(alpha)
            - lgamma(beta)
            + (alpha - 1.0) * np.log(x)
            + (beta - 1.0) * np.log1p(-x)
        ),
        lambda rng, size, alpha, beta: rng.beta(alpha, beta, size),
        lambda **_: (0.0, 1.0),
    ),
}


def family_of(name: str, arguments: Mapping[str, Any]) -> Family | None:
    """The family of this name, if it is in `FAMILIES` and its arguments are spelled as there; else None."""
    family = FAMILIES.get(name)
    if family is None or set(arguments) - set(family.arguments):
        return None
    wanted = {key for key, default in family.arguments.items() if default is ...}
    return family if wanted <= set(arguments) else None


def backward(z, lower, upper):
    """Map a real number to the support, as PyMC does it.

    Parameters
    ----------
    z : number, array or node.
    lower, upper : ends of the support, or None.

    Returns
    -------
    x, between the bounds; the log of dx/dz.
    """
    if lower is None and upper is None:
        return z, 0.0
    if upper is None:
        return lower + np.exp(z), z
    if lower is None:
        return upper - np.exp(z), z
    # log(sigmoid(z)) + log(1 - sigmoid(z)) = -|z| - 2 log(1 + exp(-|z|)), which never overflows
    share = 0.5 * (1.0 + np.tanh(0.5 * z))
    slope = np.log(upper - lower) - abs(z) - 2.0 * np.log1p(np.exp(-abs(z)))
    return lower + (upper - lower) * share, slope


def forward(x, lower, upper):
    """Map the support to the real line; the inverse of `backward`."""
    if lower is None and upper is None:
        return x
    if upper is None:
        return np.log(x - lower)
    if lower is None:
        return np.log(upper - x)
    return np.log(x - lower) - np.log(upper - x)
