"""Approaches: valleys without a parabola's bias, agreement of frontiers, distance of models."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayescale as bs
from bayescale.frontiers.approaches.budgets import grouped
from bayescale.frontiers.approaches.density import Valleys, bend
from bayescale.frontiers.approaches.optimal import _given
from bayescale.frontiers.approaches.parameters import Coordinates, valley

ALPHA, BETA = 0.465, 0.155
A = BETA / (ALPHA + BETA)
BUDGETS = np.geomspace(1e18, 1e21, 5)


def truth(C):
    """N*, D* and L* of the simulated law at a budget C."""
    N = 3e8 * (C / 3e19) ** A
    return N, C / 6 / N, 1.8 + 0.8 * (C / 1e19) ** (-ALPHA * BETA / (ALPHA + BETA))


def sweep(reach=16.0, noise=0.001, seed=1, count=9):
    """Runs on five budgets, N up to a factor `reach` on both sides of the optimum."""
    rng, parts = np.random.default_rng(seed), []
    for C in BUDGETS:
        N, _, smallest = truth(C)
        u = np.linspace(-np.log(reach), np.log(reach), count)
        loss = 1.8 + (smallest - 1.8) * (A * np.exp(-ALPHA * u) + (1 - A) * np.exp(BETA * u))
        loss = loss * np.exp(noise * rng.normal(size=count))
        parts.append(pd.DataFrame({"N": N * np.exp(u), "D": C / 6 / (N * np.exp(u)), "C": C, "loss": loss}))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def fits():
    runs = sweep()
    return {shape: bs.isoflop(runs, valley=shape, draws=250, seed=1) for shape in ("law", "parabola")}


def test_the_shape_of_a_valley_is_that_of_an_additive_law():
    u = np.linspace(-3, 3, 13)
    h, slope = valley(u, ALPHA, BETA)
    exact = A * np.exp(-ALPHA * u) + (1 - A) * np.exp(BETA * u) - 1
    assert np.allclose(ALPHA * BETA * h, exact, atol=1e-12)
    step = 1e-6
    assert np.allclose((valley(u + step, ALPHA, BETA)[0] - valley(u - step, ALPHA, BETA)[0]) / (2 * step), slope)
    assert np.allclose(valley(u, 1e-4, 1e-4)[0], valley(u, 0.0, 0.0)[0], rtol=1e-3)


def test_the_law_has_no_bias_where_the_parabola_has_the_known_one(fits):
    C = 1e20
    N, _, loss = truth(C)
    found = {shape: bs.optimal(post, C) for shape, post in fits.items()}
    low, high = found["law"]["N"].quantile([0.005, 0.995]).to_numpy()
    assert low < N < high
    assert abs(found["law"]["loss"].median() / loss - 1) < 0.002
    wrong = float(np.log(found["parabola"]["N"].median() / N))
    assert wrong == pytest.approx((ALPHA - BETA) * np.log(16) ** 2 / 10, rel=0.5)
    assert float(found["parabola"]["N"].quantile(0.005)) > N
    for post in fits.values():
        assert abs(float(post["posterior"]["a"].median()) - A) < 0.02


def test_the_density_is_that_of_scipy_where_budgets_do_not_scatter():
    """With tiny scatter the integral over shifts and lifts is the likelihood at zero."""
    from scipy import stats

    table = grouped(sweep(4.0), None, 0.1)
    density = Valleys(table, parabola=False)
    known = {f"log_{name}": -12.0 for name in ("sd_N", "sd_loss", "tau", "tau_N")}
    known |= {"log_curve": -2.5, "log_slope": -3.0, "log_sigma": -4.0}
    points = np.array([Coordinates(False).start(known), Coordinates(False).start({**known, "a": 0.4, "log_N": 0.3})])
    p = density.coordinates.natural(points)
    values = []
    for i in range(2):
        q = {name: value[i] for name, value in p.items()}
        u = density.n - q["log_N"] - q["a"] * density.c
        h, _ = valley(u, q["alpha_N"], q["alpha_D"])
        smallest = q["E"] + q["excess_C"] * np.exp(-q["alpha_C"] * density.c)
        loss = smallest + q["curve"] * np.exp(-q["fade"] * density.c) * h
        values.append(stats.t.logpdf((density.y - np.log(loss)) / q["sigma"], 4).sum() - len(u) * np.log(q["sigma"]))
    expected = np.diff(values) + np.diff(density.coordinates.log_prior(points))
    assert np.diff(density.value(points)) == pytest.approx(expected, rel=1e-3)


def test_budgets_are_found_and_refused():
    runs = sweep()
    assert grouped(runs.drop(columns="C"), None, 0.1)["budget"].nunique() == len(BUDGETS)
    assert grouped(runs.drop(columns="D"), None, 0.1)["budget"].nunique() == len(BUDGETS)
    assert grouped(runs.assign(level=runs["C"].astype(str)), "level", 0.1)["budget"].nunique() == len(BUDGETS)
    with pytest.warns(UserWarning, match="1 of 5 budgets have fewer than 3"):
        assert grouped(runs.iloc[7:], None, 0.1)["budget"].nunique() == len(BUDGETS) - 1
    with pytest.raises(ValueError, match="one budget spans a factor"):
        grouped(runs.assign(C=np.geomspace(1e18, 1e20, len(runs))), None, 0.2)
    with pytest.raises(ValueError, match="lacks the columns"):
        grouped(runs.drop(columns="loss"), None, 0.1)
    with pytest.raises(ValueError, match="wanted two budgets"):
        grouped(runs.iloc[:9], None, 0.1)
    with pytest.raises(ValueError, match="valley is 'cubic'"):
        bs.isoflop(runs, valley="cubic")


def test_the_discrepancy_beyond_the_budgets_is_that_of_the_joint_normal_distribution():
    """Given its sum with scatter at the budgets, mean and covariance are those of conditioning a normal vector."""
    budgets, new = np.array([1e18, 1e19, 1e20]), np.array([1e19, 1e21, 1e22])
    K = bend(np.concatenate([budgets, new]), np.concatenate([budgets, new]), 1e19, 1e20)
    off, sd, tau, n = np.array([0.01, 0.0, -0.02]), 0.004, 0.02, 40_000
    S = tau**2 * K[:3, :3] + sd**2 * np.eye(3)
    mean = tau**2 * K[3:, :3] @ np.linalg.solve(S, off)
    covariance = tau**2 * K[3:, 3:] - tau**4 * K[3:, :3] @ np.linalg.solve(S, K[:3, 3:])
    drawn = _given(np.tile(off, (1, n, 1)), np.full((1, n), sd), np.full((1, n), tau), K, np.random.default_rng(1))[0]
    width = np.sqrt(np.diag(covariance))
    assert np.all(abs(drawn.mean(0) - mean) < 5 * width / np.sqrt(n) + 1e-12)
    assert np.allclose(np.cov(drawn.T), covariance, atol=5 * width.max() ** 2 * np.sqrt(2 / n))
    assert 2 * width[0] < width[1] < width[2]


def test_the_line_widens_with_the_distance_from_the_budgets(fits):
    best = bs.optimal(fits["law"], [1e20, 1e22, 1e24])["loss"]
    low, high = np.log(best.quantile([0.05, 0.95], ["chain", "draw"]).to_numpy())
    width = high - low
    assert width[2] > 2 * width[1] > 4 * width[0]
    again = bs.optimal(fits["law"], [1e20, 1e22, 1e24])["loss"]
    assert np.array_equal(best, again)


def test_the_frontier_of_valleys_is_consistent(fits):
    best = bs.optimal(fits["law"], [1e17, 1e19, 1e20])
    assert np.allclose(6 * best["N"] * best["D"], best["C"])
    assert np.allclose(best["a"] + best["b"], 1)
    assert best["beyond_C"].to_numpy().tolist() == [True, False, False]
    p, C0 = fits["law"]["posterior"].to_dataset(), float(fits["law"]["constant_data"]["C0"])
    near = [np.log(p["E"] + p["excess_C"] * (C / C0) ** -p["alpha_C"]) for C in (1e19 / 1.001, 1e19 * 1.001)]
    slope = (near[1] - near[0]) / (2 * np.log(1.001))  # of the power laws: the discrepancy is left out of it
    assert np.allclose(slope, best["slope"].isel(C=1), atol=1e-7)
    with pytest.raises(TypeError, match="wanted the DataTree of bayescale.isoflop"):
        bs.optimal(xr.DataTree(), 1e20)


def line(shift=0.0, loss=2.0, approach="joint"):
    """A frontier with known posteriors."""
    rng, C = np.random.default_rng(3), np.array([1e19, 1e20, 1e21])
    shape = (2, 500, 3)

    def around(middle, sd):
        return ("chain", "draw", "C"), middle * np.exp(sd * rng.normal(size=shape))

    values = {"a": around(0.5 + shift, 0.01), "N": around(1e9, 0.05), "loss": around(loss, 0.001)}
    return xr.Dataset(values, {"C": C, "beyond_C": ("C", [False, False, True])}, {"approach": approach})


def test_agreement_tells_equal_from_different():
    table = bs.agreement({"one": line(), "two": line()})
    assert (table["agree"] > 0.95).all() and "compatible" in json.loads(table.attrs["sentences"])[0]
    table = bs.agreement({"law": line(), "valleys": line(shift=0.2, approach="isoflop")})
    assert (table.query("quantity == 'a'")["agree"] < 0.05).all()
    assert table.query("quantity == 'a'")["difference"].to_numpy() == pytest.approx(0.2, abs=0.005)
    assert "Believe valleys" in json.loads(table.attrs["sentences"])[0]
    with pytest.raises(ValueError, match="within names"):
        bs.agreement({"one": line(), "two": line()}, within={"D": 0.1})


def test_distance_has_the_right_sign_and_size():
    models = pd.DataFrame({"model": ["worse", "better", "on it"], "N": 1e9, "loss": [2.1, 1.9, 2.0]})
    table = bs.distance(line(), models.assign(D=1e20 / 6 / 1e9))
    assert table["distance"].to_numpy() == pytest.approx([0.1, -0.1, 0.0], abs=0.001)
    assert table["below"].iloc[0] == 0 and table["below"].iloc[1] == 1 and 0.2 < table["below"].iloc[2] < 0.8
    assert [words.split()[3] for words in table["sentence"]] == ["above", "below", "be"]
    bits = bs.distance(line(), models.assign(D=1e20 / 6 / 1e9), tokens_per_byte=0.25)
    assert np.allclose(bits["distance"], table["distance"] * 0.25 / np.log(2))
    with pytest.raises(ValueError, match="enclose the models"):
        bs.distance(line(), models.assign(D=1e24 / 6 / 1e9))
