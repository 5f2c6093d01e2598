"""The page's part on conditional calibration: by method, by half, and by data set."""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.forecasts.cut import JUDGED
from benchmarks.forecasts.methods import DEFAULT
from benchmarks.forecasts.report.averages import standard_error, with_error
from benchmarks.forecasts.report.calibration import Judged, judge
from benchmarks.table import number, table

ABOUT = (
    "Coverage that is right on average can be too small on one data set and too large on another. The distance of a "
    "data set is |coverage - nominal|, of its coverage over all held-out runs. A perfectly calibrated forecaster has a "
    "distance too, because held-out runs are few and err together; its value is in the column calibrated. It comes "
    "from the joint draws of each forecast: each of 200 draws is taken for the truth in turn. Simplification: cuts of "
    "one group share held-out runs, but each cut is simulated alone; draws of a group's cuts are paired as if their "
    "runs erred together fully, and groups are taken as independent. The calibrated value with no cut paired, and with "
    "all cuts of a data set paired, stands in brackets. Width over ideal: the width of 90 % intervals over that at "
    "which they, scaled about the median in log loss, would just hold 90 % of a data set's held-out runs; its mean is "
    "geometric, and its spread is the geometric standard deviation over data sets (1: the same on all). Both are "
    "above 1 for a perfectly calibrated forecaster too, where runs err together; its values stand in brackets."
)
HEAD = tuple(
    f"{words}{level:.0%}".replace("%", " %")
    for level in JUDGED
    for words in ("distance at ", "calibrated at ", "excess at ")
)
#: Combinations of simulated data sets, to average the spread of a perfectly calibrated forecaster.
DRAWN = 1000


class Means:
    """Means over data sets of the calibration of one method.

    Attributes
    ----------
    sets : number of data sets.
    distance, error : arrays of shape (level,), mean distance from nominal and its standard error.
    expected : pairing -> array of shape (level,), mean distance of a perfectly calibrated forecaster.
    excess, excess_error : arrays of shape (level,), distance less `expected` of cuts paired by group.
    over_ideal, spread : geometric mean and standard deviation of the width of 90 % over the ideal width.
    calibrated, calibrated_spread : the same for a perfectly calibrated forecaster.
    """

    def __init__(self, judged: Mapping[str, Judged]):
        sets = list(judged.values())
        self.sets = len(sets)
        self.distance = np.mean([one.distance for one in sets], axis=0)
        self.error = np.array([standard_error(column) for column in np.array([one.distance for one in sets]).T])
        self.expected = {paired: np.mean([one.expected[paired] for one in sets], axis=0) for paired in sets[0].expected}
        gaps = np.array([one.distance - one.expected["group"] for one in sets])
        self.excess = gaps.mean(axis=0)
        self.excess_error = np.array([standard_error(column) for column in gaps.T])
        over = np.log([one.over_ideal for one in sets])
        self.over_ideal = float(np.exp(over.mean()))
        self.spread = float(np.exp(over.std(ddof=1))) if len(sets) > 1 else float("nan")
        rng = np.random.default_rng(0)
        logs = np.array([-np.log(rng.choice(one.factors, DRAWN)) for one in sets])
        self.calibrated = float(np.exp(logs.mean()))
        self.calibrated_spread = float(np.exp(logs.std(axis=0, ddof=1).mean())) if len(sets) > 1 else float("nan")

    def cells(self) -> list[str]:
        """The cells of a row: for each level distance, calibrated, excess; then width over ideal, and its spread."""
        cells = []
        for k in range(len(JUDGED)):
            ends = [number(self.expected[paired][k], 2) for paired in ("none", "all")]
            cells += [
                with_error(float(self.distance[k]), float(self.error[k])),
                f"{number(self.expected['group'][k], 2)} ({ends[0]} to {ends[1]})",
                f"{self.excess[k]:+.3f}" + (f" ± {self.excess_error[k]:.2g}" if self.sets > 1 else ""),
            ]
        cells.append(f"{number(self.over_ideal)} ({number(self.calibrated)})")
        some = f"{number(self.spread)} ({number(self.calibrated_spread)})" if self.sets > 1 else number(None)
        return [str(self.sets), *cells, some]


def sections(records: Sequence[dict], methods: Sequence[str], halves: Mapping[str, Sequence[str]]) -> list[str]:
    """The sections: all methods on all data sets, the default by half, the default by data set."""
    own = {method: judge([record for record in records if record["method"] == method]) for method in methods}
    parts = ["## Conditional calibration", ABOUT, means_of("method", own)]
    if DEFAULT in own:
        judged = own[DEFAULT]
        by_half = {name: {data: judged[data] for data in sets if data in judged} for name, sets in halves.items()}
        if len(by_half) > 1:
            parts += [f"The same for {DEFAULT} by half:", means_of("half", by_half)]
        parts += [f"### {DEFAULT} by data set", BY_DATA, by_data(judged)]
    return parts


def means_of(what: str, judged: Mapping[str, Mapping[str, Judged]]) -> str:
    """A table of means over data sets; its rows are methods, halves, …, each with the calibration of its data sets."""
    rows = [[name, *Means(sets).cells()] for name, sets in judged.items() if sets]
    return table([what, "data sets", *HEAD, "width over ideal", "spread"], rows)


#: What the columns of the table by data set are.
BY_DATA = (
    "Runs: held-out runs at the smallest cut of each group. Calibrated: mean distance of a perfectly calibrated "
    "forecaster. As far: probability that its distance is at least this large. Over ideal: width over the ideal width; "
    "in brackets, the 5 and 95 % quantiles of a perfectly calibrated forecaster. Worst cut: the cut whose 90 % "
    "intervals hold the smallest share."
)


def by_data(judged: Mapping[str, Judged]) -> str:
    """The calibration of each data set, with its worst cut."""
    head = ["data set", "runs", "cuts", *(f"inside {level:.0%}".replace("%", " %") for level in JUDGED)]
    for level in JUDGED:
        head += [f"{word} {level:.0%}".replace("%", " %") for word in ("distance", "calibrated", "as far")]
    head += ["width 90 % [%]", "over ideal", "worst cut", "its coverage"]
    rows = []
    for data, one in judged.items():
        row = [data, str(one.held), str(one.cuts), *map(float, one.covered)]
        for k in range(len(JUDGED)):
            row += [float(one.distance[k]), float(one.expected["group"][k]), float(one.as_far[k])]
        group, cut, share = one.worst
        ends = " to ".join(number(float(end), 2) for end in np.quantile(1.0 / one.factors, [0.05, 0.95]))
        rows.append([*row, one.width, f"{number(one.over_ideal)} ({ends})", f"{group} {cut:.3g}".strip(), float(share)])
    return table(head, rows)
