"""Noise: how an observed loss scatters about the law.

Every noise is the same map, ``log(loss) = log(mu) + scale * z``, of a standard variate z; so each is a density of the
loss itself, and `az.loo` and `az.compare` hold across them. A member names the variate and the formula of the scale.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from bayescale.modelling import distributions as families
from bayescale.modelling.formula import signature
from bayescale.modelling.prior import Prior


class Variate(NamedTuple):
    """A standard variate: its name in PyMC, its parameters, log density, quantile, upper tail and draws."""

    pymc: str
    shape: tuple[str, ...]
    logp: Callable[..., Any]
    quantile: Callable[..., Any]
    tail: Callable[..., Any]
    draw: Callable[..., np.ndarray]


def _special(name: str, *args):
    import scipy.special

    return getattr(scipy.special, name)(*args)


def _student_tail(z, nu):
    """Of four degrees of freedom, the default, without SciPy, which takes as long to import as a fit by Laplace."""
    if np.ndim(nu) or nu != 4.0:
        return _special("stdtr", nu, -z)
    size = np.sqrt(4.0 + z * z)
    rest = np.where(z > 0, 4.0 / (size * (size + abs(z))), 1.0 - z / size)
    return rest * rest * (3.0 - rest) / 4.0


_VARIATES: dict[str, Variate] = {
    "normal": Variate(
        "Normal",
        (),
        lambda z: families.normal(z, 0.0, 1.0),
        lambda q: _special("ndtri", q),
        lambda z: _special("ndtr", -z),
        lambda rng, size: rng.standard_normal(size),
    ),
    "student": Variate(
        "StudentT",
        ("nu",),
        lambda z, nu: families.student(z, nu),
        lambda q, nu: _special("stdtrit", nu, q),
        _student_tail,
        lambda rng, size, nu: rng.standard_t(nu, size),
    ),
    "laplace": Variate(
        "Laplace",
        (),
        lambda z: -abs(z) - np.log(2.0),
        lambda q: -np.sign(q - 0.5) * np.log1p(-2.0 * abs(q - 0.5)),
        lambda z: np.where(z > 0, 0.5 * np.exp(-abs(z)), 1.0 - 0.5 * np.exp(-abs(z))),
        lambda rng, size: rng.laplace(size=size),
    ),
}


@dataclass(frozen=True)
class Noise:
    """A distribution of the observed loss about the expected loss mu, with the priors of its parameters.

    Parameters
    ----------
    variate : {"normal", "student", "laplace"}
        The standard variate z in ``log(loss) = log(mu) + scale * z``. "student" takes the parameter ``nu``.
    scale : callable
        The scale of the log loss (dimensionless: 0.01 is 1 % of the loss). Positional arguments are columns of
        `runs`, reference values (``C0``) or ``mu``; keyword-only arguments are parameters.
    priors : mapping
        A Prior, or a number to fix it, for each parameter of `scale` and of the variate.
    name : str
        Printed and stored with the posterior.

    Raises
    ------
    ValueError
        If the variate is unknown, or a parameter has no prior, or a prior no parameter.
    """

    variate: str
    scale: Callable
    priors: Mapping[str, Prior | float] = field(hash=False)
    name: str = "noise"

    def __post_init__(self):
        if self.variate not in _VARIATES:
            raise ValueError(f"The variate '{self.variate}' is unknown; choose one of {sorted(_VARIATES)}.")
        if set(self.priors) != set(self.parameters):
            raise ValueError(
                f"Noise '{self.name}' has the parameters {sorted(self.parameters)} but priors for "
                f"{sorted(self.priors)}; give each parameter a Prior or a number, and nothing else."
            )

    @property
    def shape(self) -> tuple[str, ...]:
        """Parameters of the variate."""
        return _VARIATES[self.variate].shape

    @property
    def parameters(self) -> tuple[str, ...]:
        """Every parameter: those of the scale, then those of the variate."""
        return signature(self.scale).parameters + self.shape

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of `runs` that the scale needs."""
        return tuple(name for name in signature(self.scale).columns if name != "mu")

    @property
    def constant(self) -> bool:
        """Whether the noise is normal given a weight of each run: one scale, and a normal or Student-t variate."""
        numbers = all(not isinstance(self.priors[name], Prior) for name in self.shape)
        grouped = any(prior.dims for prior in self.priors.values() if isinstance(prior, Prior))
        return not signature(self.scale).columns and self.variate in ("normal", "student") and numbers and not grouped

    def observe(self, name: str, mu, scale, shape: Mapping[str, Any], *, observed, dims):
        """Create the observed loss in the PyMC model on the context stack (density with respect to the loss)."""
        import pymc as pm

        standard = getattr(pm, _VARIATES[self.variate].pymc)
        scale_name = "b" if self.variate == "laplace" else "sigma"

        def dist(mu, scale, *rest):  # PyMC calls it with the size last
            *shape_values, size = rest
            options = dict(zip(self.shape, shape_values, strict=True))
            return pm.math.exp(standard.dist(mu=np.log(mu), **{scale_name: scale}, **options, size=size))

        values = [shape[key] for key in self.shape]
        return pm.CustomDist(name, mu, scale, *values, dist=dist, observed=observed, dims=dims)

    def logpdf(self, loss, mu, scale, shape: Mapping[str, Any]):
        """Log density of the loss [1/nats]: arrays of any broadcastable shape, or the nodes of a tape."""
        z = (np.log(loss) - np.log(mu)) / scale
        return _VARIATES[self.variate].logp(z, **shape) - np.log(scale) - np.log(loss)

    def quantile(self, q, mu, scale, shape: Mapping[str, Any]):
        """Quantile of the loss [nats] at probability q, NumPy arrays of any broadcastable shape."""
        return mu * np.exp(scale * _VARIATES[self.variate].quantile(np.asarray(q), **shape))

    def tail(self, z, shape: Mapping[str, Any]):
        """Probability that the standard variate exceeds z."""
        return _VARIATES[self.variate].tail(z, **shape)

    def draw(self, rng: np.random.Generator, mu, scale, shape: Mapping[str, Any]):
        """Draw one loss [nats] for each element of mu."""
        return mu * np.exp(scale * _VARIATES[self.variate].draw(rng, np.shape(mu), **shape))


