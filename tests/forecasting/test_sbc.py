"""Simulation-based calibration."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest

import bayescale as bs
from bayescale import Prior
from bayescale.forecasting import sbc
from bayescale.laws import chinchilla
from bayescale.laws.henighan2020 import L_D
from tests.conftest import simulate


@pytest.fixture(scope="module")
def calibrated():
    return bs.sbc(L_D, simulate(20, seed=5), fits=40, method="laplace", seed=1, progressbar=False)


def test_ranks_are_uniform(calibrated):
    ranks = calibrated["prior_sbc"].to_dataset()
    assert set(L_D.parameters) < set(ranks.data_vars) and ranks["E"].dims == ("chain", "draw")
    assert (calibrated["fits"]["reason"] == "").all()
    for name in (*L_D.parameters, "sigma"):
        # Four tests, each of which fails once in a thousand seeds.
        assert kstest(ranks[name].values.ravel(), "uniform").pvalue > 1e-3, name


def test_arviz_draws_them(calibrated):
    import arviz as az

    az.plot_ecdf_pit(calibrated, var_names=["E"], backend="none")


def test_a_wrong_machine_is_caught(monkeypatch):
    """Losses a tenth higher than the law says: the slopes grow with them, and the drawn excess ranks too low."""
    original = sbc.predict
    monkeypatch.setattr(sbc, "predict", lambda *args, **options: 1.1 * original(*args, **options))
    found = bs.sbc(L_D, simulate(20, seed=5), fits=20, method="laplace", seed=2, progressbar=False)
    assert kstest(found["prior_sbc"]["excess_D"].values.ravel(), "uniform").pvalue < 1e-3


def test_priors_that_follow_the_losses_are_refused():
    grouped = Prior("Uniform", lower=0, upper=1, unit="loss_min", dims="family")
    law = replace(chinchilla, priors={**chinchilla.priors, "E": grouped})
    with pytest.raises(ValueError, match="move with the simulated losses"):
        bs.sbc(law, simulate(20, 1).assign(family=np.arange(20) % 2), fits=2)


@pytest.mark.slow
def test_nuts_of_the_chinchilla_law_is_calibrated():
    found = bs.sbc(chinchilla, simulate(60, seed=3), fits=200, seed=1, progressbar=False)
    for name in (*chinchilla.parameters, "sigma"):
        assert kstest(found["prior_sbc"][name].values.ravel(), "uniform").pvalue > 1e-3, name
