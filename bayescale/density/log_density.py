"""Density: the posterior as a function of the chart, with exact derivatives, for many points at once, in NumPy."""

from functools import cached_property

import numpy as np
import xarray as xr

from bayescale.autodiff.codegen import Constants, Program
from bayescale.autodiff.gradient import gradient
from bayescale.autodiff.numpy_backend import array_function
from bayescale.data.table import Checked
from bayescale.density.joint import Joint, Variable, family_of, write
from bayescale.density.parallel import blocks, each
from bayescale.modelling.distributions import forward
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.formula import call
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

#: More runs than this say no more on where to start.
START_RUNS = 2000
#: Steps of a gradient that cost as much as that of Chinchilla's law.
STEPS = 170
#: What it costs to integrate a discrepancy out, in units of a run's share of a gradient.
INTEGRAL = 1000
#: Properties that hold a program of the tape.
_PROGRAMS = {"program", "_value", "_physical"}
#: Step of the complex-step derivative: its square vanishes beside one, so the derivative is exact to rounding.
STEP = 1e-30
#: Step of a difference of gradients, in the chart: some parts in ten thousand of a curvature (docs/decisions.md).
DIFFERENCE = 1e-6


class Density:
    """Log posterior density of a law and its runs in the chart.

    Parameters
    ----------
    law : Law
    table : Checked

    Attributes
    ----------
    size : int, number of coordinates.
    near : array of shape (point, size), points near its modes, where they are known.

    Raises
    ------
    Untraceable
        If the law holds a step, a family or a grouping that only PyMC can work out.
    """

    def __init__(self, law: Law, table: Checked):
        self.law, self.table = law, table
        self._joint: Joint = write(law, table)
        self.size = self._joint.size
        self.near = np.empty((0, self.size))

    def on(self, table: Checked) -> "Density":
        """The density of other data, of as many runs and the same structure, such as other sites."""
        other = Density(self.law, table)
        for name in _PROGRAMS & set(vars(self)):  # writing a gradient down and naming its parts takes longest
            vars(other)[name] = vars(self)[name].on(other._joint.tape)
        return other

    @property
    def work(self) -> int:
        """What one gradient costs, in units of a run's share of that of Chinchilla's law."""
        times = max(1, self.program.size // STEPS)
        return max(30, len(self.table.loss)) * times + (0 if self.law.discrepancy is None else INTEGRAL)

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The free variables, in the order of the coordinates."""
        return self._joint.variables

    @cached_property
    def program(self) -> Program:
        """Log density and its gradient."""
        joint = self._joint
        return Program(joint.tape, [joint.logp, *gradient(joint.tape, joint.logp, self.size)])

    @cached_property
    def _value(self) -> Program:
        return Program(self._joint.tape, [self._joint.logp])

    @cached_property
    def _physical(self) -> Program:
        return Program(self._joint.tape, [n for value in self._joint.physical.values() for n in np.ravel(value)])

    @cached_property
    def _forward(self) -> Program:
        z = [self._joint.tape.free(at) for at in range(self.size)]
        phi = self._joint.chart.forward({v.name: v.shaped(z) for v in self._joint.variables})
        return Program(self._joint.tape, [node for v in self._joint.variables for node in np.ravel(phi[v.name])])

    def value(self, points: np.ndarray, most_runs: int | None = None) -> np.ndarray:
        """Log density at points of shape (point, size); -inf where it is not a number.

        With `most_runs`, of so many runs at most, spread over the table: enough to compare points that are far apart.
        """
        constants = self._thinned(self._value, most_runs)
        found = _in_blocks(self._value, points, constants)[:, 0]
        return np.where(np.isfinite(found), found, -np.inf)

    def gradient(self, point: np.ndarray, most_runs: int | None = None) -> tuple[float, np.ndarray]:
        """Log density and its gradient at one point of shape (size,); `most_runs` as in `value`."""
        value, *slope = _run(self.program, point[None], self._thinned(self.program, most_runs))[0]
        return float(value), np.array(slope)

    def hessian(self, point: np.ndarray) -> np.ndarray:
        """Second derivatives at one point, exact: complex steps of the gradient (Squire & Trapp 1998)."""
        steps = point + 1j * STEP * np.eye(self.size)
        return _symmetric(self._gradients(steps, self.program.constants).imag / STEP)

    def derivatives(self, points: np.ndarray, most_runs: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Gradients at points and, by differences, second derivatives: enough to climb by, for a quarter of the work.

        Of shapes (point, size) and (point, size, size); `most_runs` as in `value`.
        """
        steps = points[:, None] + DIFFERENCE * np.eye(1 + self.size, self.size, -1)
        found = self._gradients(steps.reshape(-1, self.size), self._thinned(self.program, most_runs))
        found = found.reshape(len(points), 1 + self.size, self.size)
        return found[:, 0], _symmetric((found[:, 1:] - found[:, :1]) / DIFFERENCE)

    def _gradients(self, points: np.ndarray, constants: Constants) -> np.ndarray:
        """Gradients at points, real or complex, of their shape."""
        return _in_blocks(self.program, points, constants)[:, 1:]

    def _thinned(self, program: Program, most_runs: int | None) -> Constants:
        """The program's data, or that of so many runs at most, spread over the table."""
        if most_runs is None or self.law.discrepancy is not None:  # an integral is no sum over the runs
            return program.constants
        stride = len(self.table.loss) // most_runs
        return program.constants.thinned(stride) if stride > 1 else program.constants

    def physical(self, points: np.ndarray) -> dict[str, np.ndarray]:
        """Parameters and hyperparameters at points of shape (point, size), each of shape (point, *dims)."""
        flat = _run(self._physical, points)
        found, at = {}, 0
        for name, value in self._joint.physical.items():
            shape = np.shape(value)
            size = int(np.prod(shape))
            found[name] = flat[:, at : at + size].reshape(len(points), *shape)
            at += size
        return found

    def promising(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Points drawn from the prior, of shape (count, size), the most probable first."""
        points = self.prior_points(rng, count)
        return points[np.argsort(-self.value(points, START_RUNS), kind="stable")]

    def in_chart(self, z: np.ndarray) -> np.ndarray:
        """From PyMC's unconstrained values, variable by variable, to the chart; both of shape (point, size)."""
        return _run(self._forward, z)

    def prior_points(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Points drawn from the prior, of shape (count, size)."""
        sizes = {name: len(levels) for name, levels in self.table.levels.items()}
        units = dict(self.table.reference) | {
            str(p.unit_name): self.table.smallest(p.dims) for p in self.law.every_prior if p.unit_name and p.dims
        }
        drawn: dict[str, np.ndarray] = {}
        for name, prior in self.law.all_priors.items():
            if isinstance(prior, Prior):
                drawn |= prior.draw(name, rng, count, units, sizes)
        z = np.empty((count, self.size))
        for v in self._joint.variables:
            if v.standardised:
                values = rng.standard_normal((count, v.size))
            else:
                args = {key: _deep(drawn.get(f"{v.name}_{key}", value), v.shape) for key, value in v.prior.args.items()}
                args = v.prior.in_unit(args, units[v.prior.unit_name] if v.prior.unit_name else None)
                values = forward(drawn[v.name], *family_of(v.prior).bounds(**args)).reshape(count, v.size)
            z[:, v.at : v.at + v.size] = values
        return self.in_chart(z)


def _symmetric(matrices: np.ndarray) -> np.ndarray:
    return (matrices + matrices.swapaxes(-2, -1)) / 2


def _deep(value, shape: tuple[int, ...]):
    """Draws of a hyperparameter, of shape (draw,), beside draws of shape (draw, *shape)."""
    return value.reshape(-1, *(1,) * len(shape)) if np.ndim(value) == 1 and shape else value


def _in_blocks(program: Program, points: np.ndarray, constants: Constants) -> np.ndarray:
    """As `_run`, of many points."""
    parts = blocks(len(points), max(constants.columns.shape[1], constants.matrices.size))
    return np.concatenate(each(lambda part: _run(program, points[part], constants), parts))


def _run(program: Program, points: np.ndarray, constants: Constants | None = None) -> np.ndarray:
    """Outputs at points, of shape (point, output)."""
    c = program.constants if constants is None else constants
    with np.errstate(all="ignore"):
        found = array_function(program.array_code)(points.T[:, :, None], c.numbers, c.columns, c.groups, c.matrices)
    return np.stack([np.broadcast_to(value, (len(points), 1))[:, 0] for value in found], axis=-1)


def as_posterior(density: Density, points: np.ndarray) -> xr.Dataset:
    """The posterior of points in the chart, of shape (chain, draw, size)."""
    law, table = density.law, density.table
    chains, draws = points.shape[:2]
    dims = {v.name: v.prior.dims for v in density.variables} | {
        name: prior.dims for name, prior in law.all_priors.items() if isinstance(prior, Prior)
    }
    values = {
        name: xr.DataArray(array.reshape(chains, draws, *array.shape[1:]), dims=(*SAMPLE_DIMS, *dims[name]))
        for name, array in density.physical(points.reshape(chains * draws, -1)).items()
    }
    fixed = {name: prior for name, prior in law.all_priors.items() if not isinstance(prior, Prior)}
    derived = {name: call(function, values, fixed, table.reference) for name, function in law.derived.items()}
    levels = {name: levels for name, levels in table.levels.items()}
    return xr.Dataset({**values, **derived}).assign_coords(chain=range(chains), draw=range(draws), **levels)
