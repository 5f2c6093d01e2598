"""Forecasts of held-out larger runs, on published tables: how often intervals hold, and how wide they are."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

import bayescale as bs
from bayescale.law import Law
from bayescale.laws import chinchilla, generalised
from benchmarks.table import table, write

LAWS = (chinchilla, generalised)
SEED = 1
#: Recipes of Porian et al. 2024 that follow the compute-optimal practice: decay over the run, and tuned.
PORIAN = ("base|short|chinchilla", "tuned|short|const")


class Task(NamedTuple):
    """A table of runs, and the compute [FLOP] up to which it is fitted."""

    data: str
    group: str
    runs: pd.DataFrame
    cuts: tuple[float, ...]


def tasks() -> Iterator[Task]:
    """The tables and their cuts, which are those of the study that the law was chosen in."""
    runs = bs.load("besiroglu2024")
    yield Task("besiroglu2024", "", runs[~runs["excluded"]], (1e20, 3e20, 1e21))
    yield Task("delphi", "", bs.load("delphi"), (3.3e19, 1e20, 3.3e20))
    porian = bs.load("porian2024")
    for group in (f"{corpus}|{recipe}|standard|val" for corpus in ("rw", "owt2") for recipe in PORIAN):
        yield Task("porian2024", group, porian[porian["group"] == group], (2.1e17, 1.7e18, 6.6e18))
    for group, part in bs.load("gadre2024").groupby("group", sort=False):
        yield Task("gadre2024", str(group), part, (2e19,))
    cerebras = bs.load("cerebras_gpt")
    for data, runs in (("cerebras_gpt", cerebras[cerebras["family"] == "SP"]), ("pythia", bs.load("pythia"))):
        yield Task(data, "", runs, tuple((6.0 * runs["N"] * runs["D"]).iloc[3:6]))


def score(law: Law, task: Task) -> xr.Dataset:
    """Scores of one law on one table, by cut."""
    runs = task.runs.assign(C=6.0 * task.runs["N"] * task.runs["D"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tables that are as they are
        found = bs.backtest(law, runs, cuts=task.cuts, seed=SEED)
    means = found[["error", "crps", "interval_score", "covered", "width"]].mean("run")
    return means.assign(converged=found["converged"])


def measure(progress) -> dict[str, dict[str, xr.Dataset]]:
    """Law -> data set -> scores, the mean over groups and cuts."""
    parts: dict[str, dict[str, list[xr.Dataset]]] = {law.name: {} for law in LAWS}
    for task in tasks():
        for law in LAWS:
            progress(f"{task.data} {task.group} {law.name}".replace("  ", " "))
            parts[law.name].setdefault(task.data, []).append(score(law, task))
    return {law: {data: xr.concat(found, "cut") for data, found in by.items()} for law, by in parts.items()}


def report(path: Path, measured: dict[str, dict[str, xr.Dataset]]) -> None:
    """Write the scoreboard."""
    head = ["law", "50 %", "80 %", "90 %", "95 %", "width 90 %", "CRPS", "interval score", "error"]
    rows, lines = [], []
    for law, by in measured.items():
        means = {data: found.mean("cut") for data, found in by.items()}
        rows.append([law, *_row(list(means.values()))])
        for data, found in by.items():
            bad = int((found["converged"] != 1).sum())
            lines.append([data, law, found.sizes["cut"], bad, *_row([means[data]])])
    lines.sort(key=lambda line: list(next(iter(measured.values()))).index(line[0]))
    about = (
        "Runs up to a cut in compute are fitted, all larger ones forecast. Columns 50 % to 95 %: the share of held-out "
        "runs inside that interval; the other columns in % of the loss (error: positive where forecast too high). The "
        "data set is the unit: runs are averaged in a split, splits in a data set, data sets equally. One command: "
        "`python -m benchmarks forecasts`."
    )
    honest = (
        "The generalised law and its discrepancy were chosen in a study that looked at these tables among others, so "
        "this is no blind test. The splits of Cerebras-GPT and Pythia fit four to six runs."
    )
    write(
        path,
        "Forecasts of held-out runs",
        [
            about,
            table(head, rows),
            "## By data set",
            table(["data set", "law", "splits", "unconverged", *head[1:]], lines, 2),
            honest,
        ],
    )


def _row(means: list[xr.Dataset]) -> list[float]:
    covered = np.mean([one["covered"].to_numpy() for one in means], axis=0)
    width = np.mean([float(one["width"].sel(level=0.9)) for one in means])
    return [
        *covered,
        width,
        *(float(np.mean([float(one[key]) for one in means])) for key in ("crps", "interval_score", "error")),
    ]
