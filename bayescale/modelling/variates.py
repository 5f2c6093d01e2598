"""Variates: the built-in standard distributions of a noise. To add one, add a value here."""

import math

import numpy as np

from bayescale.modelling import distributions as families
from bayescale.modelling.variate import Variate


def _special(name: str, *args):
    import scipy.special

    return getattr(scipy.special, name)(*args)


def _normal_logp(z):
    return families.normal(z, 0.0, 1.0)


def _normal_quantile(q):
    return _special("ndtri", q)


def _normal_draw(rng, size):
    return rng.standard_normal(size)


def _normal_tail(z):
    return _special("ndtr", -z)


def _student_logp(z, nu):
    return families.student(z, nu)


def _student_quantile(q, nu):
    return _special("stdtrit", nu, q)


def _student_draw(rng, size, nu):
    return rng.standard_t(nu, size)


def _student_tail(z, nu):
    """In closed form for four degrees of freedom, the default: importing SciPy takes as long as a fit by Laplace."""
    if np.ndim(nu) or nu != 4.0:
        return _special("stdtr", nu, -z)
    size = np.sqrt(4.0 + z * z)
    rest = np.where(z > 0, 4.0 / (size * (size + abs(z))), 1.0 - z / size)
    return rest * rest * (3.0 - rest) / 4.0


def _laplace_logp(z):
    return -abs(z) - np.log(2.0)


def _laplace_quantile(q):
    return -np.sign(q - 0.5) * np.log1p(-2.0 * abs(q - 0.5))


def _laplace_draw(rng, size):
    return rng.laplace(size=size)


def _laplace_tail(z):
    return np.where(z > 0, 0.5 * np.exp(-abs(z)), 1.0 - 0.5 * np.exp(-abs(z)))


normal = Variate(
    "normal", _normal_logp, _normal_quantile, _normal_draw, _normal_tail, pymc="Normal", degrees_of_freedom=math.inf
)
student = Variate(
    "student",
    _student_logp,
    _student_quantile,
    _student_draw,
    _student_tail,
    shape=("nu",),
    pymc="StudentT",
    degrees_of_freedom="nu",
)
laplace = Variate(
    "laplace", _laplace_logp, _laplace_quantile, _laplace_draw, _laplace_tail, pymc="Laplace", scale_name="b"
)

#: The variates of this module by name.
VARIATES: dict[str, Variate] = {value.name: value for value in list(globals().values()) if isinstance(value, Variate)}
