"""A frontier says what limits it: the fit, the runs, and the meaning of C."""

import json
from dataclasses import replace

import matplotlib
import numpy as np
import pytest

import bayescale as bs
from bayescale.laws import chinchilla
from tests.conftest import simulate

matplotlib.use("Agg")
FAST = {"method": "laplace", "seed": 1, "progressbar": False}


def warnings_of(best) -> str:
    return " ".join(json.loads(best.attrs["warnings"]))


@pytest.fixture(scope="module")
def table():
    return simulate(40, seed=1).drop(columns="C", errors="ignore")


def test_inside_the_runs_there_is_nothing_to_say(table):
    best = bs.frontier(chinchilla, bs.fit(chinchilla, table, **FAST), [1e20, 1e21])
    assert "beyond" not in warnings_of(best) and "C means" not in warnings_of(best)
    assert json.loads(best.attrs["inside"]) == [1e20, 1e21]


def test_optima_beyond_the_runs_are_located(table):
    best = bs.frontier(chinchilla, bs.fit(chinchilla, table, **FAST), [1e16, 1e21, 1e24, 1e26])
    said = warnings_of(best)
    assert "At C = 1e+24 to 1e+26 FLOP the optimal N is above the largest N" in said
    assert "the optimal D is above the largest D" in said and "below the smallest N" in said
    assert json.loads(best.attrs["inside"]) == [1e21, 1e21]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.assign(D=2e10), "D is the same in every fitted run"),
        (lambda t: t.assign(D=20 * t["N"]), "lie on one line"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_runs_that_leave_the_split_open(table, change, words):
    runs = change(table)
    mu = 1.82 + 482.0 * runs["N"] ** -0.348 + 2085.0 * runs["D"] ** -0.366
    post = bs.fit(chinchilla, runs.assign(loss=mu * np.exp(0.005 * np.random.default_rng(0).normal(size=40))), **FAST)
    assert words in warnings_of(bs.frontier(chinchilla, post, 1e21))


def test_a_fit_that_must_not_be_used(table):
    post = bs.fit(chinchilla, table, **FAST)
    post.attrs |= {"pareto_k": 1.2, "converged": 0}
    assert "importance weights are unreliable" in warnings_of(bs.frontier(chinchilla, post, 1e21))


def test_compute_that_is_not_6ND_is_said_everywhere(table):
    runs = table.assign(C=1.3 * 6 * table["N"] * table["D"])
    post = bs.fit(chinchilla, runs, **FAST)
    assert "1.3 times 6ND" in warnings_of(bs.frontier(chinchilla, post, 1e21))
    assert "1.3 times 6ND" in warnings_of(bs.reach(chinchilla, post, 2.3))
    assert "1.3 times 6ND" in bs.forecast(chinchilla, post, table.head(1)).attrs["warnings"][0]
    given = bs.frontier(chinchilla, post, 1e21, cost=lambda N, D: 1.3 * 6 * N * D)
    assert "times 6ND" not in warnings_of(given)
    same = bs.fit(chinchilla, table.assign(C=6.0 * table["N"] * table["D"]), **FAST)
    assert "6ND" not in warnings_of(bs.frontier(chinchilla, same, 1e21))


def test_the_figure_marks_what_lies_beyond(table):
    post = bs.fit(chinchilla, table, **FAST)
    labels = {}
    for name, budgets in (("inside", [1e20, 1e21]), ("beyond", [1e20, 1e26])):
        ax = bs.plots.frontier(bs.frontier(chinchilla, post, budgets))
        labels[name] = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "beyond the runs" in labels["beyond"] and "beyond the runs" not in labels["inside"]


def test_held_inputs_are_checked(table):
    post = bs.fit(chinchilla, table, **FAST)
    with pytest.raises(ValueError, match="search"):
        bs.frontier(chinchilla, post, 1e21, search=(1e9, 1e8))
    with pytest.raises(ValueError, match="not the one"):
        bs.frontier(replace(chinchilla, noise=bs.noises.lognormal), post, 1e21)
