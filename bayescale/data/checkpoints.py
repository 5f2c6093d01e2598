"""Checkpoints: rows of one training run, whose errors are autocorrelated.

The error of a row is log(loss) minus what the law and its discrepancy predict. Within a training run, errors follow an
Ornstein-Uhlenbeck process in the log of the size: two rows that are h decades apart have the correlation
exp(-h / length). Rows of different training runs are independent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

#: Upper bound on the correlation of neighbouring rows: even two evaluations of one checkpoint differ.
MAX_CORRELATION = 0.99
#: Number of correlation lengths on the grid.
TRIED = 12
#: Shortest length, in units of the smallest distance of neighbours: their correlation there is exp(-3) = 0.05.
SHORTEST = 1.0 / 3.0
#: Longest length, in units of the longest run: its rows then share nearly one common error.
LONGEST = 10.0

#: Columns that grow along a training run, in the order of preference.
PROGRESS = ("D", "S", "C", "step")
#: Largest share of rows of a training run that may repeat the size of another row.
REPEATED = 0.1


@dataclass(frozen=True)
class Checkpoints:
    """Rows of a table that are checkpoints of training runs.

    Attributes
    ----------
    of_run : array of shape (row,), index into `names` of each row's training run.
    names : tuple of str, the training runs.
    size : array of shape (row,), size of each row [decades]; it orders the rows of a run.
    length : float, correlation length of the errors [decades]; 0 for independent errors.
    """

    of_run: np.ndarray
    names: tuple[str, ...]
    size: np.ndarray
    length: float = 0.0

    @cached_property
    def _order(self) -> np.ndarray:
        """Rows sorted by training run, then by size."""
        return np.lexsort((self.size, self.of_run))

    @cached_property
    def previous(self) -> np.ndarray:
        """For each row, the row before it in its training run; the first row of a run points to itself."""
        order = self._order
        before = np.arange(len(order))
        same = self.of_run[order[1:]] == self.of_run[order[:-1]]
        before[order[1:][same]] = order[:-1][same]
        return before

    @property
    def last(self) -> np.ndarray:
        """The last row of each training run, of shape (training run,)."""
        order = self._order
        return order[np.searchsorted(self.of_run[order], np.arange(len(self.names)), side="right") - 1]

    @cached_property
    def correlation(self) -> np.ndarray:
        """Correlation of each row's error with that of the row before it; 0 for the first row of a training run."""
        first = self.previous == np.arange(len(self.size))
        return np.where(first, 0.0, correlation_at(self.size - self.size[self.previous], self.length))

    @property
    def innovation_scale(self) -> np.ndarray:
        """Standard deviation of each row's innovation, in units of the noise scale."""
        return np.sqrt(1.0 - self.correlation**2)

    def innovations(self, errors: np.ndarray) -> np.ndarray:
        """Innovations of errors (..., row): independent, with the same scale as the errors."""
        return (errors - self.correlation * errors[..., self.previous]) / self.innovation_scale

    def transposed(self, values: np.ndarray) -> np.ndarray:
        """The transpose of the map from errors to innovations, applied to values (..., row)."""
        scaled = values / self.innovation_scale
        result = scaled.copy()
        for row in np.flatnonzero(self.previous != np.arange(len(self.size))):  # a row precedes at most one other
            result[..., self.previous[row]] -= self.correlation[row] * scaled[..., row]
        return result

    def given_previous(self, losses: np.ndarray, mu: Any, scale: Any) -> tuple[Any, Any]:
        """Conditional median loss and scale of each row (..., row), given the row before it; arrays or tensors."""
        before = np.log(losses[self.previous]) - np.log(mu[..., self.previous])
        return mu * np.exp(self.correlation * before), scale * self.innovation_scale

    @property
    def lengths(self) -> np.ndarray:
        """Grid of correlation lengths, from nearly independent neighbours to one common error per run [decades]."""
        gaps = self.size - self.size[self.previous]
        if not gaps.any():
            return np.empty(0)
        spans = pd.Series(self.size).groupby(self.of_run).agg(np.ptp)
        return np.geomspace(SHORTEST * gaps[gaps > 0].min(), LONGEST * spans.max(), TRIED)


