"""The default of forecasts, the generalised law with its discrepancy: sampling quality, and time of a forecast."""

import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
from rich.progress import track

import bayescale as bs
from bayescale.laws.busbridge2025 import generalised
from benchmarks.forecasts.splits import tasks
from benchmarks.speed.process import timed
from benchmarks.speed.tables import simulated

#: Seeds of the fits that are timed again.
SEEDS = 9
#: The run that is forecast: Chinchilla.
AT = pd.DataFrame({"N": [70e9], "D": [1.4e12]})
#: A program that fits and forecasts by one method, timed from the start of its process.
COLD = """
import sys, pandas as pd, bayescale as bs
from bayescale.laws.busbridge2025 import generalised
runs = pd.read_csv(sys.argv[1])
post = bs.fit(generalised, runs, seed=1, method=sys.argv[2], progressbar=False)
print(bs.forecast(generalised, post, pd.DataFrame({"N": [70e9], "D": [1.4e12]}), seed=1).to_string())
"""


def measure() -> dict[str, Any]:
    """Sampling on every table of the scoreboard, up to its last cut; and seconds of a forecast, cold and again."""
    return {"tables": sampling(), "seconds": seconds()}


def sampling() -> list[dict[str, Any]]:
    """NUTS and Laplace on each table."""
    rows = []
    for task in track([task for task in tasks() if not task.curve], "tables"):
        runs = task.runs[task.runs[task.by] <= max(task.cuts)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of tables that are as they are
            began = time.perf_counter()
            post = bs.fit(generalised, runs, seed=1, progressbar=False)
            took = time.perf_counter() - began
            quick = bs.fit(generalised, runs, seed=1, method="laplace", progressbar=False)
        numbers = {key: float(post.attrs[key]) for key in ("rhat", "ess", "divergences")}
        same = {name: post["posterior"][name] for name in generalised.all_priors if name in post["posterior"]}
        off = {k: abs(float(v.mean() - quick["posterior"][k].mean())) / float(v.std()) for k, v in same.items()}
        laplace = quick.attrs["method"] == "laplace"
        rows.append(
            {"data": task.data, "group": task.group, "runs": len(runs), **numbers, "seconds": took}
            | {"method": post.attrs["method"], "k": float(quick.attrs.get("pareto_k", float("nan")))}
            | {"off": max(off.values()) if laplace else None}
        )
    return rows


def seconds() -> dict[str, dict[str, Any]]:
    """Wall seconds of fit and forecast of 245 runs by method: a cold process, and again in this one, by seed."""
    runs, times = simulated(seed=1), {}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "runs.csv"
        runs.to_csv(path, index=False)
        for method in ("nuts", "laplace"):
            command = [sys.executable, "-c", COLD, str(path), method]
            timed(command)  # compiled code is on the disk
            cold, _, done = timed(command)
            if done.returncode:
                raise RuntimeError(done.stderr)
            _, *again = (_again(runs, method, seed) for seed in range(1, SEEDS + 2))
            times[method] = {"cold": cold, "again": again}
    return times


def _again(runs: pd.DataFrame, method: str, seed: int) -> float:
    began = time.perf_counter()
    post = bs.fit(generalised, runs, seed=seed, method=method, progressbar=False)
    bs.forecast(generalised, post, AT, seed=seed)
    return time.perf_counter() - began
