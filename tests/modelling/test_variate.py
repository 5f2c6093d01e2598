"""Variates: the built-in ones and one from outside the package are checked alike, and fit alike."""

import math
import pickle
import warnings
from dataclasses import replace

import arviz as az
import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest, norm, t
from scipy.stats import logistic as scipy_logistic

import bayescale as bs
from bayescale import Noise, Prior, Variate, noises
from bayescale.laws import kaplan2020
from bayescale.modelling.variates import VARIATES


# A logistic noise: all that it takes.
def logp(z):
    return -abs(z) - 2 * np.log1p(np.exp(-abs(z)))


def quantile(q):
    return np.log(q) - np.log1p(-q)


def scale(*, sigma):
    return sigma


LOGISTIC = Variate("logistic", logp, quantile, pymc="Logistic", scale_name="s")
NOISE = Noise(LOGISTIC, scale, {"sigma": noises.SIGMA}, name="logistic")
WITHOUT_PYMC = replace(LOGISTIC, pymc=None)


# A Cauchy noise: its location and scale have other names in PyMC, and a discrepancy can be integrated out beside it.
def cauchy_logp(z):
    return -np.log(np.pi) - np.log1p(z * z)


def cauchy_quantile(q):
    return np.tan(np.pi * (q - 0.5))


CAUCHY = Variate(
    "cauchy",
    cauchy_logp,
    cauchy_quantile,
    pymc="Cauchy",
    location_name="alpha",
    scale_name="beta",
    degrees_of_freedom=1.0,
)

ALL = {**VARIATES, "logistic": LOGISTIC, "without pymc": WITHOUT_PYMC, "cauchy": CAUCHY}
SHAPES = {"student": {"nu": 3.0}}


def line(n: int, seed: int) -> pd.DataFrame:
    """Runs of a power law in N with logistic noise of 1 %."""
    rng = np.random.default_rng(seed)
    N = np.geomspace(1e7, 1e10, n)
    return pd.DataFrame({"N": N, "loss": NOISE.draw(rng, 3.0 * (N / 1e8) ** -0.08, 0.01, {})})


@pytest.mark.parametrize("name", ALL)
def test_functions_agree_with_each_other_and_with_pymc(name):
    ALL[name].check(**SHAPES.get(name, {}))


def wrong_logp(z):
    return -abs(z)


def wrong_quantile(q):
    return 2 * quantile(q)


def wrong_draw(rng, size):
    return rng.standard_normal(size)


def wrong_tail(z):
    return norm.sf(z)


def untraceable(z):
    return np.logaddexp(0, -z) * -2 - z


@pytest.mark.parametrize(
    "change, message",
    [
        ({"logp": wrong_logp}, "integrates to 2; wanted 1"),
        ({"quantile": wrong_quantile}, "integral of exp"),
        ({"draw": wrong_draw}, "draw of variate 'logistic' does not follow"),
        ({"tail": wrong_tail}, "tail"),
        ({"pymc": "Normal", "scale_name": "sigma"}, "that of pymc.Normal"),
        ({"degrees_of_freedom": math.inf}, "log density of a Student-t with inf"),
        ({"logp": untraceable}, "a step that this package cannot compile"),
    ],
)
def test_a_wrong_function_is_found(change, message):
    with pytest.raises(ValueError, match=message):
        replace(LOGISTIC, **change).check()
    with pytest.raises(ValueError, match=r"shape parameters \['nu'\]; got \[\]"):
        VARIATES["student"].check()


