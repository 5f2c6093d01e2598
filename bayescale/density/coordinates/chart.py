"""Chart: the sampling coordinates of a law, as shears that undo the known correlations of its parameters.

`bayescale.modelling.coordinates.Coordinates` says what the parameters mean. A chart turns this into a list of shears of
the unconstrained values that PyMC samples. Log excesses become the log of their sum over what the floor leaves of the
loss, and the logs of their ratios. Log exponents become logs of local slopes. A shear has unit Jacobian, so the density
stays as it is.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from bayescale.density.coordinates.geometry import Geometry
from bayescale.density.coordinates.point import At, Scale
from bayescale.modelling.coordinates import Coordinates, Shear, smoothly_positive

#: A slope less the decline of the floor is bent to stay positive where it falls below about this share of the slope.
LEAST_STEEP = 0.2

Values = Mapping[str, Any]
Shift = Callable[[At], Any]


class Chart:
    """From PyMC's unconstrained values to the sampling coordinates and back.

    Parameters
    ----------
    coordinates : what the parameters mean.
    scales : parameter -> how it is sampled, for free parameters and for numbers.
    geometry : what the runs say about the loss at the reference run.

    Attributes
    ----------
    steps : the shears in their order: (parameter, function from a point to the shift of the parameter's coordinate).
    """

    def __init__(self, coordinates: Coordinates, scales: Mapping[str, Scale], geometry: Geometry):
        self.coordinates, self.scales, self.geometry = coordinates, scales, geometry
        self.steps: list[tuple[str, Shift]] = [*self._levels(), *self._slopes(), *self._terms()]

    def forward(self, z: Values) -> dict[str, Any]:
        """From PyMC's unconstrained values to the sampling coordinates, by variable."""
        values = dict(z)
        for name, shift in self.steps:
            values[name] = values[name] + shift(At(self, values))
        return values

    def backward(self, phi: Values) -> dict[str, Any]:
        """From the sampling coordinates to PyMC's unconstrained values, by variable."""
        values = dict(phi)
        for name, shift in reversed(self.steps):
            values[name] = values[name] - shift(At(self, values))
        return values

    def known(self, name: str) -> bool:
        """Whether a parameter is a number or a function of its own unconstrained value alone."""
        return name in self.scales and self.scales[name].natural is not None

    @cached_property
    def fixed(self) -> float:
        """Sum of the excesses that are numbers [nats/token]."""
        names = [term.excess for term in self.coordinates.terms]
        return sum((self.scales[name].natural for name in names if self._kind(name) == "fixed"), 0.0)

    @property
    def excess_dims(self) -> tuple[str, ...] | None:
        """Groups of the excesses; None if none of them is sheared."""
        return self.scales[self._excesses[0]].dims if self._excesses else None

    @cached_property
    def _excesses(self) -> tuple[str, ...]:
        """The excesses that are free and on a log scale; none if their groups differ."""
        names = [term.excess for term in self.coordinates.terms if self._kind(term.excess) == "log"]
        return tuple(names) if len({self.scales[name].dims for name in names}) == 1 else ()

    @property
    def _has_floor(self) -> bool:
        return self.coordinates.floor is not None and self.known(self.coordinates.floor)

    def _kind(self, name: str) -> str | None:
        """The scale of a parameter, "log" for one that is the log of an excess; None if there is no such parameter."""
        if name not in self.scales:
            return None
        kind = self.scales[name].kind
        return "log" if kind == "real" and name in {term.excess for term in self.coordinates.terms} else kind

    def _still(self, columns: Sequence[str]) -> bool:
        """Whether there are columns, and all of them are constant."""
        return bool(columns) and set(columns) <= self.geometry.still

    def _usable(self, shear: Shear) -> bool:
        """Whether a shear's parameter is free, its columns vary, and what it needs is known and has the same groups."""
        kind = self._kind(shear.parameter)
        if kind in (None, "fixed") or self._still(shear.columns):
            return False
        if shear.columns and kind != "log":  # the coordinate of an exponent must be its logarithm
            return False
        dims = self.scales[shear.parameter].dims
        return all(self._serves(name, wanted, dims) for name, wanted in shear.needs.items())

    def _serves(self, name: str, wanted: str, dims: tuple[str, ...]) -> bool:
        """Whether a parameter can be used as "log", "odds" or "natural" by a shear of a parameter with these groups."""
        scale = self.scales.get(name)
        if scale is None:
            return False
        if scale.kind == "fixed":
            return {"natural": True, "log": scale.natural > 0, "odds": 0 < scale.natural < 1}[wanted]
        return scale.dims == dims and (self.known(name) if wanted == "natural" else self._kind(name) == wanted)

    def _levels(self) -> list[tuple[str, Shift]]:
        return [(shear.parameter, shear.shift) for shear in self.coordinates.levels if self._usable(shear)]

    def _slopes(self) -> list[tuple[str, Shift]]:
        """Exponents as logs of local slopes.

        Where N and D lie on one line, the runs only know the slope along it: the coordinates of the two exponents are
        then the log of the slope along the line and the log ratio of the two slopes.
        """
        usable = [shear for shear in self.coordinates.slopes if self._usable(shear)]
        exponents = {shear.columns: shear.parameter for shear in usable}
        of_N, of_D, along = exponents.get(("N",)), exponents.get(("D",)), self.geometry.along
        joined = (of_N, of_D) if along is not None and of_N is not None and of_D is not None else ()
        steps: list[tuple[str, Shift]] = []
        for shear in usable:
            columns = () if shear.parameter in joined else shear.columns
            steps.append((shear.parameter, lambda at, s=shear, c=columns: s.shift(at) - self._log_steep(at, c)))
        if joined:
            first, second = joined
            steps.append((first, lambda at: -at[second]))
            steps.append((second, lambda at: np.log(np.exp(at[first]) + along) - self._log_steep(at, ("N", "D"))))
        return steps

    def _terms(self) -> list[tuple[str, Shift]]:
        """Excesses as the log of their sum over what the floor leaves, and their log ratios.

        A term whose columns are constant only adds to the floor, so its excess is measured against what floor and other
        terms leave; unless all terms are so.
        """
        columns = {term.excess: term.columns for term in self.coordinates.terms}
        flat = [name for name in self._excesses if self._still(columns[name])]
        flat = flat if len(flat) < len(self._excesses) else []
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

    def _log_steep(self, at: At, columns: Sequence[str]) -> Any:
        """Log of what the decline of the floor leaves of the runs' slope in columns.

        Zero if the floor does not decline or a slope is unknown. Two columns: the slope along the line of N and D.
        """
        decline, slopes = self.coordinates.decline, self.geometry.slopes
        if decline is None or not self.known(decline) or not self._has_floor or not columns:
            return 0.0
        if not set(columns) <= set(slopes):
            return 0.0
        speeds = [self.geometry.along if name == "D" and len(columns) > 1 else 1.0 for name in columns]
        steep = self.geometry.middle * sum(slopes[name] * speed for name, speed in zip(columns, speeds, strict=True))
        gap = steep - at.natural(decline) * at.floor() * sum(speeds)
        return np.log(smoothly_positive(gap, LEAST_STEEP * steep))
