"""Arrays: the steps of a tape in NumPy, for many points at once; arrays are of shape (point, 1) or (point, run)."""

from collections.abc import Callable
from functools import cached_property, lru_cache

import numpy as np

from bayescale.autodiff.tape import BINARY, erf, lgamma


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


#: Error of a log density beyond which it is none.
LOST = 1e-3


class Evidence:
    """Value (item 0) and derivatives of `Tape.evidence`, worked out when asked for; complex steps go through."""

    def __init__(self, parts, gram, x):
        self.gram, (self.b, self.u) = gram, np.split(_together(parts, x), 2, axis=-1)
        self.matrix = _precision(self.b, gram)

    def __getitem__(self, k):
        return self._value if k == 0 else self._derivatives[k - 1]

    @cached_property
    def _value(self):
        mean = _all(np.linalg.solve, self.matrix, (self.b * self.u)[:, :, None])[:, :, 0]
        fits = np.sum(self.u * self.b * mean, axis=-1)
        value = 0.5 * fits - 0.5 * np.linalg.slogdet(self.matrix)[1]
        # where the discrepancy dwarfs the noise, digits cancel; what is left of such absurd points is not a density
        size = 1.0 + np.max(np.abs(self.b) ** 2 * np.diag(self.gram), axis=-1)
        return np.where(np.abs(fits) * size * np.finfo(float).eps > LOST, np.nan, value)[:, None]

    @cached_property
    def _derivatives(self):
        inverse = _all(np.linalg.inv, self.matrix)
        mean = (inverse @ (self.b * self.u)[:, :, None])[:, :, 0]  # of the coefficients
        by_u = self.b * mean
        by_b = mean * (self.u - by_u @ self.gram) - np.einsum("kj,pjk,pj->pk", self.gram, inverse, self.b)
        return [column[:, None] for column in (*by_b.T, *by_u.T)]


def _together(parts, x):
    """Numbers of each point, of shape (point, number)."""
    found = np.empty((x.shape[1], len(parts)), dtype=np.result_type(x, *parts))
    for k, part in enumerate(parts):
        found[:, k] = np.ravel(part)
    return found


def _project(values, columns, x):
    values = np.broadcast_to(values, (x.shape[1], columns.shape[1]))
    return (values @ columns.T).T[:, :, None]


def _spread(numbers, columns, x):
    return _together(numbers, x) @ columns


class Solve:
    """Elements of `Tape.solve`."""

    def __init__(self, parts, gram, x):
        b, right = np.split(_together(parts, x), 2, axis=-1)
        self.items = np.swapaxes(_all(np.linalg.solve, _precision(b, gram), right[:, :, None]), 0, 1)

    def __getitem__(self, k):
        return self.items[k]


class SolveBack:
    """Items of the derivative of `Tape.solve`."""

    def __init__(self, parts, gram, x):
        b, right, adjoint = np.split(_together(parts, x), 3, axis=-1)
        both = _all(np.linalg.solve, _precision(b, gram), np.stack([right, adjoint], axis=-1))
        value, back = both[..., 0], both[..., 1]
        by_b = -back * ((b * value) @ gram) - value * ((b * back) @ gram)
        self.items = np.concatenate([by_b, back], axis=-1).T[:, :, None]

    def __getitem__(self, k):
        return self.items[k]


def _precision(b, gram):
    return np.eye(len(gram)) + b[:, :, None] * gram * b[:, None, :]


def _all(function: Callable, *arrays: np.ndarray) -> np.ndarray:
    """The function of each matrix; NaN where one is singular, as those of absurd points far from the runs are."""
    try:
        return function(*arrays)
    except np.linalg.LinAlgError:
        if len(arrays[0]) == 1:
            return np.full_like(arrays[-1], np.nan)
        halves = [np.array_split(array, 2) for array in arrays]
        return np.concatenate([_all(function, *half) for half in zip(*halves, strict=True)])


#: The steps of a tape by name. Sign and absolute value leave an imaginary part alone: it carries a derivative.
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
    "solve": Solve,
    "solve_back": SolveBack,
}


@lru_cache(maxsize=256)
def compiled_for_arrays(code: str) -> Callable:
    """The function of `Program.for_arrays`; NumPy calls, nothing is compiled to machine code."""
    scope = dict(ARRAYS)
    exec(code, scope)  # our own text, made from the tape
    return scope["f"]
