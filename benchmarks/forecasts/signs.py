"""Signs of a bad forecast: how often they appear in the fitted runs, and how the forecasts came out."""

import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.data.check import check
from bayescale.forecasting.backtest import board
from bayescale.forecasting.count_parameters import COUNTS
from bayescale.forecasting.scores import LEVELS
from bayescale.inference.fit import draw
from bayescale.laws import chinchilla
from bayescale.laws.busbridge2025 import generalised
from benchmarks.evidence import opening
from benchmarks.forecasts.methods import COUNTED, DEFAULT, GIVEN
from benchmarks.forecasts.report import filled
from benchmarks.forecasts.run import of_count, preferred, score
from benchmarks.forecasts.splits import Task
from benchmarks.table import table, write

SEED = 1
ADDITIVE = "additive"


def measure(tasks: Iterable[Task], say: Callable) -> dict[tuple, dict[str, float]]:
    """What is seen at each cut: (data, group, cut) -> numbers."""
    found = {}
    for task in tasks:
        if task.curve:
            continue
        say(f"{task.data} {task.group}")
        for cut in task.cuts:
            train = task.runs[task.runs[task.by] <= cut]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of tables that are as they are
                tested, checkpoints = _tested(task, train), check(generalised, train).checkpoints is not None
                plain, general = (
                    draw(law, train, method="laplace", seed=SEED, progressbar=False)["posterior"].to_dataset()
                    for law in (chinchilla, generalised)
                )
            beyond = task.runs[task.runs[task.by] > cut]
            found[task.data, task.group, float(cut)] = {
                "floor": float(plain["E"].median() / train["loss"].min()),
                "kappa_high": float(general["kappa"].quantile(0.95)),
                "kappa_low": float(general["kappa"].quantile(0.05)),
                "embedding": float(general["embedding"].quantile(0.05)),
                "runs": len(train),
                "ratio": float(beyond["C"].max() / train["C"].max()),
                "line": float(abs(np.corrcoef(np.log(train["N"]), np.log(train["D"]))[0, 1])) if _moves(train) else 1.0,
                "checkpoints": float(checkpoints),
                "tested": tested,
            }
    return found


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


#: The sign of a failed back-test.
TESTED = "back-test on the runs fitted: 90 % intervals contain less than 70 %"
#: What is said of a forecast, and when.
SIGNS: dict[str, Callable[[dict[str, float]], bool]] = {
    "E of the additive law above 85 % of the smallest loss": lambda s: s["floor"] > 0.85,
    "the same, above 80 %": lambda s: s["floor"] > 0.80,
    "90 % interval of kappa without 1": lambda s: s["kappa_high"] < 1 or s["kappa_low"] > 1,
    "share of embeddings above 5 %, with probability .95": lambda s: s["embedding"] > 0.05,
    "fewer than 10 runs": lambda s: s["runs"] < 10,
    "runs on one line, or N or D fixed": lambda s: s["line"] > 0.99,
    "forecast to more than 30 times the compute": lambda s: s["ratio"] > 30,
    "rows that are checkpoints": lambda s: s["checkpoints"] > 0,
    TESTED: lambda s: s["tested"] < 0.7,
}


def report(
    path: Path,
    records: Sequence[dict],
    seen: dict[tuple, dict[str, float]],
    counts: Sequence[list],
    measured: str = "",
) -> None:
    """Write the page: RMSLE and coverage where a sign appears and where it does not, for two laws; and the counts."""
    by_cut: dict[tuple, dict[str, dict]] = {}
    for record in filled(records):
        if record["method"] in (ADDITIVE, GIVEN) and not record["failed"]:
            by_cut.setdefault((record["data"], record["group"], record["cut"]), {})[record["method"]] = record
    cuts = [key for key in seen if len(by_cut.get(key, {})) == 2]
    rows = []
    for words, sign in SIGNS.items():
        fired = [key for key in cuts if sign(seen[key])]
        quiet = [key for key in cuts if key not in fired]
        pairs = [
            tuple(_by_data([(key[0], number(by_cut[key][method])) for key in some]) for some in (fired, quiet))
            for method in (ADDITIVE, GIVEN)
            for number in (lambda record: record["rmsle"], lambda record: record["covered"][LEVELS.index(0.9)])
        ]
        rows.append((words, len(fired), len(cuts), len({key[0] for key in fired}), pairs))
    write(path, "Signs of a bad forecast", sections(rows, counts, measured))


#: A sign, the cuts that have it, all cuts, its data sets, and pairs (with, without the sign) of RMSLE and coverage of
#: the additive law and of the default.
Row = tuple[str, int, int, int, Sequence[tuple[float, float]]]


def sections(rows: Sequence[Row], counts: Sequence[list], measured: str, note: str = "") -> list[str]:
    """The sections of the page."""
    of = {row[0]: row for row in rows}
    floor, tested = of["the same, above 80 %"], of[TESTED]
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
        *opening(conclusion, table(head, cells), "python -m benchmarks signs --kept FILE", measured, note),
        "Signs are seen in the fitted runs, before a forecast is made, at the cuts of [forecasts](forecasts.md). Each "
        "cell compares the cuts with the sign to the cuts without it (with v without): means over the cuts of a data "
        "set, then over data sets. The default takes N as the table has it. FILE is what "
        "`forecasts --kept FILE` keeps.",
        WORTH,
        "## Counting parameters\n\nSome tables have N with and without embeddings. `bs.count_parameters` takes N "
        "without embeddings unless forecasts within the table are against it by 4 or more. The table shows how "
        "often the count that it takes forecasts better than the other.",
        table(["data set", "cuts", "taken was better", "RMSLE, taken [%]", "RMSLE, other [%]"], counts),
    ]


#: What is made of the signs, for the page.
WORTH = """
`bs.signs` and `bayescale forecast` report three of them: an additive law's floor above 80 % of the smallest loss (far
fewer runs are then inside its intervals), an interval of kappa without 1 (larger errors of both laws, and far fewer
runs inside the additive law's intervals), and a back-test whose 90 % intervals contain less than 70 % (much larger
errors of the default). `fit` warns of two: rows that are checkpoints, which an additive law takes for runs, and
runs on one line, which cannot separate the terms. The others are not reported. Few runs and far targets have
larger errors; the
default's intervals grow with them, though not quite enough for far targets, and the forecast prints both numbers. The
share of embeddings is part of the default's mean.
"""


def _by_data(pairs: Sequence[tuple[str, float]]) -> float:
    """Mean over data sets of the means in them."""
    names = dict.fromkeys(name for name, _ in pairs)
    return float(np.mean([np.mean([v for n, v in pairs if n == name]) for name in names])) if names else float("nan")
