"""Log density: the log posterior of a law on a table as a function of the sampling coordinates, in NumPy.

Values for many points at once, exact gradients, and second derivatives.
"""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import xarray as xr

from bayescale.autodiff.codegen import Program
from bayescale.autodiff.constants import Constants
from bayescale.autodiff.gradient import gradient
from bayescale.autodiff.numpy_backend import array_function
from bayescale.data.table import RunTable
from bayescale.density.bound import Bound
from bayescale.density.joint import Joint, Variable, family_of, write
from bayescale.density.parallel import blocks, each
from bayescale.density.prior_draws import draw_all
from bayescale.modelling.distributions import forward
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.formula import call
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

#: Starting points are ranked on at most about this many runs.
START_RUNS = 2000
#: Number of steps of the tape in a gradient of Chinchilla's law, the unit of `LogDensity.work`.
STEPS = 170
#: Cost of integrating a discrepancy out, in units of `LogDensity.work`.
INTEGRAL = 1000
#: Cached programs that are reused when only the data change, since writing a gradient takes longest.
_PROGRAMS = ("program", "_value", "_physical")
#: Step of the complex-step derivative. Its square vanishes next to one, so the derivative is exact to rounding.
STEP = 1e-30
#: Step of a difference of gradients. Curvatures are right to some parts in ten thousand
#: (docs/project/decisions/09-laplace.md).
DIFFERENCE = 1e-6


