"""Cuts along N and D, and ladders of few sizes."""

import numpy as np
import pandas as pd

from benchmarks.forecasts.across import across
from benchmarks.forecasts.splits import Task

#: A grid of eight sizes and six lengths.
N, D = (x.ravel() for x in np.meshgrid(np.geomspace(1e7, 1e9, 8), np.geomspace(1e9, 1e11, 6)))
GRID = pd.DataFrame({"N": N, "D": D, "C": 6 * N * D, "loss": 2.0 + (N / 1e8) ** -0.3 + (D / 1e10) ** -0.3})


def test_larger_models_and_longer_runs_are_forecast_whatever_their_compute():
    found = {task.group: task for task in across([Task("set", "one", GRID, (1e18,))])}
    assert list(found) == ["one larger N", "one larger D", "one ladder of 3", "one ladder of 5"]
    for column, sizes in (("N", 8), ("D", 6)):
        task = found[f"one larger {column}"]
        assert task.by == column and len(task.cuts) == 2
        for share, cut in zip((0.5, 0.75), task.cuts, strict=True):
            fitted = GRID[GRID[column] <= cut]
            assert fitted[column].nunique() == np.ceil(share * sizes)
            assert fitted["C"].max() > GRID.loc[GRID[column] > cut, "C"].min()  # not a cut by compute


def test_a_ladder_has_few_sizes_and_what_lies_above_all_of_them():
    found = {task.group: task for task in across([Task("set", "one", GRID, (1e18,))])}
    for count in (3, 5):
        task = found[f"one ladder of {count}"]
        fitted, held = task.runs[task.runs["N"] <= task.cuts[0]], task.runs[task.runs["N"] > task.cuts[0]]
        assert fitted["N"].nunique() == count and len(fitted) == 6 * count
        assert held["N"].nunique() == 2 and len(held) == 12  # above the smaller 70 % of eight sizes


def test_other_losses_of_the_same_runs_and_cuts_by_size_are_left_out():
    other = GRID.assign(loss=GRID["loss"] + 0.1)
    tasks = [
        Task("set", "one", GRID, (1e18,)),
        Task("set", "other loss", other, (1e18,)),
        Task("set", "by size", GRID.iloc[6:], (1e8,), "N"),
        Task("curves", "a", GRID[["D", "loss"]], (1e10,), "D", curve=True),
        Task("set", "three sizes", GRID[GRID["N"].isin(np.unique(GRID["N"])[:3])], (1e17,)),
    ]
    assert {task.group.split(" larger")[0].split(" ladder")[0] for task in across(tasks)} == {"one"}
