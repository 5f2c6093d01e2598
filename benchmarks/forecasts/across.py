"""Cuts across the published tables: larger models, or longer runs, at a compute that was fitted.

The scoreboard cuts by compute. Here the runs of the smaller sizes (or of the shorter lengths) are fitted, and those of
the larger ones forecast, whatever their compute. One more cut keeps only a ladder of a few sizes.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from benchmarks.forecasts.splits import Task

#: Shares of the sizes, or of the lengths, that are fitted.
SHARES = (0.5, 0.75)
#: Numbers of sizes of a ladder, which spans the smaller 70 % of the sizes.
LADDERS, LADDER_SHARE = (3, 5), 0.7
#: Sizes that differ by less than this are one [decades].
SAME = 0.02
#: Fewest runs, and fewest levels, to fit.
FEWEST, LEVELS = 6, 2
#: Most groups of a data set, so that one with many does not take all the time.
GROUPS = 3


def across(tasks: Iterable[Task]) -> Iterator[Task]:
    """The tables of some tasks, cut along N, along D, and to ladders.

    Left out are learning curves, tables that the scoreboard cuts by another column than compute, tables with fewer than
    four sizes, and those with the same N and D as an earlier one of their data set (another loss of the same runs).
    """
    groups: dict[str, int] = {}
    seen: set[tuple] = set()
    for task in tasks:
        runs = task.runs
        if task.curve or task.by not in ("C", "budget") or not {"N", "D"} <= set(runs):
            continue
        same = (task.data, *runs["N"], *runs["D"])
        if same in seen or groups.get(task.data, 0) == GROUPS or len(_levels(runs["N"])[1]) < 4:
            continue
        seen.add(same)
        groups[task.data] = groups.get(task.data, 0) + 1
        for column in ("N", "D"):
            cuts = tuple(cut for share in SHARES if (cut := _cut(runs, column, share)) is not None)
            if cuts:
                yield Task(task.data, f"{task.group} larger {column}".strip(), runs, cuts, column)
        yield from _ladders(task)


def _levels(sizes: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """The level of each run, and the levels in order."""
    level = np.round(np.log10(sizes.to_numpy(float)) / SAME)
    return level, np.unique(level)


def _cut(runs: pd.DataFrame, column: str, share: float) -> float | None:
    """The largest size (or length) among the smaller `share` of the levels; None if too few runs are fitted."""
    level, levels = _levels(runs[column])
    last = max(LEVELS, int(np.ceil(share * len(levels)))) - 1
    fitted = level <= levels[min(last, len(levels) - 1)]
    if last >= len(levels) - 1 or fitted.sum() < FEWEST:
        return None
    return float(runs.loc[fitted, column].max())


def _ladders(task: Task) -> Iterator[Task]:
    """Tasks in which a few sizes are fitted, and those above all of them forecast."""
    level, levels = _levels(task.runs["N"])
    low = levels[: int(np.ceil(LADDER_SHARE * len(levels)))]
    for count in LADDERS:
        chosen = low[np.unique(np.linspace(0, len(low) - 1, count).round().astype(int))]
        kept = np.isin(level, chosen) | (level > low[-1])
        runs = task.runs[kept].reset_index(drop=True)
        cut = float(task.runs.loc[level == low[-1], "N"].max())
        if len(levels) >= 7 and (runs["N"] <= cut).sum() >= FEWEST and (runs["N"] > cut).any():
            yield Task(task.data, f"{task.group} ladder of {count}".strip(), runs, (cut,), "N")