# Published log-loss scatter runs from 0.1 % (smooth single-recipe curves) to 4 % (seeds and families);
# the prior's central 95 % is 0.05 % to 19 %.
SIGMA = Prior("LogNormal", mu=-4.6, sigma=1.5)


def _constant(*, sigma):
    return sigma


def _with_standard_error(mu, loss_se, *, sigma):
    return np.sqrt(sigma**2 + (loss_se / mu) ** 2)


def _by_compute(C, C0, *, sigma, sigma_slope):
    return sigma * (C / C0) ** sigma_slope


#: Student-t of the log loss, 4 degrees of freedom: heavy tails, as residuals of published sweeps have.
student = Noise("student", _constant, {"sigma": SIGMA, "nu": 4.0}, name="student")
#: Log-normal loss: `sigma` is the standard deviation of the log loss.
lognormal = Noise("normal", _constant, {"sigma": SIGMA}, name="lognormal")
#: Laplace of the log loss: the posterior mode is the least-absolute-deviation fit.
laplace = Noise("laplace", _constant, {"sigma": SIGMA}, name="laplace")
#: Known standard errors (column `loss_se` [nats]) and a common spread `sigma` between runs, in quadrature.
per_run = Noise("normal", _with_standard_error, {"sigma": SIGMA}, name="per_run")
#: Student-t whose scale is a power of compute: `sigma` at C0, times e**`sigma_slope` for each factor e of C.
by_compute = Noise(
    "student",
    _by_compute,
    {"sigma": SIGMA, "sigma_slope": Prior("Normal", mu=0.0, sigma=0.2), "nu": 4.0},
    name="by_compute",
)

NOISES: dict[str, Noise] = {noise.name: noise for noise in (student, lognormal, laplace, per_run, by_compute)}
