"""Checkpoints: rows of one training run, whose errors go on from one to the next.

The error of a row, log(loss) less what the law and its discrepancy say, is a first-order autoregression in the log of
the run's size (Ornstein & Uhlenbeck): at a distance of h decades two rows of a run have the correlation
exp(-h / length). Rows of different runs are independent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

#: The most that neighbours are taken to be alike: two evaluations of one checkpoint are not one.
MOST = 0.99
#: Lengths that are tried; the shortest in units of neighbours' smallest distance (there they are alike by 0.05), the
#: longest in units of the longest run (there a run is off by one number).
TRIED, SHORTEST, LONGEST = 12, 1.0 / 3.0, 10.0


@dataclass(frozen=True)
class Checkpoints:
    """Rows that are checkpoints of training runs.

    Attributes
    ----------
    of_run : array of shape (row,), number of the training run of each row.
    names : name of each training run.
    size : array of shape (row,), by which the rows of a run follow each other [decades].
    length : distance at which errors are alike by 1/e [decades]; 0 where they are independent.
    """

    of_run: np.ndarray
    names: tuple[str, ...]
    size: np.ndarray
    length: float = 0.0

    @cached_property
    def _order(self) -> np.ndarray:
        """Rows, run by run, each by size."""
        return np.lexsort((self.size, self.of_run))

    @cached_property
    def previous(self) -> np.ndarray:
        """The row before each in its run; itself, if it is the first."""
        order = self._order
        before = np.arange(len(order))
        same = self.of_run[order[1:]] == self.of_run[order[:-1]]
        before[order[1:][same]] = order[:-1][same]
        return before

    @property
    def last(self) -> np.ndarray:
        """The last row of each run."""
        order = self._order
        return order[np.searchsorted(self.of_run[order], np.arange(len(self.names)), side="right") - 1]

    @cached_property
    def correlation(self) -> np.ndarray:
        """Correlation of the errors of each row and the one before it; 0 for the first of a run."""
        first = self.previous == np.arange(len(self.size))
        return np.where(first, 0.0, correlation_at(self.size - self.size[self.previous], self.length))

    @property
    def innovation_scale(self) -> np.ndarray:
        """Scale of what is new in each row's error, in units of the noise."""
        return np.sqrt(1.0 - self.correlation**2)

    def innovations(self, errors: np.ndarray) -> np.ndarray:
        """What is new in the errors of rows, the last axis, beside those of the rows before, on the noise's scale."""
        return (errors - self.correlation * errors[..., self.previous]) / self.innovation_scale

    def given_previous(self, losses: np.ndarray, mu: Any, scale: Any) -> tuple[Any, Any]:
        """Expected loss and scale of each row, the last axis, given earlier rows of its run; arrays or tensors."""
        before = np.log(losses[self.previous]) - np.log(mu[..., self.previous])
        return mu * np.exp(self.correlation * before), scale * self.innovation_scale

    @property
    def lengths(self) -> np.ndarray:
        """Lengths that may be, from where neighbours are hardly alike to where a run is off by one number [decades]."""
        gaps = self.size - self.size[self.previous]
        if not gaps.any():
            return np.empty(0)
        spans = pd.Series(self.size).groupby(self.of_run).agg(np.ptp)
        return np.geomspace(SHORTEST * gaps[gaps > 0].min(), LONGEST * spans.max(), TRIED)


def correlation_at(gap: Any, length: float) -> np.ndarray:
    """Correlation of errors at a distance of `gap` decades."""
    return np.minimum(np.exp(-np.asarray(gap) / length), MOST) if length > 0 else np.zeros(np.shape(gap))


def checkpoints(table: pd.DataFrame, sizes: Iterable[str]) -> Checkpoints | None:
    """Those of a table with a column ``run``, in which some training runs have several rows; None for any other.

    One name for all rows is no training run, but that of a table, where N varies.
    """
    if "run" not in table or table["run"].isna().any():
        return None
    numbers, names = pd.factorize(table["run"])
    if len(names) == len(table) or (len(names) == 1 and "N" in table and table["N"].nunique() > 1):
        return None
    return Checkpoints(numbers, tuple(map(str, names)), decades(table, sizes))


def decades(table: pd.DataFrame, sizes: Iterable[str]) -> np.ndarray:
    """Size of rows, of shape (row,): log10 of the product of these columns."""
    return np.log10(table[list(sizes)].to_numpy(dtype=float)).sum(axis=1)


@dataclass(frozen=True)
class Continuation:
    """Rows to be forecast, as what follows the last rows of training runs, or begins new ones.

    Attributes
    ----------
    order : array of shape (row,), run by run, each by size.
    before : array of shape (row,), the row that each follows; -1 if none.
    of_end : array of shape (row,), number of the training run that each is beyond the end of; -1 if none.
    step : array of shape (row,), correlation with the error of what it follows, a row or an end; 0 if nothing.
    far : array of shape (row,), correlation with the error at the end of its training run; 0 if none.
    """

    order: np.ndarray
    before: np.ndarray
    of_end: np.ndarray
    step: np.ndarray
    far: np.ndarray

    @classmethod
    def of(
        cls, names: Iterable[str | None], size: np.ndarray, ends: Iterable[str], end_size: np.ndarray, length: float
    ) -> "Continuation":
        """Of rows by the names of their training runs (None: one of its own) and sizes, and of the ends of those known.

        Rows that are no larger than the end of their run are of a run like it, which errs anew.
        """
        known, names = {name: k for k, name in enumerate(ends)}, list(names)
        of_end = np.array([-1 if name is None else known.get(name, -1) for name in names], dtype=int)
        end = np.append(end_size, np.inf)[of_end]
        of_end = np.where(size > end, of_end, -1)
        keys = [(k, None, 0) if name is None else (-1, name, of_end[k]) for k, name in enumerate(names)]
        run = pd.factorize(pd.Index(keys, tupleize_cols=False))[0]
        order, before = np.lexsort((size, run)), np.full(len(size), -1)
        same = run[order[1:]] == run[order[:-1]]
        before[order[1:][same]] = order[:-1][same]
        gap = np.where(of_end >= 0, size - end, np.inf)
        step = np.where(before >= 0, size - size[before], gap)
        return cls(order, before, of_end, correlation_at(step, length), correlation_at(gap, length))

    def errors(self, noise: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Errors of the rows, of shape (..., row), from independent noise, and errors at ends (..., training run)."""
        found = np.sqrt(1.0 - self.step**2) * noise
        for row in self.order:
            if self.before[row] >= 0:
                found[..., row] += self.step[row] * found[..., self.before[row]]
            elif self.of_end[row] >= 0:
                found[..., row] += self.step[row] * ends[..., self.of_end[row]]
        return found

    def marginal(self, mu: np.ndarray, scale: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Expected loss and scale of each row by itself, given the errors at the ends."""
        carried = np.where(self.of_end >= 0, self.far * ends[..., self.of_end], 0.0)
        return mu * np.exp(carried), scale * np.sqrt(1.0 - self.far**2)
