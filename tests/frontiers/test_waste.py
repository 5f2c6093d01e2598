"""Near-optimal sizes and waste against the frontier and the law itself."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayescale as bs
from bayescale import costs
from bayescale.laws import chinchilla, data_constrained
from bayescale.laws.henighan2020 import L_C
from tests.frontiers.test_multiplier import by_recipe, posterior

C = np.geomspace(1e18, 1e24, 4)
POST = posterior(E=(1.8, 1.82), times_N=(1.0, 1.1))


@pytest.mark.parametrize("cost", [costs.six_nd, costs.inference(1e10)], ids=str)
def test_at_the_ends_the_loss_is_worse_by_just_as_much(cost):
    near = bs.near_optimal(chinchilla, POST, C, within=0.01, cost=cost)
    best = bs.frontier(chinchilla, POST, C, cost=cost)
    np.testing.assert_allclose(near["N"], best["N"], rtol=1e-3)
    np.testing.assert_allclose(near["loss"], best["loss"], rtol=1e-8)
    for end in ("_low", "_high"):
        run = {name: near[f"{name}{end}"].drop_vars("C") for name in ("N", "D")}
        np.testing.assert_allclose(chinchilla(POST, **run), near["loss"] + 0.01, rtol=1e-7)
        np.testing.assert_allclose(cost(run["N"], run["D"]), np.broadcast_to(C, run["N"].shape), rtol=1e-6)
    assert (near["N_low"] < near["N"]).all() and (near["N"] < near["N_high"]).all()


def test_a_range_without_end():
    near = bs.near_optimal(chinchilla, POST, 1e20, within=1e6)
    assert (near["N_low"] == 0).all() and (near["N_high"] == np.inf).all() and not near.isnull().any().to_array().any()


def test_an_optimal_run_wastes_nothing_and_others_their_share():
    best = bs.frontier(chinchilla, POST.isel(draw=[0]), 1e22).squeeze()
    N, D = float(best["N"]), float(best["D"])
    runs = pd.DataFrame({"N": [N, 4 * N, N / 4], "D": [D, D / 4, 4 * D]}, index=["best", "large", "small"])
    found = bs.waste(chinchilla, POST.isel(draw=[0]), runs).squeeze(("chain", "draw"))
    assert found["run"].values.tolist() == ["best", "large", "small"]
    assert float(found["waste"][0]) == pytest.approx(1.0, abs=1e-6) and (found["waste"][1:] > 1.05).all()
    cheaper = bs.frontier(chinchilla, POST.isel(draw=[0]), 1e22 / found["waste"].values)["loss"].squeeze()
    np.testing.assert_allclose(cheaper, found["loss"], rtol=1e-7)
    np.testing.assert_allclose(found["N_best"] * found["D_best"] * 6 * found["waste"], 1e22, rtol=1e-6)
    np.testing.assert_allclose(found["loss_best"], float(best["loss"]), rtol=1e-7)


def test_serving_makes_large_models_wasteful():
    runs = pd.DataFrame({"N": [3e9], "D": [6e10]})
    plain = bs.waste(chinchilla, POST, runs)["waste"]
    served = bs.waste(chinchilla, POST, runs, cost=costs.inference(1e13))["waste"]
    assert (served > plain).all()


def test_runs_of_several_recipes():
    """Each run is judged by its own recipe, whatever the order of the table."""
    law, post = by_recipe()
    runs = pd.DataFrame(
        {"N": [1e9, 3e9, 1e9], "D": [6e10, 2e10, 6e10], "recipe": ["new", "old", "old"]}, index=[5, 3, 9]
    )
    found = bs.waste(law, post, runs)
    assert found["run"].values.tolist() == [5, 3, 9] and found["recipe"].values.tolist() == ["new", "old", "old"]
    for i in range(3):
        alone = bs.waste(law, post, runs.iloc[[i]])["waste"]
        np.testing.assert_allclose(found["waste"].isel(run=[i]), alone, rtol=1e-6)


def test_limited_unique_data():
    """Repeating 1e10 tokens: with few unique tokens the loss of a run is higher, and its best run is larger."""
    draws = POST.copy(deep=True)
    fitted = draws["posterior"].to_dataset()
    draws["posterior"] = xr.DataTree(fitted.assign(R_N=5.0 + 0 * fitted["E"], R_D=15.0 + 0 * fitted["E"]))
    near = bs.near_optimal(data_constrained, draws, 1e21, within=0.01, U=1e10)
    assert (near["N_low"] < near["N_high"]).all()
    runs = pd.DataFrame({"N": [1e9, 1e9], "D": [1e11, 1e11], "U": [1e10, 1e12]})
    found = bs.waste(data_constrained, draws, runs)
    assert (found["waste"] >= 1).all() and (found["loss"][..., 0] >= found["loss"][..., 1]).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: bs.near_optimal(chinchilla, POST, 1e20, within=-1.0), "within"),
        (lambda: bs.near_optimal(chinchilla, POST, [], within=0.1), "no budgets"),
        (lambda: bs.waste(chinchilla, POST, pd.DataFrame({"N": [1e9]})), "lacks the columns"),
    ],
)
def test_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_law_in_compute_alone_is_refused():
    draws = {name: (("chain", "draw"), [[1.0]]) for name in ("E", "excess_C", "alpha_C", "sigma")}
    post = xr.DataTree.from_dict({"posterior": xr.Dataset(draws), "constant_data": xr.Dataset({"C0": 1e20})})
    with pytest.raises(ValueError, match="wanted a law in N and D"):
        bs.near_optimal(L_C, post, 1e20, within=0.1)
    with pytest.raises(ValueError, match="wanted a law in N and D"):
        bs.waste(L_C, post, pd.DataFrame({"C": [1e20]}))