@pytest.mark.parametrize(
    "make, error, message",
    [
        (lambda: Variate("", logp, quantile), TypeError, "name of a Variate is ''"),
        (lambda: Variate("x", 3, quantile), TypeError, "logp of variate 'x' is 3; wanted a function logp"),
        (lambda: Variate("x", logp, quantile, shape=("nu",)), TypeError, r"wanted a function logp\(z, nu\)"),
        (lambda: Variate("x", logp, quantile, shape="nu"), TypeError, "wanted a tuple of names"),
        (lambda: Variate("x", logp, quantile, pymc="logistic"), ValueError, "did you mean Logistic"),
        (lambda: replace(LOGISTIC, scale_name="sigma"), ValueError, "pymc.Logistic, which has no argument 'sigma'"),
        (lambda: replace(LOGISTIC, degrees_of_freedom="nu"), ValueError, "degrees of freedom of variate"),
        (lambda: replace(LOGISTIC, degrees_of_freedom=-1.0), ValueError, "degrees of freedom of variate"),
        (lambda: replace(NOISE, variate=scale), TypeError, "wanted a Variate, or one of the names"),
        (lambda: replace(NOISE, variate="logistic"), ValueError, "unknown.*or make your own"),
        (
            lambda: replace(kaplan2020.L_N, noise=NOISE, discrepancy=bs.Discrepancy({"tau": 0.01})),
            ValueError,
            "does not go",
        ),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_tails_without_a_tail():
    """Integrated: to 1e-9 of themselves, far out as well."""
    z = np.r_[-30.0, -2.0, 0.0, 0.5, 30.0, 300.0]
    np.testing.assert_allclose(LOGISTIC.exceeds(z), scipy_logistic.sf(z), rtol=1e-9)
    np.testing.assert_allclose(replace(VARIATES["normal"], tail=None).exceeds(z[:5]), norm.sf(z[:5]), rtol=1e-9)
    np.testing.assert_allclose(CAUCHY.exceeds(z), t.sf(z, 1), rtol=1e-9)
    nu = np.array([[2.0], [4.0]])
    np.testing.assert_allclose(replace(VARIATES["student"], tail=None).exceeds(z, nu=nu), t.sf(z, nu), rtol=1e-7)


def test_it_is_a_value():
    assert pickle.loads(pickle.dumps(NOISE)) == NOISE and hash(NOISE) == hash(replace(NOISE))
    assert str(LOGISTIC) == "logistic" and NOISE.variate.name in str(replace(kaplan2020.L_N, noise=NOISE))
    assert "z ~ student, student: loss = sigma" in str(kaplan2020.L_N)
    assert noises.student.degrees_of_freedom == 4.0 and noises.lognormal.degrees_of_freedom == math.inf
    assert NOISE.degrees_of_freedom is None and not NOISE.constant and noises.lognormal.constant


@pytest.mark.parametrize("method", ["laplace", "nuts"])
@pytest.mark.parametrize("variate", [LOGISTIC, WITHOUT_PYMC], ids=["by name", "by its density"])
def test_a_noise_from_outside_fits_by_both_methods(method, variate):
    law, runs = replace(kaplan2020.L_N, noise=replace(NOISE, variate=variate)), line(24, seed=1)
    size = {"draws": 500, "tune": 400, "chains": 2, "cores": 1} if method == "nuts" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        post = bs.fit(law, runs, seed=1, method=method, progressbar=False, **size)
    assert post.attrs["method"] == method and post.attrs["converged"], post.attrs["verdict"]
    assert "z ~ logistic" in post.attrs["law_text"]
    sigma = post["posterior"]["sigma"]
    assert abs(float(np.log(sigma / 0.01).mean())) < 4 * float(np.log(sigma).std())  # fails once in 1e4 seeds
    new = bs.predict(law, post, pd.DataFrame({"N": [1e11]}), seed=1)
    spread = np.log(new["loss"] / new["mu"]).to_numpy() / sigma.to_numpy()[..., None]
    assert np.std(spread) == pytest.approx(np.pi / np.sqrt(3), rel=0.1)  # of a logistic
    assert np.isfinite(az.loo(post).elpd)


def test_a_noise_from_outside_is_back_tested_and_modelled():
    import pymc as pm

    for variate in (LOGISTIC, WITHOUT_PYMC):
        law = replace(kaplan2020.L_N, noise=replace(NOISE, variate=variate))
        model = bs.model(law, line(24, seed=2))
        assert np.isfinite(model.compile_logp()(model.initial_point()))
        with pm.Model():
            loss = variate.observe("loss", np.ones(2), np.ones(2), {}, observed=np.ones(2), dims=None)
        drawn = np.log(pm.draw(loss, 2000, random_seed=1))
        assert kstest(drawn[:, 1], scipy_logistic.cdf).pvalue > 1e-3  # fails once in a thousand seeds
        assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.1  # 4.5 standard errors: each run has draws of its own
    law, runs = replace(kaplan2020.L_N, noise=NOISE), line(24, seed=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        scored = bs.backtest(law, runs, by="N", cuts=[1e9], seed=1, progressbar=False)
    assert bool(scored["converged"].all()) and int(np.isfinite(scored["crps"]).sum()) == 8


def test_degrees_of_freedom_are_positive():
    for nu in (-1.0, 0.0, Prior("Normal", mu=4, sigma=1)):
        with pytest.raises(ValueError, match="nu of noise 'student'"):
            replace(noises.student, priors={"sigma": noises.SIGMA, "nu": nu})
    with pytest.raises(TypeError, match="sigma of noise 'student' is 'x'"):
        replace(noises.student, priors={"sigma": "x", "nu": 4.0})
