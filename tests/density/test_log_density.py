"""The density on a tape: PyMC's to rounding, for every law and every noise, with exact derivatives."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ks_2samp

import bayescale as bs
from bayescale import Prior, laws
from bayescale.autodiff.node import Untraceable
from bayescale.data.check import check
from bayescale.density.bound import Bound
from bayescale.density.log_density import LogDensity
from bayescale.density.model import model
from bayescale.laws import chinchilla
from bayescale.modelling.noises import NOISES
from tests.conftest import pooled

GROUPED = pooled(centered=False)
GROUPED = replace(
    GROUPED, priors={**GROUPED.priors, "alpha_D": Prior("LogNormal", mu=-1.2, sigma=0.8, dims=("family", "seed"))}
)
CASES = {
    **{name: replace(law, discrepancy=None) for name, law in laws.names().items()},
    **{noise.name: replace(chinchilla, noise=noise) for noise in NOISES.values()},
    "absolute entropy": replace(chinchilla, priors={**chinchilla.priors, "E": Prior("Normal", mu=1.7, sigma=0.3)}),
    "fixed entropy": replace(chinchilla, priors={**chinchilla.priors, "E": 1.69}),
    "groups": GROUPED,
    "entropy of each group, in its unit": replace(
        chinchilla,
        priors={
            **chinchilla.priors,
            "E": Prior("TruncatedNormal", mu=0.6, sigma=0.2, lower=0.0, upper=1.0, unit="loss_min", dims="family"),
        },
    ),
}


@pytest.fixture(scope="module")
def table(runs):
    rows = np.arange(len(runs))
    own = {name: known for law in laws.names().values() for name, known in law.columns.items()}
    spread = {name: np.geomspace(*known.span, len(runs)) for name, known in own.items()}
    return runs.assign(S=runs["D"] / 5e5, U=runs["D"] / 3, loss_se=0.01, family=rows % 3, seed=rows % 2, **spread)


@pytest.fixture(scope="module", params=CASES)
def density(request, table):
    law = CASES[request.param]
    return LogDensity(Bound(law, check(law, table)))


def somewhere(density, seed=0):
    """A point near where the prior and the runs agree."""
    points = density.prior_points(np.random.default_rng(seed), 64)
    return points[np.argmax(density.value(points))]


def test_is_that_of_the_plain_model(density, table):
    plain = model(density.law, table)
    assert [rv.name for rv in plain.free_RVs] == [v.name for v in density.variables]
    log_density = plain.compile_logp()
    start = plain.initial_point()
    rng = np.random.default_rng(0)
    for _ in range(3):
        z = {key: value + 0.2 * rng.standard_normal(np.shape(value)) for key, value in start.items()}
        point = density.in_chart(np.concatenate([np.ravel(value) for value in z.values()])[None])
        # PyMC holds constants of Student's t in single precision, which leaves a few 1e-10 of the sum.
        assert density.value(point)[0] == pytest.approx(float(log_density(z)), rel=2e-9, abs=1e-7)


def test_gradient_and_hessian_are_exact(density):
    point = somewhere(density)
    value, slope = density.gradient(point)
    assert value == pytest.approx(density.value(point[None])[0], rel=1e-12)
    steps = 1e-5 * np.eye(density.size)
    by_differences = [(density.value((point + s)[None]) - density.value((point - s)[None]))[0] / 2e-5 for s in steps]
    # Differences of sums of size 1e3 over a step of 1e-5: rounding of 1e-8, curvature of third order of 1e-10 its size.
    assert slope == pytest.approx(by_differences, rel=1e-5, abs=1e-5 * np.abs(slope).max() + 1e-6)
    rows = [(density.gradient(point + s)[1] - density.gradient(point - s)[1]) / 2e-5 for s in steps]
    hessian = density.hessian(point)
    if density.law.noise.variate.name != "laplace":  # its kinks have no second derivative
        assert np.abs(hessian - rows).max() < 1e-4 * np.abs(hessian).max()


def test_points_of_the_prior_are_the_prior(table):
    law = CASES["groups"]
    density = LogDensity(Bound(law, check(law, table)))
    ours = density.physical(density.prior_points(np.random.default_rng(0), 3000))
    prior = bs.sample_prior(law, table, draws=3000, seed=1)["prior"]
    for name in ("E", "excess_N", "alpha_N", "alpha_N_mu", "alpha_N_sigma", "alpha_D"):
        for a, b in zip(ours[name].reshape(3000, -1).T, prior[name].to_numpy()[0].reshape(3000, -1).T, strict=True):
            assert ks_2samp(a, b).pvalue > 1e-4, name  # sixteen tests fail once in six hundred seeds


def test_thinned_runs_order_points_alike(table):
    law = CASES["hoffmann2022.chinchilla"]
    density = LogDensity(Bound(law, check(law, table)))
    points = density.prior_points(np.random.default_rng(0), 200)
    full, thin = density.value(points), density.value(points, most_runs=20)
    assert np.corrcoef(np.argsort(np.argsort(full)), np.argsort(np.argsort(thin)))[0, 1] > 0.9


@pytest.mark.parametrize(
    "prior",
    [
        Prior("Weibull", alpha=1.0, beta=2.0),
        Prior("LogNormal", mu=-1.2, sigma=0.8, dims="run_id"),
    ],
)
def test_what_only_pymc_can_do_is_named(table, prior):
    law = replace(chinchilla, priors={**chinchilla.priors, "alpha_N": prior})
    many = table.loc[table.index.repeat(2)].reset_index(drop=True).assign(run_id=lambda t: t.index)
    with pytest.warns(UserWarning), pytest.raises(Untraceable):
        LogDensity(Bound(law, check(law, many)))
