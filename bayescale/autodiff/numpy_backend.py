"""NumPy backend: the steps of a tape for many points at once.

Scalars are arrays of shape (point, 1), and values of runs of shape (point, run). A vector of scalars is a sequence of
arrays of shape (point, 1). Points may be complex, for derivatives by complex steps.
"""

from collections.abc import Callable
from functools import cached_property, lru_cache

import numpy as np

from bayescale.autodiff.node import BINARY
from bayescale.autodiff.tape import erf, lgamma

#: Absolute rounding error above which a log density is rejected (NaN).
MAX_ERROR = 1e-3


def _absolute(x):
    return x * np.sign(x.real) if np.iscomplexobj(x) else np.abs(x)


def _gather(elements, index, x):
    return np.concatenate([np.broadcast_to(e, (x.shape[1], 1)) for e in elements], axis=-1)[:, index]


def _scatter(adjoint, index, size):
    adjoint = np.broadcast_to(adjoint, (*np.shape(adjoint)[:-1], len(index)))
    return [adjoint[:, index == k].sum(axis=-1, keepdims=True) for k in range(size)]


def _total(values, r):
    if values.shape[-1] != r.shape[1]:
        values = np.broadcast_to(values, (*values.shape[:-1], r.shape[1]))
    return values.sum(axis=-1, keepdims=True)


class Evidence:
    """Value (item 0) and derivatives (further items) of `Tape.evidence`, each computed on first access."""

    def __init__(self, parts, gram, x):
        self.gram, (self.b, self.u) = gram, np.split(_stacked(parts, x), 2, axis=-1)
        self.matrix = _precision(self.b, gram)

    def __getitem__(self, k):
        return self._value if k == 0 else self._derivatives[k - 1]

    @cached_property
    def _value(self):
        half = -0.5 * np.linalg.slogdet(self.matrix)[1]
        if not np.any(self.u):  # the determinant alone is wanted
            return half[:, None]
        mean = _each(np.linalg.solve, self.matrix, (self.b * self.u)[:, :, None])[:, :, 0]
        fits = np.sum(self.u * self.b * mean, axis=-1)
        value = half + 0.5 * fits
        # far from the data the discrepancy dwarfs the noise, and cancellation leaves no correct digits
        size = 1.0 + np.max(np.abs(self.b) ** 2 * np.diag(self.gram), axis=-1)
        return np.where(np.abs(fits) * size * np.finfo(float).eps > MAX_ERROR, np.nan, value)[:, None]

    @cached_property
    def _derivatives(self):
        inverse = _each(np.linalg.inv, self.matrix)
        mean = (inverse @ (self.b * self.u)[:, :, None])[:, :, 0]  # posterior mean of the coefficients
        by_u = self.b * mean
        by_b = mean * (self.u - by_u @ self.gram) - np.einsum("kj,pjk,pj->pk", self.gram, inverse, self.b)
        return [column[:, None] for column in (*by_b.T, *by_u.T)]


def _stacked(parts, x):
    """Scalars side by side, of shape (point, scalar)."""
    table = np.empty((x.shape[1], len(parts)), dtype=np.result_type(x, *parts))
    for k, part in enumerate(parts):
        table[:, k] = np.ravel(part)
    return table


def _project(values, columns, x):
    values = np.broadcast_to(values, (x.shape[1], columns.shape[1]))
    return (values @ columns.T).T[:, :, None]


def _spread(numbers, columns, x):
    return _stacked(numbers, x) @ columns


class Factor:
    """Matrices B at each point, and their inverses, which all solutions with the same B share."""

    def __init__(self, amplitudes, gram, x):
        self.b, self.gram = _stacked(amplitudes, x), gram
        self.inverse = _each(np.linalg.inv, _precision(self.b, gram))


class Solve:
    """Items of `Tape.solve`."""

    def __init__(self, factor, right, x):
        right = _stacked(right, x)[:, :, None]
        self.items = np.swapaxes(factor.inverse @ right, 0, 1)

    def __getitem__(self, k):
        return self.items[k]


class SolveBack:
    """Vector-Jacobian product of `Tape.solve`: items for the amplitudes, then for the right-hand side."""

    def __init__(self, factor, parts, x):
        b, gram = factor.b, factor.gram
        right, adjoint = np.split(_stacked(parts, x), 2, axis=-1)
        both = factor.inverse @ np.stack([right, adjoint], axis=-1)
        value, back = both[..., 0], both[..., 1]
        by_b = -back * ((b * value) @ gram) - value * ((b * back) @ gram)
        self.items = np.concatenate([by_b, back], axis=-1).T[:, :, None]

    def __getitem__(self, k):
        return self.items[k]


def _precision(b, gram):
    """B = I + b G b at each point, of shape (point, coefficient, coefficient)."""
    return np.eye(len(gram)) + b[:, :, None] * gram * b[:, None, :]


def _each(function: Callable, *arrays: np.ndarray) -> np.ndarray:
    """The function of each matrix; NaN if the matrix is singular, which happens only far from the data."""
    try:
        return function(*arrays)
    except np.linalg.LinAlgError:
        if len(arrays[0]) == 1:
            return np.full_like(arrays[-1], np.nan)
        halves = [np.array_split(array, 2) for array in arrays]
        return np.concatenate([_each(function, *half) for half in zip(*halves, strict=True)])


#: The steps of a tape by name. Of complex numbers, sign and absolute value look at the real part only, since the
#: imaginary part carries a derivative.
ARRAYS: dict[str, Callable] = {
    **{name: getattr(np, name) for name in ("negative", "exp", "log", "log1p", "expm1", "sqrt", "tanh", *BINARY)},
    "absolute": _absolute,
    "sign": lambda x: np.sign(x.real),
    "lgamma": lgamma,
    "erf": erf,
    "gather": _gather,
    "scatter": _scatter,
    "total": _total,
    "project": _project,
    "spread": _spread,
    "evidence": Evidence,
    "Factor": Factor,
    "solve": Solve,
    "solve_back": SolveBack,
}


@lru_cache(maxsize=256)
def array_function(code: str) -> Callable:
    """The function that `Program.array_code` defines."""
    scope = dict(ARRAYS)
    exec(code, scope)  # the text comes from `bayescale.autodiff.codegen`
    return scope["f"]