class LogDensity:
    """Log posterior density of a law on a table, in the sampling coordinates.

    Parameters
    ----------
    bound : Bound
    near : array of shape (point, size), optional
        Points near known modes, where a mode search may start.
    programs : mapping, optional
        Programs of a density of the same structure, to be reused with the data of this one.

    Attributes
    ----------
    size : int, number of coordinates.

    Raises
    ------
    Untraceable
        If the law has a function, a prior family or a grouping that only PyMC can evaluate.
    """

    def __init__(self, bound: Bound, near: np.ndarray | None = None, programs: Mapping[str, Program] | None = None):
        self.bound = bound
        self._joint: Joint = write(bound)
        self.size = self._joint.size
        self.near = np.empty((0, self.size)) if near is None else near
        vars(self).update({name: program.on(self._joint.tape) for name, program in (programs or {}).items()})

    def on(self, bound: Bound) -> "LogDensity":
        """The density of other data with as many runs and the same structure, such as other sites."""
        return LogDensity(bound, programs=self._programs)

    def starting_near(self, near: np.ndarray) -> "LogDensity":
        """The same density, with points near its modes, of shape (point, size)."""
        return LogDensity(self.bound, near, self._programs)

    @property
    def _programs(self) -> dict[str, Program]:
        return {name: vars(self)[name] for name in _PROGRAMS if name in vars(self)}

    @property
    def law(self) -> Law:
        return self.bound.law

    @property
    def table(self) -> RunTable:
        return self.bound.table

    @property
    def work(self) -> int:
        """Cost of one gradient; the unit is the cost of one run in a gradient of Chinchilla's law."""
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
        """Log density at points.

        Parameters
        ----------
        points : array of shape (point, size).
        most_runs : int, optional
            Use every k-th run only, about this many: enough to compare distant points. Ignored with a discrepancy.

        Returns
        -------
        array of shape (point,); -inf where the density is not finite.
        """
        constants = self._thinned(self._value, most_runs)
        values = _in_blocks(self._value, points, constants)[:, 0]
        return np.where(np.isfinite(values), values, -np.inf)

    def gradient(self, point: np.ndarray, most_runs: int | None = None) -> tuple[float, np.ndarray]:
        """Log density and its gradient at one point of shape (size,); `most_runs` as in `value`."""
        value, *slope = _run(self.program, point[None], self._thinned(self.program, most_runs))[0]
        return float(value), np.array(slope)

    def hessian(self, point: np.ndarray) -> np.ndarray:
        """Second derivatives at one point, of shape (size, size), exact to rounding.

        By complex steps of the gradient (Squire & Trapp 1998, doi:10.1137/S003614459631241X).
        """
        steps = point + 1j * STEP * np.eye(self.size)
        return _symmetric(self._gradients(steps, self.program.constants).imag / STEP)

    def derivatives(self, points: np.ndarray, most_runs: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Gradients of shape (point, size), and second derivatives of shape (point, size, size) by differences.

        These cost a quarter of `hessian` and are good enough to climb by; `most_runs` as in `value`.
        """
        steps = points[:, None] + DIFFERENCE * np.eye(1 + self.size, self.size, -1)
        slopes = self._gradients(steps.reshape(-1, self.size), self._thinned(self.program, most_runs))
        slopes = slopes.reshape(len(points), 1 + self.size, self.size)
        return slopes[:, 0], _symmetric((slopes[:, 1:] - slopes[:, :1]) / DIFFERENCE)

    def _gradients(self, points: np.ndarray, constants: Constants) -> np.ndarray:
        """Gradients at real or complex points of shape (point, size), of the same shape."""
        return _in_blocks(self.program, points, constants)[:, 1:]

    def _thinned(self, program: Program, most_runs: int | None) -> Constants:
        """The program's data, or those of every k-th run, as `value` describes."""
        if most_runs is None or self.law.discrepancy is not None:  # an integral over z is not a sum over runs
            return program.constants
        stride = len(self.table.loss) // most_runs
        return program.constants.thinned(stride) if stride > 1 else program.constants

    def physical(self, points: np.ndarray) -> dict[str, np.ndarray]:
        """Parameters and hyperparameters at points of shape (point, size), each of shape (point, *dims)."""
        flat = _run(self._physical, points)
        values, at = {}, 0
        for name, nodes in self._joint.physical.items():
            shape = np.shape(nodes)
            size = int(np.prod(shape))
            values[name] = flat[:, at : at + size].reshape(len(points), *shape)
            at += size
        return values

    def promising(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Points drawn from the prior, of shape (at most count, size), the most probable first.

        Draws so far out that a sampling coordinate overflows are left out.
        """
        points = self.prior_points(rng, count)
        points = points[np.isfinite(points).all(axis=1)]
        return points[np.argsort(-self.value(points, START_RUNS), kind="stable")]

    def in_chart(self, z: np.ndarray) -> np.ndarray:
        """From PyMC's unconstrained values, in the order of `variables`, to the sampling coordinates."""
        return _run(self._forward, z)

    def prior_points(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Points drawn from the prior, of shape (count, size)."""
        drawn = draw_all(self.bound, rng, count)
        z = np.empty((count, self.size))
        for v in self._joint.variables:
            if v.standardised:
                values = rng.standard_normal((count, v.size))
            else:
                args = {key: _deep(drawn.get(f"{v.name}_{key}", value), v.shape) for key, value in v.prior.args.items()}
                args = v.prior.in_unit(args, self.bound.units[v.prior.unit_name] if v.prior.unit_name else None)
                values = forward(drawn[v.name], *family_of(v.prior).bounds(**args)).reshape(count, v.size)
            z[:, v.at : v.at + v.size] = values
        return self.in_chart(z)


def _symmetric(matrices: np.ndarray) -> np.ndarray:
    return (matrices + matrices.swapaxes(-2, -1)) / 2


def _deep(value, shape: tuple[int, ...]):
    """Draws of a hyperparameter, of shape (draw,), so that they broadcast with draws of shape (draw, *shape)."""
    return value.reshape(-1, *(1,) * len(shape)) if np.ndim(value) == 1 and shape else value


def _in_blocks(program: Program, points: np.ndarray, constants: Constants) -> np.ndarray:
    """As `_run`, for many points: in blocks, in parallel within `bayescale.density.parallel.shared`."""
    parts = blocks(len(points), max(constants.columns.shape[1], constants.matrices[:1].size))
    return np.concatenate(each(lambda part: _run(program, points[part], constants), parts))


def _run(program: Program, points: np.ndarray, constants: Constants | None = None) -> np.ndarray:
    """Outputs of a program at points of shape (point, size), of shape (point, output)."""
    c = program.constants if constants is None else constants
    with np.errstate(all="ignore"):
        outputs = array_function(program.array_code)(points.T[:, :, None], c.numbers, c.columns, c.groups, c.matrices)
    return np.stack([np.broadcast_to(value, (len(points), 1))[:, 0] for value in outputs], axis=-1)


def as_posterior(density: LogDensity, points: np.ndarray) -> xr.Dataset:
    """Points in the sampling coordinates, of shape (chain, draw, size), as a posterior.

    Returns
    -------
    Dataset : parameters, hyperparameters and derived quantities, dims (chain, draw, groups).
    """
    law, table = density.law, density.table
    chains, draws = points.shape[:2]
    dims = {v.name: v.prior.dims for v in density.variables} | {n: p.dims for n, p in law.variables.items()}
    values = {
        name: xr.DataArray(array.reshape(chains, draws, *array.shape[1:]), dims=(*SAMPLE_DIMS, *dims[name]))
        for name, array in density.physical(points.reshape(chains * draws, -1)).items()
    }
    fixed = {name: prior for name, prior in law.all_priors.items() if not isinstance(prior, Prior)}
    derived = {name: call(function, values, fixed, table.reference) for name, function in law.derived.items()}
    levels = {name: levels for name, levels in table.levels.items()}
    return xr.Dataset({**values, **derived}).assign_coords(chain=range(chains), draw=range(draws), **levels)
