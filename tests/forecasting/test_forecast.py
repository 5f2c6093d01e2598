"""Forecasts as a table, shares of their uncertainty, and which of two runs ends below the other."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayescale as bs
from bayescale.forecasting.forecast import largest
from bayescale.laws import chinchilla
from bayescale.laws.busbridge2025 import generalised
from bayescale.laws.henighan2020 import L_C

NEW = pd.DataFrame({"N": [1e9, 1e11], "D": [2e10, 2e12]}, index=["small", "large"])


@pytest.fixture(scope="module")
def general(runs):
    """The generalised law on the simulated runs, without a sampler."""
    return bs.fit(generalised, runs, method="laplace", seed=1, progressbar=False)


def test_the_table_is_what_predict_draws(post):
    table, drawn = bs.forecast(chinchilla, post, NEW, seed=4), bs.predict(chinchilla, post, NEW, seed=4)
    assert table.index.tolist() == ["small", "large"] and (table[["N", "D"]] == NEW).all(axis=None)
    for name in ("mu", "loss"):
        for q in (0.05, 0.5, 0.95):
            wanted = drawn[name].quantile(q, dim=("chain", "draw"))
            np.testing.assert_allclose(table[f"{name}_{q}"], wanted)


def test_distance_from_the_runs(post, runs):
    table = bs.forecast(chinchilla, post, NEW, seed=4)
    np.testing.assert_allclose(table["times_N"], NEW["N"] / runs["N"].max())
    np.testing.assert_allclose(table["times_C"], 6 * NEW["N"] * NEW["D"] / (6 * runs["N"] * runs["D"]).max())
    assert largest(post)["D"] == runs["D"].max()


def test_shares_add_to_one_and_grow_with_distance(post, general):
    for law, tree in ((chinchilla, post), (generalised, general)):
        share = bs.shares(law, tree, bs.predict(law, tree, NEW, seed=2))
        assert share.dims == ("part", "run") and share["run"].values.tolist() == ["small", "large"]
        np.testing.assert_allclose(share.sum("part"), 1.0)
        noise = share.sel(part="noise")
        assert noise[0] > noise[1], "the noise of a run is the same, what is not known of its mean grows"
    assert (bs.shares(chinchilla, post, bs.predict(chinchilla, post, NEW, seed=2)).sel(part="discrepancy") == 0).all()
    assert share.sel(part="discrepancy", run="large") > 0.1


def test_shares_of_known_parts():
    """Independent normal parts: the shares are those of the variances, within Monte Carlo error (20,000 draws: 1 %)."""
    rng = np.random.default_rng(0)
    level, noise = 0.02 * rng.standard_normal((4, 5000)), 0.01 * rng.standard_normal((4, 5000, 1))
    dims = ("chain", "draw")
    draws = xr.Dataset({"E": (dims, np.full((4, 5000), 1e-9)), "excess_C": (dims, np.exp(level))})
    draws = draws.assign(alpha_C=xr.zeros_like(draws["E"]) + 0.3, sigma=xr.zeros_like(draws["E"]) + 0.01)
    tree = xr.DataTree.from_dict({"posterior": draws, "constant_data": xr.Dataset({"C0": 1e20, "loss_min": 1.0})})
    mu = L_C(tree, C=[1e20])
    drawn = xr.Dataset({"mu": mu, "loss": mu * np.exp(noise)}).assign_coords(C=("run", [1e20]), run=[0])
    share = bs.shares(L_C, tree, drawn).isel(run=0)
    np.testing.assert_allclose(share, [0.8, 0.0, 0.2], atol=0.01)


def parts_of(parameters: float, discrepancy: float, noise: float) -> list[float]:
    """Shares of a law in C whose draws have terms of the log loss with these standard deviations."""
    rng = np.random.default_rng(0)
    dims, terms = ("chain", "draw"), rng.standard_normal((3, 4, 500))
    draws = {"E": 1e-9, "excess_C": np.exp(parameters * terms[0]), "alpha_C": 0.3, "sigma": 0.01}
    posterior = xr.Dataset({name: (dims, np.broadcast_to(value, (4, 500))) for name, value in draws.items()})
    tree = xr.DataTree.from_dict({"posterior": posterior, "constant_data": xr.Dataset({"C0": 1e20, "loss_min": 1.0})})
    mu = L_C(tree, C=[1e20]) * np.exp(discrepancy * terms[1][..., None])
    drawn = xr.Dataset({"mu": mu, "loss": mu * np.exp(noise * terms[2][..., None])})
    share = bs.shares(L_C, tree, drawn.assign_coords(C=("run", [1e20]), run=[0])).isel(run=0)
    return [float(share.sel(part=name)) for name in ("parameters", "discrepancy", "noise")]


@pytest.mark.parametrize("only", [0, 1, 2])
def test_a_part_that_alone_varies_has_the_whole_share(only):
    sds = [0.02 * (i == only) for i in range(3)]
    np.testing.assert_allclose(parts_of(*sds), [float(i == only) for i in range(3)], atol=1e-9)


def test_three_parts_share_by_their_variances():
    """Variances 1 : 4 : 9, each of 2000 draws: the Monte Carlo error of a share is about 2 %."""
    np.testing.assert_allclose(parts_of(0.01, 0.02, 0.03), np.array([1, 4, 9]) / 14, atol=0.07)


def test_shares_of_a_fit_follow_what_is_certain(general):
    """The generalised law with all but one source of uncertainty taken out of its posterior."""
    far = NEW.iloc[[1]]

    def shares_of(keep: str) -> xr.DataArray:
        tree = general.copy()
        draws = tree["posterior"].to_dataset()
        if keep != "parameters":
            draws = draws.where(False, draws.median(("chain", "draw")))
        tree["posterior"] = xr.DataTree(draws.assign(sigma=0 * draws["sigma"] + (0.05 if keep == "noise" else 1e-9)))
        if keep != "discrepancy":
            group = tree["discrepancy"].to_dataset()
            tree["discrepancy"] = xr.DataTree(group.assign(coefficients=0 * group["coefficients"]))
            tree["posterior"] = xr.DataTree(
                tree["posterior"].to_dataset().assign(dict.fromkeys(("tau", "tau_local"), 0 * draws["tau"] + 1e-12))
            )
        return bs.shares(generalised, tree, bs.predict(generalised, tree, far, seed=1)).isel(run=0)

    for name in ("parameters", "discrepancy", "noise"):
        share = shares_of(name)
        assert float(share.sel(part=name)) > 0.99, share.to_series().to_dict()


def test_beats_counts_draws_together(general):
    near = pd.DataFrame({"N": [1e11, 1.3e11], "D": [2e12, 2e12]})
    drawn = bs.predict(generalised, general, near, seed=3)
    wins = bs.beats(drawn)
    np.testing.assert_allclose(wins, 1 - wins.T.values)
    assert (np.diag(wins) == 0.5).all()
    apart = [bs.predict(generalised, general, near.iloc[[i]], seed=s)["loss"].values for i, s in ((0, 3), (1, 4))]
    assert wins[1, 0] > np.mean(apart[1] < apart[0]) > 0.5, "runs forecast together err together"
