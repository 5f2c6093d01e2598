"""Signs of a bad forecast: how often they appear in the fitted runs, and how the forecasts came out."""

import json
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.data.check import check
from bayescale.forecasting.backtest import board
from bayescale.forecasting.count_parameters import COUNTS
from bayescale.inference.diagnostics.identification import identification
from bayescale.laws import chinchilla
from bayescale.laws.busbridge2025 import generalised
from bayescale.modelling.draws import SAMPLE_DIMS
from benchmarks.evidence import opening
from benchmarks.forecasts.methods import COUNTED, DEFAULT
from benchmarks.forecasts.run import of_count, preferred, score
from benchmarks.forecasts.splits import Task
from benchmarks.table import table, write

SEED = 1
ADDITIVE = "additive"
#: Laws whose forecasts are judged.
LAWS = {ADDITIVE: chinchilla, DEFAULT: generalised}
#: Parameters whose priors are changed to see how far the forecast moves.
PRIORS = ("kappa", "omega", "tau", "tau_local")


def measure(tasks: Iterable[Task], kept: Path | None, say: Callable) -> list[dict]:
    """One record for each cut: what is seen in the fitted runs (``seen``), and scores of both laws' forecasts.

    Records in the file `kept` are not made again; new ones are added to it.
    """
    done = [json.loads(line) for line in kept.read_text().splitlines()] if kept and kept.is_file() else []
    known = {(record["data"], record["group"], record["cut"]) for record in done}
    for task in (task for task in tasks if not task.curve and {"N", "D"} <= set(task.runs)):
        for cut in task.cuts:
            if (task.data, task.group, float(cut)) in known:
                continue
            say(f"{task.data} {task.group} {cut:g}")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of tables that are as they are
                done.append({"data": task.data, "group": task.group, "cut": float(cut), **_at(task, cut)})
            if kept:
                with kept.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(done[-1], separators=(",", ":")) + "\n")
    return done


def _at(task: Task, cut: float) -> dict[str, Any]:
    """What is seen at one cut, and the scores of both laws."""
    train = task.runs[task.runs[task.by] <= cut].reset_index(drop=True)
    beyond = task.runs[task.runs[task.by] > cut].reset_index(drop=True)
    posts = {name: bs.fit(law, train, method="laplace", seed=SEED, progressbar=False) for name, law in LAWS.items()}
    plain, general = (posts[name]["posterior"].to_dataset() for name in (ADDITIVE, DEFAULT))
    far = beyond.loc[[(beyond["N"] * beyond["D"]).idxmax()]]
    moves = bs.sensitivity(generalised, posts[DEFAULT], far, parameters=PRIORS, seed=SEED)["share"]
    unknown = identification(generalised, posts[DEFAULT])["unidentified"]
    seen = {
        "floor": float(plain["E"].median() / train["loss"].min()),
        "kappa_low": float(general["kappa"].quantile(0.05)),
        "kappa_high": float(general["kappa"].quantile(0.95)),
        "tau": float(general["tau"].median()),
        "tau_local": float(general["tau_local"].median()),
        "sigma": float(general["sigma"].median()),
        "E_unknown": float("E" in unknown),
        "moved": float(moves.abs().max()),
        "runs": len(train),
        "sizes": int(train["N"].nunique()),
        "ratio": float((beyond["N"] * beyond["D"]).max() / (train["N"] * train["D"]).max()),
        "ratio_N": float(beyond["N"].max() / train["N"].max()),
        "line": float(abs(np.corrcoef(np.log(train["N"]), np.log(train["D"]))[0, 1])) if _moves(train) else 1.0,
        "checkpoints": float(check(generalised, train).checkpoints is not None),
        "tested": _tested(task, train),
    }
    return {"seen": seen, **{name: _scored(name, posts[name], beyond) for name in LAWS}}


def _scored(name: str, post: Any, beyond: pd.DataFrame) -> dict[str, float]:
    """RMSLE [%] and share of the runs inside the 90 % interval."""
    loss = bs.predict(LAWS[name], post, beyond, seed=SEED)["loss"]
    draws = np.log(loss.stack(sample=SAMPLE_DIMS).transpose("sample", "run").to_numpy())
    low, middle, high = np.quantile(draws, [0.05, 0.5, 0.95], axis=0)
    observed = np.log(beyond["loss"].to_numpy())
    inside = (low <= observed) & (observed <= high)
    return {"rmsle": 100 * float(np.sqrt(np.mean((middle - observed) ** 2))), "inside": float(inside.mean())}


def _tested(task: Task, train: pd.DataFrame) -> float:
    """Share of the larger of the runs that 90 % intervals held when they were forecast from the smaller; or NaN."""
    try:
        inner = bs.backtest(generalised, train, by=task.by, seed=SEED, progressbar=False)
    except ValueError:  # too few runs to be cut
        return float("nan")
    return float(board(inner)["covered_0.9"].iloc[0])


