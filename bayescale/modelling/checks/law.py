"""Checks of a law: the kinds of its fields, the names of its parameters, its priors, units and discrepancy."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bayescale.modelling.coordinates import Coordinates
from bayescale.modelling.discrepancy import Discrepancy
from bayescale.modelling.formula import signature
from bayescale.modelling.noise import Noise
from bayescale.modelling.prior import check_values
from bayescale.modelling.pymc_families import hint

if TYPE_CHECKING:
    from bayescale.modelling.law import Law

#: What the fields of a law must be, with an example.
_KINDS = {
    "formula": (Callable, "a function: def formula(N, N0, *, E, alpha_N)"),
    "priors": (Mapping, "a mapping from parameter to Prior or number"),
    "noise": (Noise, "a Noise, such as bayescale.noises.student"),
    "discrepancy": (Discrepancy | None, "a Discrepancy or None"),
    "derived": (Mapping, "a mapping from name to function"),
    "reference": (Mapping, "a mapping from name to number: {'N0': 1e9}"),
    "coordinates": (Coordinates | None, "Coordinates or None"),
}


def check_kinds(law: "Law") -> None:
    """Refuse fields of a wrong kind, and reference values that are not positive numbers.

    Raises
    ------
    TypeError, ValueError
    """
    for name, (kind, wanted) in _KINDS.items():
        value = getattr(law, name)
        if not isinstance(value, kind):
            raise TypeError(f"{name} of a Law is {value!r}; wanted {wanted}.")
    _check_reference(law.reference)


def check_law(law: "Law") -> None:
    """Refuse names, priors, units or a discrepancy that do not belong together; the kinds are right already.

    Raises
    ------
    ValueError
    """
    _check_names(law)
    _check_units(law)
    check_values(f"law '{law.name}'", law.priors)
    if law.discrepancy is not None:
        law.discrepancy.parts(law.inputs)
        if law.noise.constant is False:
            raise ValueError(
                f"The noise '{law.noise.name}' does not go with a discrepancy, whose integral needs a "
                "normal or Student-t variate of fixed nu with a single scale; choose student or lognormal."
            )


def _check_names(law: "Law") -> None:
    """Refuse parameters without a prior, priors and coordinates without a parameter, and names that occur twice."""
    if set(law.priors) != set(law.parameters):
        raise ValueError(
            f"Law '{law.name}' has the parameters {sorted(law.parameters)} but priors for "
            f"{sorted(law.priors)}; give each parameter a Prior or a number, and nothing else."
        )
    unknown = sorted(law.coordinates.names() - set(law.parameters)) if law.coordinates else []
    if unknown:
        raise ValueError(
            f"The coordinates of law '{law.name}' name {unknown}, which are not among its parameters "
            f"{sorted(law.parameters)}; name only those, or leave coordinates out: they are read from the formula."
        )
    amplitudes = law.discrepancy.priors if law.discrepancy is not None else {}
    shared = sorted(set(law.parameters) & {*law.noise.parameters, *amplitudes})
    if shared:
        raise ValueError(f"Law '{law.name}' and its noise or discrepancy both have {shared}; rename one.")


def _check_reference(reference: Any) -> None:
    """Refuse a reference run whose values are not positive finite numbers.

    Raises
    ------
    TypeError, ValueError
    """
    for name, value in reference.items():
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            raise TypeError(f"The reference value {name} is {value!r}; wanted a positive number.")
        if not 0 < value < np.inf:
            raise ValueError(f"The reference value {name} is {value}; wanted a positive number.")


def _check_units(law: "Law") -> None:
    """Refuse priors whose unit is the reference value of a column that the law does not have.

    Raises
    ------
    ValueError
        If there is such a prior.
    """
    columns = [name for name in dict.fromkeys((*law.inputs, *law.noise.columns)) if name != "loss_se"]
    tops = [f"{n}_top" for n in columns if law.discrepancy or f"{n}_top" in signature(law.formula).reference]
    known = dict.fromkeys(["loss_min", *(f"{name}0" for name in columns), *tops, *law.reference])
    for prior in law.variables.values():
        if prior.unit is not None and prior.unit not in known:
            raise ValueError(
                f"Law '{law.name}' has the prior {prior}, but no reference value '{prior.unit}'"
                f"{hint(prior.unit, known)} Its units are {', '.join(known)}."
            )
