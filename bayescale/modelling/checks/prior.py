"""Checks of what a prior is made from: its family, arguments, dims and unit. None of them imports PyMC.

Families that the table of `bayescale.modelling.pymc_families` does not have are the exception: PyMC is asked for them.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bayescale.modelling.distributions import FAMILIES
from bayescale.modelling.pymc_families import (
    FROM_LOWER,
    POSITIVE,
    SHARES,
    SPELLINGS,
    WHOLE_LINE,
    arguments_of,
    hint,
)

if TYPE_CHECKING:
    from bayescale.modelling.prior import Prior

#: Form of a unit: the smallest loss, or the middle (N0) or the largest run's value (N_top) of a column.
UNIT = re.compile(r"loss_min|[A-Za-z_]\w*(0|_top)")
#: Units to suggest.
USUAL_UNITS = ("loss_min", "N0", "D0", "C0", "S0", "U0")


def check_arguments(family: str, args: Mapping[str, Any], hyperpriors: "Mapping[str, Prior]") -> dict[str, Any]:
    """Refuse a family that PyMC does not have, and arguments that the family cannot have.

    Parameters
    ----------
    family : str
        Name of a distribution of PyMC.
    args : mapping
        Its arguments: numbers, arrays, None where PyMC's default is None, priors; for families that only PyMC knows,
        also what PyMC takes (other distributions, for instance).
    hyperpriors : the arguments that are priors.

    Returns
    -------
    dict : the arguments without those that are None, which PyMC treats as not given.

    Raises
    ------
    TypeError
        If an argument is a string, a boolean or anything else that is not a number.
    ValueError
        If the family or an argument is unknown, an argument is missing, not finite or outside its range, or two
        arguments say the same thing.
    """
    known = arguments_of(family)
    for name in args:
        if name not in known:
            raise ValueError(f"{family} does not take '{name}'{hint(name, known)} It takes {_list(known)}.")
    given = {name: value for name, value in args.items() if value is not None or known[name] != "None"}
    _check_spelling(family, given, known)
    numbers = {}
    for name, value in given.items():
        positive, share = name in POSITIVE.get(family, ()), name in SHARES.get(family, ())
        hyper = hyperpriors.get(name)
        if hyper is not None:
            if positive and reaches_below_zero(hyper.family, hyper.args):
                raise ValueError(
                    f"{name} of {family} must be positive, but its prior {value} reaches below zero; "
                    "choose one that does not, such as HalfNormal or LogNormal."
                )
        elif known[name] in ("True", "False") and isinstance(value, bool):
            continue  # a switch of PyMC
        elif family in FAMILIES or _is_data(value):
            numbers[name] = check_number(f"{name} of {family}", value, positive=positive)
            if share and np.any(numbers[name] >= 1.0):
                raise ValueError(f"{name} of {family} is {value}; wanted a number between 0 and 1.")
    _check_ends(family, given, numbers, known)
    if family == "Beta" and {"mu", "sigma"} <= set(numbers):
        if np.any(numbers["sigma"] ** 2 >= numbers["mu"] * (1.0 - numbers["mu"])):
            raise ValueError(f"sigma of Beta is {args['sigma']}; wanted less than sqrt(mu * (1 - mu)).")
    return given


def check_number(label: str, value: Any, *, positive: bool = False, array: bool = True) -> np.ndarray:
    """Refuse what is not a finite real number.

    Parameters
    ----------
    label : str
        What the number is, for the error: ``"sigma of Normal"``.
    value : number, or an array of numbers where `array` is True.
    positive : bool
        Whether it must be above zero.
    array : bool

    Returns
    -------
    array of the numbers, of shape () for a single one.

    Raises
    ------
    TypeError
        If it is a string, a boolean, a complex number, None or another object.
    ValueError
        If it is NaN, infinite or, with `positive`, not above zero.
    """
    wanted = f"a {'positive' if positive else 'finite'} number{', an array of them,' if array else ''} or a Prior"
    values = np.asarray(value) if _is_data(value) else np.asarray(None)
    if values.dtype.kind not in "iuf" or (values.ndim and not array):
        raise TypeError(f"{label} is {value!r}, a {type(value).__name__}; wanted {wanted}.")
    if not np.all(np.isfinite(values)):
        cure = " Leave out a bound that does not exist." if label.startswith(("lower", "upper")) else ""
        raise ValueError(f"{label} is {value}; wanted {wanted}.{cure}")
    if positive and np.any(values <= 0):
        raise ValueError(f"{label} is {value}; wanted {wanted}.")
    return values


def reaches_below_zero(family: str, args: Mapping[str, Any]) -> bool:
    """Whether a family certainly has negative numbers in its support; False where that cannot be told."""
    if family in FROM_LOWER:
        lower = args.get("lower", 0.0 if family != "TruncatedNormal" else None)
        return lower is None or (_is_data(lower) and bool(np.any(np.asarray(lower) < 0)))
    return family in WHOLE_LINE


def as_dims(dims: Any) -> tuple[str, ...]:
    """Dims as a tuple of names of columns.

    Raises
    ------
    TypeError
        If they are neither None, a name, nor a tuple or list of names.
    ValueError
        If a name is empty or there twice.
    """
    names = (dims,) if isinstance(dims, str) else () if dims is None else dims
    if not isinstance(names, tuple | list) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"dims is {dims!r}; wanted the name of a column of runs, or a tuple of names.")
    if len(set(names)) < len(names) or "" in names:
        raise ValueError(f"dims is {dims!r}; wanted each column once, and no empty name.")
    return tuple(names)


def check_unit(unit: Any) -> None:
    """Refuse a unit that no law could have.

    Raises
    ------
    TypeError
        If it is not a string.
    ValueError
        If it is neither ``loss_min`` nor called as the reference value of a column (N0, N_top).
    """
    if not isinstance(unit, str):
        raise TypeError(f"unit is {unit!r}; wanted 'loss_min' or the name of a reference value, such as 'N0'.")
    if not UNIT.fullmatch(unit):
        raise ValueError(
            f"There is no unit '{unit}'{hint(unit, USUAL_UNITS)} Wanted 'loss_min', the smallest observed loss, or the "
            "reference value of a column: N0 for N."
        )


def _check_spelling(family: str, given: Iterable[str], known: Mapping[str, str | None]) -> None:
    """Refuse missing arguments, and those that exclude each other."""
    lacking = [name for name, default in known.items() if default is None and name not in given]
    if lacking:
        raise ValueError(f"{family} needs {_list(lacking)}; got {_list(given)}. It takes {_list(known)}.")
    spellings = SPELLINGS.get(family, ())
    chosen = {name for spelling in spellings for name in spelling} & set(given)
    if spellings and chosen not in map(set, spellings):
        ways = ", or ".join(" and ".join(spelling) or "neither" for spelling in spellings)
        raise ValueError(f"{family} takes {ways}; got {_list(sorted(chosen))}.")


def _check_ends(family: str, given, numbers: Mapping[str, np.ndarray], known: Mapping[str, str | None]) -> None:
    """Refuse a support without an inside."""
    ends = []
    for name in ("lower", "upper"):
        default = known.get(name)
        if name in given:
            ends += [numbers[name]] if name in numbers else []
        elif default is not None and re.fullmatch(r"-?[\d.]+", default):
            ends.append(np.asarray(float(default)))
    if len(ends) == 2 and np.any(ends[0] >= ends[1]):
        raise ValueError(f"{family} reaches from lower={ends[0]} to upper={ends[1]}; wanted lower < upper.")


def _is_data(value: Any) -> bool:
    """Whether a value is a number, a string, a boolean or an array of those, rather than an object of PyMC."""
    if isinstance(value, list | tuple):
        return all(_is_data(part) for part in value)
    plain = value is None or isinstance(value, str | bytes | bool | int | float | complex)
    return plain or isinstance(getattr(value, "dtype", None), np.dtype)


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"
