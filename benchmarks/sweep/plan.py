"""The runs of a sweep: learning rates first, then the grid of equal compute, repeats, and the runs held out.

Each stage depends on the results of earlier ones, never on those of the runs that are held out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.sweep.model import Size
from benchmarks.sweep.task import Task
from benchmarks.sweep.training import Run

WIDTHS = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
RATES = tuple(2e-3 * 2.0**k for k in range(7))


@dataclass(frozen=True)
class Plan:
    """A sweep.

    Attributes
    ----------
    budgets : compute [FLOP] of each row of the grid.
    centre : N [parameters] in the middle of the first row; that of the others grows as the root of compute.
    around : sizes below and above the middle.
    tuned : widths whose learning rate is searched, with the compute [FLOP] that they get for it.
    repeated : rows of the grid of which the three middle sizes are done again, and with how many further seeds.
    held_out : compute of the runs held out, over the largest budget.
    """

    budgets: Sequence[float]
    centre: float
    tuned: Mapping[int, float]
    held_out: Sequence[float]
    around: int = 3
    repeated: Sequence[int] = (1, 3, 5)
    seeds: int = 2
    rates: Sequence[float] = field(default=RATES)

    def tuning(self) -> list[Run]:
        """Every learning rate for the widths that are tuned."""
        return [Run("tuning", c, width, rate, 0) for width, c in self.tuned.items() for rate in self.rates]

    def grid(self, task: Task, rate) -> list[Run]:
        """Equal compute, by row; `rate` tells the learning rate of a size. No run takes more than the text has."""
        return [
            Run("grid", c, width, rate(_size(task, width).parameters), 1)
            for c in self.budgets
            for width in self._row(task, c)
        ]

    def repeats(self, task: Task, rate) -> list[Run]:
        """Further seeds of some runs of the grid."""
        return [
            Run("seeds", c, width, rate(_size(task, width).parameters), 2 + k)
            for c in (self.budgets[row] for row in self.repeated)
            for width in self._row(task, c)[self.around - 1 : self.around + 2]
            for k in range(self.seeds)
        ]

    def larger(self, task: Task, rate, done: Iterable[Mapping]) -> list[Run]:
        """The runs held out: at each compute the size nearest to the optimum that the grid's rows tell."""
        slope, level = optimal_size([run for run in done if run["split"] == "grid"])
        runs = []
        for times in self.held_out:
            c = times * self.budgets[-1]
            wanted = level + slope * np.log(c)
            width = min(_possible(task, c), key=lambda w: abs(np.log(_size(task, w).parameters) - wanted))
            runs.append(Run("heldout", c, width, rate(_size(task, width).parameters), 1))
        return runs

    def _row(self, task: Task, budget: float) -> tuple[int, ...]:
        wanted = np.log(self.centre * np.sqrt(budget / self.budgets[0]))
        widths = _possible(task, budget)
        middle = int(np.argmin([abs(np.log(_size(task, width).parameters) - wanted) for width in widths]))
        first = max(0, middle - self.around)
        return widths[first : first + 2 * self.around + 1]


def _possible(task: Task, budget: float) -> tuple[int, ...]:
    """Widths whose run of that compute takes no more tokens than there are."""
    return tuple(w for w in WIDTHS if budget / 6 / _size(task, w).parameters <= 0.99 * task.tokens)


def _size(task: Task, width: int) -> Size:
    return Size(width, task.vocabulary, task.window)


def rate_rule(done: Iterable[Mapping]):
    """Learning rate as a power of N: a line through the best of each width that was tuned.

    The best of a width is the vertex of the parabola through the smallest loss and its two neighbours, in log rate.
    """
    by: dict[int, list[tuple[float, float]]] = {}
    for run in done:
        if run["split"] == "tuning":
            by.setdefault(run["N"], []).append((np.log(run["rate"]), run["loss"]))
    best = [_vertex(*zip(*sorted(pairs), strict=True)) for pairs in by.values()]
    slope, level = np.polyfit(np.log(list(by)), best, 1)
    return lambda n: float(np.exp(level + slope * np.log(n)))


def optimal_size(grid: Iterable[Mapping]) -> tuple[float, float]:
    """Slope and level of log N* on log C, by the vertex of each row's parabola (Hoffmann et al. 2022, approach 2)."""
    rows: dict[float, list[tuple[float, float]]] = {}
    for run in grid:
        rows.setdefault(run["budget"], []).append((np.log(run["N"]), run["loss"]))
    best = []
    for pairs in rows.values():
        x, y = map(np.array, zip(*pairs, strict=True))
        a, b, _ = np.polyfit(x, y, 2)
        best.append(-b / (2 * a))
    slope, level = np.polyfit(np.log(list(rows)), best, 1)
    return float(slope), float(level)


def _vertex(x, y) -> float:
    at = int(np.clip(np.argmin(y), 1, len(y) - 2))
    a, b, _ = np.polyfit(x[at - 1 : at + 2], y[at - 1 : at + 2], 2)
    return float(np.clip(-b / (2 * a), x[0], x[-1])) if a > 0 else float(x[int(np.argmin(y))])


_ROOT10 = np.sqrt(10.0)
PLANS = {
    "known_entropy": Plan(
        budgets=tuple(1e9 * _ROOT10**k for k in range(7)),
        centre=1500.0,
        tuned={8: 1e9, 24: 3e10, 64: 5e11},
        held_out=(10.0, 30.0, 100.0),
    ),
    "text_sweep": Plan(
        budgets=tuple(3e8 * _ROOT10**k for k in range(6)),
        centre=1200.0,
        tuned={8: 1e9, 24: 2e10, 64: 3e11},
        held_out=(10.0, 20.0, 40.0),
        repeated=(1, 3, 5),
    ),
}
