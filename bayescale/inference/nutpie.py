"""The bridge to nutpie: the only file that names nutpie, private parts included.

nutpie samples a density in one of two ways. By machine code: nutpie gets the address of a function compiled by Numba,
which takes private parts of nutpie. By Python calls: nutpie's public `from_pyfunc` calls the density in NumPy, which is
slower. The second is the fallback when Numba or a private part is missing or has changed; a warning says so once.
"""

import importlib
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import xarray as xr

from bayescale.autodiff import numba_backend
from bayescale.density.log_density import LogDensity

#: The installed package; warnings point to the first caller outside it.
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
#: What Python raises if an interface has changed: a name, an argument or a part of the result is missing.
_CHANGED = (AttributeError, TypeError, NotImplementedError, LookupError)
#: Keys of the warnings that this process has given.
_warned: set[str] = set()


class Unavailable(ImportError):
    """nutpie is not installed, or its public interface has changed."""


@dataclass(frozen=True)
class Target:
    """A density in the coordinates u that nutpie samples: x = center + root u.

    Attributes
    ----------
    density : LogDensity, a function of the sampling coordinates x.
    center : array of shape (size,).
    root : array of shape (size, size).
    start : function from the seed of a chain to its initial u, of shape (size,).
    """

    density: LogDensity
    center: np.ndarray
    root: np.ndarray
    start: Callable[[int], np.ndarray]


def require() -> ModuleType:
    """The module `nutpie`.

    Raises
    ------
    Unavailable
        If it cannot be imported.
    """
    try:
        return importlib.import_module("nutpie")
    except Exception as error:  # a broken installation raises more than ImportError
        raise Unavailable(f"nutpie cannot be imported ({_reason(error)})") from error


def draw(
    target: Target, options: Mapping[str, Any], nuts: Mapping[str, Any], seed: int
) -> tuple[np.ndarray, xr.Dataset]:
    """Sample a density by NUTS.

    Parameters
    ----------
    target : Target
    options : "draws", "tune" and "chains"; optionally "cores", "progressbar" and "quiet".
    nuts : further arguments of `nutpie.sample`, such as "target_accept".
    seed : int

    Returns
    -------
    array of shape (chain, draw, size) : points u.
    Dataset : the sampler's statistics, dims (chain, draw).

    Raises
    ------
    Unavailable
        If nutpie is not installed, or its public interface has changed.
    KeyboardInterrupt
        If sampling was interrupted.

    Warns
    -----
    RuntimeWarning
        Once per process, if nutpie calls the density as Python instead of machine code.
    """
    require()
    try:
        points, stats = _sample(_compiled(target), options, nuts, seed)
    except (numba_backend.Unavailable, ImportError, *_CHANGED) as error:
        reason = _reason(error)
        try:
            points, stats = _sample(_interpreted(target), options, nuts, seed)
        except (ImportError, *_CHANGED) as failure:
            raise Unavailable(f"nutpie cannot be used ({_reason(failure)})") from failure
        message = f"nutpie cannot call the compiled density ({reason}); it calls the density in NumPy, which is slower"
        warn_once("interpreted", message)
    if points.shape[:2] != (options["chains"], options["draws"]):
        raise KeyboardInterrupt(f"sampling was interrupted after {points.shape[1]} of {options['draws']} draws.")
    return points, stats


def warn_once(key: str, message: str) -> None:
    """Warn about something that holds for the whole process, at the first call with this key."""
    if key not in _warned:
        _warned.add(key)
        warnings.warn(message + ".", RuntimeWarning, skip_file_prefixes=(_PACKAGE,))


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _compiled(target: Target) -> Any:
    """A model of nutpie that calls machine code by its address."""
    from nutpie import _lib
    from nutpie.sample import CompiledModel

    density, start = target.density, target.start
    functions = numba_backend.compiled(density.program.scalar_code)
    data, size = numba_backend.packed(density.program.constants, target.center, target.root), density.size
    dims, sizes = {"u": ("coordinate",)}, {"coordinate": size}

    class Model(CompiledModel):
        n_dim = size  # pyright: ignore[reportAssignmentType] (a property of the base)
        shapes = {"u": (size,)}  # pyright: ignore[reportAssignmentType]
        coords = {"coordinate": np.arange(size)}  # pyright: ignore[reportAssignmentType]

        def _make_model(self, init_mean):
            address = data.ctypes.data
            # the last argument keeps code and data alive while nutpie holds their addresses
            logp = _lib.LogpFunc(functions.density.address, address, (functions, data))
            expand = _lib.ExpandFunc(size, size, functions.expand.address, address, (functions, data))
            variables = _lib.PyVariable.new_variables(["u"], ["float64"], [[size]], sizes, dims)
            return _lib.PyMcModel(logp, expand, variables, size, sizes, self.coords, start, None)

        def _make_sampler(self, settings, init_mean, cores, progress_type, callback, callback_rate, store):
            model = self._make_model(init_mean)
            return _lib.PySampler.from_pymc(settings, cores, model, progress_type, callback, callback_rate, store)

    return Model(dims=dims)


def _interpreted(target: Target) -> Any:
    """A model of nutpie that calls the density in NumPy."""
    from nutpie.compiled_pyfunc import from_pyfunc

    density, center, root = target.density, target.center, target.root

    def logp(u: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = density.gradient(center + root @ u)
        if not (np.isfinite(value) and np.isfinite(slope).all()):
            return -np.inf, np.zeros_like(slope)  # a divergence, as a nonzero return code of the compiled density
        return value, root.T @ slope

    return from_pyfunc(
        density.size,
        lambda: logp,
        lambda *_: lambda u: {"u": u},
        [np.dtype("float64")],
        [(density.size,)],
        ["u"],
        coords={"coordinate": np.arange(density.size)},
        dims={"u": ("coordinate",)},
        make_initial_point_fn=target.start,
    )


def _sample(
    model: Any, options: Mapping[str, Any], nuts: Mapping[str, Any], seed: int
) -> tuple[np.ndarray, xr.Dataset]:
    """Points u of shape (chain, draw, size), and the sampler's statistics."""
    drawn = require().sample(
        model,
        draws=options["draws"],
        tune=options["tune"],
        chains=options["chains"],
        cores=options.get("cores"),
        seed=seed,
        progress_bar=bool(options.get("progressbar", True)) and not options.get("quiet", False),
        save_warmup=False,
        **nuts,
    )
    stats = drawn["sample_stats"].to_dataset().drop_vars("divergence_message", errors="ignore")
    return drawn["posterior"]["u"].to_numpy(), stats
