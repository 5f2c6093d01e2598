"""Benchmarks of the next runs: pilots, ways of choosing, and the tables made of stored records."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from benchmarks.decisions import design, next_runs, scalebench
from benchmarks.decisions.design import LAW, at_random, by_gradient
from benchmarks.decisions.paths import append, known
from benchmarks.decisions.scalebench import PILOT, pilot

POOL = pd.DataFrame({"N": [1e7, 3e7, 1e8, 1e9], "D": [2e8, 6e8, 2e9, 3e9]}, index=[3, 5, 8, 9])
POOL["C"] = POOL["cost"] = 6.0 * POOL["N"] * POOL["D"]


def test_a_pilot_costs_a_share_of_the_budget_or_is_the_two_cheapest():
    pool, rng = POOL.reset_index(drop=True), np.random.default_rng(1)
    budget = float(pool["cost"].sum()) / PILOT
    assert sorted(pilot(pool, budget, 9, rng)) == [0, 1, 2, 3]
    assert len(pilot(pool, budget, 2, rng)) == 2
    assert pilot(pool, float(pool["cost"].min()), 9, rng) == [0, 1]


def test_ways_of_choosing_keep_the_budget():
    draws = {"E": 1.8, "excess_N": 0.6, "excess_D": 0.7, "alpha_N": 0.34, "alpha_D": 0.32, "sigma": 0.003}
    rng = np.random.default_rng(1)
    post = xr.DataTree.from_dict({
        "posterior": xr.Dataset(
            {k: (("chain", "draw"), v * np.exp(0.1 * rng.standard_normal((1, 200)))) for k, v in draws.items()}
        ),
        "constant_data": xr.Dataset({"N0": 1e8, "D0": 2e9, "loss_min": 2.0}),
    })  # fmt: skip
    target, budget = pd.DataFrame({"N": [1e10], "D": [2e11]}), float(POOL["C"].iloc[:3].sum())
    for way in (design.by_design, by_gradient, at_random):
        chosen = way(post, POOL, target, budget, 1)
        assert chosen and set(chosen) <= set(POOL.index) and POOL.loc[chosen, "C"].sum() <= budget
        assert not way(post, POOL, target, 1.0, 1)
    assert LAW.parameters == ("E", "excess_N", "alpha_N", "excess_D", "alpha_D")


def test_a_known_truth_has_its_optimum():
    true = design.truth(np.random.default_rng(3))
    N, C = design.optimal(true, 1e20), 1e20
    a, b = true["alpha_N"], true["alpha_D"]
    size, tokens = N / design.AT["N0"], C / (6.0 * N) / design.AT["D0"]
    assert a * true["excess_N"] * size**-a == pytest.approx(b * true["excess_D"] * tokens**-b, rel=0.01)


def test_the_tables_of_the_page(tmp_path):
    record = {"repeat": 0, "targets": 9, "runs": [4, 5], "spent": [0.9, 1.0], "seconds": 1.0}
    for name in scalebench.TABLES:
        append(tmp_path / "scalebench.jsonl", record | {"table": name, "variant": "law", "r2": 0.6, "inside": 0.9})
    for seed, needed in enumerate((1e20, 2e20, None)):
        ways = {"IsoFLOP grid": 4e20, "design": needed, "V-optimality": 2e20, "random": None}
        append(tmp_path / "design.jsonl", {"seed": seed, "goal": 0.1, "covers": True, "needed": ways})
    assert next_runs.factors(known(tmp_path / "design.jsonl"))["design"] == (2.0, 1.0, 3.0, 2)
    said, rows = next_runs.rows_of_page(tmp_path)
    assert "on 1 of 5 pools" in said[0] and "sparsity" in said[0] and "50%" in said[2] and "400 %" in said[2]
    line = next(row for row in rows.splitlines() if row.startswith("| sparsity"))
    assert "| 0.600 |" in line and "| yes |" in line
    assert any("1 of 3" in text or "as narrow" in text for text in next_runs.sections(tmp_path))


def test_the_table_of_plans():
    record = {"budget": 1e19, "runs": 5, "now": 0.3, "covers": True}
    rows = next_runs.plan_rows([record | {"expected": 0.1, "found": f} for f in (0.1, 0.2)])
    assert rows == [["1e+19", 2, "5", "0.3000", "0.1000", "0.1581", "1.58", "1.00"]]