def correlation_at(gap: Any, length: float) -> np.ndarray:
    """Correlation of two errors of one training run that are `gap` decades apart; 0 everywhere if `length` is 0."""
    return np.minimum(np.exp(-np.asarray(gap) / length), MAX_CORRELATION) if length > 0 else np.zeros(np.shape(gap))


def checkpoints(table: pd.DataFrame, sizes: Iterable[str]) -> Checkpoints | None:
    """The checkpoints of a table: rows that share the name of a training run in the column ``run``.

    Decided name by name: a name is that of a training run if its rows have one N and sizes that differ
    (`not_training_runs`). Rows of other names are independent runs.

    Returns
    -------
    Checkpoints or None : None if the table has no complete column ``run``, or if no training run has two rows.
    """
    if "run" not in table or table["run"].isna().any():
        return None
    others = set(not_training_runs(table))
    keys = [(name, row if name in others else -1) for row, name in enumerate(table["run"])]
    numbers, runs = pd.factorize(pd.Index(keys, tupleize_cols=False))
    if len(runs) == len(table):
        return None
    names = tuple(str(name) if row < 0 else f"{name} (row {row + 1})" for name, row in runs)
    return Checkpoints(numbers, names, decades(table, sizes))


def not_training_runs(table: pd.DataFrame) -> list:
    """Names in the column ``run`` that seeds or sweeps have: their rows have several N, or sizes that do not rise.

    The size is the first of D, S, C and step that the table has. One size in ten may repeat: a checkpoint is
    sometimes evaluated twice.
    """
    size = next((name for name in PROGRESS if name in table), None)
    names = []
    for name, rows in table.groupby("run", sort=False):
        if len(rows) < 2:
            continue
        several = "N" in rows and rows["N"].nunique() > 1
        distinct = len(rows) if size is None else rows[size].nunique()
        if several or distinct == 1 or len(rows) - distinct > REPEATED * len(rows):
            names.append(name)
    return names


def decades(table: pd.DataFrame, sizes: Iterable[str]) -> np.ndarray:
    """Size of each row, of shape (row,): log10 of the product of the columns `sizes`."""
    return np.log10(table[list(sizes)].to_numpy(dtype=float)).sum(axis=1)


@dataclass(frozen=True)
class Continuation:
    """Rows to forecast that continue fitted training runs beyond their last row, or belong to new ones.

    Attributes
    ----------
    order : array of shape (row,), rows sorted by training run, then by size.
    before : array of shape (row,), index of the row that precedes each in its run; -1 if none.
    of_end : array of shape (row,), index of the fitted training run that each continues; -1 if none.
    step : array of shape (row,), correlation of each row's error with its predecessor's, which is a row or the end of a
        fitted run; 0 if it has none.
    far : array of shape (row,), correlation of each row's error with that at the end of the fitted run; 0 if none.
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
        """Link the rows to forecast with each other and with the ends of fitted training runs.

        A row that is not larger than the end of the fitted run of its name belongs to a repetition of that run, whose
        errors are independent of the fitted ones.

        Parameters
        ----------
        names : training run of each row to forecast; None for a run of its own.
        size : array of shape (row,), size of these rows [decades].
        ends : names of the fitted training runs.
        end_size : array of shape (training run,), size of their last rows [decades].
        length : correlation length of the errors [decades].
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
        """Errors of the rows (..., row), from independent noise (..., row) and errors at ends (..., training run)."""
        errors = np.sqrt(1.0 - self.step**2) * noise
        for row in self.order:
            if self.before[row] >= 0:
                errors[..., row] += self.step[row] * errors[..., self.before[row]]
            elif self.of_end[row] >= 0:
                errors[..., row] += self.step[row] * ends[..., self.of_end[row]]
        return errors

    def marginal(self, mu: np.ndarray, scale: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Median loss and scale of each row (..., row) given the errors at ends, not given other new rows."""
        carried = np.where(self.of_end >= 0, self.far * ends[..., self.of_end], 0.0)
        return mu * np.exp(carried), scale * np.sqrt(1.0 - self.far**2)
