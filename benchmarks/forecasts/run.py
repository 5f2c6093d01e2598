"""Score every method on every task; finished records are kept, so the command can be interrupted."""

import json
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np

import bayescale as bs
from bayescale.data.checkpoints import checkpoints
from bayescale.forecasting.backtest import Forecaster
from bayescale.forecasting.count_parameters import COUNTS, counted
from bayescale.modelling.law import Law
from benchmarks.forecasts import cut as cuts
from benchmarks.forecasts.methods import BASE_COUNTED, COUNTED, CURVES, DEFAULT, GIVEN, METHODS, UNNAMED
from benchmarks.forecasts.splits import Task

SEED = 1
#: Counts of N -> what forecasts from each.
Counts = Mapping[str, Law | Forecaster]


def measure(
    tasks: Iterable[Task],
    methods: Iterable[str],
    kept: Path | None,
    say: Callable,
    forecasters: Mapping[str, tuple[Law | Forecaster, Law | Forecaster]] | None = None,
    counting: Mapping[str, Counts] | None = None,
) -> list[dict]:
    """One record for each cut of each task and each method: means over its held-out runs, and numbers of each run.

    `forecasters` maps a method to its forecaster of runs and that of curves; `counting` maps a method that chooses how
    N is counted to its forecaster for each count. Both are those of the scoreboard if absent.
    """
    known_as = forecasters or {name: (method, CURVES.get(name)) for name, method in METHODS.items()}
    choosing = COUNTED if forecasters is None else counting or {}
    done = read(kept) if kept and kept.is_file() else []
    known = {(record["data"], record["group"], record["method"]) for record in done}
    for task in tasks:
        for method in methods:
            forecaster, scored = known_as[method][task.curve], scored_as(method, task)
            if (task.data, task.group, method) in known or forecaster is None or scored is None:
                continue
            say(f"{task.data} {task.group} {method}".replace("  ", " "))
            if method in choosing and COUNTS[1] in task.runs:
                new = score_counted(method, task, choosing[method])
            else:
                new = score(method, forecaster, scored)
            done += new
            if kept:
                with kept.open("a", encoding="utf-8") as file:
                    file.writelines(json.dumps(record, separators=(",", ":")) + "\n" for record in new)
    return done


def read(kept: Path) -> list[dict]:
    """The records of a kept file.

    Raises
    ------
    ValueError
        If it has records without the numbers of each run, which this version keeps.
    """
    records = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()]
    if any(not record["failed"] and "scaled" not in record for record in records):
        raise ValueError(f"'{kept}' was kept by an earlier version, without numbers of each run; give another file.")
    return records


def scored_as(method: str, task: Task) -> Task | None:
    """The task as a method is given it; None if the method differs from no other on this task."""
    if method in (GIVEN, BASE_COUNTED):
        return task if COUNTS[1] in task.runs else None
    if method == UNNAMED:
        some = checkpoints(task.runs, ("D",)) is not None
        return task._replace(runs=task.runs.drop(columns="run")) if some else None
    return task


def score_counted(method: str, task: Task, forecasters: Counts) -> list[dict]:
    """The records of a method that chooses at each cut how parameters are counted."""
    laws = forecasters if all(isinstance(each, Law) for each in forecasters.values()) else COUNTED[DEFAULT]
    records = []
    for cut in task.cuts:
        count = preferred(task, cut, laws)
        records += score(method, forecasters[count], of_count(task, count, cut), task)
    return records


def preferred(task: Task, cut: float, laws: Counts = COUNTED[DEFAULT]) -> str:
    """The count of parameters that `bayescale.count_parameters` recommends for the runs up to a cut."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        counts = bs.count_parameters(laws, task.runs[task.runs[task.by] <= cut], seed=SEED)
    return counts.index[counts["take"]][0]


def of_count(task: Task, count: str, cut: float) -> Task:
    """A task with another count of parameters, cut at the same runs."""
    runs = counted(task.runs, count).assign(order=task.runs[task.by])
    return task._replace(runs=runs, by="order", cuts=(cut,))


def score(method: str, forecaster: Law | Forecaster, task: Task, given: Task | None = None) -> list[dict]:
    """The records of one method on one task, one for each cut; the seed depends on the position of the cut.

    `given` is the task with N as the table has it, if `task` has another count.
    """
    seeds = np.random.SeedSequence(SEED).generate_state(len(task.cuts))
    return [
        cuts.record(method, forecaster, task, cut, int(seed), given) for cut, seed in zip(task.cuts, seeds, strict=True)
    ]
