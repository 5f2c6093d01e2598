"""The frontier with a discrepancy agrees with predict at the same run."""

import numpy as np
import pytest
import xarray as xr

import bayescale as bs
from bayescale.density.paths import paths_of
from bayescale.laws import generalised

BUDGETS = np.array([1e20, 1e22, 1e24])


@pytest.fixture(scope="module")
def general(runs):
    return bs.fit(generalised, runs, method="laplace", draws=2000, seed=1, progressbar=False)


@pytest.fixture(scope="module")
def best(general):
    return bs.frontier(generalised, general, BUDGETS, seed=2)


def spread(draws, probabilities=(0.05, 0.25, 0.5, 0.75, 0.95)):
    return np.log(draws).quantile(probabilities, ("chain", "draw")).to_numpy()


def test_paths_have_the_distribution_of_predict(runs, general):
    """The same runs for all draws: quantiles agree to Monte Carlo error, and so do covariances between runs."""
    table = runs.head(3)[["N", "D"]]
    table = table.assign(N=table["N"] * [1, 30, 300], D=table["D"] * [1, 30, 30])
    at = {name: xr.DataArray(table[name].to_numpy(), dims="run") for name in ("N", "D")}
    paths = paths_of(generalised, general, at, np.random.default_rng(3))
    curve = generalised(general, **at)
    drawn = curve * np.exp(paths(at, "smooth") + paths(at, "local"))
    mu = bs.predict(generalised, general, table, seed=4)["mu"].drop_vars(["run", "N", "D"])
    width = np.log(mu).std(("chain", "draw")).to_numpy()
    draws = mu.sizes["chain"] * mu.sizes["draw"]
    # A quantile at 0.05 or 0.95 has a standard error of 2.1 widths / sqrt(draws); five of the difference of two.
    assert (abs(spread(drawn) - spread(mu)) < 5 * 2.1 * np.sqrt(2 / draws) * width).all()
    each = [np.corrcoef(np.log(x.transpose("run", ...).to_numpy().reshape(3, -1))) for x in (drawn, mu)]
    np.testing.assert_allclose(each[0], each[1], atol=5 * np.sqrt(2 / draws))


def test_frontier_and_predict_agree_at_the_optimum(general, best):
    middle = best[["N", "D"]].median(("chain", "draw")).to_dataframe()
    mu = bs.predict(generalised, general, middle.reset_index()[["N", "D"]], seed=5)["mu"]
    width = np.log(mu).std(("chain", "draw")).to_numpy()
    draws = mu.sizes["chain"] * mu.sizes["draw"]
    # Draws have optima of their own, at which their loss is lower than at the median run by a small share of the width.
    assert (abs(spread(best["loss"]) - spread(mu)) < (5 * 2.1 * np.sqrt(2 / draws) + 0.15) * width).all()
    alone = bs.frontier(generalised, general, BUDGETS, discrepancy=False)
    assert (spread(alone["loss"])[4] - spread(alone["loss"])[0] < 0.9 * (spread(mu)[4] - spread(mu)[0]))[-1]


def test_the_optimum_is_one(general, best):
    """No other N at the same budget has a smaller loss by the law and its smooth parts, for the same draws."""
    assert best.attrs["discrepancy"] == 1
    assert float((best["status"] == 2).mean()) < 0.01
    found = best["status"] == 0
    np.testing.assert_allclose((6 * best["N"] * best["D"] / best["C"]).where(found, 1.0), 1.0, rtol=1e-9)
    np.testing.assert_allclose((best["a"] + best["b"]).where(found, 1.0), 1.0, rtol=1e-6)
    alone = bs.frontier(generalised, general, BUDGETS, discrepancy=False)
    moved = abs(np.log(best["N"] / alone["N"])).median(("chain", "draw"))
    assert (moved > 0.01).all() and alone.attrs["discrepancy"] == 0


def test_draws_alone_are_refused_with_a_cure_that_works(general):
    draws = general["posterior"].to_dataset()
    with pytest.raises(ValueError, match="discrepancy=False"):
        bs.frontier(generalised, draws, 1e20)
    constants = general["constant_data"].to_dataset()
    tree = xr.DataTree.from_dict({"posterior": draws, "constant_data": constants})
    assert bs.frontier(generalised, tree, 1e20, discrepancy=False)["loss"].notnull().all()


def test_the_same_seed_gives_the_same(general, best):
    assert best.identical(bs.frontier(generalised, general, BUDGETS, seed=2))


def test_beyond_the_runs_is_marked(runs, best):
    assert best["beyond_N"].values[[0, -1]].tolist() == [False, True]
    assert best["beyond_C"].values.tolist() == [bool(c > (6 * runs["N"] * runs["D"]).max()) for c in BUDGETS]
