"""Bad tables, and bad conditions on them, for `fit` and what else takes a table."""

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.data.read import read, select
from benchmarks.robustness.case import NUMBER, WARNING, Case, cases
from benchmarks.robustness.world import QUICK, RUNS

#: Numbers that no run has.
NO_NUMBERS = {"NaN": np.nan, "infinite": np.inf, "negative": -2.0, "zero": 0.0}
#: Columns of the wrong kind: name -> cells.
KINDS = {
    "dates": list(pd.date_range("2024-01-01", periods=RUNS)),
    "booleans": [True, False] * (RUNS // 2),
    "complex numbers": np.arange(1.0, RUNS + 1) + 1j,
    "text": ["small", "large"] * (RUNS // 2),
    "None": [None] * RUNS,
    "lists": [[1.0]] * RUNS,
}


def _columns() -> list[Case]:
    """Each column with each number that no run has, and with each kind of cells that are no numbers."""
    found = []
    for column in ("N", "D", "loss"):
        for kind, value in NO_NUMBERS.items():
            call = lambda w, column=column, value=value: w.fit(w.put(column, value))  # noqa: E731
            found.append(Case("fit", "NaN, infinite, negative, zero", f"{kind} {column} in one run", call, word=column))
        for kind, cells in KINDS.items():
            call = lambda w, column=column, cells=cells: w.fit(w.runs.assign(**{column: cells}))  # noqa: E731
            found.append(Case("fit", "text, dates, other cells", f"{column} are {kind}", call, word=column))
    return found


def _seeds(w) -> pd.DataFrame:
    """Each run twice, under two learning rates that change the loss."""
    worse = w.runs.assign(loss=w.runs["loss"] * 1.05)
    return pd.concat([w.runs.assign(lr=1e-3), worse.assign(lr=1e-2)], ignore_index=True)


def _exact(w) -> pd.DataFrame:
    """Runs without noise."""
    return w.runs.assign(loss=1.82 + 482 * w.runs["N"] ** -0.348 + 2085 * w.runs["D"] ** -0.366)


CASES = [
    *_columns(),
    *cases(
        "fit",
        ("wrong type", "runs is a list", "DataFrame", lambda w: w.fit([1, 2, 3])),
        ("wrong type", "runs is a dict", "DataFrame", lambda w: w.fit(w.runs.to_dict("list"))),
        ("wrong type", "runs is an array", "DataFrame", lambda w: w.fit(w.runs.to_numpy())),
        ("wrong type", "runs is a Series", "DataFrame", lambda w: w.fit(w.runs["loss"])),
        ("wrong type", "runs is the name of a file", "DataFrame", lambda w: w.fit("runs.csv")),
        ("columns", "no loss", "loss", lambda w: w.fit(w.runs.drop(columns="loss"))),
        ("columns", "no N and no C", "'N'", lambda w: w.fit(w.runs.drop(columns=["N", "C"]))),
        (
            "columns",
            "N is called params",
            "params",
            lambda w: w.fit(w.runs[["D", "N", "loss"]].rename(columns={"N": "params"})),
        ),
        (
            "columns",
            "loss twice",
            "loss.*more than once",
            lambda w: w.fit(pd.concat([w.runs, w.runs[["loss"]]], axis=1)),
        ),
        ("columns", "names of two levels", "levels", lambda w: w.fit(pd.concat({"a": w.runs}, axis=1))),
        ("columns", "one column a run", "column", lambda w: w.fit(w.runs.T.reset_index())),
        ("rows", "no rows", "no runs", lambda w: w.fit(w.runs[:0])),
        ("rows", "one run", "1 run", lambda w: w.fit(w.runs[:1])),
        ("rows", "no rows and no columns", "column", lambda w: w.fit(pd.DataFrame())),
        ("unit", "N in billions", "billions", lambda w: w.fit(w.runs.assign(N=w.runs["N"] / 1e9))),
        ("unit", "D in billions", "billions", lambda w: w.fit(w.runs.assign(D=w.runs["D"] / 1e9))),
        (
            "unit",
            "N and D in billions",
            "billions",
            lambda w: w.fit(w.runs[["N", "D"]].div(1e9).assign(loss=w.runs["loss"])),
        ),
        (
            "unit",
            "C in PF-days",
            "PF-days",
            lambda w: bs.fit(w.law_C, w.runs_C.assign(C=w.runs_C["C"] / 8.64e19), **QUICK),
        ),
    ),
    *cases(
        "fit",
        ("unit", "loss is perplexity", "perplexity", lambda w: w.fit(w.runs.assign(loss=np.exp(w.runs["loss"] * 3)))),
        (
            "unit",
            "half of the losses in bits",
            "bits",
            lambda w: w.fit(w.runs.assign(loss=w.runs["loss"] * np.where(np.arange(RUNS) % 2, 1, 1.4427))),
        ),
        ("columns", "two learning rates for each size", "lr", lambda w: w.fit(_seeds(w))),
        ("rows", "runs without noise", "noise", lambda w: w.fit(_exact(w))),
        ("rows", "every run has the same N", "N", lambda w: w.fit(w.runs.assign(N=1e9).drop(columns="C"))),
        ("rows", "C is ten times 6ND", "6ND", lambda w: w.fit(w.runs.assign(C=w.runs["C"] * 10))),
        right=WARNING,
    ),
    *cases(
        "fit",
        (
            "text, dates, other cells",
            "N are whole numbers",
            "",
            lambda w: w.fit(w.runs.assign(N=w.runs["N"].astype("int64"))),
        ),
        ("text, dates, other cells", "loss has 32 bits", "", lambda w: w.fit(w.runs.astype({"loss": "float32"}))),
        right=NUMBER,
    ),
    *cases(
        "as_numbers",
        ("text, dates, other cells", "dates", "date", lambda w: bs.as_numbers(pd.Series(KINDS["dates"]))),
        ("text, dates, other cells", "booleans", "truth value", lambda w: bs.as_numbers([True, False])),
        ("text, dates, other cells", "text", "not a number", lambda w: bs.as_numbers(["7B", "large"])),
        ("text, dates, other cells", "1,234 is ambiguous", "can mean", lambda w: bs.as_numbers(["1,234"])),
        ("text, dates, other cells", "None", "number", lambda w: bs.as_numbers(["1.5B", [3]])),
    ),
    *cases(
        "as_numbers",
        (
            "text, dates, other cells",
            "135M, 1.5B, 72,168,784",
            "",
            lambda w: bs.as_numbers(["135M", "1.5B", "72,168,784"]),
        ),
        right=NUMBER,
    ),
    *cases(
        "best_of",
        ("wrong type", "runs is a list", "DataFrame", lambda w: bs.best_of([1])),
        ("columns", "by an unknown column", "lr", lambda w: bs.best_of(w.runs, by=("lr",))),
        ("columns", "no loss", "loss", lambda w: bs.best_of(w.runs.drop(columns="loss"))),
    ),
    *cases(
        "where",
        ("hostile condition", "Python by @", "@", lambda w: select(w.runs, where="@pd.io.common.os.system('true')")),
        (
            "hostile condition",
            "a call",
            "call|allowed",
            lambda w: select(w.runs, where="__import__('os').system('true')"),
        ),
        ("hostile condition", "an attribute", "allowed|attribute", lambda w: select(w.runs, where="N.__class__")),
        (
            "hostile condition",
            "deeply nested",
            "nested",
            lambda w: select(w.runs, where="(" * 3000 + "N" + ")" * 3000 + " > 1"),
        ),
        ("hostile condition", "no truth value", "neither true nor false", lambda w: select(w.runs, where="N")),
        ("hostile condition", "a column that is not there", "no column", lambda w: select(w.runs, where="seed > 1")),
        ("hostile condition", "keeps nothing", "none of", lambda w: select(w.runs, where="N < 0")),
        ("hostile condition", "a huge power", "allowed|number", lambda w: select(w.runs, where="N > 9**9**9**9")),
        ("wrong type", "a number", "int", lambda w: select(w.runs, where=3)),
        ("hostile condition", "empty", "", lambda w: select(w.runs, where="")),
    ),
    *cases(
        "load, read",
        ("name", "an unknown name", "no data set", lambda w: bs.load("nothing")),
        ("name", "a path for a name", "no data set", lambda w: bs.load("../../etc/passwd")),
        ("wrong type", "None", "no data set", lambda w: bs.load(None)),
        ("wrong type", "a list", "no data set", lambda w: bs.load(["gpt3"])),
        ("file", "a folder", "folder", lambda w: read(w.folder)),
        ("file", "no such file", "no file", lambda w: read(w.folder / "none.csv")),
        ("file", "an address", "download", lambda w: read("https://example.com/runs.csv")),
        ("file", "an empty file", "empty", lambda w: read(w.file("empty.csv", ""))),
        ("file", "only a header", "no runs", lambda w: read(w.file("header.csv", "N,D,loss\n"))),
        ("file", "no header", "first line", lambda w: read(w.file("bare.csv", "1e9,2e10,2.3\n2e9,4e10,2.2\n"))),
        ("file", "not UTF-8", "UTF-8", lambda w: read(w.file("latin.csv", b"N,D,loss\n1e9,2e10,2.3 \xe9\n"))),
        ("file", "an unknown suffix", "wanted one of", lambda w: read(w.file("runs.xlsx", "N"))),
        ("file", "bytes called Parquet", "Parquet", lambda w: read(w.file("runs.parquet", b"\0" * 99))),
        ("file", "a host name as path", "no file", lambda w: read("node07.cluster.example.com")),
    ),
]
