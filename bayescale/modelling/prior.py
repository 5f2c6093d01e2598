"""Prior: the description of a PyMC variable, checked when it is written, before any model exists."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, cast

import numpy as np

from bayescale.modelling.checks.prior import as_dims, check_arguments, check_number, check_unit, reaches_below_zero
from bayescale.modelling.distributions import FAMILIES, Family, family_of


@dataclass(frozen=True, init=False)
class Prior:
    """The prior of a parameter: a distribution of `pymc` by name, and its arguments.

    Arguments have PyMC's names and PyMC's defaults. ``create_variable(name)`` works as in other packages of the PyMC
    ecosystem. An argument may be another prior; with `dims` this is partial pooling:
    ``Prior("LogNormal", mu=Prior("Normal", mu=-1, sigma=1), sigma=Prior("HalfNormal", sigma=0.3), dims="family",
    centered=False)``.

    Parameters
    ----------
    family : str
        Name of a distribution in `pymc`, such as ``"LogNormal"``. The families of
        `bayescale.modelling.distributions`, with their arguments spelled as there, are compiled by this package;
        others are left to `pymc.sample`, which compiles ten times longer.
    dims : str or tuple of str, optional
        One value for each level of these columns of `runs`.
    centered : bool
        False samples a standard normal ``<name>_offset`` instead (Normal and LogNormal).
    unit : str, optional
        The reference value in which the prior is stated: ``"loss_min"`` (the smallest observed loss, of each group if
        the prior has dims) or that of a column, ``"N0"``. The variable is this unit times the stated family. Families
        with a scale have units: Normal, LogNormal, HalfNormal, HalfCauchy, StudentT, TruncatedNormal, Uniform,
        Exponential.
    args : mapping, optional
        The arguments of the family, if not given as keywords.
    **parameters
        The arguments of the family: numbers or priors; for families that are left to PyMC also arrays and
        distributions. None is the same as leaving an argument out.

    Raises
    ------
    TypeError
        If an argument is not a number (a string, a boolean), or family, dims, centered or unit is of a wrong type.
    ValueError
        If PyMC has no such family or the family no such argument; if an argument is missing, NaN, infinite or outside
        its range, or two of them say the same thing; if a hyperprior reaches below zero where the argument must be
        positive; if there is no such unit, or the family has no unit or no non-centred form.

    Examples
    --------
    >>> from bayescale import Prior
    >>> Prior("LogNormal", mu=-1.2, sigma=0.8)
    LogNormal(mu=-1.2, sigma=0.8)

    A floor between zero and the smallest observed loss:

    >>> Prior("Uniform", lower=0, upper=1, unit="loss_min")
    loss_min * Uniform(lower=0, upper=1)

    One exponent for each family of models, partially pooled:

    >>> mean, spread = Prior("Normal", mu=-1, sigma=1), Prior("HalfNormal", sigma=0.3)
    >>> pooled = Prior("LogNormal", mu=mean, sigma=spread, dims="family", centered=False)
    >>> sorted(pooled.hyperpriors())
    ['mu', 'sigma']
    """

    family: str
    dims: tuple[str, ...]
    centered: bool
    unit: str | None
    args: Mapping[str, Any] = field(hash=False)

    def __init__(self, family, *, dims=None, centered=True, unit=None, args=None, **parameters):
        if not isinstance(family, str):
            raise TypeError(f"The family of a Prior is {family!r}; wanted the name of a distribution of pymc.")
        if not isinstance(args, Mapping | None):
            raise TypeError(f"args of Prior({family!r}) is {args!r}; wanted a mapping from argument to value.")
        if not isinstance(centered, bool | np.bool_):
            raise TypeError(f"centered of Prior({family!r}) is {centered!r}; wanted True or False.")
        clash = set(args or {}) & set(parameters)
        if clash:
            raise ValueError(f"Prior({family!r}) got {sorted(clash)} twice; give each argument once.")
        put = lambda name, value: object.__setattr__(self, name, value)  # noqa: E731 (frozen dataclass)
        put("family", family)
        put("dims", as_dims(dims))
        put("centered", bool(centered))
        put("unit", unit)
        put("args", {**(args or {}), **parameters})
        put("args", MappingProxyType(check_arguments(family, self.args, self.hyperpriors())))
        self._check_unit_and_centering()

    @property
    def known(self) -> Family | None:
        """Density and draws of the family in our own code; None if only PyMC has them, or this spelling of them."""
        return family_of(self.family, self.args)

    def _check_unit_and_centering(self) -> None:
        if not self.centered and (self.known is None or self.known.standard is None):
            able = sorted(name for name, family in FAMILIES.items() if family.standard)
            raise ValueError(f"{self} has no non-centred form here; use centered=True, or mu and sigma with {able}.")
        if self.unit is None:
            return
        check_unit(self.unit)
        if self.known is None or not (self.known.scaled or self.known.logscale):
            able = {
                name: list(family.arguments) for name, family in FAMILIES.items() if family.scaled or family.logscale
            }
            raise ValueError(f"{self} cannot be stated in units of '{self.unit}'; the families that can: {able}.")

    def __str__(self) -> str:
        inside = ", ".join(f"{name}={value}" for name, value in self.args.items())
        inside += f", dims={self.dims}" if self.dims else ""
        inside += "" if self.centered else ", centered=False"
        return (f"{self.unit} * " if self.unit else "") + f"{self.family}({inside})"

    __repr__ = __str__

    def __reduce__(self):  # the mappingproxy of args cannot be pickled
        return _rebuild, (self.family, self.dims, self.centered, self.unit, dict(self.args))

    @cached_property
    def unit_name(self) -> str | None:
        """Name of the reference value the unit stands for: ``loss_min``, or ``loss_min_family`` with dims."""
        return "_".join((self.unit, *self.dims)) if self.unit == "loss_min" and self.dims else self.unit

    def hyperpriors(self) -> dict[str, "Prior"]:
        """The arguments that are priors themselves.

        Returns
        -------
        dict : name of the argument -> Prior.
        """
        return {name: value for name, value in self.args.items() if isinstance(value, Prior)}

    def graph(self, name: str) -> "Iterator[tuple[str, Prior]]":
        """This prior under its variable's name, after the priors among its arguments: ``<name>_<argument>``.

        Parameters
        ----------
        name : str, name of the variable.

        Yields
        ------
        (str, Prior)
        """
        for key, hyper in self.hyperpriors().items():
            yield from hyper.graph(f"{name}_{key}")
        yield name, self

    def renamed(self, new: "Callable[[str], str]") -> "Prior":
        """The same prior with its unit, and the units of its arguments, under other names.

        Parameters
        ----------
        new : callable, old name -> new name.

        Returns
        -------
        Prior
        """
        args = {key: value.renamed(new) if isinstance(value, Prior) else value for key, value in self.args.items()}
        unit = new(self.unit) if self.unit else None
        return Prior(self.family, dims=self.dims, centered=self.centered, unit=unit, args=args)

    def create_variable(self, name: str):
        """Create the variable `name` in the PyMC model on the context stack.

        Parameters
        ----------
        name : str

        Returns
        -------
        TensorVariable with the shape of `dims`; hyperparameters are called ``<name>_<argument>``.

        Raises
        ------
        ValueError
            If `pymc` has no such family, or the model has no data with the name of the unit.
        """
        import pymc as pm

        made: dict[str, Any] = {}
        for variable, prior in self.graph(name):
            made[variable] = prior._create(variable, made, pm)
        return made[name]

    def _create(self, name: str, made: Mapping[str, Any], pm: Any):
        """The variable, once its hyperparameters are made."""
        distribution = getattr(pm, self.family, None)
        if not (isinstance(distribution, type) and issubclass(distribution, pm.Distribution)):
            raise ValueError(f"'{self.family}' is not a distribution of pymc; see pymc's list of distributions.")
        model = pm.modelcontext(None)
        if self.unit_name and self.unit_name not in model.named_vars:
            raise ValueError(f"The prior of {name} is stated in '{self.unit_name}', which this model does not have.")
        args = {**self.args, **{key: made[f"{name}_{key}"] for key in self.hyperpriors()}}
        args = self.in_unit(args, model[self.unit_name] if self.unit_name else None)
        if self.centered:
            return distribution(name, **args, dims=self.dims or None)
        z = pm.Normal(f"{name}_offset", 0, 1, dims=self.dims or None)
        standard = cast("Callable[..., Any]", FAMILIES[self.family].standard)  # checked when the prior was made
        return pm.Deterministic(name, standard(z, **args), dims=self.dims or None)

    def in_unit(self, args: Mapping[str, Any], unit) -> dict[str, Any]:
        """The arguments of the family, given the value of its unit.

        Parameters
        ----------
        args : mapping from argument to value.
        unit : number, array or tensor: value of the unit; None if the prior has no unit.

        Returns
        -------
        dict : argument -> value.
        """
        if unit is None:
            return dict(args)
        family = FAMILIES[self.family]
        scaled = {key: args[key] * unit for key in family.scaled if key in args}
        shifted = {key: args[key] + np.log(unit) for key in family.logscale}
        return {**args, **scaled, **shifted}


def _rebuild(family, dims, centered, unit, args) -> Prior:
    return Prior(family, dims=dims, centered=centered, unit=unit, args=args)


def check_values(owner: str, values: Mapping[str, Any], *, positive: Collection[str] = ()) -> None:
    """Refuse values of parameters that are neither a prior nor a finite number.

    Parameters
    ----------
    owner : str
        Whose parameters they are, for the error: ``"noise 'student'"``.
    values : mapping from parameter to Prior or number.
    positive : the parameters that must be positive.

    Raises
    ------
    TypeError
        If a value is neither a Prior nor a number.
    ValueError
        If a number is NaN or infinite, or a positive parameter is not above zero, or its prior reaches below zero.
    """
    for name, value in values.items():
        if not isinstance(value, Prior):
            check_number(f"{name} of {owner}", value, positive=name in positive, array=False)
        elif name in positive and reaches_below_zero(value.family, value.args):
            raise ValueError(
                f"{name} of {owner} must be positive, but its prior {value} reaches below zero; "
                "choose one that does not, such as HalfNormal or LogNormal."
            )
