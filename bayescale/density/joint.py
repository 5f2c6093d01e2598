"""Joint: the joint density of a law's parameters and its runs, written on a tape in the sampling coordinates.

It is the density of `bayescale.density.model`, in nodes instead of PyMC variables. A test compares the two.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from bayescale.autodiff.node import Node, Untraceable
from bayescale.autodiff.tape import Tape
from bayescale.density.bound import Bound
from bayescale.density.coordinates.chart import Chart
from bayescale.density.coordinates.point import Scale
from bayescale.density.coordinates.structure import scale_of
from bayescale.density.likelihood import log_likelihood
from bayescale.modelling.distributions import Family, backward, normal
from bayescale.modelling.prior import Prior

#: Groups with more levels than this are left to PyMC, because the tape has a node for every level.
MAX_LEVELS = 64


@dataclass(frozen=True)
class Variable:
    """A free variable and its place among the coordinates.

    Attributes
    ----------
    name : name of the variable in PyMC; ``<parameter>_offset`` if the prior is not centred.
    prior : its prior; of the parameter, if the variable is an offset.
    shape : number of levels of each of its groups.
    at : position of its first coordinate.
    """

    name: str
    prior: Prior
    shape: tuple[int, ...]
    at: int

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return int(np.prod(self.shape))

    @property
    def standardised(self) -> bool:
        """Whether the coordinate is a standard normal offset."""
        return not self.prior.centered

    def shaped(self, coordinates: list[Node]):
        """Its part of all coordinates: a node, or an array of nodes of shape `shape`."""
        if not self.shape:
            return coordinates[self.at]
        array = np.empty(self.size, dtype=object)
        array[:] = coordinates[self.at : self.at + self.size]
        return array.reshape(self.shape)


@dataclass(frozen=True)
class Joint:
    """The joint density on a tape.

    Attributes
    ----------
    tape : Tape
    variables : the free variables, in the order of the coordinates.
    chart : Chart
    logp : Node, log density of parameters and runs.
    physical : the free parameters and hyperparameters by name, as nodes or arrays of nodes.
    """

    tape: Tape
    variables: tuple[Variable, ...]
    chart: Chart
    logp: Node
    physical: Mapping[str, Any]

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return sum(v.size for v in self.variables)


def write(bound: Bound) -> Joint:
    """Write down the joint density of a law's parameters and its runs.

    Raises
    ------
    Untraceable
        If the law has a function, a prior family or a grouping that the tape does not support. PyMC then samples it.
    """
    tape = Tape(len(bound.table.loss))
    variables = _declare(bound)
    units = {name: _nodes(tape, value) for name, value in bound.units.items()}
    reference = {name: units[name] for name in bound.table.reference}
    chart = _chart(tape, bound, variables, units)
    coordinates = [tape.free(at) for at in range(sum(v.size for v in variables))]
    z = chart.backward({v.name: v.shaped(coordinates) for v in variables})
    physical, log_prior = _prior(tape, bound, z, units)
    fixed = {name: tape.number(prior) for name, prior in bound.law.all_priors.items() if not isinstance(prior, Prior)}
    likelihood = log_likelihood(tape, bound, physical | fixed, reference)
    return Joint(tape, tuple(variables), chart, log_prior + likelihood, physical)


def family_of(prior: Prior) -> Family:
    """The family of a prior.

    Raises
    ------
    Untraceable
        If only PyMC has it.
    """
    if prior.known is None:
        raise Untraceable(f"the family of {prior}")
    return prior.known


def _declare(bound: Bound) -> list[Variable]:
    """The free variables in PyMC's order: hyperparameters before what they govern."""
    variables: list[Variable] = []
    at = 0
    for name, prior in bound.law.variables.items():
        family_of(prior)
        shape = tuple(bound.sizes[dim] for dim in prior.dims)
        if np.prod(shape) > MAX_LEVELS:
            raise Untraceable(f"{np.prod(shape):.0f} levels of {name}")
        variables.append(Variable(name if prior.centered else f"{name}_offset", prior, shape, at))
        at += variables[-1].size
    return variables


def _nodes(tape: Tape, value: Any):
    """A number as data of the tape, or an array of numbers as an array of such nodes."""
    if np.ndim(value) == 0:
        return tape.number(value)
    nodes = np.empty(np.size(value), dtype=object)
    nodes[:] = [tape.number(number) for number in np.ravel(value)]
    return nodes.reshape(np.shape(value))


def _arguments(tape: Tape, prior: Prior, hyper: Mapping[str, Any], units: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a prior's family, in its unit: hyperparameters as they are, numbers as data of the tape."""
    args = {}
    for key, value in prior.args.items():
        if np.ndim(value):
            raise Untraceable(f"an argument of {prior} that is an array")
        if value is not None:
            args[key] = hyper[key] if isinstance(value, Prior) else tape.number(value)
    return prior.in_unit(args, units[prior.unit_name] if prior.unit_name else None)


def _chart(tape: Tape, bound: Bound, variables: list[Variable], units: Mapping[str, Any]) -> Chart:
    """The sampling coordinates, with the data of the table as nodes."""
    scales = {n: Scale("fixed", (), float(p)) for n, p in bound.law.all_priors.items() if not isinstance(p, Prior)}
    for v in variables:
        natural = None
        if not v.standardised and not v.prior.hyperpriors():
            bounds = family_of(v.prior).bounds(**_arguments(tape, v.prior, {}, units))
            natural = lambda z, bounds=bounds: backward(z, *bounds)[0]  # noqa: E731
        scales[v.name] = Scale(scale_of(v.prior), v.prior.dims, natural)
    geometry = replace(bound.geometry.on(tape.number), reference={n: units[n] for n in bound.table.reference})
    return Chart(bound.coordinates, scales, geometry)


def _prior(tape: Tape, bound: Bound, z: Mapping[str, Any], units: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    """The free parameters, and the log prior density of their unconstrained values z."""
    physical: dict[str, Any] = {}
    log_prior: Any = 0.0
    for name, prior in bound.law.variables.items():
        family = family_of(prior)
        hyper = {key: physical[f"{name}_{key}"] for key in prior.hyperpriors()}
        args = _arguments(tape, prior, hyper, units)
        if prior.centered:
            value, slope = backward(z[name], *family.bounds(**args))
            density = family.logp(value, **args) + slope
        else:
            offset = z[f"{name}_offset"]
            physical[f"{name}_offset"] = offset
            standard = cast("Callable[..., Any]", family.standard)  # checked when the prior was made
            value, density = standard(offset, **args), normal(offset, 0.0, 1.0)
        physical[name] = value
        log_prior = log_prior + np.sum(np.broadcast_to(np.asarray(density, dtype=object), np.shape(value)))
    return physical, log_prior
