"""Averages with the data set as unit, and their standard errors over data sets.

Runs are averaged in a cut, cuts in a data set, and data sets equally.
"""

from collections.abc import Sequence

import numpy as np

from bayescale.forecasting.scores import LEVELS
from benchmarks.forecasts.methods import BASE
from benchmarks.table import number, table

HEAD = ("50 %", "80 %", "90 %", "95 %", "sets ≥ .80", "CRPS ratio", "width ratio", "RMSLE", "error", "log score")
#: Scores of a record that are averaged.
NAMES = ("covered", "width", "crps", "interval_score", "rmsle", "error", "log_score")
#: Columns of HEAD that are geometric means of ratios to the baseline.
RATIOS = (HEAD.index("CRPS ratio"), HEAD.index("width ratio"))
#: Log scores below this are printed as "<" and this number.
WORST = -100
#: Position of the 90 % interval.
AT = LEVELS.index(0.9)

#: Method -> data set -> score, the mean over its cuts.
Scores = dict[str, dict[str, dict[str, np.ndarray]]]


def by_data(records: Sequence[dict]) -> Scores:
    """Method -> data set -> score, the mean over its cuts."""
    grouped: dict[str, dict[str, list[dict]]] = {}
    for record in records:
        grouped.setdefault(record["method"], {}).setdefault(record["data"], []).append(record)
    return {
        method: {
            data: {name: np.mean([record[name] for record in group], axis=0) for name in NAMES}
            for data, group in groups.items()
        }
        for method, groups in grouped.items()
    }


def aggregate(scores: Scores, chosen: Sequence[str], base: str = BASE) -> dict[str, list[float]]:
    """Method -> the numbers of HEAD over some data sets; ratios are geometric means over them, to `base`."""
    rows = {}
    for method, sets in scores.items():
        means = _columns(sets, scores[base], chosen).mean(axis=0)
        means[list(RATIOS)] = np.exp(means[list(RATIOS)])
        rows[method] = means.tolist()
    return rows


def errors(scores: Scores, chosen: Sequence[str], base: str = BASE) -> dict[str, list[float]]:
    """Method -> the standard errors of these numbers over data sets; NaN for a single data set."""
    rows = {}
    for method, sets in scores.items():
        values = _columns(sets, scores[base], chosen)
        spread = np.array([standard_error(column) for column in values.T])
        spread[list(RATIOS)] *= np.exp(values[:, list(RATIOS)].mean(axis=0))
        rows[method] = spread.tolist()
    return rows


def standard_error(values: Sequence[float] | np.ndarray) -> float:
    """Standard error of the mean over data sets; NaN for a single one."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def _columns(sets: dict, base: dict, chosen: Sequence[str]) -> np.ndarray:
    """The numbers of HEAD, of shape (data set, number); the logs of ratios."""
    rows = []
    for data in chosen:
        own, other = sets[data], base[data]
        ratios = [np.log(own["crps"] / other["crps"]), np.log(own["width"][AT] / other["width"][AT])]
        last = [own["rmsle"], own["error"], own["log_score"]]
        rows.append([*own["covered"], own["covered"][AT] >= 0.8, *ratios, *last])
    return np.array(rows, dtype=float)


def with_error(mean: float, error: float, digits: int = 3) -> str:
    """A mean and its standard error, as in "0.902 ± 0.031"; the mean alone without an error."""
    return number(mean, digits) if np.isnan(error) or error == 0 else f"{number(mean, digits)} ± {number(error, 2)}"


def shown(row: Sequence[float], spread: Sequence[float] | None = None) -> list:
    """A row of numbers whose last is a log score; a kernel estimate far from all draws is shown as a bound."""
    log_score = row[-1]
    cells = list(row) if spread is None else [with_error(*pair) for pair in zip(row, spread, strict=True)]
    return [*cells[:-1], f"< {WORST}" if log_score < WORST else cells[-1]]


def rows_of(scores: Scores, chosen: Sequence[str], base: str = BASE) -> str:
    """The table of the methods' averages over some data sets, with standard errors."""
    means, spread = aggregate(scores, chosen, base), errors(scores, chosen, base)
    return table(["method", *HEAD], [[method, *shown(means[method], spread[method])] for method in means])
