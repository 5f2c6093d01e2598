"""One harness for every noise: density, quantiles and draws agree, in NumPy and in PyMC."""

from dataclasses import replace

import numpy as np
import pymc as pm
import pytest
from scipy.integrate import quad
from scipy.stats import kstest

from bayescale.noise import NOISES, Noise, student
from bayescale.prior import Prior

EVERY = pytest.mark.parametrize("noise", NOISES.values(), ids=NOISES)
MU, SCALE = 2.3, 0.04


def shape(noise):
    return {name: 4.0 for name in noise.shape}


@EVERY
def test_density_is_of_the_loss(noise):
    total, _ = quad(lambda y: np.exp(noise.logpdf(y, MU, SCALE, shape(noise))), 1e-3, 50, points=[MU], limit=200)
    assert total == pytest.approx(1, abs=1e-5)


@EVERY
def test_quantiles_invert_the_density(noise):
    for q in (0.05, 0.5, 0.9):
        top = noise.quantile(q, MU, SCALE, shape(noise))
        below, _ = quad(lambda y: np.exp(noise.logpdf(y, MU, SCALE, shape(noise))), 1e-3, top, points=[1.5], limit=200)
        assert below == pytest.approx(q, abs=1e-5)


@EVERY
def test_draws_follow_the_quantiles(noise):
    drawn = noise.draw(np.random.default_rng(0), np.full(4000, MU), np.full(4000, SCALE), shape(noise))
    uniform = noise._standard(shape(noise)).cdf(np.log(drawn / MU) / SCALE)
    assert kstest(uniform, "uniform").pvalue > 1e-3  # fails once in a thousand seeds


@pytest.mark.parametrize("variate", ["normal", "student", "laplace"])
def test_pymc_has_the_same_density(variate):
    noise = next(n for n in NOISES.values() if n.variate == variate)
    observed = np.array([2.1, 2.3, 2.9])
    with pm.Model() as model:
        noise.observe("loss", np.full(3, MU), SCALE, shape(noise), observed=observed, dims=None)
    theirs = model.compile_logp()({})
    assert theirs == pytest.approx(noise.logpdf(observed, MU, SCALE, shape(noise)).sum(), rel=1e-8)


def test_scales():
    assert NOISES["per_run"].scale(2.0, 0.06, sigma=0.04) == pytest.approx(0.05)
    assert NOISES["by_compute"].scale(1e22, 1e20, sigma=0.01, sigma_slope=0.1) == pytest.approx(0.01 * 100**0.1)


def test_errors():
    with pytest.raises(ValueError, match="variate 'cauchy' is unknown"):
        Noise("cauchy", student.scale, student.priors)
    with pytest.raises(ValueError, match=r"parameters \['nu', 'sigma'\] but priors for \['sigma'\]"):
        replace(student, priors={"sigma": Prior("HalfNormal", sigma=0.1)})
