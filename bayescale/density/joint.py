"""Joint: the joint density of a law's parameters and its runs, written on a tape in the sampling coordinates.

It says of nodes what `bayescale.density.model` says of PyMC variables; a test holds the two densities together.
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

#: Groups with more levels than this are left to PyMC: every level is written out.
MAX_LEVELS = 64


@dataclass(frozen=True)
class Variable:
    """A free variable: its place among the coordinates, and its prior.

    With a prior that is not centred, the coordinate is the standard normal offset.
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
        """Its coordinates: a node, or an array of nodes with the shape of its dims."""
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
    physical : the free parameters and hyperparameters as nodes or arrays of nodes.
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
        If the law holds a step, a family or a grouping that the tape cannot write down; PyMC then has to evaluate it.
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
        If it is known to PyMC only.
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
    """A number, or an array of numbers, as data of the tape."""
    if np.ndim(value) == 0:
        return tape.number(value)
    nodes = np.empty(np.size(value), dtype=object)
    nodes[:] = [tape.number(number) for number in np.ravel(value)]
    return nodes.reshape(np.shape(value))


def _arguments(tape: Tape, prior: Prior, hyper: Mapping[str, Any], units: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a family: hyperparameters, and numbers as data."""
    args = {}
    for key, value in prior.args.items():
        if np.ndim(value):
            raise Untraceable(f"an argument of {prior} that is an array")
        if value is not None:
            args[key] = hyper[key] if isinstance(value, Prior) else tape.number(value)
    return prior.in_unit(args, units[prior.unit_name] if prior.unit_name else None)


def _chart(tape: Tape, bound: Bound, variables: list[Variable], units: Mapping[str, Any]) -> Chart:
    """The sampling coordinates, in nodes."""
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
    """The free parameters' values, and the log prior density in the unconstrained values."""
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