def counts(tasks: Iterable[Task], say: Callable) -> list[list]:
    """Where N is known with and without embeddings: how often the count that the default takes forecast better.

    Returns
    -------
    list of [data set, cuts, taken and better, mean RMSLE with the one taken, with the other].
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for task in (task for task in tasks if COUNTS[1] in task.runs and not task.curve):
        say(f"{task.data} {task.group}")
        for cut in task.cuts:
            laws, best = COUNTED[DEFAULT], preferred(task, cut)
            errors = {name: score(DEFAULT, law, of_count(task, name, cut))[0]["rmsle"] for name, law in laws.items()}
            other = next(name for name in laws if name != best)
            found.setdefault(task.data, []).append((errors[best], errors[other]))
    return [
        [data, str(len(pairs)), str(sum(a < b for a, b in pairs)), *np.mean(pairs, axis=0)]
        for data, pairs in found.items()
    ]


def _moves(train) -> bool:
    return min(np.ptp(np.log(train["N"])), np.ptp(np.log(train["D"]))) > 1e-9


#: Signs that the package reports.
FLOOR, TESTED = (
    "E of the additive law above 80 % of the smallest loss",
    "back-test: 90 % intervals contain less than 70 %",
)
#: What is seen, and when; None where it cannot be told.
SIGNS: dict[str, Callable[[Mapping[str, float]], bool | None]] = {
    FLOOR: lambda s: s["floor"] > 0.80,
    TESTED: lambda s: None if np.isnan(s["tested"]) else s["tested"] < 0.7,
    "90 % interval of kappa without 1": lambda s: s["kappa_high"] < 1 or s["kappa_low"] > 1,
    "E unknown (generalised law)": lambda s: s["E_unknown"] > 0,
    "halving or doubling a prior moves the forecast by more than a tenth of its width": lambda s: s["moved"] > 0.1,
    "tau above 2 %": lambda s: s["tau"] > 0.02,
    "tau_local above 1 %": lambda s: s["tau_local"] > 0.01,
    "sigma above 1 %": lambda s: s["sigma"] > 0.01,
    "fewer than 10 runs": lambda s: s["runs"] < 10,
    "fewer than 5 sizes": lambda s: s["sizes"] < 5,
    "runs on one line, or N or D fixed": lambda s: s["line"] > 0.99,
    "forecast to more than 30 times the compute": lambda s: s["ratio"] > 30,
    "forecast to more than 3 times the N": lambda s: s["ratio_N"] > 3,
    "rows that are checkpoints": lambda s: s["checkpoints"] > 0,
}


def report(path: Path, records: Sequence[dict], counts: Sequence[list], measured: str = "") -> None:
    """Write the page: RMSLE and coverage where a sign appears and where it does not, for two laws; and the counts."""
    rows = []
    for words, sign in SIGNS.items():
        told = [(record, sign(record["seen"])) for record in records]
        fired, quiet = ([record for record, seen in told if seen is wanted] for wanted in (True, False))
        pairs = [
            tuple(_by_data([(r["data"], r[name][number]) for r in some]) for some in (fired, quiet))
            for name in LAWS
            for number in ("rmsle", "inside")
        ]
        rows.append((words, len(fired), len(fired) + len(quiet), len({r["data"] for r in fired}), pairs))
    write(path, "Signs of a bad forecast", sections(rows, counts, measured))


#: A sign, the cuts that have it, all cuts, its data sets, and pairs (with, without the sign) of RMSLE and coverage of
#: the additive law and of the default.
Row = tuple[str, int, int, int, Sequence[tuple[float, ...]]]


def sections(rows: Sequence[Row], counts: Sequence[list], measured: str, note: str = "") -> list[str]:
    """The sections of the page."""
    of = {row[0]: row for row in rows}
    floor, tested = of[FLOOR], of[TESTED]
    conclusion = [
        f"Where the additive law puts E above 80 % of the smallest loss ({floor[1]} of {floor[2]} cuts), its 90 % "
        f"intervals contain {100 * floor[4][1][0]:.0f} % of the runs held out, and "
        f"{100 * floor[4][1][1]:.0f} % elsewhere.",
        f"Where a back-test on the fitted runs fails ({tested[1]} cuts), the RMSLE of the default is "
        f"{tested[4][2][0]:.1f} %, and {tested[4][2][1]:.1f} % elsewhere.",
        "These are averages over few data sets, so they show a tendency and no fixed rule.",
    ]
    cells = [
        [words, f"{fired} of {cuts}", str(sets)]
        + [" v ".join("–" if np.isnan(value) else f"{value:.2f}" for value in pair) for pair in pairs]
        for words, fired, cuts, sets, pairs in rows
    ]
    head = ["sign", "cuts", "data sets", "additive: RMSLE [%]", "additive: inside 90 %"]
    head += ["default: RMSLE [%]", "default: inside 90 %"]
    return [
        *opening(conclusion, table(head, cells), "python -m benchmarks signs", measured, note),
        "Signs are seen in the fitted runs, before a forecast is made, at the cuts of [forecasts](forecasts.md). Each "
        "cell compares the cuts with the sign to the cuts without it (with v without): means over the cuts of a data "
        "set, then over data sets. Both laws take N as the table has it. Parameters are those of the default.",
        WORTH,
        "## Counting parameters\n\nSome tables have N with and without embeddings. `bs.count_parameters` takes N "
        "without embeddings unless forecasts within the table are against it by 4 or more. The table shows how "
        "often the count that it takes forecasts better than the other.",
        table(["data set", "cuts", "taken was better", "RMSLE, taken [%]", "RMSLE, other [%]"], counts),
    ]


#: What is made of the signs, for the page.
WORTH = """
`bs.signs` and `bayescale forecast` report two of them: an additive law's floor above 80 % of the smallest loss, where
fewer runs are inside its intervals, and a failed back-test. `fit` warns of two more: rows that are checkpoints, which
an additive law takes for runs, and runs on one line, which cannot separate the terms.

The others are not reported. Few sizes, far targets and large amplitudes go with larger errors of the default, but also
with wider intervals: the interval already tells. Where kappa excludes 1, forecasts of the default are no worse; only
the additive law's intervals are.
"""


def _by_data(pairs: Sequence[tuple[str, float]]) -> float:
    """Mean over data sets of the means in them."""
    names = dict.fromkeys(name for name, _ in pairs)
    return float(np.mean([np.mean([v for n, v in pairs if n == name]) for name in names])) if names else float("nan")
