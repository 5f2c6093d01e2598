"""Signs of a bad forecast, and two ways to count parameters."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayescale as bs
from bayescale.data.check import check
from bayescale.forecasting import count_parameters as counting
from bayescale.forecasting.count_parameters import counted
from bayescale.forecasting.signs import FLOOR
from bayescale.inference.fit import draw
from bayescale.laws import chinchilla
from bayescale.laws.busbridge2025 import generalised, nonembedding
from bayescale.modelling.noises import student

TRUTH = {"E": 1.6, "excess_ND": 0.9, "share_N": 0.5, "alpha_N": 0.35, "alpha_D": 0.35, "kappa": 0.4, "omega": 0.004}


def simulated(embedding: float, n: int = 80, seed: int = 0) -> pd.DataFrame:
    """Runs of the generalised law; N_total holds the embeddings that N_no_embed leaves out."""
    rng = np.random.default_rng(seed)
    N, D = np.exp(rng.uniform(np.log([[3e6], [3e8]]), np.log([[1e9], [3e10]]), size=(2, n)))
    at = {"N0": 5e7, "D0": 3e9, "N_top": 1e9, "D_top": 3e10}
    mu = generalised.formula(N, D, **at, **TRUTH, embedding=0.0)
    total = N + embedding * N ** (1 / 3) * 5e7 ** (2 / 3)
    loss = student.draw(rng, mu, 0.002, {"nu": 4.0})
    return pd.DataFrame({"N": N, "D": D, "N_no_embed": N, "N_total": total, "loss": loss})


@pytest.fixture(scope="module")
def bent():
    return simulated(embedding=0.0)


def test_a_law_s_own_sign_is_told(bent):
    own = {"kappa": lambda draws: f"kappa is {float(draws['kappa'].median()):.2f}", "never": lambda draws: ""}
    law = replace(generalised, signs=own)
    general = bs.fit(law, bent, seed=1, method="laplace")
    assert bs.signs(law, general) == {"kappa": f"kappa is {float(general['posterior']['kappa'].median()):.2f}"}
    assert bs.signs(generalised, general) == {}  # kappa far from 1 is no sign: forecasts of this law are no worse then


def test_a_floor_that_nearly_reaches_the_runs():
    rng = np.random.default_rng(1)
    runs = pd.DataFrame({"N": np.geomspace(1e8, 1e10, 12), "D": np.geomspace(2e9, 3e11, 12) * rng.uniform(0.1, 9, 12)})
    noise = np.exp(0.003 * rng.standard_normal(12))
    runs["loss"] = (2.0 + 0.3 * (runs["N"] / 1e9) ** -0.6 + 0.2 * (runs["D"] / 2e10) ** -0.5) * noise
    post = bs.fit(chinchilla, runs, seed=1, method="laplace")
    told = bs.signs(chinchilla, post)
    assert set(told) == {"floor"}
    assert f"{float(post['posterior']['E'].median() / runs['loss'].min()):.0%}" in told["floor"]


def test_an_additive_truth_gives_no_sign_but_a_high_floor(post, runs):
    share = float(post["posterior"]["E"].median() / runs["loss"].min())
    assert set(bs.signs(chinchilla, post)) == ({"floor"} if share > FLOOR else set())
    general = bs.fit(generalised, runs, seed=1, method="laplace")
    assert bs.signs(generalised, general) == {}


def test_the_count_that_made_the_losses_foretells_them_better():
    runs = simulated(embedding=0.6)
    law = replace(generalised, priors={**generalised.priors, "embedding": 0.0}, discrepancy=None)
    with pytest.warns(UserWarning, match="of the smallest model and"):
        found = bs.count_parameters(law, runs, ("N_total", "N_no_embed"), seed=1)
    assert found.index[0] == "N_no_embed" and found["converged"].all()
    assert found.loc["N_total", "difference"] < -2 * found.loc["N_total", "se"] < 0
    with pytest.raises(ValueError, match="N_elsewhere"):
        bs.count_parameters(law, runs, ("N", "N_elsewhere"))


def test_each_count_may_have_a_law_of_its_own():
    runs = simulated(embedding=0.6).drop(columns="N").rename(columns={"N_total": "N"})
    laws = {"N": generalised, "N_no_embed": nonembedding}
    with pytest.warns(UserWarning, match="of the smallest model and"):
        found = bs.count_parameters({name: replace(law, discrepancy=None) for name, law in laws.items()}, runs, seed=1)
    assert set(found.index) == set(laws) and found["converged"].all()
    # where embeddings are the cube root's, the generalised law finds them: the two are within two standard errors
    assert abs(found["difference"].min()) < 2 * found["se"].max()
    with pytest.raises(ValueError, match="laws are given for"):
        bs.count_parameters({"N": generalised}, runs, ("N", "N_no_embed"))


@pytest.mark.parametrize("behind, taken", [(3.9, "N_no_embed"), (4.1, "N"), (-9.0, "N_no_embed")])
@pytest.mark.parametrize("cut", [True, False])
def test_fewest_parameters_are_counted_unless_forecasts_are_against_it(bent, behind, taken, cut, monkeypatch):
    """By forecasts of the larger runs, whatever leave-one-out says; by leave-one-out where there are no forecasts."""
    monkeypatch.setattr(counting, "draw", lambda law, table, **_: xr.DataTree(xr.Dataset(attrs={"converged": 1})))
    against = -50.0 if cut else behind
    scores = iter([np.full(len(bent), against / len(bent)), np.zeros(len(bent))])  # of N, and without embeddings
    monkeypatch.setattr(counting, "log_left_out", lambda *_: xr.DataArray(next(scores), dims="run"))
    ahead = pd.Series({"N": behind if cut else np.nan, "N_no_embed": 0.0 if cut else np.nan})
    monkeypatch.setattr(counting, "_future", lambda *_: ahead)
    runs = bent.assign(N=2.0 * bent["N"])
    found = bs.count_parameters({"N": generalised, "N_no_embed": nonembedding}, runs)
    assert found.index[found["take"]].tolist() == [taken]


def test_larger_runs_are_forecast_from_the_same_smaller_ones_by_every_count():
    """By the count that made the losses they are forecast better; a table of four runs cannot be cut."""
    runs = simulated(embedding=0.6, n=24)
    law = replace(chinchilla, noise=student)
    fits = []

    def spy(law, table, **options):
        fits.append(sorted(table.index))
        return draw(law, table, **options)

    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr(counting, "draw", spy)
        found = bs.count_parameters(law, runs, ("N_total", "N_no_embed"), seed=1)
    assert [len(fit) for fit in fits[:8]] == [24, 24, 12, 16, 20, 12, 16, 20] and fits[2:5] == fits[5:8]
    largest = (6 * runs["N_total"] * runs["D"]).nlargest(4).index
    assert all(not set(largest) & set(fit) for fit in fits[2:8])
    assert found.loc["N_no_embed", "future"] > found.loc["N_total", "future"]
    assert not counting._cuts(runs[:4], runs[["N_total"]][:4].to_numpy())


def test_runs_of_another_count(bent):
    found = counted(bent, "N_total")
    assert (found["N"] == bent["N_total"]).all() and "N_no_embed" not in found
    assert found["C"].to_numpy() == pytest.approx(6.0 * bent["N_total"].to_numpy() * bent["D"].to_numpy())


def test_a_count_without_embeddings_that_is_not_used_is_told(bent):
    with pytest.warns(UserWarning, match="N_no_embed and N"):
        check(generalised, bent)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(nonembedding, counted(bent, "N_no_embed"))
        check(generalised, bent.drop(columns="N_no_embed"))
        check(generalised, bent.assign(N_no_embed=np.nan))


def test_predictive_checks_are_what_arviz_draws(post, runs):
    import arviz as az

    new = runs.assign(N=3 * runs["N"])
    for table in (runs, new):
        tree = bs.ppc(chinchilla, post, table, seed=1)
        assert tree["posterior_predictive"]["loss"].dims == ("chain", "draw", "run")
        assert tree["observed_data"]["loss"].to_numpy() == pytest.approx(table["loss"].to_numpy())
        az.plot_ppc_pit(tree)
        az.plot_ppc_interval(tree)
    with pytest.raises(ValueError, match="'loss' of positive numbers"):
        bs.ppc(chinchilla, post, runs.drop(columns="loss"))
