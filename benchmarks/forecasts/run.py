"""Score every method on every task; finished records are kept, so the command can be interrupted."""

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

    `forecasters` maps a method to its forecaster of runs and that of curves; those of the scoreboard if absent.
    """
    known_as = forecasters or {name: (method, CURVES.get(name)) for name, method in METHODS.items()}
    done = [json.loads(line) for line in kept.read_text().splitlines()] if kept and kept.is_file() else []
    known = {(record["data"], record["group"], record["method"]) for record in done}
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
                    file.writelines(json.dumps(record) + "\n" for record in new)
    return done


def score_counted(method: str, task: Task) -> list[dict]:
    """The records of a method that chooses at each cut how parameters are counted."""
    records = []
    for cut in task.cuts:
        count = preferred(task, cut)
        records += score(method, COUNTED[method][count], of_count(task, count, cut))
    return records


def preferred(task: Task, cut: float) -> str:
    """The count of parameters that `bayescale.count_parameters` recommends for the runs up to a cut."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        counts = bs.count_parameters(COUNTED[DEFAULT], task.runs[task.runs[task.by] <= cut], seed=SEED)
    return counts.index[counts["take"]][0]


def of_count(task: Task, count: str, cut: float) -> Task:
    """A task with another count of parameters, cut at the same runs."""
    runs = counted(task.runs, count).assign(order=task.runs[task.by])
    return task._replace(runs=runs, by="order", cuts=(cut,))


def score(method: str, forecaster: Law | Forecaster, task: Task) -> list[dict]:
    """The records of one method on one task, one for each cut."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tables that are as they are
        scores = bs.backtest(forecaster, task.runs, by=task.by, cuts=task.cuts, seed=SEED, progressbar=False)
    compute = task.runs["C"].to_numpy() if "C" in task.runs else task.runs[task.by].to_numpy()
    records = []
    for k, cut in enumerate(scores["cut"].to_numpy()):
        at_cut = scores.isel(cut=k)
        held = task.runs[task.by].to_numpy() > cut
        record = {
            "data": task.data,
            "group": task.group,
            "method": method,
            "cut": float(cut),
            "trained": int(at_cut["trained"]),
            "held_out": int(held.sum()),
            "failed": bool(at_cut["failed"]),
            "converged": None if np.isnan(at_cut["converged"]) else bool(at_cut["converged"]),
            "reason": str(at_cut["reason"].item()),
            "ratio": float(compute[held].max() / compute[~held].max()),
        }
        if not record["failed"]:
            errors = at_cut["error"].to_numpy()[held]
            record |= {name: at_cut[name].mean("run").to_numpy().tolist() for name in SCORES if name != "pit"}
            record |= {"rmsle": float(np.sqrt((errors**2).mean())), "pit": at_cut["pit"].to_numpy()[held].tolist()}
            record |= {"log_loss": float(np.log(task.runs["loss"].to_numpy()[held]).mean())}
        records.append(record)
    return records
