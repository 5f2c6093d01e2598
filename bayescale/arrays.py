"""Arrays: the steps of a tape in NumPy, for many points at once; arrays are of shape (point, 1) or (point, run)."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from bayescale.tape import BINARY


def _absolute(x):
    return x * np.sign(x.real) if np.iscomplexobj(x) else np.abs(x)


def _special(name: str) -> Callable:
    def function(x):
        import scipy.special

        return getattr(scipy.special, name)(x)

    return function


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


def _evidence(parts, gram, x):
    """Value and derivatives of `Tape.evidence`; complex steps go through."""
    both = np.concatenate([np.broadcast_to(part, (x.shape[1], 1)) for part in parts], axis=-1)
    b, u = np.split(both, 2, axis=-1)
    inverse = _inverse(np.eye(len(gram)) + b[:, :, None] * gram * b[:, None, :])
    mean = (inverse @ (b * u)[:, :, None])[:, :, 0]  # of the coefficients
    by_u = b * mean
    by_b = mean * (u - by_u @ gram) - np.einsum("kj,pjk,pj->pk", gram, inverse, b)
    fits = np.sum(u * by_u, axis=-1)
    value = 0.5 * fits + 0.5 * np.linalg.slogdet(inverse)[1]
    # where the discrepancy dwarfs the noise, digits cancel; what is left of such absurd points is not a density
    lost = np.abs(fits) * (1.0 + np.max(np.abs(b) ** 2 * np.diag(gram), axis=-1)) * np.finfo(float).eps > LOST
    value = np.where(lost, np.nan, value)
    return [column[:, None] for column in (value, *by_b.T, *by_u.T)]


def _inverse(matrices: np.ndarray) -> np.ndarray:
    """Of each matrix; NaN where one is singular, as those of absurd points far from the runs are."""
    try:
        return np.linalg.inv(matrices)
    except np.linalg.LinAlgError:
        if len(matrices) == 1:
            return np.full_like(matrices, np.nan)
        half = len(matrices) // 2
        return np.concatenate([_inverse(matrices[:half]), _inverse(matrices[half:])])


#: The steps of a tape by name. Sign and absolute value leave an imaginary part alone: it carries a derivative.
ARRAYS: dict[str, Callable] = {
    **{name: getattr(np, name) for name in ("negative", "exp", "log", "log1p", "expm1", "sqrt", "tanh", *BINARY)},
    "absolute": _absolute,
    "sign": lambda x: np.sign(x.real),
    "lgamma": _special("gammaln"),
    "erf": _special("erf"),
    "gather": _gather,
    "scatter": _scatter,
    "total": _total,
    "evidence": _evidence,
}


@lru_cache(maxsize=256)
def compiled_for_arrays(code: str) -> Callable:
    """The function of `Program.for_arrays`; NumPy calls, nothing is compiled to machine code."""
    scope = dict(ARRAYS)
    exec(code, scope)  # our own text, made from the tape
    return scope["f"]
