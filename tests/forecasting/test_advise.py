"""advise: which law to use, on simulated truths, and when the table cannot tell."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayescale as bs
from bayescale.forecasting.log_scores import log_left_out
from bayescale.forecasting.trust.candidates import candidates
from bayescale.forecasting.trust.choice import chosen
from bayescale.forecasting.trust.compared import comparable, cuts
from bayescale.forecasting.trust.cuts import distinct, labels
from bayescale.forecasting.trust.units import Units, behind, units
from bayescale.inference.fit import draw
from bayescale.laws import chinchilla, data_constrained, overtrained
from bayescale.laws.busbridge2025 import generalised_C
from bayescale.laws.henighan2020 import L_C
from bayescale.modelling.noises import lognormal
from tests.conftest import simulate

L_ND = bs.laws.find("kaplan2020.L_ND")


def advised(runs, laws=None, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bs.advise(runs, laws, seed=1, progressbar=False, **options)


@pytest.fixture(scope="module")
def two():
    """The true law, and one without the floor that the truth has."""
    runs = simulate(40, seed=3)
    return runs, advised(runs, {"floor": chinchilla, "none": L_ND})


def test_a_law_without_the_floor_of_the_truth_drops_out(two):
    _, advice = two
    assert (advice.take, advice.told) == ("floor", "differ") and advice.law is chinchilla
    line = advice.table.loc["none"]
    assert -line["score_diff"] > 4 and -line["score_diff"] > 2 * line["score_se"]
    assert advice.table.index.tolist() == ["floor", "none"] and line["elpd_diff"] < -4
    assert str(advice).startswith("Use floor. Forecasts of the larger runs (")
    assert f"none is {-line['score_diff']:.1f} ± {line['score_se']:.1f} behind" in str(advice)


def test_the_scores_are_those_of_the_back_test_and_of_leave_one_out(two):
    runs, advice = two
    size = (6 * runs["N"] * runs["D"]).to_numpy()
    laws = {"floor": chinchilla, "none": L_ND}
    tests = bs.backtest(laws, runs, by="C", cuts=cuts(size), seed=1, progressbar=False)
    xr.testing.assert_identical(advice.tests, tests)
    assert tests.sizes["cut"] == 3 and (size <= tests["cut"].values[:, None]).sum(1).tolist() == [16, 24, 32]
    values = tests["log_score"].sel(forecaster="none").mean("cut").to_numpy()  # NaN where no cut holds the run out
    held = np.isfinite(values)
    of = labels(runs["N"].to_numpy())  # fewer distinct N than C
    assert distinct(size[held]) >= distinct(runs["N"].to_numpy()[held])
    every = tests["log_score"].sel(forecaster="none").to_numpy()
    by_hand = sum(np.nanmean(every[:, of == unit]) for unit in np.unique(of[held]))
    assert advice.table.loc["none", "score"] == pytest.approx(by_hand)
    post = draw(chinchilla, runs, method="laplace", seed=1, progressbar=False)
    assert advice.table.loc["floor", "elpd"] == pytest.approx(float(log_left_out(chinchilla, post, runs).sum()))


def test_a_tie_goes_to_the_law_with_a_discrepancy():
    rng, C = np.random.default_rng(2), np.geomspace(1e18, 1e22, 12)
    runs = pd.DataFrame({"C": C, "loss": (1.8 + 0.9 * (C / 1e20) ** -0.15) * np.exp(0.004 * rng.standard_normal(12))})
    laws = {"additive": replace(L_C, noise=lognormal), "general": replace(generalised_C, noise=lognormal)}
    advice = advised(runs, laws)
    assert (advice.take, advice.told) == ("general", "tie")
    assert "general has a discrepancy" in str(advice) and not advice.table["reason"].any()


@pytest.mark.parametrize(
    ("runs", "why"),
    [
        (simulate(4, seed=1), "too few runs can be held out"),
        (
            simulate(12, seed=1).assign(D=lambda t: np.repeat([1e19, 1e20, 1e21], 4) / (6 * t["N"])),
            "1 distinct size of C",
        ),
    ],
)
def test_too_little_held_out_cannot_tell(runs, why):
    runs["C"] = 6 * runs["N"] * runs["D"]
    advice = advised(runs, {"additive": chinchilla, "overtrained": overtrained})
    assert advice.told == "cannot tell" and "The table cannot tell which law extrapolates best" in str(advice)
    assert why in str(advice) and (advice.tests is None) == (len(runs) == 4)


def test_a_law_that_cannot_be_fitted_is_left_out_with_its_reason():
    advice = advised(simulate(20, seed=3), {"additive": chinchilla, "repeated": data_constrained})
    assert advice.take == "additive" and "'U'" in advice.table.loc["repeated", "reason"]
    assert "repeated was not compared: ValueError" in str(advice)
    with pytest.raises(ValueError, match="No law could be fitted"):
        advised(simulate(20, seed=3), {"repeated": data_constrained})


def failing(number):
    """Chinchilla's law, which fails on tables of some number of runs."""

    def formula(N, D, N0, D0, *, E, excess_N, alpha_N, excess_D, alpha_D):
        if np.shape(N) == (number,):
            raise ValueError("a bad day")
        own = {"E": E, "excess_N": excess_N, "alpha_N": alpha_N, "excess_D": excess_D, "alpha_D": alpha_D}
        return chinchilla.formula(N, D, N0, D0, **own)

    return replace(chinchilla, formula=formula)


