"""RunTable: the part of a table that a law needs, once it has been checked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from bayescale.data.checkpoints import Checkpoints

#: A column whose logarithm spans less is the same in every run.
STILL = 0.02
#: Columns are on one line where this share of one's spread, or less, is not the other's.
ON_A_LINE = 0.1


class Sites(NamedTuple):
    """What the density of each run's noise is like beside its scale, at the posterior mode; arrays of shape (run,).

    Attributes
    ----------
    residuals : how far it is from what the law and its discrepancy say.
    curvatures : how sharply the log density bends.
    spreads : standard deviation of the run's discrepancy, given the parameters, in units of the scale.
    """

    residuals: np.ndarray
    curvatures: np.ndarray
    spreads: np.ndarray


@dataclass(frozen=True)
class RunTable:
    """The part of a table that a law needs, checked.

    Attributes
    ----------
    columns : DataFrame of float64, one row a run, with the columns of the formula and of the noise.
    groups : DataFrame, the grouping columns.
    loss : array of shape (run,) [nats/token].
    reference : the reference run (N0, D0, C0, …: geometric means unless the law sets them) and ``loss_min``.
    levels : the levels of each group, in the order of their first appearance.
    sites : how the density of each run's noise is approximated; see `bayescale.inference.laplace.sites`.
    checkpoints : the training runs that rows are checkpoints of; None where each row is a run of its own.
    """

    columns: pd.DataFrame
    groups: pd.DataFrame
    loss: np.ndarray
    reference: Mapping[str, float]
    levels: Mapping[str, list]
    sites: Sites | None = None
    checkpoints: Checkpoints | None = None

    def innovations(self, errors: np.ndarray) -> np.ndarray:
        """What is new in the errors of rows, the last axis, beside those of earlier checkpoints of the same run."""
        return errors if self.checkpoints is None else self.checkpoints.innovations(errors)

    def smallest(self, dims: Iterable[str]) -> np.ndarray:
        """Smallest observed loss in each cell of the groups `dims`, of shape (len of each); overall where empty."""
        dims = list(dims)
        index = pd.MultiIndex.from_product([self.levels[d] for d in dims], names=dims)
        found = self.groups.assign(_loss=self.loss).groupby(dims)["_loss"].min()
        found.index = pd.MultiIndex.from_frame(found.index.to_frame())
        cells = found.reindex(index).fillna(self.reference["loss_min"])
        return cells.to_numpy().reshape([len(self.levels[d]) for d in dims])

    @property
    def middle(self) -> float:
        """Loss at the reference run [nats/token], by regression of the log loss on the logs of the columns."""
        if not len(self.loss):
            return float(self.reference["loss_min"])
        return float(np.clip(np.exp(self._regression[0]), self.loss.min(), self.loss.max()))

    @property
    def slopes(self) -> dict[str, float]:
        """How fast the log loss falls at the reference run with the log of each column, by the same regression."""
        names = [name for name in self.columns if name != "loss_se"]
        return {name: float(max(1e-3, -slope)) for name, slope in zip(names, self._regression[1:], strict=False)}

    @property
    def along(self) -> float | None:
        """How fast log D grows with log N, where they lie on one line and both change; None elsewhere."""
        if not {"N", "D"} <= set(self.columns) or len(self.loss) < 3:
            return None
        x, y = np.log(self.columns["N"].to_numpy()), np.log(self.columns["D"].to_numpy())
        if min(np.ptp(x), np.ptp(y)) < STILL:
            return None
        slope, level = np.polyfit(x, y, 1)
        return float(slope) if slope > 0 and np.std(y - level - slope * x) < ON_A_LINE * np.std(y) else None

    @cached_property
    def _regression(self) -> np.ndarray:
        """Level and slopes at the reference run, and half the curvatures where there are runs enough."""
        x = [np.log(values / self.reference[f"{name}0"]) for name, values in self.columns.items() if name != "loss_se"]
        if not len(self.loss):
            return np.zeros(1 + len(x))
        x += [value**2 for value in x] if len(self.loss) >= 5 * len(x) else []
        design = np.column_stack([np.ones(len(self.loss)), *x])
        return np.linalg.lstsq(design, np.log(self.loss), rcond=1e-6)[0]
