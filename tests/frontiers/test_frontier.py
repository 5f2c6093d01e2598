"""The frontier against the closed form of an additive law (K = C/6, Hoffmann et al. 2022, Eq 4)."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayescale as bs
from bayescale import laws
from bayescale.laws import busbridge2025, chinchilla
from tests.conftest import TRUTH

C = np.geomspace(1e16, 1e28, 7)

#: Besiroglu's frontier: C, N*, D*, L*, slope, curvature (computed from the closed form, 4 digits).
BESIROGLU = [
    (1e18, 8.053e7, 2.070e9, 3.4905, -0.0855, 0.00793),
    (1e21, 2.778e9, 5.999e10, 2.3055, -0.0378, 0.00531),
    (5.76e23, 7.225e10, 1.329e12, 1.9744, -0.0142, 0.00233),
    (1e27, 3.307e12, 5.039e13, 1.8588, -0.0040, 0.00070),
]


def point(**values) -> xr.Dataset:
    """A posterior of a single draw."""
    one = {name: (("chain", "draw"), [[value]]) for name, value in values.items()}
    return xr.Dataset(one, coords={"chain": [0], "draw": [0]})


def at_unit_reference(law):
    return replace(law, reference={"N0": 1.0, "D0": 1.0})


def closed_form(post, C):
    p, K = post["posterior"], xr.DataArray(C, dims="C", coords={"C": C}) / 6
    a, b = p.alpha_D / (p.alpha_N + p.alpha_D), p.alpha_N / (p.alpha_N + p.alpha_D)
    G = (p.alpha_N * p.A / (p.alpha_D * p.B)) ** (1 / (p.alpha_N + p.alpha_D))
    N, D = G * K**a, K**b / G
    gamma = p.alpha_N * p.alpha_D / (p.alpha_N + p.alpha_D)
    excess = p.A * N**-p.alpha_N + p.B * D**-p.alpha_D
    loss = p.E + excess
    w = excess / loss
    return {"N": N, "D": D, "loss": loss, "slope": -gamma * w, "curvature": gamma**2 * w * (1 - w)}


@pytest.mark.parametrize("law", [laws.generalised, busbridge2025.nonembedding], ids=lambda law: law.name)
def test_derived_exponents_are_those_of_the_numerical_frontier(law):
    """Of draws of the prior: at the budget for which N0 is optimal, N* ~ C^a and the reducible loss ~ C^-gamma."""
    law = replace(law, reference={"N0": 1e9, "D0": 2e10, "N_top": 1e10, "D_top": 2e11, "loss_min": 2.0})
    empty = pd.DataFrame({name: np.empty(0) for name in ("N", "D", "loss")})
    draws = bs.sample_prior(law, empty, draws=300, seed=1)["prior"].to_dataset()
    effect = draws["alpha_N"] / (1 - 2 * draws.get("embedding", 0.0) / 3)  # embeddings make M grow faster than N
    balance = draws["alpha_D"] * (1 - draws["share_N"]) / (draws["share_N"] * effect)
    log_D = draws["kappa"] / draws["alpha_D"] * np.log(balance)
    moderate = np.flatnonzero(np.abs(log_D).to_numpy().ravel() < 12)[:6]  # budgets of 1e14 to 1e26 FLOP
    for k in moderate:
        one, budget = draws.isel(draw=[k]), 6 * 1e9 * 2e10 * np.exp(log_D.to_numpy().ravel()[k])
        best = bs.frontier(
            law, one.assign(E=0 * one["E"]), budget * np.exp([-0.01, 0, 0.01]), discrepancy=False
        ).squeeze()
        low, middle, high = np.log(best["N"].to_numpy() / 1e9)
        assert middle == pytest.approx(0.0, abs=1e-6)
        assert (high - low) / 0.02 == pytest.approx(float(one["a"].squeeze()), abs=1e-5)
        assert -float(best["slope"][1]) == pytest.approx(float(one["gamma"].squeeze()), rel=1e-6)
    assert len(moderate) == 6


@pytest.mark.parametrize("quantity", ["N", "D", "loss", "slope", "curvature"])
def test_agrees_with_the_closed_form(post, quantity):
    few = post.isel(draw=slice(0, None, 50))
    best = bs.frontier(chinchilla, few, C)
    exact = closed_form(few, C)[quantity].transpose("chain", "draw", "C")
    np.testing.assert_allclose(best[quantity].values, exact.values, rtol=1e-6)


@pytest.mark.parametrize("row", BESIROGLU)
def test_published_frontier(row):
    post = point(E=1.8169, excess_N=482.01, alpha_N=0.3478, excess_D=2085.43, alpha_D=0.3658, sigma=0.01)
    best = bs.frontier(at_unit_reference(chinchilla), post, row[0]).squeeze()
    found = [float(best[name]) for name in ("N", "D", "loss", "slope", "curvature")]
    # The table was computed with unrounded parameters and printed to three or four digits.
    np.testing.assert_allclose(found, row[1:], rtol=0.02)


def test_entropy_never_moves_the_allocation(post):
    """LITERATURE: with the other parameters held, E changes neither N* nor D*."""
    few = post.isel(draw=slice(0, None, 100)).copy()
    best = bs.frontier(chinchilla, few, C)
    few["posterior"]["E"] = few["posterior"]["E"] * 0.3
    moved = bs.frontier(chinchilla, few, C)
    np.testing.assert_allclose(moved["N"].values, best["N"].values, rtol=1e-6)
    assert (moved["loss"] < best["loss"]).all()


def test_a_law_without_floor_is_straight():
    post = point(excess_N=406.0, alpha_N=0.34, excess_S=410.0, alpha_S=0.28, sigma=0.01)
    law = replace(laws.kaplan2020.L_NS.rename("two terms", S="D"), reference={"N0": 1.0, "D0": 1.0})
    post = post.rename(excess_S="excess_D", alpha_S="alpha_D")
    best = bs.frontier(law, post, C)
    np.testing.assert_allclose(best["slope"].values, -0.34 * 0.28 / 0.62, rtol=1e-6)
    np.testing.assert_allclose(best["curvature"].values, 0.0, atol=1e-8)


def test_the_cost_of_inference_asks_for_smaller_models():
    """First-order condition with D_inf more tokens: alpha A N^-alpha = beta B D^-beta (1 + D_inf/(3 D))."""
    post = point(E=1.8, excess_N=482.0, alpha_N=0.348, excess_D=2085.0, alpha_D=0.366, sigma=0.01)
    law, tokens = at_unit_reference(chinchilla), 1e12
    best = bs.frontier(law, post, [1e23, 1e24], cost=lambda N, D: 6 * N * D + 2 * N * tokens)
    N, D = best["N"].squeeze().values, best["D"].squeeze().values
    np.testing.assert_allclose(6 * N * D + 2 * N * tokens, [1e23, 1e24], rtol=1e-8)
    np.testing.assert_allclose(0.348 * 482 * N**-0.348, 0.366 * 2085 * D**-0.366 * (1 + tokens / (3 * D)), rtol=1e-6)
    assert (N < bs.frontier(law, post, [1e23, 1e24])["N"].squeeze().values).all()


def test_other_laws_in_N_and_D():
    kaplan = replace(laws.kaplan2020.L_ND, reference={"N0": 6.4e13, "D0": 1.8e13})
    # At N0 = N_c, D0 = D_c both terms are one: loss = 2^alpha_D, shares of one half.
    post = point(loss_ND=2**0.103, share_N=0.5, alpha_N=0.076, alpha_D=0.103, sigma=0.01)
    best = bs.frontier(kaplan, post, C).squeeze()
    N, D = best["N"].values, best["D"].values
    np.testing.assert_allclose(0.076 / 0.103 * (6.4e13 / N) ** (0.076 / 0.103), 1.8e13 / D, rtol=1e-6)
    repeated = replace(laws.muennighoff2023.data_constrained, reference={"N0": 1.0, "D0": 1.0})
    post = point(E=1.87, excess_N=521.0, alpha_N=0.353, excess_D=1488.0, alpha_D=0.353, R_N=5.31, R_D=15.4, sigma=0.01)
    scarce = bs.frontier(repeated, post, 1e22, U=1e10).squeeze()
    plenty = bs.frontier(repeated, post, 1e22, U=1e13).squeeze()
    assert float(scarce["loss"]) > float(plenty["loss"])
    assert float(scarce["D"]) > 1e10  # it pays to repeat


def test_a_law_in_compute_alone():
    law = replace(laws.henighan2020.L_C, reference={"C0": 1e20})
    best = bs.frontier(law, point(E=1.7, excess_C=0.8, alpha_C=0.16, sigma=0.01), [1e20, 1e22])
    w = 0.8 * np.array([1, 100**-0.16]) / (1.7 + 0.8 * np.array([1, 100**-0.16]))
    np.testing.assert_allclose(best["slope"].squeeze().values, -0.16 * w, rtol=1e-8)
    np.testing.assert_allclose(best["curvature"].squeeze().values, 0.16**2 * w * (1 - w), rtol=1e-6)
    assert "N" not in best


def test_an_optimum_at_the_edge_is_refused(post):
    few = post.isel(draw=slice(0, 10))
    with pytest.raises(ValueError, match="edge of the search range"):
        bs.frontier(chinchilla, few, 1e24, search=(1e3, 1e8))


@pytest.mark.parametrize("budget", [0.0, -1e20, np.nan, np.inf])
def test_bad_budgets(post, budget):
    with pytest.raises(ValueError, match="budget"):
        bs.frontier(chinchilla, post, budget)


def test_a_law_without_a_choice(runs):
    law = laws.kaplan2020.L_N
    with pytest.raises(ValueError, match="chooses N and D"):
        bs.frontier(law, bs.sample_prior(law, runs, draws=10, seed=1), 1e20)


def test_posterior_covers_the_true_frontier(post):
    """The credible band of N* at a budget inside the data holds the truth."""
    alpha, beta = TRUTH["alpha_N"], TRUTH["alpha_D"]
    G = (alpha * TRUTH["A"] / (beta * TRUTH["B"])) ** (1 / (alpha + beta))
    true_N = G * (1e21 / 6) ** (beta / (alpha + beta))
    low, high = bs.frontier(chinchilla, post, 1e21)["N"].quantile([0.0005, 0.9995]).values
    assert low < true_N < high
