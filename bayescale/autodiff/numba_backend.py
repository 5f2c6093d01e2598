"""Native: a density as machine code, kept by structure, and drawn from by nutpie.

PyTensor's way from the model to a compiled gradient takes ten seconds and more; the tape's takes one or two, and less
in later processes (docs/decisions.md). Data are handed over at run time, so a structure is compiled once, however many
tables are fitted with it.
"""

import importlib.util
import inspect
import os
import sys
import warnings
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from bayescale.autodiff import simd_math as elementary
from bayescale.autodiff.codegen import Constants
from bayescale.autodiff.kernels import evidence, factor, projected, solve, solve_back, solved, spread
from bayescale.base.atomic import replacing

if TYPE_CHECKING:
    pass

#: The C signature that nutpie calls: (size, point, gradient, log density, data) -> 0, or why there is no density.
_HEAD = '''"""Log density and gradient of one structure; written by bayescale, compiled by Numba, free of data."""

import math

import numpy as np
from numba import carray, cfunc, njit, types

absolute, exp, log, log1p, expm1, negative = np.absolute, np.exp, np.log, np.log1p, np.expm1, np.negative
sign, sqrt, tanh, lgamma, erf = np.sign, np.sqrt, np.tanh, math.lgamma, math.erf
pointer = types.CPointer(types.double)
flags = {{"arcp", "contract", "nsz"}}
# No Python calls what a density calls. All of it is inlined: else a process that compiles runs other copies of these
# functions than one that loads what was compiled, and last bits differ.
options = {{"error_model": "numpy", "no_cpython_wrapper": True, "forceinline": True}}
in_vectors = {{**options, "fastmath": {{*flags, "reassoc"}}}}  # sums of several runs at once
in_order = {{**options, "fastmath": flags}}
exact = {{**options, "fastmath": {{"contract"}}}}
called = {{"error_model": "numpy", "fastmath": flags, "cache": {cache}}}


@njit(**in_vectors)
def move(center, root, u, x):  # not @, which is half the time to compile
    for i in range(len(x)):
        x[i] = center[i]
        for j in range(len(x)):
            x[i] += root[i, j] * u[j]


{helper}@cfunc(types.int64(types.uint64, pointer, pointer, pointer, pointer), **called)
def density(size_, u_, grad_, logp_, data_):
    size = np.int64(size_)  # a signed one, as all other sizes: code for two kinds takes longer to compile
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
    """The data as one array of doubles, as the compiled function of u reads them: x = center + root u."""
    c = constants
    head = [len(c.numbers), len(c.columns), c.columns.shape[1], len(c.groups), *c.matrices.shape[:2]]
    parts = [head, center, root.ravel(), c.numbers, c.columns.ravel(), c.groups.ravel(), c.matrices.ravel()]
    return np.concatenate([np.asarray(part, dtype=float) for part in parts])


class Unavailable(RuntimeError):
    """Numba is not installed, or cannot compile a density."""


@lru_cache(maxsize=64)
def compiled(code: str) -> ModuleType:
    """The compiled functions of a structure: from this process, from the cache on disk, or newly compiled.

    Raises
    ------
    Unavailable
        If Numba is missing, or has changed.
    """
    loops, body = code.split("def f(x, grad, c, r, g, m):\n")
    lines = body.splitlines()
    lines[-1] = lines[-1].replace("return ", "logp = ")
    body = "\n".join(lines)
    folder = _folder()
    helper = _helpers(code) + loops.replace("def ", "@njit(**in_vectors)\ndef ")
    text = _HEAD.format(body=body, helper=helper, cache=folder is not None)
    name = f"structure_{sha256(text.encode()).hexdigest()[:16]}"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*carray.*")
        if folder is not None:
            try:
                return _load(name, _written(folder / f"{name}.py", text))
            except Exception:  # Numba raises many kinds; a cache that cannot be used costs a second, not the fit
                text = _HEAD.format(body=body, helper=helper, cache=False)
        module = ModuleType(name)
        try:
            exec(compile(text, f"<{name}>", "exec"), module.__dict__)
        except Exception as error:  # Numba raises many kinds
            raise Unavailable(f"Numba cannot compile a density ({type(error).__name__}: {error})") from error
    return module


def _helpers(code: str) -> str:
    """The functions that the code of a density calls, as code."""
    loops = filter(inspect.isfunction, vars(elementary).values()) if "loop_" in code else ()
    integrals = (factor, solved, evidence, solve, solve_back) if "evidence(" in code else ()
    vectors = (projected, spread) if "projected(" in code else ()
    parts = [("exact", f) for f in loops] + [("in_vectors", f) for f in vectors] + [("in_order", f) for f in integrals]
    return "".join(f"@njit(**{how})\n{inspect.getsource(one)}\n\n" for how, one in parts)


def _folder() -> Path | None:
    """Where compiled structures are kept, if that place can be written to."""
    import platformdirs

    folder = Path(os.environ.get("BAYESCALE_CACHE") or platformdirs.user_cache_dir("bayescale")) / "compiled"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _written(path: Path, text: str) -> Path:
    """The file with this text; it is not touched if it is there already, or Numba would compile anew."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        with replacing(path) as draft:
            draft.write_text(text, encoding="utf-8")
    return path


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None  # it is a .py file
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # Numba's cache looks a function's home up by name
    spec.loader.exec_module(module)
    return module
