"""Whether a frontier bends, and what its entropy is, on simulated truths."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayescale as bs
from bayescale.frontiers.closed_form import closed_form
from bayescale.frontiers.power import decades_needed, power, spread_of_curvature
from bayescale.frontiers.shapes import IN_C, IN_N_AND_D, NAMES
from bayescale.inference.laplace.mixture import Mixture
from tests.conftest import simulate


def frontier_runs(kind: str, decades: float = 3.0, noise: float = 0.003, seed: int = 0) -> pd.DataFrame:
    """20 runs about 1e20 FLOP on a straight frontier or one with a floor at 1.82."""
    C = np.geomspace(10 ** (20 - decades / 2), 10 ** (20 + decades / 2), 20)
    x = C / 1e20
    loss = {
        "straight": 2.6 * x**-0.06,
        "floor": 1.82 + 0.73 * x**-0.178,
        "down": 2.6 * np.exp(-0.06 * np.log(x) - 0.004 * np.log(x) ** 2),
    }[kind]
    return pd.DataFrame({"C": C, "loss": loss * np.exp(noise * np.random.default_rng(seed).standard_normal(20))})


@pytest.mark.parametrize("kind", ["straight", "floor", "down"])
def test_shape_of_the_frontier_is_found(kind):
    found = bs.curvature(frontier_runs(kind), seed=1)
    assert float(found["probability"].sum()) == pytest.approx(1)
    a = found.attrs
    assert (a["bends_up"] > 0.95) == (kind == "floor")
    assert (a["bends_down"] > 0.95) == (kind == "down")
    assert {"straight": "cannot tell|straight", "floor": "upward", "down": "downward"}[kind].split("|")[-1] in (
        a["conclusion"].replace("cannot tell", "straight")
    )


@pytest.mark.parametrize("laws, columns", [(IN_N_AND_D, ("N", "D")), (IN_C, ("C",))])
def test_closed_form_is_the_frontier_of_the_law(laws, columns):
    """Of three draws, as `bs.frontier` finds it by minimisation."""
    values = {"E": [1.5, 1.8, 1.2], "omega": [0.01, 0.02, 0.05], "share_N": [0.3, 0.5, 0.6], "kappa": [0.4, 1.0, 0.7]}
    values |= {"alpha_N": [0.3, 0.34, 0.4], "alpha_D": [0.35, 0.28, 0.3], "bend": [0.004, -0.003, 0.001]}
    values |= {"alpha_C": [0.17, 0.1, 0.05]} | dict.fromkeys(("excess_ND", "excess_C"), [0.5, 0.7, 1.0])
    values |= dict.fromkeys(("loss_ND", "loss_C"), [2.0, 2.5, 3.0])
    reference = {f"{n}{e}": v for n, v in {"N": 1e9, "D": 2e10, "C": 1.2e20}.items() for e in ("0", "_top")}
    C = np.geomspace(1e19, 1e21, 3)
    for name, law in laws.items():
        kept = {key: value for key, value in reference.items() if key.partition("_")[0].rstrip("0") in columns}
        draws = xr.Dataset({n: (("chain", "draw"), [values[n]]) for n in law.parameters})
        draws = draws.assign(sigma=0.003 + 0 * draws[law.parameters[0]])
        numeric = bs.frontier(replace(law, reference=kept), draws, C)
        exact = closed_form(name, draws, kept, xr.DataArray(C, dims="C"))
        for quantity in ("loss", "slope", "curvature"):
            of_both = (x[quantity].transpose("chain", "draw", "C") for x in (exact, numeric))
            np.testing.assert_allclose(*of_both, rtol=1e-5, atol=1e-7)


def test_log_evidence_is_that_of_plain_monte_carlo():
    """The law straight on five noisy runs: the mean likelihood over 400,000 draws of the prior."""
    runs = frontier_runs("straight", noise=0.05).iloc[::4]
    found = bs.curvature(runs, discrepancy=None, seed=1)
    rng, n = np.random.default_rng(0), 400_000
    loss_C = np.exp(0.2 + 0.5 * rng.standard_normal(n)) * runs["loss"].min()
    alpha, sigma = np.exp(-2.6 + 0.6 * rng.standard_normal(n)), np.exp(-4.6 + 1.5 * rng.standard_normal(n))
    C, loss = runs["C"].to_numpy(), runs["loss"].to_numpy()
    mu = loss_C[:, None] * (C / np.exp(np.log(C).mean())) ** -alpha[:, None]
    from scipy.stats import t

    logs = (t.logpdf(np.log(loss / mu), 4, scale=sigma[:, None]) - np.log(loss)).sum(axis=1)
    expected = np.log(np.mean(np.exp(logs - logs.max()))) + logs.max()
    assert float(found["log_evidence"].sel(law="straight")) == pytest.approx(expected, abs=0.1)


def test_constant_of_the_mixture():
    """A t density with 4 degrees of freedom integrates to one, on a line and in the plane."""
    x = np.linspace(-200, 200, 400_001)
    line = Mixture.single(np.zeros(1), np.eye(1)).logpdf(x[:, None]) + Mixture.log_constant(1)
    assert np.trapezoid(np.exp(line), x) == pytest.approx(1, abs=1e-5)
    r = np.linspace(0, 300, 300_001)
    plane = Mixture.single(np.zeros(2), np.eye(2)).logpdf(np.c_[r, 0 * r]) + Mixture.log_constant(2)
    assert np.trapezoid(2 * np.pi * r * np.exp(plane), r) == pytest.approx(1, abs=1e-4)


def test_runs_with_a_spread_in_n_and_d_show_the_floor():
    found = bs.curvature(simulate(60, 3), seed=1, discrepancy=None, loo=True)
    assert found.attrs["bends_up"] > 0.95
    assert float(found["elpd_loo"].sel(law="floor")) > float(found["elpd_loo"].sel(law="straight"))


def test_entropy_of_a_clear_floor_and_of_a_straight_line():
    clear = bs.entropy(frontier_runs("floor", 6.0), discrepancy=None, seed=1)
    low, high = clear["E"].sel(law="floor").quantile([0.01, 0.99])
    assert low < 1.82 < high
    line = bs.entropy(frontier_runs("straight"), seed=1)
    assert not line.attrs["told"] and line.attrs["floor"] < 0.9
    assert float(line["average"].max()) <= float(frontier_runs("straight")["loss"].min()) * 1.1


def test_entropy_of_several_losses_is_that_of_each_alone():
    """One row a loss; the second loss is twice the first, so its entropy is twice that of the first."""
    wide = frontier_runs("floor", 6.0)
    long = bs.losses(wide.assign(double=2 * wide["loss"]), {"first": "loss", "second": "double"})
    found = bs.entropy(long, by="evaluation", discrepancy=None, seed=1)
    alone = bs.entropy(wide, discrepancy=None, seed=1)
    assert found["average"].dims == ("evaluation", "sample") and found["evaluation"].to_numpy().tolist() == [
        "first",
        "second",
    ]
    assert np.array_equal(found["E"].sel(evaluation="first"), alone["E"])
    middle = found["average"].median("sample").to_numpy()
    assert middle[1] == pytest.approx(2 * middle[0], rel=0.03)
    assert found["conclusion"].sel(evaluation="first").item() == alone.attrs["conclusion"]
    assert "second: The runs" in found.attrs["conclusion"] and found["floor"].dims == ("evaluation",)
    with pytest.raises(ValueError, match="wanted a column of labels"):
        bs.entropy(long, by="corpus")


def test_rule_of_power():
    """20 runs, noise 0.5 %, curvature 0.0065: 80 % power at 1.47 decades; sd(q) = 5.06 sigma / (sqrt(n) k^2)."""
    assert decades_needed(0.005, 20, 0.0065) == pytest.approx(1.47, abs=0.01)
    assert spread_of_curvature(0.01, 25, 2.0) == pytest.approx(5.06 * 0.01 / (5 * 4), rel=1e-2)
    assert power(spread_of_curvature(0.005, 20, 1.47), 0.0065) == pytest.approx(0.8, abs=0.01)


def test_wrong_arguments_say_what_is_wanted():
    runs = frontier_runs("floor")
    with pytest.raises(ValueError, match="wanted a positive number"):
        bs.curvature(runs, by=-1)
    with pytest.raises(ValueError, match="the smaller first"):
        bs.curvature(runs, between=(1e20, 1e18), discrepancy=None)
    with pytest.raises(ValueError, match="wanted probabilities of"):
        bs.curvature(runs, prior={"bent": 1.0})
    with pytest.raises(ValueError, match="wanted N and D, or C"):
        bs.entropy(runs.drop(columns="C"))


def test_fixed_tokens_are_said_with_the_size_of_the_effect():
    C = np.geomspace(1e18, 1e21, 8)
    runs = pd.DataFrame({"N": C / 6e11, "D": 1e11, "loss": 1.9 + (C / 1e19) ** -0.2})
    rng = np.random.default_rng(0)
    found = bs.curvature(runs.assign(loss=runs["loss"] * np.exp(0.003 * rng.standard_normal(8))), seed=1)
    assert "0.2 nats/token" in json.loads(found.attrs["warnings"])[0]
    assert tuple(found["law"].to_numpy()) == NAMES
