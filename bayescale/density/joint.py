"""Joint: the joint density of a law's parameters and its runs, written on a tape in the coordinates of the chart.

It says of nodes what `bayescale.density.model` says of PyMC variables; a test holds the two densities together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from bayescale.autodiff.tape import Node, Tape, Untraceable
from bayescale.data.table import STILL, RunTable
from bayescale.density.coordinates import Chart
from bayescale.density.likelihood import log_likelihood
from bayescale.modelling.distributions import Family, backward, normal
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

#: Largest number of levels of a group that is written out one by one.
MAX_LEVELS = 64


@dataclass(frozen=True)
class Variable:
    """A free variable: its place among the coordinates, and the prior that it has or, standardised, belongs to."""

    name: str
    prior: Prior
    shape: tuple[int, ...]
    at: int

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    @property
    def standardised(self) -> bool:
        """Whether the coordinate is the standard normal of a prior that is not centred."""
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
    physical : the parameters (and hyperparameters) as nodes or arrays of nodes.
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


def write(law: Law, table: RunTable) -> Joint:
    """Write down the joint density of a law's parameters and its runs.

    Raises
    ------
    Untraceable
        If the law holds a step, a family or a grouping that the tape cannot write down; PyMC then has to do it.
    """
    tape = Tape(len(table.loss))
    reference = {name: tape.number(value) for name, value in table.reference.items()}
    variables = _declare(law, table)
    units = {p.unit_name: _unit(tape, p, table, reference) for p in law.every_prior if p.unit_name}
    chart = _chart(tape, law, variables, units, table)
    coordinates = [tape.free(at) for at in range(sum(v.size for v in variables))]
    z = chart.backward({v.name: v.shaped(coordinates) for v in variables})

    physical, log_prior = _prior(tape, law, z, units)
    likelihood = log_likelihood(tape, law, table, physical, reference)
    fixed = {name for name, prior in law.all_priors.items() if not isinstance(prior, Prior)}
    free = {name: value for name, value in physical.items() if name not in fixed}
    return Joint(tape, tuple(variables), chart, log_prior + likelihood, free)


def _declare(law: Law, table: RunTable) -> list[Variable]:
    """The free variables in PyMC's order: hyperparameters before what they govern."""
    variables: list[Variable] = []

    def declare(name: str, prior: Prior) -> None:
        for key, hyper in prior.hyperpriors().items():
            declare(f"{name}_{key}", hyper)
        family_of(prior)
        shape = tuple(len(table.levels[dim]) for dim in prior.dims)
        if np.prod(shape) > MAX_LEVELS:
            raise Untraceable(f"{np.prod(shape):.0f} levels of {name}")
        at = sum(v.size for v in variables)
        variables.append(Variable(name if prior.centered else f"{name}_offset", prior, shape, at))

    for name, prior in law.all_priors.items():
        if isinstance(prior, Prior):
            declare(name, prior)
    return variables


def _unit(tape: Tape, prior: Prior, table: RunTable, reference: Mapping[str, Node]):
    if not prior.dims or prior.unit != "loss_min":
        return reference[str(prior.unit)]
    return _numbers(tape, table.smallest(prior.dims))


def _numbers(tape: Tape, values: np.ndarray) -> np.ndarray:
    nodes = np.empty(values.size, dtype=object)
    nodes[:] = [tape.number(value) for value in values.ravel()]
    return nodes.reshape(values.shape)


def _arguments(tape: Tape, prior: Prior, hyper: Mapping[str, Any], units: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a family: hyperparameters, and numbers as data."""
    args = {
        key: hyper[key] if isinstance(value, Prior) else tape.number(value) if np.ndim(value) == 0 else _bad(prior)
        for key, value in prior.args.items()
        if value is not None
    }
    return prior.in_unit(args, units[prior.unit_name] if prior.unit_name else None)


def _bad(prior: Prior):
    raise Untraceable(f"an argument of {prior} that is an array")


def _chart(tape: Tape, law: Law, variables: list[Variable], units: Mapping[str, Any], table: RunTable) -> Chart:
    logs, odds, natural, floor_dims = {}, {}, {}, ()
    for v in variables:
        family = family_of(v.prior)
        lower, upper = (None, None) if v.standardised else family.bounds(**dict.fromkeys(v.prior.args, ...))
        if lower == 0.0 and upper is None:
            logs[v.name] = v.prior.dims
        elif lower is not None and upper is not None:
            odds[v.name] = v.prior.dims
        if v.name in ("E", "ceiling", "embedding") and not v.prior.hyperpriors():
            bounds = family.bounds(**_arguments(tape, v.prior, {}, units))
            natural[v.name] = lambda z, name=v.name, bounds=bounds: backward(z[name], *bounds)[0]
            floor_dims = v.prior.dims if v.name == "E" else floor_dims
    middle = tape.number(table.middle)
    if "omega" in logs and "E" in natural:  # the floor at the reference run, not at the largest
        depth = tape.number(sum(np.log(table.reference[f"{n}_top"] / table.reference[f"{n}0"]) for n in law.inputs))
        natural["E"] = lambda z, top=natural["E"]: top(z) * np.exp(np.exp(z["omega"]) * depth)
    bends = {"omega", "width_1"} & set(logs)
    slopes = {f"alpha_{name}": tape.number(slope) for name, slope in table.slopes.items()} if bends else {}
    still = frozenset(name for name, values in table.columns.items() if np.ptp(np.log(values)) < STILL)
    along = tape.number(table.along) if table.along is not None else None
    return Chart(logs, odds, middle, natural, floor_dims, still, slopes, along)


def _prior(tape: Tape, law: Law, z: Mapping[str, Any], units: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    """The parameters' values, and the log prior density in the unconstrained values."""
    physical: dict[str, Any] = {}
    log_prior: Any = 0.0

    def add(name: str, prior: Prior) -> None:
        nonlocal log_prior
        for key, hyper in prior.hyperpriors().items():
            add(f"{name}_{key}", hyper)
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
        shape = np.shape(value)
        log_prior = log_prior + np.sum(np.broadcast_to(np.asarray(density, dtype=object), shape))

    for name, prior in law.all_priors.items():
        if isinstance(prior, Prior):
            add(name, prior)
        else:
            physical[name] = tape.number(prior)
    return physical, log_prior
