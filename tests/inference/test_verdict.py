"""Verdict: each convergence check alone, storage of numbers and lists, and the sentences made from them."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import bayescale as bs
from bayescale.inference.diagnostics.judge import judge
from bayescale.inference.diagnostics.verdict import CURES, PosteriorWarning, Problem, Verdict, render, sentence
from bayescale.inference.storage import load, save
from bayescale.laws import chinchilla
from tests.conftest import QUICK

#: A posterior whose verdict was stored as a sentence only (generalised law, known_entropy, few draws).
OLD = Path(__file__).parents[1] / "data_files" / "old_posterior.nc"
GOOD = {"rhat": 1.0, "ess": 1000.0, "divergences": 0}


def draws_of(values: np.ndarray, divergences: int = 0) -> xr.DataTree:
    """A posterior of one parameter, values of shape (chain, draw)."""
    diverging = np.zeros(values.shape, dtype=bool)
    diverging.flat[:divergences] = True
    groups = {"posterior": {"E": values}, "sample_stats": {"diverging": diverging}}
    return xr.DataTree.from_dict({
        group: xr.Dataset({name: (("chain", "draw"), array) for name, array in variables.items()})
        for group, variables in groups.items()
    })  # fmt: skip


@pytest.mark.parametrize(
    ("change", "converged", "kind"),
    [
        ({}, True, None),
        ({"rhat": 1.0101}, False, "unmixed"),
        ({"ess": 399.0}, False, "unmixed"),
        ({"divergences": 1}, False, "divergent"),
        ({"rhat": np.inf}, False, "rhat_infinite"),
        ({"rhat": np.nan}, False, "unmixed"),
        ({"rhat": np.nan, "k": 0.7}, True, None),
        ({"rhat": np.nan, "k": 0.71}, False, "weights"),
        ({"rhat": np.nan, "k": 0.5, "ess": 399.0}, False, "weights"),
        ({"rhat": 1.02, "k": 0.5}, False, "weights"),
    ],
)
def test_each_check_decides_by_itself(change, converged, kind):
    verdict = Verdict(**{**GOOD, **change})
    assert verdict.converged is converged
    assert [problem.kind for problem in verdict.problems()] == ([] if kind is None else [kind])
    assert verdict.attrs()["converged"] == int(converged)


def test_chains_that_disagree_have_not_converged():
    """Twenty chains with different means: ESS is high and none diverges, so only R-hat shows it."""
    rng = np.random.default_rng(0)
    values = rng.standard_normal((20, 1000)) + np.linspace(-0.4, 0.4, 20)[:, None]
    verdict = judge(chinchilla, draws_of(values))
    assert verdict.rhat > 1.02 and verdict.ess > 400 and verdict.divergences == 0
    assert not verdict.converged


def test_chains_that_diverge_have_not_converged():
    """Independent draws of one distribution, two of them divergent, so R-hat and ESS are good."""
    values = np.random.default_rng(0).standard_normal((4, 1000))
    assert judge(chinchilla, draws_of(values)).converged
    verdict = judge(chinchilla, draws_of(values, divergences=2))
    assert verdict.rhat < 1.01 and verdict.ess > 400 and verdict.divergences == 2
    assert not verdict.converged


def test_few_effective_draws_have_not_converged():
    values = np.random.default_rng(0).standard_normal((4, 1000))[:, :80]
    verdict = judge(chinchilla, draws_of(values))
    assert verdict.rhat < 1.01 and verdict.ess < 400 and verdict.divergences == 0
    assert not verdict.converged


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict(1.003, 812.5, 0, unidentified=["E[a, b]", "kappa"], influential={"5": 0.73}, outliers={"x; y": -7.1}),
        Verdict(np.inf, 3.0, 7, unidentified=[], influential={}, outliers={}),
        Verdict(np.nan, 5988.0, 0, k=0.52, unidentified=["kappa"], influential={}, outliers={}),
        Verdict(1.2, 30.0, 0),
    ],
)
def test_a_verdict_survives_netcdf(verdict, tmp_path):
    post = draws_of(np.ones((1, 4)))
    post.attrs |= {**verdict.attrs(), "law": "any", "schema": 1}
    again = Verdict.of(load(save(post, tmp_path / "post.nc")))
    np.testing.assert_equal(vars(again), vars(verdict))
    assert str(again) == str(verdict) == sentence(post) and again.problems() == verdict.problems()


def test_fit_stores_what_it_warns_of(runs):
    """An outlier is named in the warning, in the sentence and in ``attrs``."""
    wild = runs.copy()
    wild.loc[5, "loss"] *= 1.3
    with pytest.warns(PosteriorWarning) as caught:
        post = bs.fit(chinchilla, wild, seed=1, **QUICK)
    outliers = json.loads(post.attrs["outliers"])
    assert next(iter(outliers)) == "5" and outliers["5"] > 10
    assert f"5 ({outliers['5']:+.1f})" in post.attrs["verdict"]
    verdict = Verdict.of(post)
    assert [f"{chinchilla.name}: {render(p)}." for p in verdict.problems()] == [str(w.message) for w in caught]
    assert verdict.rhat == post.attrs["rhat"] and verdict.ess == post.attrs["ess"]
    assert all(isinstance(value, str | int | float) for value in post.attrs.values())


def test_sentences():
    verdict = Verdict(**GOOD, unidentified=["E"], influential={}, outliers={str(i): 9.0 - i for i in range(8)})
    assert str(verdict) == (
        "converged: R-hat 1.000, ESS 1000, 0 divergences; "
        "the data do not identify E (intervals too wide, or as the prior's); "
        "runs far outside the noise (residual/scale): "
        "0 (+9.0), 1 (+8.0), 2 (+7.0), 3 (+6.0), 4 (+5.0), 5 (+4.0) and 2 more"
    )
    assert str(Verdict(1.2, 30.0, 3)) == "NOT CONVERGED: R-hat 1.200, ESS 30, 3 divergences"
    accepted = "Laplace approximation accepted: Pareto k 0.52, importance ESS 5988"
    assert str(Verdict(np.nan, 5988.0, 0, k=0.52)) == accepted
    replaced = "importance sampling NOT ACCEPTED: Pareto k 0.52, importance ESS 300, R-hat 1.020"
    assert str(Verdict(1.02, 300.0, 0, k=0.52)) == replaced


@pytest.mark.parametrize("kind", list(CURES))
def test_cures_name_arguments_in_python_and_options_in_the_shell(kind):
    python, shell = (render(Problem(kind), dialect) for dialect in ("python", "shell"))
    assert "--" in shell and "--" not in python and "=" in python and "=" not in shell


def test_draws_without_a_verdict_raise(runs):
    prior = bs.sample_prior(chinchilla, runs, seed=1)
    with pytest.raises(ValueError, match="no verdict: its attributes lack .*rhat"):
        Verdict.of(prior)
    assert sentence(prior) == ""


def test_posteriors_of_earlier_versions_load():
    from bayescale.laws.busbridge2025 import generalised

    post = load(OLD)
    verdict = Verdict.of(post)
    assert verdict.converged and verdict.k == pytest.approx(0.52, abs=0.005) and verdict.unidentified is None
    assert sentence(post) == post.attrs["verdict"] and "do not identify kappa" in sentence(post)
    new = bs.load("known_entropy").query("split == 'heldout'")[["N", "D"]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = bs.predict(generalised, post, new, seed=1)["loss"]
    assert drawn.sizes == {"chain": 2, "draw": 14, "run": len(new)} and bool(np.isfinite(drawn).all())
    assert 1.5 < float(drawn.median()) < 2.5