def test_a_cut_at_which_a_law_fails_is_left_out_for_all():
    runs = simulate(20, seed=3)
    advice = advised(runs, {"additive": chinchilla, "fails": failing(16)})
    assert advice.tests is not None and advice.tests.sizes["cut"] == 2 and not advice.table["reason"].any()
    assert "1 of 3 cuts are left out" in str(advice)
    advice = advised(runs, {"additive": chinchilla, "fails": failing(8)})  # 8 fitted at one cut, 8 forecast at another
    assert "a bad day" in advice.table.loc["fails", "reason"] and advice.take == "additive"
    assert (
        advice.tests is not None
        and advice.tests["forecaster"].values.tolist() == ["additive"]
        and advice.tests.sizes["cut"] == 3
    )


def test_fits_that_did_not_converge_are_not_compared():
    tests = bs.backtest({"a": chinchilla, "b": overtrained}, simulate(20, seed=3), seed=1, progressbar=False)
    facts = pd.DataFrame({"reason": ["", ""]}, index=["a", "b"])
    tests["converged"][:] = [[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 1, 1]]
    assert comparable(tests, facts)["cut"].values.tolist() == np.delete(tests["cut"].values, 3).tolist()
    tests["converged"][1, :3] = 0
    assert comparable(tests, facts)["forecaster"].values.tolist() == ["a"]
    assert facts.loc["b", "reason"] == "back-test: fits did not converge"


def test_runs_that_err_together_are_one_observation():
    runs = simulate(20, seed=3)
    one_size = runs.assign(N=1e9, C=6e9 * runs["D"])
    tests = bs.backtest(bs.baselines.power_law, one_size, seed=1, progressbar=False)
    found = units(tests)
    assert (found.number, str(found)) == (1, "1 distinct size of N")
    assert set(found.of_run) == {-1, 0} and (found.of_run == -1).sum() == int(tests["trained"].min())
    curves = runs.sort_values("D").assign(N=np.repeat([1e8, 3e8, 1e9, 3e9, 9e9], 4), run=np.repeat(list("aabbc"), 4))
    curves = curves.assign(run=np.repeat(list("abcde"), 4), C=6 * curves["N"] * curves["D"])
    tests = bs.backtest(bs.baselines.power_law, curves, by="D", seed=1, progressbar=False)
    assert units(tests).kind == "distinct sizes of D" and units(tests, curves).kind == "training runs"


