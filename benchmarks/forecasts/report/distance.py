"""Scores by distance from the fitted runs, in N, in D and in C."""

from collections.abc import Iterable, Sequence

import numpy as np

from bayescale.forecasting.scores import LEVELS
from benchmarks.forecasts.report.averages import AT, standard_error, with_error
from benchmarks.table import table

#: Axis -> its name in a record, and the lower ends of the ranges of a held-out run's size over the largest fitted.
AXES = {
    "N": ("n", (1.0, 2.0, 5.0, 20.0)),
    "D": ("d", (1.0, 2.0, 5.0, 20.0)),
    "C": ("c", (1.0, 6.0, 20.0, 100.0)),
}
#: A run at the largest fitted size counts as within; sizes are kept with four digits of their log10.
ROUNDING = 1e-3
HEAD = ("runs", "cuts", "data sets", "inside 50 %", "inside 90 %", "width [%]", "RMSLE [%]")


def by_distance(records: Sequence[dict], axis: str) -> str:
    """Coverage, width and error of one method by how far a held-out run lies beyond the largest fitted one.

    A run counts for a cut as often as it is held out. The runs of a range are averaged in each cut, then cuts in a data
    set, then data sets.
    """
    name, ends = AXES[axis]
    rows = []
    for words, low, high in ranges(ends):
        per_cut = [(record["data"], len(rows_in), _means(record, rows_in)) for record, rows_in in
                   ((record, in_range(record, name, low, high)) for record in records) if len(rows_in)]  # fmt: skip
        if per_cut:
            rows.append([words, *_over_sets(per_cut)])
    return table([f"{axis} over the largest fitted", *HEAD], rows)


def by_cut(records: Sequence[dict]) -> str:
    """The same by the largest compute that is held out at a cut, with all runs of the cut."""
    rows = []
    for words, low, high in ranges(AXES["C"][1]):
        near = [record for record in records if _between(np.log10(record["ratio"]), low, high)]
        per_cut = [(record["data"], record["held_out"], _means(record, None)) for record in near]
        if per_cut:
            rows.append([words, *_over_sets(per_cut)])
    return table(["largest C held out over the largest fitted", *HEAD], rows)


def coverage_beyond(records: Sequence[dict], ratio: float, whole_cuts: bool) -> tuple[float, float, int]:
    """Coverage of 90 % intervals beyond a multiple of the fitted compute, its standard error, and number of data sets.

    With `whole_cuts`, of all runs of the cuts that reach as far; otherwise of the runs that lie as far.
    """
    low, per_set = np.log10(ratio), {}
    for record in records:
        if whole_cuts and not _between(np.log10(record["ratio"]), low, np.inf):
            continue
        rows = None if whole_cuts else in_range(record, "c", low, np.inf)
        if rows is None or len(rows):
            per_set.setdefault(record["data"], []).append(_means(record, rows)[1])
    means = [float(np.mean(values)) for values in per_set.values()]
    return (float(np.mean(means)) if means else float("nan")), standard_error(means), len(means)


def ranges(ends: Sequence[float]) -> Iterable[tuple[str, float, float]]:
    """Words and ends [log10] of each range, from "within" on."""
    yield "within", -np.inf, np.log10(ends[0])
    for low, high in zip(ends, (*ends[1:], np.inf), strict=True):
        words = f"{low:g} to {high:g}" if np.isfinite(high) else f"more than {low:g}"
        yield words, np.log10(low), np.log10(high)


def in_range(record: dict, name: str, low: float, high: float) -> np.ndarray:
    """Positions of the held-out runs of a record that lie in a range [log10]; none if the table lacks that size."""
    sizes = np.array(record["runs"].get(name, []))
    return np.flatnonzero(_between(sizes, low, high))


def _between(sizes, low: float, high: float):
    return (sizes > low + ROUNDING) & (sizes <= high + ROUNDING)


def _means(record: dict, rows: np.ndarray | None) -> np.ndarray:
    """Share inside 50 and 90 %, width of 90 % and RMSLE of some runs of a record; of all of them if None."""
    if rows is None:
        inside = [record["covered"][LEVELS.index(0.5)], record["covered"][AT]]
        return np.array([*inside, record["width"][AT], record["rmsle"]])
    runs = {name: np.array(values)[rows] for name, values in record["runs"].items() if name not in "ndc"}
    inside = [float((runs["inside"] >= len(LEVELS) - LEVELS.index(level)).mean()) for level in (0.5, 0.9)]
    return np.array([*inside, (runs["high"] - runs["low"]).mean(), np.sqrt((runs["error"] ** 2).mean())])


def _over_sets(per_cut: Sequence[tuple[str, int, np.ndarray]]) -> list[str]:
    """The cells of a row: numbers of runs, cuts and data sets, and means with standard errors over data sets."""
    sets: dict[str, list[np.ndarray]] = {}
    for data, _, means in per_cut:
        sets.setdefault(data, []).append(means)
    values = np.array([np.mean(each, axis=0) for each in sets.values()])
    means = [with_error(column.mean(), standard_error(column)) for column in values.T]
    return [str(sum(runs for _, runs, _ in per_cut)), str(len(per_cut)), str(len(sets)), *means]
