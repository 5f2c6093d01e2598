"""Scoreboard on other people's tables: reading them, and a page about them alone."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from bayescale.data.read import complete, read
from bayescale.data.values import numbers
from bayescale.forecasting.scores import LEVELS
from benchmarks.forecasts.methods import BASE, DEFAULT, WORDS
from benchmarks.forecasts.report import calibrated
from benchmarks.forecasts.report.averages import standard_error, with_error
from benchmarks.forecasts.splits import FEWEST, SHARES, Task
from benchmarks.table import table, write

HEAD = ("50 %", "80 %", "90 %", "95 %", "width 90 % [%]", "CRPS [%]", "RMSLE [%]", "error [%]", "log score")
#: What the default is, without the story of how it was chosen.
DESCRIBED = {**WORDS, DEFAULT: "bayescale's generalised law with its discrepancy (busbridge2025.generalised)"}


def own(folder: Path, columns: Mapping[str, str] | None = None) -> Iterator[Task]:
    """Every CSV in a folder: loss, N and D (or C in place of either), and perhaps `group` and `heldout`.

    Where `heldout` (0 or 1) is there, those runs are forecast from the others. Otherwise there are three cuts in
    compute, after 50, 65 and 80 % of the runs, and at least six.

    Parameters
    ----------
    folder : Path
    columns : names used here -> names in the tables, as ``--column`` of the command line: ``{"N": "params"}``.

    Raises
    ------
    ValueError
        If a table lacks a column, or has values that no run can have; if it has too few runs to be cut. The message
        names the file.
    """
    for path in sorted(folder.glob("*.csv")):
        try:
            runs = _complete(read(path, columns))
        except ValueError as error:
            raise ValueError(f"'{path.name}': {error}") from None
        for group, part in runs.groupby("group", sort=False) if "group" in runs else [("", runs)]:
            part = part.reset_index(drop=True)
            where = f"'{path.name}'" + (f", group {group}" if group != "" else "")
            if "heldout" in part:
                if set(part["heldout"].unique()) != {0, 1}:
                    raise ValueError(f"{where}: heldout has {part['heldout'].unique()}; wanted both 0 and 1.")
                yield Task(path.stem, str(group), part.assign(order=1.0 + part["heldout"]), (1.0,), "order")
                continue
            cuts = _shares(part)
            if not cuts:
                raise ValueError(f"{where} has {len(part)} runs; wanted more than {FEWEST}, or a column heldout.")
            yield Task(path.stem, str(group), part, cuts)


def _complete(runs: pd.DataFrame) -> pd.DataFrame:
    """The table with N, D, C and loss as numbers; what is missing follows from C = 6ND."""
    if "N" not in runs and {"C", "D"} <= set(runs):
        runs = runs.assign(N=numbers(runs, "C") / (6.0 * numbers(runs, "D")))
    runs = complete(runs, ("D", "C"))
    return runs.assign(**{name: numbers(runs, name) for name in ("N", "D", "C", "loss")})


def _shares(runs: pd.DataFrame) -> tuple[float, ...]:
    ordered = np.sort(runs["C"].to_numpy(float))
    last = [max(FEWEST, int(np.ceil(share * len(ordered)))) for share in SHARES]
    return tuple(sorted({ordered[n - 1] for n in last if n < len(ordered) and ordered[n - 1] < ordered[-1]}))


def report(path: Path, records: Sequence[dict], command: str) -> None:
    """Write the page: a table over all data sets, what failed and why, and a table for each data set."""
    good = [one for one in records if not one["failed"]]
    methods = list(dict.fromkeys(one["method"] for one in records))
    sets = list(dict.fromkeys(one["data"] for one in records))
    cuts = {(one["data"], one["group"], one["cut"]) for one in records}
    sections = [
        f"Runs up to a cut are fitted and all larger ones forecast: {len(sets)} tables, {len(cuts)} cuts. Scores are "
        "means over the held-out runs of a cut, then over cuts, then over tables. 50 % to 95 %: share of held-out runs "
        "inside that central interval of a new run. Width, CRPS, RMSLE and signed error (positive: forecast too high) "
        "are in % of the loss. A cut at which a method failed is left out for that method alone; the column cuts says "
        f"how many it was scored on. After ± stands the standard error over tables. One command: `{command}`.",
        table(["method", "cuts", *HEAD], [_row(good, method, sets) for method in methods]),
        "\n".join(f"- {method}: {DESCRIBED.get(method, method)}" for method in methods),
    ]
    lost = [
        [one["method"], one["data"], one["group"], f"{one['cut']:.3g}", one["reason"]]
        for one in records
        if one["failed"]
    ]
    if lost:
        sections += ["## Failed", table(["method", "table", "group", "cut", "reason"], lost, 5)]
    doubtful = [f"{one['method']} on {one['data']}" for one in good if one["converged"] is False]
    if doubtful:
        sections += [f"Not converged, but scored: {', '.join(dict.fromkeys(doubtful))}."]
    sections += calibrated.sections(good, [method for method in methods if _cuts(good, method)], {})
    by_table = [[data, *_row(good, method, [data])] for data in sets for method in methods]
    sections += ["## By table", table(["table", "method", "cuts", *HEAD], by_table, 2)]
    write(path, "Forecasts of held-out runs", sections)


def _row(records: Sequence[dict], method: str, sets: Sequence[str]) -> list:
    """A method's cuts and mean scores, the table as unit; dashes if it was scored on none."""
    by_set = [[one for one in records if one["method"] == method and one["data"] == data] for data in sets]
    by_set = [ones for ones in by_set if ones]
    if not by_set:
        return [method, "0", *(None for _ in HEAD)]
    values = np.array([np.mean([_numbers(one) for one in ones], axis=0) for ones in by_set])
    cells = [with_error(column.mean(), standard_error(column)) for column in values.T]
    return [method, str(sum(map(len, by_set))), *cells]


def _cuts(records: Sequence[dict], method: str) -> int:
    """Number of cuts that a method was scored on."""
    return sum(one["method"] == method for one in records)


def _numbers(one: dict) -> list[float]:
    """The numbers of HEAD of one record."""
    width = one["width"][LEVELS.index(0.9)]
    return [*one["covered"], width, one["crps"], one["rmsle"], one["error"], one["log_score"]]


def wanted(methods: Sequence[str], every: Sequence[str]) -> list[str]:
    """The methods to score: those asked for and the baseline, or all."""
    return list(dict.fromkeys((BASE, *methods))) if methods else list(every)
