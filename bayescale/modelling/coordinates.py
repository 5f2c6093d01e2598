"""Coordinates: what the parameters of a law mean, so that samplers can undo their known correlations.

Runs determine the loss at the reference run and the local slope of each term. They say little about how the loss splits
into a floor and excesses: floor + excess and exponent * excess are known much better than floor, excess and exponent.
With few runs, samplers get lost in such curved ridges.

A law therefore declares which parameter is the floor, which are excesses, and which are exponents.
`bayescale.density.coordinates` turns this into sampling coordinates by shears of unit Jacobian, which leave the
posterior as it is. Laws that are sums of powers need not declare it: it is found from the formula
(`bayescale.density.coordinates.structure`). Names of parameters carry no meaning.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Protocol

import numpy as np


class Point(Protocol):
    """The values of a law's parameters, as a `Shear` sees them: numbers, arrays, nodes or PyTensor variables."""

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
        """Minus the slope of the runs' log loss in the log of a column; None if it is not a column of the table."""
        ...

    def reference(self, name: str) -> Any:
        """A value of the reference run: ``N0``, ``N_top``, ``loss_min``."""
        ...

    def room(self) -> Any:
        """Loss at the reference run less the floor [nats/token], smoothly positive."""
        ...


class Shear(Protocol):
    """A shift of one parameter's coordinate by a function of other parameters.

    Attributes
    ----------
    parameter : the parameter whose coordinate is shifted.
    columns : the columns in which it governs the slope of the loss, if it is an exponent. The shift is left out if all
        of them are constant.
    needs : other parameter -> how the shift uses it: "log", "odds" or "natural". The shift is left out unless each of
        them is a number or has the same groups as `parameter`.
    """

    @property
    def parameter(self) -> str: ...
    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def needs(self) -> Mapping[str, str]: ...

    def shift(self, at: Point) -> Any:
        """What is added to the unconstrained value of `parameter`: a function of the parameters in `needs` only."""
        ...


@dataclass(frozen=True)
class Term:
    """A part of the loss that falls as some columns grow.

    Attributes
    ----------
    excess : the parameter that is the size of the term at the reference run [nats/token], or the log of that size.
    columns : the columns that the term depends on.
    """

    excess: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Slope:
    """The shear of an exponent of power laws: its coordinate is the log of the local slope, exponent times excess.

    Attributes
    ----------
    parameter : the exponent.
    columns : the columns whose power it is.
    excesses : the excesses of the terms that have this exponent.
    """

    parameter: str
    columns: tuple[str, ...]
    excesses: tuple[str, ...]

    @property
    def needs(self) -> Mapping[str, str]:
        return dict.fromkeys(self.excesses, "log")

    def shift(self, at: Point) -> Any:
        """Log of the sum of the terms at the reference run."""
        if len(self.excesses) == 1:
            return at.log(self.excesses[0])
        return np.log(sum(np.exp(at.log(name)) for name in self.excesses))


@dataclass(frozen=True)
class Coordinates:
    """What the parameters of a law mean.

    Parameters
    ----------
    floor : str, optional
        The parameter that the loss decreases towards [nats/token].
    decline : str, optional
        The exponent of a floor that falls as a power of the product of the columns. `floor` is then the floor at the
        largest run.
    limit : bool
        Whether the floor is the limit of the loss for large runs. False if the floor falls too and the parameter is
        its value at the reference run.
    terms : tuple of Term
        The parts of the loss above the floor. At the reference run, the loss is the floor plus all excesses.
    slopes : tuple of Shear
        A shear for each exponent, usually a `Slope`.
    levels : tuple of Shear
        Shears of other parameters. They are applied before the others, when the parameters they need are not shifted.

    Examples
    --------
    Those of Chinchilla's law, which are found from its formula without being declared:

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
        """A floor plus power laws, one for each keyword: ``excess=(exponent, column)``."""
        return cls(
            floor,
            terms=tuple(Term(excess, (column,)) for excess, (_, column) in terms.items()),
            slopes=tuple(Slope(exponent, (column,), (excess,)) for excess, (exponent, column) in terms.items()),
        )

    @property
    def hard_floor(self) -> str | None:
        """The floor, if the loss cannot fall below it however large a run is; else None."""
        return self.floor if self.decline is None and self.limit else None

    def names(self) -> set[str]:
        """The parameters that have a meaning."""
        shears = (*self.slopes, *self.levels)
        roles = {self.floor, self.decline, *(term.excess for term in self.terms)} - {None}
        return {str(role) for role in roles} | {name for shear in shears for name in (shear.parameter, *shear.needs)}

    def renamed(self, new: Callable[[str], str]) -> "Coordinates":
        """The same with parameters and columns renamed by a function from old names to new ones."""
        return _renamed(self, new)


def _renamed(value: Any, new: Callable[[str], str]) -> Any:
    """Nested tuples and dataclasses with every string renamed."""
    if isinstance(value, str):
        return new(value)
    if isinstance(value, tuple):
        return tuple(_renamed(part, new) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _renamed(getattr(value, f.name), new) for f in fields(value)})
    return value


def smoothly_positive(gap: Any, width: Any) -> Any:
    """A smooth function that is about `gap` where gap is well above `width`, and small and positive elsewhere."""
    return 0.5 * (gap + (gap * gap + width * width) ** 0.5)
