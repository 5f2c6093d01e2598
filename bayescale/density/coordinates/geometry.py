"""Geometry: the loss and its slopes at the reference run, estimated from the runs before anything is fitted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bayescale.data.table import RunTable

#: A column is constant if its logarithm spans less than this.
STILL = 0.02
#: N and D lie on one line if the standard deviation of log D about it is below this share of that of log D.
ON_A_LINE = 0.1


@dataclass(frozen=True)
class Geometry:
    """What the runs say about the loss at the reference run.

    Attributes
    ----------
    middle : the loss there [nats/token].
    slopes : column -> minus the slope of the log loss in the log of the column there, at least 0.001.
    still : the columns that are constant.
    along : slope of log D in log N, if N and D lie on one line; else None.
    depth : log of the largest run's size (the product of its columns) over that of the reference run.
    reference : the reference run: ``N0``, ``N_top``, ``loss_min``, …
    """

    middle: Any
    slopes: Mapping[str, Any]
    still: frozenset[str]
    along: Any
    depth: Any
    reference: Mapping[str, Any]

    @classmethod
    def of(cls, table: RunTable, inputs: Sequence[str]) -> "Geometry":
        """The geometry of a table, in numbers.

        Parameters
        ----------
        table : RunTable
        inputs : the law's columns.
        """
        names = [name for name in table.columns if name != "loss_se"]
        level, *fitted = _regression(table, names)
        middle = float(table.reference["loss_min"])
        if len(table.loss):
            middle = float(np.clip(np.exp(level), table.loss.min(), table.loss.max()))
        slopes = {name: float(max(1e-3, -slope)) for name, slope in zip(names, fitted, strict=False)}
        ends = [(table.reference.get(f"{name}_top"), table.reference.get(f"{name}0")) for name in inputs]
        depth = sum(np.log(top / origin) for top, origin in ends if top is not None and origin is not None)
        still = frozenset(name for name, values in table.columns.items() if np.ptp(np.log(values)) < STILL)
        return cls(middle, slopes, still, _along(table.columns), float(depth), dict(table.reference))

    def on(self, number: Callable[[float], Any]) -> "Geometry":
        """The same geometry with each number passed through a function, such as one that makes it a node of a tape."""
        slopes = {name: number(value) for name, value in self.slopes.items()}
        along = None if self.along is None else number(self.along)
        reference = {name: number(value) for name, value in self.reference.items()}
        return Geometry(number(self.middle), slopes, self.still, along, number(self.depth), reference)


def _regression(table: RunTable, names: Sequence[str]) -> np.ndarray:
    """Log loss at the reference run, then its slopes in the logs of the columns, then its curvatures.

    Curvatures are fitted where there are at least five runs for each column.
    """
    x = [np.log(table.columns[name] / table.reference[f"{name}0"]) for name in names]
    if not len(table.loss):
        return np.zeros(1 + len(x))
    x += [value**2 for value in x] if len(table.loss) >= 5 * len(x) else []
    design = np.column_stack([np.ones(len(table.loss)), *x])
    return np.linalg.lstsq(design, np.log(table.loss), rcond=1e-6)[0]


def _along(columns: pd.DataFrame) -> float | None:
    """Slope of log D in log N, if they lie on one rising line and neither is constant; else None."""
    if not {"N", "D"} <= set(columns) or len(columns) < 3:
        return None
    x, y = np.log(columns["N"].to_numpy()), np.log(columns["D"].to_numpy())
    if min(np.ptp(x), np.ptp(y)) < STILL:
        return None
    slope, level = np.polyfit(x, y, 1)
    return float(slope) if slope > 0 and np.std(y - level - slope * x) < ON_A_LINE * np.std(y) else None