def test_sizes_within_five_percent_are_one():
    assert labels(np.array([2.0, 1.0, 1.04, 1.08, 2.05])).tolist() == [2, 0, 0, 1, 2]


def test_paired_differences():
    found = behind({"a": np.array([1.0, 2.0, 6.0]), "b": np.array([0.0, 0.0, 0.0]), "c": np.array([-9.0, -9.0, -9.0])})
    assert found["diff"].tolist() == [0.0, -9.0, -36.0] and found["sum"].tolist() == [9.0, 0.0, -27.0]
    assert found.loc["b", "se"] == pytest.approx(np.std([1, 2, 6], ddof=1) * np.sqrt(3))
    assert found["decided"].tolist() == [False, 9 > 2 * found.loc["b", "se"], True]
    assert not behind({"a": np.full(3, 1.3), "b": np.zeros(3)}).loc["b", "decided"]  # 3.9 nats, standard error 0


FACTS = pd.DataFrame(
    {"discrepancy": [False, True], "covered": [0.9, 0.9], "width": [2.0, 3.0]}, index=["plain", "wide"]
)
EQUAL = {"plain": np.zeros(6), "wide": np.zeros(6)}
BETTER = {"plain": np.full(6, 2.0), "wide": np.zeros(6)}
SIX = Units(np.arange(6), 6, "distinct sizes of N")


@pytest.mark.parametrize(
    ("facts", "future", "left_out", "of", "take", "told"),
    [
        (FACTS, BETTER, EQUAL, SIX, "plain", "differ"),
        (FACTS, EQUAL, BETTER, SIX, "plain", "differ"),  # leave-one-out decides what forecasts do not
        (FACTS, EQUAL, EQUAL, SIX, "wide", "tie"),
        (FACTS, BETTER, EQUAL, SIX._replace(number=3), "wide", "cannot tell"),  # too few sizes
        (FACTS, None, EQUAL, None, "wide", "cannot tell"),
        (FACTS.assign(covered=[0.6, 0.9]), EQUAL, BETTER, SIX, "wide", "differ"),  # intervals too narrow
        (FACTS.assign(covered=[0.6, 0.5]), EQUAL, EQUAL, SIX, "wide", "tie"),
        (FACTS.assign(discrepancy=False), EQUAL, EQUAL, SIX, "wide", "tie"),  # the widest intervals
    ],
)
def test_the_rule(facts, future, left_out, of, take, told):
    choice = chosen(facts, left_out, future, of)
    assert (choice.take, choice.told) == (take, told) and choice.reasons


@pytest.mark.parametrize(
    ("change", "first"),
    [
        (lambda t: t, "busbridge2025.generalised"),
        (lambda t: t.assign(U=t["D"] / 2), "muennighoff2023.data_constrained"),
        (lambda t: t.assign(D=20 * t["N"]), "busbridge2025.generalised_C"),
        (lambda t: t.drop(columns=["N", "D"]), "busbridge2025.generalised_C"),
        (lambda t: t.drop(columns="C").assign(D=1e10), "busbridge2025.generalised_N"),
        (lambda t: t[["D", "loss"]], "busbridge2025.generalised_D"),
    ],
)
def test_candidates_follow_from_the_columns_that_vary(change, first):
    table = change(simulate(12, seed=1).drop(columns="C").assign(C=lambda t: 6 * t["N"] * t["D"]))
    found = candidates(table)
    assert next(iter(found)) == first and len(found) >= 3
    assert all(set(law.inputs) <= {*table.columns, "C"} for law in found.values())


def test_what_cannot_be_compared_is_refused():
    runs = simulate(12, seed=1)
    with pytest.raises(ValueError, match="No size varies"):
        bs.advise(runs.assign(N=1e9, D=1e10, C=6e19))
    with pytest.raises(TypeError, match="pandas.DataFrame"):
        bs.advise([1, 2])  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="mapping from names to laws"):
        bs.advise(runs, {})
