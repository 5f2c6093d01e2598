"""One harness for every noise: density, quantiles and draws agree, in NumPy and in PyMC."""

import pickle
from dataclasses import replace

import numpy as np
import pymc as pm
import pytest
from scipy.integrate import quad
from scipy.stats import ks_2samp, kstest

from bayescale.modelling.noise import Noise
from bayescale.modelling.noises import NOISES, student
from bayescale.modelling.prior import Prior

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
    uniform = noise.tail(np.log(drawn / MU) / SCALE, shape(noise))
    assert kstest(uniform, "uniform").pvalue > 1e-3  # fails once in a thousand seeds


@pytest.mark.parametrize("variate", ["normal", "student", "laplace"])
def test_pymc_has_the_same_density_and_draws(variate):
    """Run by run, with a scale and a shape of their own each; and the same distribution when drawn."""
    noise = next(n for n in NOISES.values() if n.variate.name == variate)
    observed, mu, scale = np.array([2.1, 2.3, 2.9]), np.array([2.0, 2.3, 2.35]), np.array([0.1, 0.04, 0.2])
    of_run = {name: np.array([3.0, 4.0, 30.0]) for name in noise.shape}
    with pm.Model() as model:
        noise.observe("loss", mu, scale, of_run, observed=observed, dims=None)
    theirs = model.compile_logp(sum=False)({})[0]
    np.testing.assert_allclose(theirs, noise.logpdf(observed, mu, scale, of_run), rtol=1e-8)
    drawn = pm.draw(model["loss"], 2000, random_seed=1)
    ours = noise.draw(np.random.default_rng(2), np.tile(mu, (2000, 1)), scale, of_run)
    for run in range(3):  # each fails once in a thousand seeds
        assert ks_2samp(drawn[:, run], ours[:, run]).pvalue > 1e-3


@EVERY
def test_map_of_the_log_loss(noise):
    """Quantiles, tails and density are of one variate, for arrays of any shape that broadcast."""
    mu, q = np.array([[2.0], [3.0]]), np.array([0.1, 0.4, 0.9])
    loss = noise.quantile(q, mu, SCALE, shape(noise))
    np.testing.assert_allclose(noise.quantile(0.5, mu, SCALE, shape(noise)), mu)  # the law is the median
    np.testing.assert_allclose(noise.tail(np.log(loss / mu) / SCALE, shape(noise)), np.broadcast_to(1 - q, (2, 3)))
    step = 1e-4  # central difference of the quantile function: 1/density, up to (step/q)^2
    up, down = (noise.quantile(q + s * step, mu, SCALE, shape(noise)) for s in (1, -1))
    np.testing.assert_allclose(np.exp(noise.logpdf(loss, mu, SCALE, shape(noise))), 2 * step / (up - down), rtol=1e-5)


@EVERY
def test_members(noise):
    assert NOISES[noise.name] is noise and set(noise.priors) == set(noise.parameters)
    assert set(noise.columns) <= {"C", "loss_se"} and pickle.loads(pickle.dumps(noise)) == noise


def test_scales():
    assert NOISES["per_run"].scale(2.0, 0.06, sigma=0.04) == pytest.approx(0.05)
    assert NOISES["by_compute"].scale(1e22, 1e20, sigma=0.01, sigma_slope=0.1) == pytest.approx(0.01 * 100**0.1)


def test_errors():
    with pytest.raises(ValueError, match="variate 'cauchy' is unknown"):
        Noise("cauchy", student.scale, student.priors)
    with pytest.raises(ValueError, match=r"parameters \['nu', 'sigma'\] but priors for \['sigma'\]"):
        replace(student, priors={"sigma": Prior("HalfNormal", sigma=0.1)})


def test_the_tail_of_four_degrees_of_freedom_is_scipys():
    from scipy.special import stdtr

    z = np.r_[0.0, np.geomspace(1e-6, 1e12, 200), -np.geomspace(1e-6, 1e12, 200)]
    np.testing.assert_allclose(student.tail(z, {"nu": 4.0}), stdtr(4.0, -z), rtol=1e-12)
