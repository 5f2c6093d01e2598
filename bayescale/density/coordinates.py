"""Sampling coordinates: a law's parameters after shears that undo their known correlations.

`bayescale.modelling.coordinates.Coordinates` says what the parameters mean. Here that becomes a list of shears on the
unconstrained values that PyMC samples: log excesses turn into the log of their sum over what the floor leaves, and their
ratios; log exponents turn into logs of local slopes. A shear has unit Jacobian, so the density is the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bayescale.data.table import RunTable
from bayescale.modelling.coordinates import Coordinates, Shear, smoothly_positive

#: A column whose logarithm spans less is the same in every run.
STILL = 0.02
#: N and D lie on one line if this share of the spread of log D, or less, is off it.
ON_A_LINE = 0.1
#: What the floor leaves of the loss is at least about this share of the loss.
LEAST_ROOM = 0.03
#: What the decline of the floor leaves of a slope is at least about this share of the slope.
LEAST_STEEP = 0.2

Values = Mapping[str, Any]
Shift = Callable[["At"], Any]


class Scale(NamedTuple):
    """How a parameter is sampled.

    Attributes
    ----------
    kind : "log", "odds", "real", "other", or "fixed" for a number.
    dims : its groups.
    natural : from its unconstrained value to itself; None where that takes other parameters. Of a number, the number.
    """

    kind: str
    dims: tuple[str, ...]
    natural: Any


@dataclass(frozen=True)
class Geometry:
    """What the runs say of the loss at the reference run.

    Attributes
    ----------
    middle : the loss there [nats/token].
    slopes : column -> how fast the log loss falls with the log of the column there.
    still : columns that are the same in every run.
    along : how fast log D grows with log N, where they lie on one line; else None.
    depth : log of the largest run's size over that of the reference run.
    reference : the reference run.
    """

    middle: Any
    slopes: Mapping[str, Any]
    still: frozenset[str]
    along: Any
    depth: Any
    reference: Mapping[str, Any]

    @classmethod
    def of(cls, table: RunTable, inputs: Sequence[str]) -> "Geometry":
        """The geometry of a table, in numbers."""
        names = [name for name in table.columns if name != "loss_se"]
        fit = _regression(table, names)
        middle = float(table.reference["loss_min"])
        if len(table.loss):
            middle = float(np.clip(np.exp(fit[0]), table.loss.min(), table.loss.max()))
        slopes = {name: float(max(1e-3, -slope)) for name, slope in zip(names, fit[1:], strict=False)}
        tops = [(table.reference.get(f"{name}_top"), table.reference.get(f"{name}0")) for name in inputs]
        depth = sum(np.log(top / middle_) for top, middle_ in tops if top is not None and middle_ is not None)
        still = frozenset(name for name, values in table.columns.items() if np.ptp(np.log(values)) < STILL)
        return cls(middle, slopes, still, _along(table.columns), float(depth), dict(table.reference))

    def on(self, number: Callable[[float], Any]) -> "Geometry":
        """The same, each number turned into something else, such as the node of a tape."""
        slopes = {name: number(value) for name, value in self.slopes.items()}
        along = None if self.along is None else number(self.along)
        reference = {name: number(value) for name, value in self.reference.items()}
        return Geometry(number(self.middle), slopes, self.still, along, number(self.depth), reference)


def _regression(table: RunTable, names: Sequence[str]) -> np.ndarray:
    """Log loss at the reference run and its slopes in log columns; with curvatures where there are enough runs."""
    x = [np.log(table.columns[name] / table.reference[f"{name}0"]) for name in names]
    if not len(table.loss):
        return np.zeros(1 + len(x))
    x += [value**2 for value in x] if len(table.loss) >= 5 * len(x) else []
    design = np.column_stack([np.ones(len(table.loss)), *x])
    return np.linalg.lstsq(design, np.log(table.loss), rcond=1e-6)[0]


def _along(columns: pd.DataFrame) -> float | None:
    """How fast log D grows with log N, where they lie on one line and neither is constant; None elsewhere."""
    if not {"N", "D"} <= set(columns) or len(columns) < 3:
        return None
    x, y = np.log(columns["N"].to_numpy()), np.log(columns["D"].to_numpy())
    if min(np.ptp(x), np.ptp(y)) < STILL:
        return None
    slope, level = np.polyfit(x, y, 1)
    return float(slope) if slope > 0 and np.std(y - level - slope * x) < ON_A_LINE * np.std(y) else None


class At:
    """A point in parameter space, as a `bayescale.modelling.coordinates.Point`."""

    def __init__(self, chart: "Chart", values: Values):
        self._chart, self._values = chart, values

    def log(self, name: str) -> Any:
        scale = self._chart.scales[name]
        return np.log(scale.natural) if scale.kind == "fixed" else self._values[name]

    def logit(self, name: str) -> Any:
        scale = self._chart.scales[name]
        return np.log(scale.natural / (1.0 - scale.natural)) if scale.kind == "fixed" else self._values[name]

    def natural(self, name: str) -> Any:
        scale = self._chart.scales[name]
        return scale.natural if scale.kind == "fixed" else scale.natural(self._values[name])

    def scalar(self, name: str) -> bool:
        scale = self._chart.scales[name]
        return scale.kind != "fixed" and not scale.dims and name in self._values

    def slope(self, column: str) -> Any:
        return self._chart.geometry.slopes.get(column)

    def reference(self, name: str) -> Any:
        return self._chart.geometry.reference[name]

    @property
    def middle(self) -> Any:
        return self._chart.geometry.middle

    def floor(self) -> Any:
        """The floor at the reference run; of several groups the mean, where the terms have others."""
        chart = self._chart
        name, decline = chart.coordinates.floor, chart.coordinates.decline
        if name is None or not chart.known(name):
            return 0.0
        value = self.natural(name)
        if decline is not None and chart.known(decline):
            value = value * np.exp(self.natural(decline) * chart.geometry.depth)
        dims = chart.scales[name].dims
        return value.mean() if dims and dims != chart.term_dims else value

    def room(self, taken: Any = 0.0) -> Any:
        left = self.middle - self.floor() - self._chart.fixed - taken
        return smoothly_positive(left, LEAST_ROOM * self.middle)

    def sum(self, excesses: Sequence[str]) -> Any:
        """What excesses add up to."""
        return sum(np.exp(self._values[name]) for name in excesses)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]


class Chart:
    """From PyMC's unconstrained values to the sampling coordinates and back.

    Parameters
    ----------
    coordinates : what the parameters mean.
    scales : parameter -> how it is sampled; those that are not free too.
    geometry : what the runs say.

    Attributes
    ----------
    steps : (parameter, shift of its coordinate), in order.
    """

    def __init__(self, coordinates: Coordinates, scales: Mapping[str, Scale], geometry: Geometry):
        self.coordinates, self.scales, self.geometry = coordinates, scales, geometry
        self.steps: list[tuple[str, Shift]] = [*self._levels(), *self._slopes(), *self._terms()]

    def forward(self, z: Values) -> dict[str, Any]:
        """From PyMC's unconstrained values."""
        values = dict(z)
        for name, shift in self.steps:
            values[name] = values[name] + shift(At(self, values))
        return values

    def backward(self, phi: Values) -> dict[str, Any]:
        """To PyMC's unconstrained values."""
        values = dict(phi)
        for name, shift in reversed(self.steps):
            values[name] = values[name] - shift(At(self, values))
        return values

    def known(self, name: str) -> bool:
        """Whether a parameter's value follows from its coordinate alone."""
        return name in self.scales and self.scales[name].natural is not None

    @cached_property
    def _excesses(self) -> tuple[str, ...]:
        """Excesses that are free, on a log scale and of the same groups; none if they differ."""
        names = [term.excess for term in self.coordinates.terms if self._kind(term.excess) == "log"]
        return tuple(names) if len({self.scales[name].dims for name in names}) == 1 else ()

    @cached_property
    def fixed(self) -> float:
        """Sum of the excesses that are numbers."""
        names = [term.excess for term in self.coordinates.terms]
        return sum((self.scales[name].natural for name in names if self._kind(name) == "fixed"), 0.0)

    @property
    def term_dims(self) -> tuple[str, ...] | None:
        """Groups of the excesses; None if there are none."""
        return self.scales[self._excesses[0]].dims if self._excesses else None

    def _kind(self, name: str) -> str | None:
        """The scale of a parameter; "log" for the log of an excess that is a parameter itself."""
        if name not in self.scales:
            return None
        kind = self.scales[name].kind
        return "log" if kind == "real" and name in {term.excess for term in self.coordinates.terms} else kind

    def _still(self, columns: Sequence[str]) -> bool:
        return bool(columns) and set(columns) <= self.geometry.still

    def _usable(self, shear: Shear) -> bool:
        """Whether a shear's parameter is free, and what it needs is known and has the same groups."""
        if self._kind(shear.parameter) in (None, "fixed") or self._still(shear.columns):
            return False
        if shear.columns and self._kind(shear.parameter) != "log":  # an exponent
            return False
        return all(self._serves(name, kind, self.scales[shear.parameter].dims) for name, kind in shear.needs.items())

    def _serves(self, name: str, kind: str, dims: tuple[str, ...]) -> bool:
        scale = self.scales.get(name)
        if scale is None:
            return False
        if scale.kind == "fixed":
            return kind == "natural" or (kind == "log" and scale.natural > 0) or 0 < scale.natural < 1
        return scale.dims == dims and (scale.natural is not None if kind == "natural" else self._kind(name) == kind)

    def _levels(self) -> list[tuple[str, Shift]]:
        return [(shear.parameter, shear.shift) for shear in self.coordinates.levels if self._usable(shear)]

    def _slopes(self) -> list[tuple[str, Shift]]:
        """Exponents as local slopes; where N and D lie on one line, their sum along the line, and their ratio."""
        usable = [shear for shear in self.coordinates.slopes if self._usable(shear)]
        of_column = {shear.columns: shear.parameter for shear in usable}
        first, second = of_column.get(("N",)), of_column.get(("D",))
        joined = self.geometry.along is not None and first is not None and second is not None
        steps: list[tuple[str, Shift]] = []
        for shear in usable:
            own = () if joined and shear.parameter in (first, second) else shear.columns
            steps.append((shear.parameter, lambda at, s=shear, own=own: s.shift(at) - self._log_steep(at, own)))
        if joined and first is not None and second is not None:
            along = self.geometry.along
            steps.append((first, lambda at: -at[second]))
            steps.append((second, lambda at: np.log(np.exp(at[first]) + along) - self._log_steep(at, ("N", "D"))))
        return steps

    def _terms(self) -> list[tuple[str, Shift]]:
        """Excesses as the log of their sum over what the floor leaves, and their ratios."""
        columns = {term.excess: term.columns for term in self.coordinates.terms}
        flat = [name for name in self._excesses if self._still(columns[name])]
        flat = flat if len(flat) < len(self._excesses) else []  # terms that do not move only add to the floor
        moving = [name for name in self._excesses if name not in flat]
        if not moving:
            return []
        steps: list[tuple[str, Shift]] = [(name, lambda at: -np.log(at.room(at.sum(moving)))) for name in flat]
        *others, last = moving
        steps += [(name, lambda at: -at[last]) for name in others]

        def total(at: At) -> Any:
            share = 1.0
            for name in others:
                share = share + np.exp(at[name])
            room = at.middle if flat or not (self._has_floor or self.fixed) else at.room()
            return np.log(share) - np.log(room)

        return [*steps, (last, total)]

    @property
    def _has_floor(self) -> bool:
        return self.coordinates.floor is not None and self.known(self.coordinates.floor)

    def _log_steep(self, at: At, columns: Sequence[str]) -> Any:
        """Log of what the decline of the floor leaves of a slope, or of the sum of two along a line."""
        decline, slopes = self.coordinates.decline, self.geometry.slopes
        if decline is None or not self.known(decline) or not self._has_floor or not columns:
            return 0.0
        if not set(columns) <= set(slopes):
            return 0.0
        per = [self.geometry.along if name == "D" and len(columns) > 1 else 1.0 for name in columns]
        steep = self.geometry.middle * sum(slopes[name] * many for name, many in zip(columns, per, strict=True))
        gap = steep - at.natural(decline) * at.floor() * sum(per)
        return np.log(smoothly_positive(gap, LEAST_STEEP * steep))
