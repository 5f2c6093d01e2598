"""Known facts about scaling laws, each with a number from the literature or from a closed form.

The true law is that of Besiroglu et al. (2024). Its compute-optimal frontier is L = E + kappa (C/6)^-gamma.
"""

import warnings
from dataclasses import replace

import arviz as az
import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale.laws import chinchilla, henighan2020, kaplan2020
from bayescale.modelling import noises
from tests.conftest import TRUTH, simulate

A, B, alpha, beta, E = 482.01, 2085.43, 0.3478, 0.3658, 1.8169
GAMMA = alpha * beta / (alpha + beta)


def frontier(C):
    """Optimal N and D, and the loss, at a compute C = 6 N D: N* = G (C/6)^a, D* = C/6/N*."""
    N = (alpha * A / (beta * B)) ** (1 / (alpha + beta)) * (C / 6) ** (beta / (alpha + beta))
    return N, C / 6 / N, E + A * N**-alpha + B * (C / 6 / N) ** -beta


def quiet_fit(law, runs, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bs.fit(law, runs, **{"seed": 1, "progressbar": False, **options})


@pytest.fixture(scope="module")
def straight_line():
    """Kaplan's line on 20 noise-free points of the frontier, 1e18 to 1e20 FLOP."""
    C = np.geomspace(1e18, 1e20, 20)
    law = replace(kaplan2020.L_C, noise=noises.lognormal)
    return law, quiet_fit(law, pd.DataFrame({"C": C, "loss": frontier(C)[2]}))


def test_a_power_law_without_entropy_forecasts_too_low_a_loss(straight_line):
    """Without E the loss at x10, x100, x1000 and x10,000 compute is 6.4, 13.8, 22.3 and 31.1 % too low."""
    law, post = straight_line
    C = 1e20 * 10.0 ** np.arange(1, 5)
    error = law(post, C=C).mean(("chain", "draw")).values / frontier(C)[2] - 1
    # The prior and Monte Carlo error change the loss at x10,000 by less than 0.2 %.
    np.testing.assert_allclose(error, [-0.064, -0.138, -0.223, -0.311], atol=0.005)


def test_its_exponent_is_an_average_slope(straight_line):
    """From 1e18 to 1e20 FLOP the fitted exponent is 0.068. The frontier's exponent is gamma = 0.178."""
    assert float(straight_line[1]["posterior"]["alpha_C"].mean()) == pytest.approx(0.068, abs=0.001)


@pytest.fixture(scope="module")
def no_entropy():
    """Fits of the laws with and without E to three sweeps of a pure power law in compute."""
    fits = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        C = np.geomspace(1e18, 1e23, 24)
        loss = 2.5 * (C / 3e20) ** -0.06 * np.exp(0.005 * rng.standard_normal(24))
        runs = pd.DataFrame({"C": C, "loss": loss})
        pair = [replace(law, noise=noises.lognormal) for law in (henighan2020.L_C, kaplan2020.L_C)]
        fits.append([quiet_fit(law, runs) for law in pair])
    return fits


def test_without_entropy_the_posterior_of_E_reaches_zero(no_entropy):
    for floor, _ in no_entropy:
        E, smallest = floor["posterior"]["E"], float(floor["constant_data"]["loss_min"])
        # The prior has 10 % of its mass below a tenth of the smallest loss.
        assert float((E < 0.1 * smallest).mean()) > 0.05
        assert float(E.quantile(0.05)) < 0.15 * smallest


def test_without_entropy_loo_does_not_prefer_a_law_with_E(no_entropy):
    for floor, line in no_entropy:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = az.compare({"floor": floor, "line": line}, round_to="none")
        gain = float(table.loc["floor", "elpd"] - table.loc["line", "elpd"])
        assert gain < 2 * float(table["dse"].max()) + 1  # two standard errors, and one nat of pointwise noise


def test_runs_on_the_frontier_do_not_identify_the_two_terms():
    """They identify only E, gamma and kappa. The posteriors of alpha and beta are as wide as the priors."""
    C = np.geomspace(1e18, 1e22, 40)
    N, D, loss = frontier(C)
    rng = np.random.default_rng(0)
    on_line = pd.DataFrame({"N": N, "D": D, "loss": loss * np.exp(0.005 * rng.standard_normal(40))})
    with pytest.warns(UserWarning, match="one line"):
        post = bs.fit(chinchilla, on_line, seed=1, progressbar=False)
    # a is the share of beta in alpha + beta. As many runs with N and D spread independently give it to 0.02.
    assert float(post["posterior"]["a"].std()) > 0.1
    assert float(np.log(post["posterior"]["alpha_N"]).std()) > 0.2
    assert abs(float(post["posterior"]["gamma"].mean()) - GAMMA) < 4 * float(post["posterior"]["gamma"].std())


def test_centring_removes_the_ridge(post):
    """log A and alpha correlate above 0.99. For the excess at the reference run, 1 - r^2 is about tenfold."""
    p = post["posterior"]

    def unexplained(x, y):
        return 1 - np.corrcoef(np.log(p[x]).values.ravel(), p[y].values.ravel())[0, 1] ** 2

    for at_one, centred, exponent in (("A", "excess_N", "alpha_N"), ("B", "excess_D", "alpha_D")):
        assert unexplained(at_one, exponent) < 0.02
        assert unexplained(centred, exponent) > 5 * unexplained(at_one, exponent)


def test_fourfold_rows_halve_the_intervals(post, runs):
    with pytest.warns(UserWarning, match="180 of 240 rows repeat"):
        four = bs.fit(chinchilla, pd.concat([runs] * 4, ignore_index=True), seed=1, progressbar=False)
    for name in ("E", "alpha_N", "alpha_D"):
        ratio = float(four["posterior"][name].std() / post["posterior"][name].std())
        # A normal posterior has one half. With sixty runs and a bound on E it is close to that.
        assert 0.4 < ratio < 0.65, name


#: 95 % intervals of a reference posterior: the points of Besiroglu et al. (2024) without five outliers, Student-t
#: noise, other priors, and random-walk chains of 8 x 60,000 draws.
REFERENCE = {
    "E": (1.782, 1.842),
    "alpha_N": (0.330, 0.365),
    "alpha_D": (0.343, 0.383),
    "a": (0.491, 0.530),
}
#: The same of the optimal tokens per parameter at 5.76e23 FLOP.
TOKENS_PER_PARAMETER = (12.7, 28.6)


@pytest.fixture(scope="module")
def chinchilla_points(shared_data):
    return bs.load("besiroglu2024")


@pytest.fixture(scope="module")
def without_five(chinchilla_points):
    return quiet_fit(chinchilla, chinchilla_points[~chinchilla_points["excluded"]])


def test_chinchilla_reference_posterior(without_five):
    assert without_five.attrs["converged"] == 1, without_five.attrs["verdict"]
    draws = {name: without_five["posterior"][name] for name in REFERENCE}
    best = bs.frontier(chinchilla, without_five, 5.76e23)
    draws["D/N"] = (best["D"] / best["N"]).squeeze("C")
    for name, (low, high) in {**REFERENCE, "D/N": TOKENS_PER_PARAMETER}.items():
        lower, median, upper = draws[name].quantile([0.025, 0.5, 0.975]).values
        assert low < median < high, name
        assert (upper - lower) / (high - low) == pytest.approx(1, abs=0.25), name


def test_five_outliers_move_normal_noise_more_than_student_t(chinchilla_points, without_five):
    everything = quiet_fit(chinchilla, chinchilla_points)
    gaussian = replace(chinchilla, noise=noises.lognormal)
    with pytest.warns(RuntimeWarning, match="influential runs.*Pareto k"):
        moved = bs.fit(gaussian, chinchilla_points, seed=1, progressbar=False)
    kept = quiet_fit(gaussian, chinchilla_points[~chinchilla_points["excluded"]])
    shift = lambda a, b, name: abs(float(a["posterior"][name].mean() - b["posterior"][name].mean()))  # noqa: E731
    for name in ("E", "alpha_D", "a"):
        assert shift(everything, without_five, name) < 0.25 * shift(moved, kept, name), name
    assert "far outside the noise" in everything.attrs["verdict"]


@pytest.mark.slow
def test_intervals_of_E_cover_the_truth():
    """The number of twenty 90 % intervals that cover is binomial(20, 0.9); it is 14 or more with probability 99.8 %."""
    inside = 0
    for seed in range(20):
        E = quiet_fit(chinchilla, simulate(60, seed=100 + seed))["posterior"]["E"]
        low, high = E.quantile([0.05, 0.95]).values
        inside += low < TRUTH["E"] < high
    assert inside >= 14
