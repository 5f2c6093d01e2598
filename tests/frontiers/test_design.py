"""Design: chosen runs against exact normal updates, budgets, and what cannot help."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayescale as bs
from bayescale import Law, Prior
from bayescale.frontiers.planning.batch import Problem, alone, greedy
from bayescale.frontiers.planning.joint import Joint, information
from bayescale.laws import chinchilla
from bayescale.modelling.noises import lognormal, student
from bayescale.modelling.variates import VARIATES

SIGMA = 0.02
MEAN, COVARIANCE = np.array([0.7, -0.1]), np.array([[4e-4, 1.5e-4], [1.5e-4, 9e-4]])


def straight(N, N0, *, level, slope):
    """A law whose log is linear in its parameters."""
    return np.exp(level + slope * np.log(N / N0))


LINEAR = Law(
    straight,
    {"level": Prior("Normal", mu=0, sigma=1), "slope": Prior("Normal", mu=0, sigma=1)},
    noise=replace(lognormal, priors={"sigma": SIGMA}),
    name="straight",
)
RUNS = pd.DataFrame({"N": [1e6, 3e6, 1e7, 1e8, 1e9], "cost": [1.0, 2.0, 1.0, 4.0, 30.0]})
U = np.log(RUNS["N"].to_numpy() / 1e7)
AT = np.log(1e10 / 1e7)
CANDIDATES = pd.DataFrame({"N": [3e4, 1e5, 4e5, 1e6, 2e6], "D": [2e6, 1e7, 4e7, 1e8, 4e8]})


@pytest.fixture(scope="module")
def normal():
    """Draws of a normal posterior."""
    drawn = np.random.default_rng(1).multivariate_normal(MEAN, COVARIANCE, size=(1, 4000))
    data = xr.Dataset({name: (("chain", "draw"), drawn[..., i]) for i, name in enumerate(("level", "slope"))})
    return xr.DataTree.from_dict({"posterior": data, "constant_data": xr.Dataset({"N0": 1e7})})


def exact(chosen: list[int]) -> float:
    """Variance of level + slope * AT after some of the runs."""
    X = np.column_stack([np.ones(len(chosen)), U[chosen]])
    after = np.linalg.inv(np.linalg.inv(COVARIANCE) + X.T @ X / SIGMA**2)
    return float(np.array([1.0, AT]) @ after @ [1.0, AT])


def target(post):
    draws = post["posterior"].to_dataset()
    return draws["level"] + draws["slope"] * AT


def test_each_run_against_the_exact_variance(normal):
    plan = bs.design(LINEAR, normal, RUNS, target(normal), draws=4000, seed=1)
    for i, row in plan.iterrows():
        assert row["sd_alone"] ** 2 == pytest.approx(exact([int(str(i))]), rel=0.06)
    best = min(range(len(U)), key=lambda i: (exact([i]) / exact([]) - 1.0) / RUNS["cost"][i])
    assert plan.index[0] == best and plan.attrs["now"] ** 2 == pytest.approx(exact([]), rel=0.05)


def test_a_batch_against_the_exact_variance(normal):
    plan = bs.design(LINEAR, normal, RUNS, target(normal), budget=8.0, draws=4000, seed=1)
    order = [int(str(i)) for i in plan.index[plan["order"].notna()]]
    assert plan.attrs["spent"] == RUNS["cost"][order].sum() <= 8.0
    for n in range(1, len(order) + 1):
        assert plan["sd_chosen"].iloc[n - 1] ** 2 == pytest.approx(exact(order[:n]), rel=0.08)


def test_a_larger_budget_leaves_less(normal):
    left = [bs.design(LINEAR, normal, RUNS, target(normal), budget=b, seed=1).attrs["after"] for b in (1, 2, 8, 50)]
    assert left == sorted(left, reverse=True) and left[-1] < left[0]


def process(targets: int = 1):
    """A normal level, and an open function with the covariance of a random walk; and the covariance of all places."""
    rng = np.random.default_rng(3)
    x = np.array([1.0, 2.0, 3.0, 4.0, *np.linspace(5.0, 6.0, targets)])
    left = 0.01**2 * np.minimum(x[:, None], x)
    level = 0.02 * rng.standard_normal(4000)
    mean = np.repeat(level[:, None], len(x), axis=1)
    noise = np.full((4000, 4), 0.005**2)
    joint = Joint(mean[:, :4], noise, mean[:, 4:], np.ones((4000, targets)), ((np.ones(4000), left),))
    return joint, left + 0.02**2


def test_the_open_discrepancy_is_conditioned_on_exactly():
    joint, covariance = process()
    problem = Problem(joint, np.ones(4), False, 1)
    assert problem.now() == pytest.approx(covariance[4, 4], rel=0.05)

    def after(chosen):
        inner = covariance[np.ix_(chosen, chosen)] + 0.005**2 * np.eye(len(chosen))
        cross = covariance[chosen, 4]
        return covariance[4, 4] - cross @ np.linalg.solve(inner, cross)

    shares, few = alone(problem)
    assert few == 0
    np.testing.assert_allclose(1.0 - shares, [after([k]) / covariance[4, 4] for k in range(4)], rtol=0.06)
    batch = greedy(problem, 3.0, 3, by_cost=True)
    assert batch.weighted == len(batch.order) >= 2
    for n in range(1, len(batch.order) + 1):
        assert batch.left[n - 1] == pytest.approx(after(batch.order[:n]), rel=0.08)


def test_the_linear_estimate_takes_over_and_agrees():
    """With little noise few draws keep weight; the linear estimate is exact here."""
    joint, covariance = process()
    joint = replace(joint, noise=np.full((4000, 4), 1e-12), parts=())
    batch = greedy(Problem(joint, np.ones(4), False, 1), 2.0, 2, by_cost=True)
    assert batch.weighted == 0 and batch.left[0] < 1e-6 * covariance[4, 4]


def test_a_run_that_is_known_without_noise_helps_nothing(normal):
    fixed = normal.copy()
    draws = fixed["posterior"].to_dataset()
    fixed["posterior"] = xr.DataTree(draws.assign(level=xr.full_like(draws["level"], 0.7)))
    known = pd.DataFrame({"N": [1e7], "cost": [1.0]})  # at the reference run the slope does not matter
    plan = bs.design(LINEAR, fixed, known, target(fixed), budget=5.0, seed=1)
    assert plan["order"].isna().all() and plan["reduction"].iloc[0] == pytest.approx(0.0, abs=1e-9)
    assert "Nothing affordable helps" in plan.attrs["warnings"] and plan.attrs["after"] == plan.attrs["now"]
    dear = bs.design(LINEAR, fixed, RUNS.tail(1), target(fixed), budget=5.0, seed=1)
    assert "No candidate is affordable" in dear.attrs["warnings"]


def test_the_regret_of_a_choice(normal):
    """Two runs whose losses are close: the expected regret against its closed form."""
    runs = pd.DataFrame({"N": [1e7, 1e7 * np.exp(0.5)]})
    post = normal.copy()
    draws = post["posterior"].to_dataset()
    post["posterior"] = xr.DataTree(draws.assign(slope=draws["slope"] + 0.1))
    plan = bs.design(LINEAR, post, RUNS, runs, choose=True, budget=40.0, draws=4000, seed=1)
    losses = np.exp(0.7) * 0.5 * np.sqrt(COVARIANCE[1, 1])  # standard deviation of their difference, to first order
    assert plan.attrs["now"] == pytest.approx(losses / np.sqrt(2 * np.pi), rel=0.1)
    assert plan.attrs["after"] < 0.5 * plan.attrs["now"] and plan.attrs["unit"] == "nats/token"
    with pytest.raises(ValueError, match="two runs or more"):
        bs.design(LINEAR, post, RUNS, runs.head(1), choose=True)


def test_a_run_of_a_recipe_says_most_of_that_recipe(normal):
    """Groups: recipes with levels of their own, and one slope."""
    law = replace(LINEAR, priors={**LINEAR.priors, "level": Prior("Normal", mu=0, sigma=1, dims="recipe")}, name="two")
    draws = normal["posterior"].to_dataset()
    rng = np.random.default_rng(2)
    both = xr.concat([draws["level"], draws["level"].copy(data=rng.permuted(draws["level"], axis=1))], "recipe")
    data = draws.assign(level=both.assign_coords(recipe=["old", "new"]).transpose("chain", "draw", "recipe"))
    post = xr.DataTree.from_dict({"posterior": data, "constant_data": normal["constant_data"].to_dataset()})
    runs = pd.DataFrame({"N": 1e7, "cost": 1.0, "recipe": ["old", "new"]})
    plan = bs.design(law, post, runs, runs.head(1), count=1, seed=1)
    assert plan["recipe"].iloc[0] == "old" and plan["reduction"].iloc[0] > 2 * plan["reduction"].iloc[1]
    plan = bs.design(law, post, runs, runs, choose=True, budget=2.0, seed=1)
    assert plan.attrs["after"] < 0.7 * plan.attrs["now"]


@pytest.mark.parametrize("noise", ["by_compute", "per_run"])
def test_noises_with_columns(noise):
    """The target needs no column of the noise."""
    law = replace(chinchilla, noise=bs.noises.NOISES[noise], name=noise)
    runs = bs.load("known_entropy").query("split == 'grid'").assign(loss_se=1e-3)
    post = bs.fit(law, runs, method="laplace", draws=250, seed=1, progressbar=False)
    candidates = CANDIDATES.iloc[[4, 4]].assign(loss_se=[1e-3, 0.3]).reset_index(drop=True)
    plan = bs.design(law, post, candidates, pd.DataFrame({"N": [5e6], "D": [1e9]}), budget=1e20, seed=1).sort_index()
    if noise == "per_run":
        assert plan["reduction"][0] > plan["reduction"][1] + 0.05
    assert plan["reduction"][0] > 0.05


def test_from_the_prior_and_up_to_a_count():
    runs = bs.load("known_entropy").query("split == 'grid'")
    prior = bs.sample_prior(chinchilla, runs, draws=500, seed=1)
    plan = bs.design(chinchilla, prior, CANDIDATES, "E", budget=1e20, count=2, seed=1)
    assert "The plan ends after 2 runs" in plan.attrs["warnings"] and plan["order"].max() == 2
    with pytest.raises(TypeError, match="wanted the DataTree"):
        bs.design(chinchilla, prior["prior"].to_dataset(), CANDIDATES, "E")


@pytest.mark.parametrize("name, shape, wanted", [
    ("normal", (), 1.0), ("student", (("nu", 4.0),), 5 / 7), ("laplace", (), 1.0),
])  # fmt: skip
def test_information_of_the_noises(name, shape, wanted):
    assert information(VARIATES[name], shape) == pytest.approx(wanted, rel=2e-3)


@pytest.fixture(scope="module")
def bent():
    """A law with discrepancy on the bundled sweep."""
    law = replace(chinchilla, noise=student, discrepancy=bs.Discrepancy({"tau": Prior("HalfNormal", sigma=0.02)}))
    law = replace(law, name="bent")
    runs = bs.load("known_entropy")
    post = bs.fit(law, runs.query("split == 'grid'"), method="laplace", draws=500, seed=1, progressbar=False)
    return law, post, runs.query("split == 'heldout'")


def test_with_a_discrepancy_runs_near_the_target_are_worth_more(bent):
    law, post, heldout = bent
    plan = bs.design(law, post, CANDIDATES, heldout.tail(1), budget=1e20, draws=500, seed=1).sort_index()
    plain = bs.predict(law, post, heldout.tail(1), seed=1)["mu"].std()
    assert plan.attrs["now"] == pytest.approx(float(plain), rel=0.2)
    assert plan["reduction"].to_numpy()[3:].min() > plan["reduction"].to_numpy()[:2].max()


OTHERS = [{"target": "N", "C": 1e14}, {"target": "loss", "C": [1e13, 1e14]}, {"target": "curvature", "C": 1e14}]
OTHERS += [{"target": "a"}, {"target": "E"}]


@pytest.mark.parametrize("how", OTHERS, ids=lambda how: f"{how['target']}")
def test_other_targets(bent, how):
    law, post, _ = bent
    plan = bs.design(law, post, CANDIDATES, **how, count=2, draws=500, seed=1)
    if how["target"] == "N":
        best = bs.frontier(law, post, 1e14, seed=1)
        assert plan.attrs["now"] == pytest.approx(float(np.log(best["N"]).std()), rel=0.3)
    assert plan.attrs["after"] < plan.attrs["now"] and len(json.loads(plan.attrs["warnings"])) <= 2


@pytest.mark.parametrize("change, error, words", [
    ({"candidates": [1, 2]}, TypeError, "wanted a DataFrame with one row a run"),
    ({"candidates": RUNS.head(0)}, ValueError, "has no rows"),
    ({"candidates": RUNS.drop(columns="N")}, ValueError, "lacks the columns"),
    ({"candidates": RUNS.drop(columns="cost")}, ValueError, "cost of the candidates is not known"),
    ({"cost": "price"}, ValueError, "no column of candidates"),
    ({"cost": [1.0, 2.0]}, ValueError, "each of the 5 candidates"),
    ({"cost": -1.0}, ValueError, "non-positive"),
    ({"cost": lambda N, D: N}, ValueError, "needs the columns N and D"),
    ({"budget": 0}, ValueError, "wanted a positive number"),
    ({"budget": float("nan")}, ValueError, "wanted a positive number"),
    ({"count": 0}, ValueError, "count is 0"),
    ({"draws": 2.5}, TypeError, "whole number"),
    ({"target": "omega"}, ValueError, "The posterior has no 'omega'"),
    ({"target": "N"}, ValueError, "with C= also"),
    ({"target": "E", "C": 1e20}, ValueError, "With C=, the target is 'E'"),
    ({"target": "N", "C": 1e20}, ValueError, "needs a law in N and D"),
    ({"target": 3}, TypeError, "target is a int"),
    ({"target": xr.DataArray([1.0], dims="x")}, ValueError, "The target has the sizes"),
    ({"target": "level", "U": 1e9}, TypeError, "no option U="),
    ({"target": RUNS.head(0)}, ValueError, "The target has no rows"),
])  # fmt: skip
def test_what_is_wrong_is_said(normal, change, error, words):
    given = {"candidates": RUNS, "target": "slope", **change}
    with pytest.raises(error, match=words):
        bs.design(LINEAR, normal, **given)


def test_infinite_targets_are_refused(normal):
    values = target(normal).copy()
    values[:, ::2] = np.inf
    with pytest.raises(ValueError, match="no variance"):
        bs.design(LINEAR, normal, RUNS, values)
