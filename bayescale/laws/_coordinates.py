"""Sampling coordinates of the laws that are not sums of powers; each is a `bayescale.modelling.coordinates.Shear`.

The coordinate of an exponent is the log of the local slope of the loss at the reference run; each class here says what
multiplies the exponent in that slope.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayescale.modelling.coordinates import Point, smoothly_positive

#: Exponents before a break are not resolved below this.
LEAST = 0.1


@dataclass(frozen=True)
class BracketSlope:
    """An exponent inside a bracket (Kaplan et al. 2020, Eq 1.5; Busbridge et al. 2025).

    Attributes
    ----------
    parameter, columns : the exponent, and the column whose power it is.
    share : the share of the first of the bracket's two terms at the reference run.
    first : whether the exponent belongs to that term.
    excesses : what multiplies the bracket, if that is an excess above a floor.
    embedding : share of N at the reference run that is embeddings; the rest of N grows faster than N.
    """

    parameter: str
    columns: tuple[str, ...]
    share: str
    first: bool
    excesses: tuple[str, ...] = ()
    embedding: tuple[str, ...] = ()

    @property
    def needs(self) -> Mapping[str, str]:
        return {self.share: "odds"} | dict.fromkeys(self.excesses, "log")

    def shift(self, at: Point) -> Any:
        shift = -np.log1p(np.exp((-1.0 if self.first else 1.0) * at.logit(self.share)))
        for name in self.embedding:
            shift = shift - np.log1p(-2.0 / 3.0 * at.natural(name))
        for name in self.excesses:
            shift = shift + at.log(name)
        return shift


@dataclass(frozen=True)
class RestSlope:
    """The exponent of a bracket in which one column moves, and `rest` is the share of what does not move."""

    parameter: str
    columns: tuple[str, ...]
    excess: str
    rest: str

    @property
    def needs(self) -> Mapping[str, str]:
        return {self.excess: "log", self.rest: "odds"}

    def shift(self, at: Point) -> Any:
        return at.log(self.excess) - np.log1p(np.exp(at.logit(self.rest)))


@dataclass(frozen=True)
class ShiftedSlope:
    """The exponent of M3, (1/x + gamma)^alpha (Alabdulmohsin et al. 2022)."""

    parameter: str
    columns: tuple[str, ...]
    gamma: str

    @property
    def needs(self) -> Mapping[str, str]:
        return {self.gamma: "log"}

    def shift(self, at: Point) -> Any:
        return -np.log1p(np.exp(at.log(self.gamma)))


@dataclass(frozen=True)
class Bounded:
    """The exponent, or the level, of M4, a power law between a floor and a ceiling (Alabdulmohsin et al. 2022).

    Attributes
    ----------
    parameter, columns : the exponent and its column; or the odds at the reference run, and no column.
    floor, ceiling, shape : the other parameters.
    """

    parameter: str
    columns: tuple[str, ...]
    floor: str
    ceiling: str
    shape: str

    @property
    def needs(self) -> Mapping[str, str]:
        return {self.floor: "natural", self.ceiling: "natural", self.shape: "natural"}

    def shift(self, at: Point) -> Any:
        room, shape = at.room(), at.natural(self.shape)
        top = smoothly_positive(at.natural(self.ceiling) - at.middle, 0.03 * at.middle)
        if self.columns:
            return np.log(room * top / (room + top + (shape - 1.0) * room))
        return -(np.log(room / top) + (shape - 1.0) * np.log1p(room / top))


@dataclass(frozen=True)
class BrokenSlope:
    """The exponent before all breaks of a broken power law (Caballero et al. 2022).

    Its coordinate is measured from the exponent that gives the runs' slope at the reference run.

    Attributes
    ----------
    parameter, columns, excess : the exponent, its column, and the size of the term at the reference run.
    breaks : (change, break, width) of each break.
    """

    parameter: str
    columns: tuple[str, ...]
    excess: str
    breaks: tuple[tuple[str, str, str], ...]

    @property
    def needs(self) -> Mapping[str, str]:
        return {self.excess: "log"}

    def shift(self, at: Point) -> Any:
        slope = at.slope(self.columns[0])
        breaks = [names for names in self.breaks if all(map(at.scalar, names))]
        if slope is None or not breaks or not at.scalar(self.parameter):
            return at.log(self.excess)
        exponent = at.middle * slope * np.exp(-at.log(self.excess))
        for change, place, width in breaks:
            passed = 0.5 - 0.5 * np.tanh(0.5 * at.natural(place) / at.natural(width))
            exponent = exponent - at.natural(change) * passed
        return -np.log(smoothly_positive(exponent, LEAST))
