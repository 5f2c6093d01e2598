"""Score every method on every task; what is done is kept, so the command can be broken off."""

import json
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np

import bayescale as bs
from bayescale.data.checkpoints import checkpoints
from bayescale.forecasting.backtest import SCORES, Forecaster
from bayescale.forecasting.count_parameters import COUNTS, counted
from bayescale.modelling.law import Law
from benchmarks.forecasts.methods import BASE_COUNTED, COUNTED, CURVES, DEFAULT, GIVEN, METHODS, UNNAMED
from benchmarks.forecasts.splits import Task

SEED = 1


def measure(
    tasks: Iterable[Task],
    methods: Iterable[str],
    kept: Path | None,
    say: Callable,
    forecasters: Mapping[str, tuple[Law | Forecaster, Law | Forecaster]] | None = None,
) -> list[dict]:
    """One record for each cut of each task and each method: means over its held-out runs.

    `forecasters` has what a method is, for runs and for curves; those of the scoreboard if absent.
    """
    known_as = forecasters or {name: (one, CURVES.get(name)) for name, one in METHODS.items()}
    done = [json.loads(line) for line in kept.read_text().splitlines()] if kept and kept.is_file() else []
    known = {(one["data"], one["group"], one["method"]) for one in done}
    for task in tasks:
        for method in methods:
            forecaster = known_as[method][task.curve]
            if (task.data, task.group, method) in known or forecaster is None:
                continue
            several = COUNTS[1] in task.runs
            if method in (GIVEN, BASE_COUNTED) and not several:
                continue
            scored = task
            if method == UNNAMED:
                if checkpoints(task.runs, ("D",)) is None:
                    continue
                scored = task._replace(runs=task.runs.drop(columns="run"))
            say(f"{task.data} {task.group} {method}".replace("  ", " "))
            chooses = forecasters is None and method in COUNTED and several
            new = score_counted(method, task) if chooses else score(method, forecaster, scored)
            done += new
            if kept:
                with kept.open("a", encoding="utf-8") as file:
                    file.writelines(json.dumps(one) + "\n" for one in new)
    return done


def score_counted(method: str, task: Task) -> list[dict]:
    """The records of a method that chooses at each cut how parameters are counted."""
    records = []
    for cut in task.cuts:
        count = preferred(task, cut)
        records += score(method, COUNTED[method][count], of_count(task, count, cut))
    return records


def preferred(task: Task, cut: float) -> str:
    """The count of parameters that `bayescale.count_parameters` would take, of the runs up to a cut."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = bs.count_parameters(COUNTED[DEFAULT], task.runs[task.runs[task.by] <= cut], seed=SEED)
    return found.index[found["take"]][0]


def of_count(task: Task, count: str, cut: float) -> Task:
    """A task with another count of parameters, cut where it was."""
    runs = counted(task.runs, count).assign(order=task.runs[task.by])
    return task._replace(runs=runs, by="order", cuts=(cut,))


def score(method: str, forecaster: Law | Forecaster, task: Task) -> list[dict]:
    """The records of one method on one task, a cut each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tables that are as they are
        found = bs.backtest(forecaster, task.runs, by=task.by, cuts=task.cuts, seed=SEED, progressbar=False)
    compute = task.runs["C"].to_numpy() if "C" in task.runs else task.runs[task.by].to_numpy()
    records = []
    for k, cut in enumerate(found["cut"].to_numpy()):
        one = found.isel(cut=k)
        held = task.runs[task.by].to_numpy() > cut
        record = {
            "data": task.data,
            "group": task.group,
            "method": method,
            "cut": float(cut),
            "trained": int(one["trained"]),
            "held_out": int(held.sum()),
            "failed": bool(one["failed"]),
            "converged": None if np.isnan(one["converged"]) else bool(one["converged"]),
            "reason": str(one["reason"].item()),
            "ratio": float(compute[held].max() / compute[~held].max()),
        }
        if not record["failed"]:
            errors = one["error"].to_numpy()[held]
            record |= {name: one[name].mean("run").to_numpy().tolist() for name in SCORES if name != "pit"}
            record |= {"rmsle": float(np.sqrt((errors**2).mean())), "pit": one["pit"].to_numpy()[held].tolist()}
            record |= {"log_loss": float(np.log(task.runs["loss"].to_numpy()[held]).mean())}
        records.append(record)
    return records
