"""Checkpoints: rows of one training run, whose errors go on from one to the next.

The error of a row, log(loss) less what the law and its discrepancy say, is a wander that goes on within a training run
and a part of its own. The wander is a first-order autoregression in the log of the run's size (Ornstein & Uhlenbeck):
at a distance of h decades two rows of a run have the correlation exp(-h / length). Rows of different runs are
independent. What is new in each row, beside those before it, is worked out by Kalman's filter.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.filters import filtered

#: The most that neighbours are taken to be alike: two evaluations of one checkpoint are not one.
MOST = 0.99
#: Lengths that are tried; the shortest in units of neighbours' smallest distance (there they are alike by 0.05), the
#: longest in units of the longest run (there a run is off by one number).
TRIED, SHORTEST, LONGEST = 8, 1.0 / 3.0, 10.0
#: Shares of the noise's variance that are tried for what is of each row's own.
WHITE = (0.0, 0.4, 0.8)


@dataclass(frozen=True)
class Checkpoints:
    """Rows that are checkpoints of training runs.

    Attributes
    ----------
    of_run : array of shape (row,), number of the training run of each row.
    names : name of each training run.
    size : array of shape (row,), by which the rows of a run follow each other [decades].
    length : distance at which wanders are alike by 1/e [decades]; 0 where errors are independent.
    white : share of the noise's variance that is of each row's own.
    """

    of_run: np.ndarray
    names: tuple[str, ...]
    size: np.ndarray
    length: float = 0.0
    white: float = 0.0

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
    def filter(self) -> np.ndarray:
        """Columns of `bayescale.filters.filtered`, of shape (4, row): the order of the rows, and three coefficients."""
        first = self.previous == np.arange(len(self.size))
        alike = np.where(first, 0.0, correlation(self.size - self.size[self.previous], self.length))
        carried, scale, known, gain = np.zeros(len(alike)), np.ones(len(alike)), 0.0, 1.0
        for row in self._order:
            carried[row] = alike[row] * (1.0 - gain)
            scale[row], gain, known = stepped(alike[row], known, self.white)
        return np.array([self._order, alike, carried, scale])

    @property
    def fresh(self) -> np.ndarray:
        """Scale of what is new in each row's error, in units of the noise."""
        return self.filter[-1]

    def news(self, errors: np.ndarray) -> np.ndarray:
        """What is new in the errors of rows, the last axis, beside those of earlier rows, on the noise's scale."""
        return np.moveaxis(filtered(np.moveaxis(errors, -1, 0), *self.filter), 0, -1)

    def onward(self, losses: np.ndarray, mu: Any, scale: Any) -> tuple[Any, Any]:
        """Expected loss and scale of each row, the last axis, given earlier rows of its run; arrays or tensors."""
        error = np.log(losses) - np.log(mu)
        if isinstance(error, np.ndarray):
            return losses * np.exp(-self.fresh * self.news(error)), scale * self.fresh
        news = self.fresh * self.news(np.eye(len(losses)))  # of a tensor, by a matrix
        return losses * np.exp(-(error @ news)), scale * self.fresh

    def ends(self, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The wander at the last row of each run, given the errors of all rows: its mean and its variance.

        Of shapes (..., training run), from errors (..., row), and (training run,), in units of the noise's.
        """
        order, alike, _, scale = self.filter
        gain, known = np.ones(len(order)), np.zeros(len(order))
        for row in order.astype(int):
            _, gain[row], known[row] = stepped(alike[row], known[self.previous[row]], self.white)
        last = self.last
        unknown = (1.0 - gain[last]) * scale[last] * self.news(errors)[..., last]
        return errors[..., last] - unknown, known[last]

    @property
    def lengths(self) -> np.ndarray:
        """Lengths that may be, from where neighbours are hardly alike to where a run is off by one number [decades]."""
        gaps = self.size - self.size[self.previous]
        if not gaps.any():
            return np.empty(0)
        spans = pd.Series(self.size).groupby(self.of_run).agg(np.ptp)
        return np.geomspace(SHORTEST * gaps[gaps > 0].min(), LONGEST * spans.max(), TRIED)


def stepped(alike: float, known: float, white: float) -> tuple[float, float, float]:
    """One step of Kalman's filter, of variances in units of the noise's.

    Parameters
    ----------
    alike : correlation of the wander with that of the row before; 0 for the first row of a run.
    known : variance of the wander at the row before, given that row and those before it.
    white : share of the noise's variance that is of each row's own.

    Returns
    -------
    scale : of what is new in the row's error.
    gain : how much of that is the wander's.
    known : variance of the wander at the row, given it and those before.
    """
    ahead = alike**2 * known + (1.0 - white) * (1.0 - alike**2)
    gain = ahead / (ahead + white)
    return np.sqrt(ahead + white), gain, (1.0 - gain) * ahead


def correlation(gap: Any, length: float) -> np.ndarray:
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
class Onward:
    """Rows to be forecast, as what follows the last rows of training runs, or begins new ones.

    Attributes
    ----------
    order : array of shape (row,), run by run, each by size.
    before : array of shape (row,), the row that each follows; -1 if none.
    of_end : array of shape (row,), number of the training run that each is beyond the end of; -1 if none.
    step : array of shape (row,), correlation with the wander of what it follows, a row or an end; 0 if nothing.
    far : array of shape (row,), correlation with the wander at the end of its training run; 0 if none.
    known : array of shape (row,), variance of the wander at the end of its training run, in units of the noise's.
    white : share of the noise's variance that is of each row's own.
    """

    order: np.ndarray
    before: np.ndarray
    of_end: np.ndarray
    step: np.ndarray
    far: np.ndarray
    known: np.ndarray
    white: float

    @classmethod
    def of(cls, names: Iterable[str | None], size: np.ndarray, ends: xr.Dataset) -> "Onward":
        """Of rows by the names of their training runs (None: one of its own) and sizes.

        Of the ends of those that were fitted, by the group of the discrepancy (`bayescale.conditional.with_ends`).

        Rows that are no larger than the end of their run are of a run like it, which errs anew.
        """
        fitted, names = {name: k for k, name in enumerate(ends["training_run"].to_numpy().tolist())}, list(names)
        length, white = float(ends["length"]), float(ends["white"])
        of_end = np.array([-1 if name is None else fitted.get(name, -1) for name in names], dtype=int)
        end = np.append(ends["end_size"].to_numpy(), np.inf)[of_end]
        of_end = np.where(size > end, of_end, -1)
        keys = [(k, None, 0) if name is None else (-1, name, of_end[k]) for k, name in enumerate(names)]
        run = pd.factorize(pd.Index(keys, tupleize_cols=False))[0]
        order, before = np.lexsort((size, run)), np.full(len(size), -1)
        same = run[order[1:]] == run[order[:-1]]
        before[order[1:][same]] = order[:-1][same]
        gap = np.where(of_end >= 0, size - end, np.inf)
        step = np.where(before >= 0, size - size[before], gap)
        known = np.append(ends["end_variance"].to_numpy(), 0.0)[of_end]
        return cls(order, before, of_end, correlation(step, length), correlation(gap, length), known, white)

    def errors(self, noise: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Errors of the rows, of shape (..., row), from independent noise, and wanders at ends (..., training run)."""
        found, wanders, known = np.empty_like(noise), np.empty_like(noise), np.empty(len(self.order))
        for row in self.order:
            wander, variance = 0.0, 0.0
            if self.before[row] >= 0:
                wander, variance = wanders[..., self.before[row]], known[self.before[row]]
            elif self.of_end[row] >= 0:
                wander, variance = ends[..., self.of_end[row]], self.known[row]
            scale, gain, known[row] = stepped(self.step[row], variance, self.white)
            new = scale * noise[..., row]
            found[..., row] = self.step[row] * wander + new
            wanders[..., row] = self.step[row] * wander + gain * new
        return found

    def marginal(self, mu: np.ndarray, scale: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Expected loss and scale of each row by itself, given the wanders at the ends."""
        carried = np.where(self.of_end >= 0, self.far * ends[..., self.of_end], 0.0)
        return mu * np.exp(carried), scale * np.sqrt(1.0 - self.far**2 * (1.0 - self.white - self.known))
