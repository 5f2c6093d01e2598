"""Costs against sums written out for one architecture, and optima against their first-order conditions."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayescale as bs
from bayescale import costs
from bayescale.laws import chinchilla

LAYERS, WIDTH, D = 24, 1536.0, 3e10
M = 12 * LAYERS * WIDTH**2


@pytest.fixture(scope="module")
def besiroglu():
    values = {"E": 1.8169, "excess_N": 482.01, "alpha_N": 0.3478, "excess_D": 2085.43, "alpha_D": 0.3658, "sigma": 0.01}
    law = replace(chinchilla, reference={"N0": 1.0, "D0": 1.0})
    return law, xr.Dataset({key: (("chain", "draw"), [[value]]) for key, value in values.items()})


def test_sums_written_out():
    assert costs.width(M) == pytest.approx(WIDTH, rel=1e-12)
    assert costs.kaplan2020(512)(M, D) == pytest.approx(3 * (2 * M + 2 * LAYERS * 512 * WIDTH) * D, rel=1e-12)
    assert costs.porian2024(50000)(M, D) == pytest.approx(6 * (M + 50000 * WIDTH) * D, rel=1e-12)
    heads, context, vocabulary = WIDTH / 128, 2048, 32000
    layer = 2 * 3 * WIDTH**2 + 2 * context * WIDTH + 3 * heads * context + 2 * context * WIDTH + 2 * WIDTH**2
    forward = 2 * vocabulary * WIDTH + LAYERS * (layer + 2 * 2 * WIDTH * 4 * WIDTH) + 2 * WIDTH * vocabulary
    assert costs.hoffmann2022()(M + vocabulary * WIDTH, D) == pytest.approx(3 * forward * D, rel=1e-9)
    assert costs.six_nd(1e9, 2e10) == 1.2e20


@pytest.mark.parametrize("N", [1e5, 1e8, 1e12])
def test_embeddings_are_taken_off(N):
    rest = costs.without_embeddings(N, 50257)
    assert rest + 50257 * costs.width(rest) == pytest.approx(N, rel=1e-9)


@pytest.mark.parametrize(
    "cost",
    [costs.six_nd, costs.inference(1e12), costs.kaplan2020(), costs.hoffmann2022(), costs.porian2024()],
    ids=lambda cost: cost.name,
)
def test_the_budget_is_spent_and_the_split_is_optimal(besiroglu, cost):
    """The marginal loss for each FLOP is the same in N and in D."""
    best = bs.frontier(*besiroglu, [1e21, 1e23, 1e25], cost=cost).squeeze()
    N, tokens = best["N"].to_numpy(), best["D"].to_numpy()
    np.testing.assert_allclose(cost(N, tokens), best["C"], rtol=1e-8)
    step = 1e-4
    log_N = np.log(cost(N * np.exp(step), tokens) / cost(N * np.exp(-step), tokens))
    log_D = np.log(cost(N, tokens * np.exp(step)) / cost(N, tokens * np.exp(-step)))
    marginal = 0.3478 * 482.01 * N**-0.3478 / log_N, 0.3658 * 2085.43 * tokens**-0.3658 / log_D
    np.testing.assert_allclose(*marginal, rtol=1e-6)


def test_inference_makes_models_smaller(besiroglu):
    few, many = (bs.frontier(*besiroglu, 1e23, cost=costs.inference(t))["N"].item() for t in (0, 1e12))
    assert many < few == pytest.approx(bs.frontier(*besiroglu, 1e23)["N"].item(), rel=1e-6)


def test_fitted_cost_per_token():
    rng = np.random.default_rng(0)
    runs = pd.DataFrame({"N": np.geomspace(1e7, 1e10, 30), "D": np.exp(rng.uniform(20, 25, 30))})
    cost = costs.fitted(runs.assign(C=11.0 * runs["N"] ** 0.97 * runs["D"]))
    assert cost(5e8, 1e11) == pytest.approx(11.0 * 5e8**0.97 * 1e11, rel=1e-9)
    with pytest.raises(ValueError, match="same N"):
        costs.fitted(runs.assign(N=1e8, C=1e20))
    with pytest.raises(ValueError, match="lacks the columns"):
        costs.fitted(runs)


@pytest.mark.parametrize("tokens", [-1.0, np.nan, np.inf])
def test_bad_inference(tokens):
    with pytest.raises(ValueError, match="tokens of inference"):
        costs.inference(tokens)
