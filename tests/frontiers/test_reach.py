"""What it takes to reach a loss, against closed forms."""

import numpy as np
import pytest
import xarray as xr

import bayescale as bs
from bayescale.laws import chinchilla
from bayescale.laws.busbridge2025 import generalised
from bayescale.laws.henighan2020 import L_C
from tests.conftest import TRUTH, expected


@pytest.fixture(scope="module")
def truth():
    """One draw: the simulated truth."""
    N0, D0 = 1e9, 2e10
    values = {
        "E": TRUTH["E"],
        "excess_N": TRUTH["A"] * N0 ** -TRUTH["alpha_N"],
        "excess_D": TRUTH["B"] * D0 ** -TRUTH["alpha_D"],
        "alpha_N": TRUTH["alpha_N"],
        "alpha_D": TRUTH["alpha_D"],
        "sigma": TRUTH["sigma"],
    }
    draws = xr.Dataset({name: (("chain", "draw"), [[value]]) for name, value in values.items()})
    return xr.DataTree.from_dict(
        {"posterior": draws, "constant_data": xr.Dataset({"N0": N0, "D0": D0, "loss_min": 2.0})}
    )


def test_tokens_needed(truth):
    N, level = 7e9, 2.3
    left = level - TRUTH["E"] - TRUTH["A"] * N ** -TRUTH["alpha_N"]
    exact = (TRUTH["B"] / left) ** (1 / TRUTH["alpha_D"])
    found = bs.reach(chinchilla, truth, level, by="D", N=N, search=(1e9, 1e14))
    assert float(found["D"].squeeze()) == pytest.approx(exact, rel=2e-3)  # a line between sixteen runs a decade
    assert found["D"].attrs["units"] == "tokens" and found["probability"] == 1


def test_compute_with_N_held_is_tokens_times_6N(truth):
    tokens = bs.reach(chinchilla, truth, 2.3, by="D", N=7e9, search=(1e10, 1e13))["D"]
    compute = bs.reach(chinchilla, truth, 2.3, by="C", N=7e9, search=(6 * 7e9 * 1e10, 6 * 7e9 * 1e13))["C"]
    np.testing.assert_allclose(compute, 6 * 7e9 * tokens)


def test_compute_along_the_frontier(truth):
    """The loss of the optimum at the compute that was found is the loss that was wanted."""
    levels = [2.5, 2.2, 2.0]
    found = bs.reach(chinchilla, truth, levels, search=(1e18, 1e27))["C"].squeeze(("chain", "draw"))
    best = bs.frontier(chinchilla, truth, found.values)["loss"].squeeze()
    np.testing.assert_allclose(best, levels, rtol=1e-4)


def test_below_the_floor_is_infinite_and_above_all_is_the_smallest(truth):
    found = bs.reach(chinchilla, truth, [TRUTH["E"] * 0.99, 50.0], search=(1e18, 1e27))
    assert found["C"].squeeze().values.tolist() == [np.inf, pytest.approx(1e18)]
    assert found["probability"].values.tolist() == [0.0, 1.0]


def test_of_many_draws(post, runs):
    level = float(expected(3e10, 6e11))
    found = bs.reach(chinchilla, post, level, seed=1)
    low, high = found["C"].quantile([0.005, 0.995], method="higher").values
    best = bs.frontier(chinchilla, post, np.geomspace(low, high, 5))["loss"].median(("chain", "draw")).values
    assert best[0] > level > best[-1] and low < high
    assert found.attrs["search"][1] == pytest.approx(1e6 * (6 * runs["N"] * runs["D"]).max())
    assert (np.diff(found["path_C"]) > 0).all() and (np.diff(found["path_N"]) > 0).all()


def test_a_law_in_compute_alone():
    values = {"E": 1.0, "excess_C": 1.0, "alpha_C": 0.5, "sigma": 0.01}
    draws = xr.Dataset({name: (("chain", "draw"), [[value]]) for name, value in values.items()})
    tree = xr.DataTree.from_dict({"posterior": draws, "constant_data": xr.Dataset({"C0": 1e20, "loss_min": 1.0})})
    found = bs.reach(L_C, tree, 1.1, search=(1e18, 1e25))
    assert float(found["C"].squeeze()) == pytest.approx(1e22, rel=1e-3)


def test_a_discrepancy_widens_it(runs):
    general = bs.fit(generalised, runs, method="laplace", seed=1, progressbar=False)
    level = float(expected(3e11, 6e12))
    found = bs.reach(generalised, general, level, seed=1)
    assert 0.05 < float(found["probability"].squeeze()) <= 1
    again = bs.reach(generalised, general, level, seed=1)
    assert found.identical(again)


@pytest.mark.parametrize(
    ("loss", "options", "words"),
    [
        (-1.0, {}, "positive"),
        ([2.0, np.nan], {}, "positive"),
        (2.0, {"search": (1e20, 1e19)}, "the smallest and the largest C"),
        (2.0, {"by": "D", "N": 1e9}, "give search"),
        (2.0, {"by": "steps", "search": (1, 2)}, "not an input"),
        (2.0, {"N": 1e9, "D": 1e9, "search": (1e18, 1e20)}, "both held"),
    ],
)
def test_refused(truth, loss, options, words):
    with pytest.raises(ValueError, match=words):
        bs.reach(chinchilla, truth, loss, **options)
