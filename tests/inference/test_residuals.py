"""Residuals: which columns explain them, what the stated errors imply, and the words of these problems."""

import ast
import json
import re
import shlex

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from bayescale.data.check import check
from bayescale.data.read import select
from bayescale.density.bound import Bound
from bayescale.inference.diagnostics.judge import NO_NOISE
from bayescale.inference.diagnostics.noise_free import rounded
from bayescale.inference.diagnostics.residuals import explanatory, stated_errors
from bayescale.inference.diagnostics.verdict import Problem, Verdict, render
from bayescale.laws import chinchilla

SIGMA = 0.004


def posterior(rng, runs=24, effect=0.0, student=False):
    """A posterior of a linear law in log N and log D, by least squares, and a table with two columns beside it.

    `effect` is what the second level of the column schedule adds to the log loss.
    """
    x = np.column_stack([np.ones(runs), rng.uniform(-1, 1, (runs, 2))])
    schedule, corpus = rng.permutation(np.arange(runs) % 2), rng.permutation(np.arange(runs) % 3)
    z = rng.standard_t(4, runs) if student else rng.standard_normal(runs)
    y = 1.0 + 0.1 * x[:, 1] + 0.2 * x[:, 2] + SIGMA * z + effect * schedule
    basis = np.linalg.qr(x)[0]
    mean = basis @ (basis.T @ y)
    scale = np.std(y - mean) * np.sqrt(runs / (runs - 3))
    logs = mean + scale * rng.standard_normal((1, 400, 3)) @ basis.T
    dims = ("chain", "draw", "run")
    tree = xr.DataTree.from_dict({
        "observed_data": xr.Dataset({"loss": ("run", np.exp(y))}),
        "constant_data": xr.Dataset({"N": ("run", np.exp(x[:, 1])), "D": ("run", np.exp(x[:, 2]))}),
        "fitted": xr.Dataset({"mu": (dims, np.exp(logs)), "scale": (dims, np.full(logs.shape, scale))}),
        "posterior": xr.Dataset(),
    })  # fmt: skip
    others = pd.DataFrame({"schedule": np.array(["constant", "decayed"])[schedule], "corpus": corpus})
    return tree, others.assign(loss_se=SIGMA * np.exp(y), name=[f"run {k}" for k in range(runs)], one="x")


@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize("runs", [10, 24])
def test_false_alarms_are_rare_and_effects_are_found(runs, student):
    """Without effect no column is named (of 400 tables at most 3 had one); of five sigma, nearly always schedule."""
    rng, named, hits = np.random.default_rng(runs), 0, 0
    for _ in range(40):
        named += bool(explanatory(chinchilla, *posterior(rng, runs, student=student)))
    for _ in range(20):
        hits += list(explanatory(chinchilla, *posterior(rng, runs, 5 * SIGMA, student))) == ["schedule"]
    assert named <= 1 and hits >= (4 if runs == 10 else 16)


def test_labels_of_sizes_and_of_rows_are_not_tried():
    tree, others = posterior(np.random.default_rng(0), effect=10 * SIGMA)
    tree["constant_data"] = xr.DataTree(xr.Dataset({"N": ("run", np.where(others["schedule"] == "decayed", 1e8, 1e9))}))
    assert "schedule" not in explanatory(chinchilla, tree, others)


def test_stated_errors_that_exceed_the_scatter():
    rng, alarms, hits = np.random.default_rng(1), 0, 0
    for _ in range(20):
        tree, others = posterior(rng)
        alarms += bool(stated_errors(chinchilla, tree, others))
        found = stated_errors(chinchilla, tree, others.assign(loss_se=5 * others["loss_se"]))
        hits += 0.1 < found.get("loss_se", 0.0) < 0.35
    assert alarms <= 3 and hits >= 18
    assert stated_errors(chinchilla, tree, others.drop(columns="loss_se")) == {}


def test_the_words_come_from_the_numbers():
    facts = {"schedule": {"share": 0.84, "levels": ["decayed", "constant"]}}
    verdict = Verdict(1.0, 1000.0, 0, unidentified=["E"], explanatory=facts, influential={}, outliers={})
    (problem,) = verdict.problems()
    assert problem.also == ["E"] and "schedule (84 %)" in str(verdict)
    assert "too wide" not in str(verdict) and "until then the data do not identify E" in str(verdict)
    assert "--where 'schedule == \"decayed\"'" in render(problem, "shell")
    assert "runs.query(\"schedule == 'decayed'\")" in render(problem)
    assert "no noise" in render(Problem("noise_free", {"scale": 1e-7}))
    assert "0.2 of what they imply" in render(Problem("stated_errors", {"loss_se": 0.2}))


@pytest.mark.parametrize("name", ["kind", "my kind", "class", "a's kind"])
@pytest.mark.parametrize("levels", [["it's", 'say "x"'], [0, 1], [True, False], [0.1, 0.3], ["a", None]])
def test_the_cures_of_a_column_select_its_most_frequent_level(name, levels):
    rng = np.random.default_rng(3)
    tree, others = posterior(rng, 25, 8 * SIGMA)
    kind = [levels[text == "decayed"] for text in others["schedule"]]
    table = others.assign(**{name: kind}).drop(columns="schedule")
    found = explanatory(chinchilla, tree, table)
    facts = json.loads(json.dumps(found[name]))
    assert len(facts["levels"]) == len([level for level in levels if level is not None])
    wanted = [level == facts["levels"][0] for level in kind]
    problem = Problem("explanatory", found)
    (condition,) = shlex.split(render(problem, "shell").split("--where ")[1].split(", or give")[0])
    assert list(select(table, where=condition).index) == [row for row, kept in enumerate(wanted) if kept]
    if "'" not in name:  # pandas cannot quote that
        (call,) = re.findall(r"runs\.query\((.*?)\), or give", render(problem))
        assert list(table.query(ast.literal_eval(call)).index) == [row for row, kept in enumerate(wanted) if kept]


def test_only_tables_without_noise_are_rounded():
    N = np.repeat([5e7, 1e8, 2e8, 4e8], 4)
    D = np.tile([2e9, 8e9, 3.2e10, 1.28e11], 4)
    table = pd.DataFrame({"N": N, "D": D, "loss": 1.7 + 400 * N**-0.34 + 410 * D**-0.28})
    exact = Bound(chinchilla, check(chinchilla, table))
    coarse = rounded(exact).table.loss
    assert (coarse != exact.table.loss).any() and np.allclose(coarse, exact.table.loss, rtol=1e-6, atol=0)
    noisy = table.assign(loss=table["loss"] * np.exp(0.003 * np.random.default_rng(0).standard_normal(16)))
    bound = Bound(chinchilla, check(chinchilla, noisy))
    assert rounded(bound) is bound
    short = Bound(chinchilla, check(chinchilla, table.round(4)))
    assert rounded(short) is short
    assert NO_NOISE < 5e-4
