"""Numba backend: the code of a log density and its gradient, compiled to machine code and cached on disk.

The only file that depends on Numba, which is imported at the first call of `compiled`. Data are passed at run time, so
each structure is compiled once, for any number of tables. Compiling takes one or two seconds; through PyTensor it takes
ten or more (docs/project/decisions/06-tape.md).
"""

import inspect
import warnings
from functools import lru_cache
from hashlib import sha256
from types import ModuleType

import numpy as np

from bayescale.autodiff import compile_cache, simd_math
from bayescale.autodiff.constants import Constants
from bayescale.autodiff.kernels import evidence, factor, projected, solve, solve_back, solved, spread

#: A module with two functions of the C signatures that nutpie calls. `density`: (size, u, gradient, log density, data)
#: -> 0, or a positive code if the log density (4) or the gradient (3) is not finite. `expand`: the output is u itself.
_HEAD = '''"""Log density and gradient of one structure; written by bayescale, compiled by Numba, free of data."""

import math

import numpy as np
from numba import carray, cfunc, njit, types

absolute, exp, log, log1p, expm1, negative = np.absolute, np.exp, np.log, np.log1p, np.expm1, np.negative
sign, sqrt, tanh, lgamma, erf = np.sign, np.sqrt, np.tanh, math.lgamma, math.erf
pointer = types.CPointer(types.double)
flags = {{"arcp", "contract", "nsz"}}
# Everything is inlined. Otherwise a process that compiles and one that loads from the cache run different copies of
# these functions, whose results differ in the last bits.
options = {{"error_model": "numpy", "no_cpython_wrapper": True, "forceinline": True}}
in_vectors = {{**options, "fastmath": {{*flags, "reassoc"}}}}  # sums may be reordered, for SIMD
in_order = {{**options, "fastmath": flags}}
exact = {{**options, "fastmath": {{"contract"}}}}
called = {{"error_model": "numpy", "fastmath": flags, "cache": {cache}}}


@njit(**in_vectors)
def move(center, root, u, x):  # @ would double the time to compile
    for i in range(len(x)):
        x[i] = center[i]
        for j in range(len(x)):
            x[i] += root[i, j] * u[j]


{helper}@cfunc(types.int64(types.uint64, pointer, pointer, pointer, pointer), **called)
def density(size_, u_, grad_, logp_, data_):
    size = np.int64(size_)  # signed like all other sizes: two integer types take longer to compile
    u, slope, head = carray(u_, (size,)), carray(grad_, (size,)), carray(data_, (6,))
    k, l, n, j, q, d = int(head[0]), int(head[1]), int(head[2]), int(head[3]), int(head[4]), int(head[5])
    at = 6 + size + size * size
    data = carray(data_, (at + k + l * n + j * n + q * d * d,))
    root = data[6 + size : at].reshape((size, size))
    c = data[at : at + k]
    r = data[at + k : at + k + l * n].reshape((l, n))
    g = data[at + k + l * n : at + k + l * n + j * n].reshape((j, n))
    m = data[at + k + l * n + j * n :].reshape((q, d, d))
    x, grad = np.empty(size), np.empty(size)
    move(data[6:], root, u, x)
{body}
    logp_[0] = logp
    slope[:] = 0.0
    for j in range(size):
        for i in range(size):
            slope[i] += grad[j] * root[j, i]
    if not math.isfinite(logp):
        return 4
    for i in range(size):
        if not math.isfinite(slope[i]):
            return 3
    return 0


@cfunc(types.int64(types.uint64, types.uint64, pointer, pointer, pointer), **called)
def expand(size, expanded, x_, out_, data_):
    for i in range(size):
        out_[i] = x_[i]
    return 0
'''


def packed(constants: Constants, center: np.ndarray, root: np.ndarray) -> np.ndarray:
    """The data of a compiled density of u, where x = center + root u, as one array of doubles."""
    c = constants
    head = [len(c.numbers), len(c.columns), c.columns.shape[1], len(c.groups), *c.matrices.shape[:2]]
    parts = [head, center, root.ravel(), c.numbers, c.columns.ravel(), c.groups.ravel(), c.matrices.ravel()]
    return np.concatenate([np.asarray(part, dtype=float) for part in parts])


class Unavailable(RuntimeError):
    """Numba is not installed, or does not compile the density."""


@lru_cache(maxsize=64)
def compiled(code: str) -> ModuleType:
    """A module with the compiled functions `density` and `expand` of a structure.

    The compiled code is kept in this process and, if only this user can write to the cache folder, on disk.

    Parameters
    ----------
    code : `bayescale.autodiff.codegen.Program.scalar_code` of a log density and its gradient.

    Raises
    ------
    Unavailable
        If Numba cannot be imported, or fails to compile the code.

    Warns
    -----
    RuntimeWarning
        If the cache on disk is not used because another user could have written it.
    """
    loops, body = code.split("def f(x, grad, c, r, g, m):\n")
    lines = body.splitlines()
    lines[-1] = lines[-1].replace("return ", "logp = ")
    body = "\n".join(lines)
    folder = compile_cache.folder()
    helper = _helpers(code) + loops.replace("def ", "@njit(**in_vectors)\ndef ")
    text = _HEAD.format(body=body, helper=helper, cache=folder is not None)
    name = f"structure_{sha256(text.encode()).hexdigest()[:16]}"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*carray.*")
        if folder is not None:
            try:
                return compile_cache.load(folder, name, text)
            except Exception:  # of many types; without the cache on disk, compiling may still work
                text = _HEAD.format(body=body, helper=helper, cache=False)
        try:
            return compile_cache.run(name, text, f"<{name}>")
        except Exception as error:  # of many types
            raise Unavailable(f"Numba cannot compile a density ({type(error).__name__}: {error})") from error


def _helpers(code: str) -> str:
    """Source of the functions that the code of a density calls."""
    elementary = filter(inspect.isfunction, vars(simd_math).values()) if "loop_" in code else ()
    integrals = (factor, solved, evidence, solve, solve_back) if "factor(" in code or "evidence(" in code else ()
    vectors = (projected, spread) if "projected(" in code else ()
    sources = {"exact": elementary, "in_vectors": vectors, "in_order": integrals}
    parts = [(options, function) for options, functions in sources.items() for function in functions]
    return "".join(f"@njit(**{options})\n{inspect.getsource(function)}\n\n" for options, function in parts)
