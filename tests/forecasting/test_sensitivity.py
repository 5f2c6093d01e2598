"""Sensitivity of forecasts to priors: importance weights against fits with the changed prior."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale import Prior
from bayescale.forecasting.trust.sensitivity import CHANGES, changed, with_prior
from bayescale.laws import chinchilla, generalised
from tests.conftest import simulate

TARGET = pd.DataFrame({"N": [7e10, 1e9], "D": [1.4e12, 2e10]}, index=["far", "near"])
LAW = replace(generalised, priors={**generalised.priors, "embedding": 0.0})


@pytest.fixture(scope="module")
def table():
    return simulate(20, seed=4)


@pytest.fixture(scope="module")
def fitted(table):
    return bs.fit(LAW, table, method="laplace", seed=1)


@pytest.fixture(scope="module")
def moves(fitted):
    return bs.sensitivity(LAW, fitted, TARGET, parameters=["omega", "kappa", "tau"], seed=2)


def test_weights_agree_with_fits(table, fitted, moves):
    """4000 draws: the standard error of a median is about 0.03 widths, more with weights."""
    before = np.log(bs.predict(LAW, fitted, TARGET, seed=2)["loss"].isel(run=0).to_numpy().ravel())
    for name, change in (("omega", "doubled"), ("kappa", "halved"), ("tau", "doubled")):
        other = with_prior(LAW, name, changed(LAW.all_priors[name], change))
        again = bs.fit(other, table, method="laplace", seed=1)
        after = np.log(bs.predict(other, again, TARGET, seed=2)["loss"].isel(run=0).to_numpy().ravel())
        row = moves.query("run == 'far' and parameter == @name and change == @change").iloc[0]
        assert row["k"] < 0.7 and not row["refitted"]
        width = np.diff(np.quantile(before, [0.05, 0.95])).item()
        assert row["share"] == pytest.approx((np.median(after) - np.median(before)) / width, abs=0.08)
        assert row["width"] == pytest.approx(np.diff(np.quantile(after, [0.05, 0.95])).item() / width, rel=0.15)


def test_far_forecasts_move_with_omega_and_near_ones_hardly(moves):
    of = moves[moves["change"] == "doubled"].set_index(["run", "parameter"])
    assert of.loc[("far", "omega"), "moved"] < -0.1 < of.loc[("near", "omega"), "moved"]
    assert of.loc[("far", "tau"), "width"] > 1.05
    shares = moves[moves["run"] == "far"]["share"].abs().to_numpy()
    assert set(moves["change"]) == set(CHANGES) and (np.diff(shares) <= 0).all() and len(moves) == 18


def test_where_weights_fail_the_law_is_fitted_again(table):
    """Runs that determine alpha_N far from a sharp prior: no draw lies where the changed prior puts its mass."""
    sharp = Prior("LogNormal", mu=np.log(0.35), sigma=0.02)
    law = replace(chinchilla, priors={**chinchilla.priors, "alpha_N": sharp})
    post = bs.fit(law, table, method="laplace", seed=1)
    failed = bs.sensitivity(law, post, TARGET, parameters=["alpha_N"], seed=1).query("change == 'doubled'")
    assert (failed["k"] > 0.7).all() and failed["moved"].isna().all() and not failed["refitted"].any()
    again = bs.sensitivity(law, post, TARGET, parameters=["alpha_N"], fitted=table, seed=1).query("change == 'doubled'")
    assert again["refitted"].all() and again["moved"].notna().all() and again["moved"].abs().max() > 0.5


def test_bounded_priors_are_only_widened_and_groups_are_left_out(post):
    table = bs.sensitivity(chinchilla, post, TARGET, seed=1)
    assert set(table.loc[table["parameter"] == "E", "change"]) == {"widened"}
    assert set(table["parameter"]) == {name for name in chinchilla.all_priors if name != "nu"}
    with pytest.raises(ValueError, match=r"parameters has \['nu'\]; wanted some of"):
        bs.sensitivity(chinchilla, post, TARGET, parameters=["nu"])
