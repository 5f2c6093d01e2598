"""Sampling coordinates of the laws that are not sums of power laws.

Each class is a `bayescale.modelling.coordinates.Shear`. The coordinate of an exponent is the log of the local slope of
the loss at the reference run, and a shear's shift is the log of what multiplies the exponent in that slope.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayescale.modelling.coordinates import Point, smoothly_positive

#: The exponent before all breaks, as the runs' slope implies it, is bent to stay positive below about this value.
LEAST = 0.1
#: The ceiling less the middle loss is bent to stay positive below about this share of that loss.
LEAST_TOP = 0.03


@dataclass(frozen=True)
class BracketSlope:
    """The shear of an exponent in a bracket of two terms (Kaplan et al. 2020, Eq 1.5; Busbridge et al. 2025).

    Attributes
    ----------
    parameter, columns : the exponent, and the column whose power it is.
    share : the share of the bracket's first term at the reference run.
    first : whether the exponent is that of the first term.
    excesses : the parameter that multiplies the bracket, if it is an excess above a floor; else empty.
    embedding : the share of N at the reference run that is embeddings, if the power is of the rest of N, which grows
        faster than N; else empty.
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
    """The shear of an exponent in a bracket of a power of one column and a constant.

    Attributes
    ----------
    parameter, columns : the exponent, and the column whose power it is.
    excess : the parameter that multiplies the bracket.
    rest : the constant's share of the bracket at the reference run.
    """

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
    """The shear of the exponent of M3, (1/x + gamma)^alpha (Alabdulmohsin et al. 2022).

    Attributes
    ----------
    parameter, columns : the exponent, and the column x.
    gamma : the constant, in units of 1/x at the reference run.
    """

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
    """The shear of the exponent, or of the odds, of M4: a power law between two bounds (Alabdulmohsin et al. 2022).

    Attributes
    ----------
    parameter, columns : the exponent and its column; or the odds at the reference run and no column.
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
        top = smoothly_positive(at.natural(self.ceiling) - at.middle, LEAST_TOP * at.middle)
        if self.columns:
            return np.log(room * top / (room + top + (shape - 1.0) * room))
        return -(np.log(room / top) + (shape - 1.0) * np.log1p(room / top))


@dataclass(frozen=True)
class BrokenSlope:
    """The shear of the exponent before all breaks of a broken power law (Caballero et al. 2022).

    The shift is minus the log of the exponent that would give the runs' slope at the reference run.

    Attributes
    ----------
    parameter, columns : the exponent and its column.
    excess : the size of the term at the reference run.
    breaks : the parameters (change, break, width) of each break.
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
            passed = 0.5 - 0.5 * np.tanh(0.5 * at.natural(place) / at.natural(width))  # 1 if the break lies below
            exponent = exponent - at.natural(change) * passed
        return -np.log(smoothly_positive(exponent, LEAST))
