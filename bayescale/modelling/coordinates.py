"""Coordinates: what the parameters of a law mean, so that samplers can undo their known correlations.

Runs fix the loss at the reference run and the local slope of each term. They say little on how the loss splits into a
floor and excesses: floor + excess and exponent * excess are known well where floor, excess and exponent are not. Samplers
get lost in such curved ridges when runs are few. A law therefore says which parameter is the floor, which are excesses
and which are exponents, by their names; `bayescale.density.coordinates` turns this into sampling coordinates by shears of
unit Jacobian, which leave the posterior as it is. Laws that are sums of powers need not say it: it is found from the
formula (`bayescale.density.structure`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Protocol

import numpy as np


class Point(Protocol):
    """What a `Shear` may ask of the values of the parameters: numbers, arrays, or the variables of a graph."""

    @property
    def middle(self) -> Any:
        """Loss at the reference run [nats/token]."""
        ...

    def log(self, name: str) -> Any:
        """Log of a positive parameter."""
        ...

    def logit(self, name: str) -> Any:
        """Log odds of a parameter between two bounds."""
        ...

    def natural(self, name: str) -> Any:
        """A parameter itself."""
        ...

    def scalar(self, name: str) -> bool:
        """Whether a parameter is free and has no groups."""
        ...

    def slope(self, column: str) -> Any:
        """How fast the log loss of the runs falls with the log of a column; None if that is unknown."""
        ...

    def reference(self, name: str) -> Any:
        """A value of the reference run: ``N0``, ``N_top``, ``loss_min``."""
        ...

    def room(self) -> Any:
        """What the floor leaves of the loss at the reference run [nats/token], smoothly positive."""
        ...


class Shear(Protocol):
    """A shift of one parameter's coordinate by a function of other parameters.

    Attributes
    ----------
    parameter : the parameter whose coordinate is shifted.
    columns : the columns whose slope it governs; the shift is left out where these are the same in every run.
    needs : parameter -> "log", "odds" or "natural", how the shift uses it. The shift is left out unless each of them is
        a number or has the groups of `parameter`.
    """

    @property
    def parameter(self) -> str: ...
    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def needs(self) -> Mapping[str, str]: ...
    def shift(self, at: Point) -> Any: ...


@dataclass(frozen=True)
class Term:
    """A part of the loss that falls with some columns.

    Attributes
    ----------
    excess : the parameter that is the size of the term at the reference run [nats/token].
    columns : the columns that the term falls with.
    """

    excess: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Slope:
    """The exponent of power-law terms: its coordinate is the log of the local slope, exponent times excess."""

    parameter: str
    columns: tuple[str, ...]
    excesses: tuple[str, ...]

    @property
    def needs(self) -> Mapping[str, str]:
        return dict.fromkeys(self.excesses, "log")

    def shift(self, at: Point) -> Any:
        """Log of the terms' sum at the reference run."""
        if len(self.excesses) == 1:
            return at.log(self.excesses[0])
        return np.log(sum(np.exp(at.log(name)) for name in self.excesses))


@dataclass(frozen=True)
class Coordinates:
    """What the parameters of a law mean.

    Parameters
    ----------
    floor : str, optional
        The parameter that the loss falls towards [nats/token].
    decline : str, optional
        The exponent by which the floor itself falls with the product of the columns, from the largest run on. Where it
        is given, `floor` is the floor at the largest run.
    limit : bool
        Whether the floor is the limit of the loss for large runs; False where it is only its value at the reference
        run.
    terms : tuple of Term
        The parts of the loss above the floor. At the reference run the loss is the floor plus all excesses.
    slopes : tuple of Shear
        A shear for each exponent, mostly a `Slope`.
    levels : tuple of Shear
        Shears of other parameters. They come first, and see no parameter that is shifted.

    Examples
    --------
    Chinchilla's law, which is found without being declared:

    >>> Coordinates.additive("E", excess_N=("alpha_N", "N"), excess_D=("alpha_D", "D")).terms
    (Term(excess='excess_N', columns=('N',)), Term(excess='excess_D', columns=('D',)))
    """

    floor: str | None = None
    decline: str | None = None
    limit: bool = True
    terms: tuple[Term, ...] = ()
    slopes: tuple[Shear, ...] = ()
    levels: tuple[Shear, ...] = ()

    @classmethod
    def additive(cls, floor: str | None = None, **terms: tuple[str, str]) -> "Coordinates":
        """A floor and powers: ``excess=(exponent, column)`` for each of them."""
        return cls(
            floor,
            terms=tuple(Term(excess, (column,)) for excess, (_, column) in terms.items()),
            slopes=tuple(Slope(exponent, (column,), (excess,)) for excess, (exponent, column) in terms.items()),
        )

    @property
    def hard_floor(self) -> str | None:
        """The floor, if the loss has it for a limit."""
        return self.floor if self.decline is None and self.limit else None

    def names(self) -> set[str]:
        """Every parameter that is named."""
        shears = (*self.slopes, *self.levels)
        roles = {self.floor, self.decline, *(term.excess for term in self.terms)} - {None}
        return {str(role) for role in roles} | {name for s in shears for name in (s.parameter, *s.needs)}

    def renamed(self, new: Callable[[str], str]) -> "Coordinates":
        """The same under other names of parameters and columns."""
        return _renamed(self, new)


def _renamed(value: Any, new: Callable[[str], str]) -> Any:
    """Every string in nested tuples and dataclasses under its new name."""
    if isinstance(value, str):
        return new(value)
    if isinstance(value, tuple):
        return tuple(_renamed(part, new) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _renamed(getattr(value, f.name), new) for f in fields(value)})
    return value


def smoothly_positive(gap: Any, width: Any) -> Any:
    """`gap` where it is well above `width`, and a small positive number elsewhere."""
    return 0.5 * (gap + (gap * gap + width * width) ** 0.5)
