"""Noises: the noises that come with the package. To add one, add a value here.

Examples
--------
>>> from dataclasses import replace
>>> import bayescale as bs
>>> law = replace(bs.laws.chinchilla, noise=bs.noises.laplace, name="least_absolute")
>>> law.noise.name, sorted(bs.noises.NOISES)
('laplace', ['by_compute', 'laplace', 'lognormal', 'per_run', 'student'])
"""

import numpy as np

from bayescale.modelling.noise import Noise
from bayescale.modelling.prior import Prior

#: Scale of the log loss. Published scatter runs from 0.1 % (smooth curves of one recipe) to 4 % (seeds and families);
#: the central 95 % of the prior is 0.05 % to 19 %.
SIGMA = Prior("LogNormal", mu=-4.6, sigma=1.5)


def _constant(*, sigma):
    return sigma


def _with_standard_error(mu, loss_se, *, sigma):
    return np.sqrt(sigma**2 + (loss_se / mu) ** 2)


def _by_compute(C, C0, *, sigma, sigma_slope):
    return sigma * (C / C0) ** sigma_slope


#: Student-t of the log loss, 4 degrees of freedom: residuals of published sweeps have heavy tails.
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

#: The noises of this module by name.
NOISES: dict[str, Noise] = {value.name: value for value in list(globals().values()) if isinstance(value, Noise)}
