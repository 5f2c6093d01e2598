"""nutpie: the only file that knows nutpie, its private parts included.

`model` hands nutpie the address of a density compiled by Numba; this needs `nutpie._lib`. Where that is missing or has
changed, or Numba cannot compile, nutpie's public interface calls the density as a Python function, and a warning says
so once.
"""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from bayescale.autodiff import numba_backend
from bayescale.density.log_density import LogDensity

#: What has been warned of in this process.
_told: set[str] = set()


class Unavailable(ImportError):
    """nutpie is not installed, or its public interface has changed."""


def model(
    density: LogDensity, center: np.ndarray, root: np.ndarray, start: Callable[[int], np.ndarray], stacklevel: int = 2
) -> Any:
    """A density as a model that nutpie samples.

    Its one variable is the vector ``chart`` of coordinates u, with sampling coordinates x = center + root u.

    Parameters
    ----------
    density : LogDensity
    center : array of shape (size,).
    root : array of shape (size, size).
    start : seed of a chain -> u where it starts.

    Raises
    ------
    Unavailable
        If there is no nutpie that can be used.
    """
    try:
        return _compiled(density, center, root, start)
    except (ImportError, AttributeError, TypeError, numba_backend.Unavailable) as error:
        reason = f"{type(error).__name__}: {error}"
    try:
        found = _interpreted(density, center, root, start)
    except (ImportError, AttributeError, TypeError) as error:
        raise Unavailable(f"nutpie cannot be used ({type(error).__name__}: {error})") from error
    warn_once(f"the density cannot be handed to nutpie as machine code ({reason}), so NUTS is slower", stacklevel + 1)
    return found


def warn_once(message: str, stacklevel: int) -> None:
    """Warn of something that holds for the whole process, once."""
    if message not in _told:
        _told.add(message)
        warnings.warn(message + ".", RuntimeWarning, stacklevel=stacklevel + 1)


def _compiled(density: LogDensity, center: np.ndarray, root: np.ndarray, start: Callable) -> Any:
    """By the address of compiled functions."""
    from nutpie import _lib
    from nutpie.sample import CompiledModel

    functions = numba_backend.compiled(density.program.for_one)
    data, size = numba_backend.packed(density.program.constants, center, root), density.size
    dims, sizes = {"chart": ("coordinate",)}, {"coordinate": size}

    class Model(CompiledModel):
        n_dim = size  # pyright: ignore[reportAssignmentType] (a property of the base)
        shapes = {"chart": (size,)}  # pyright: ignore[reportAssignmentType]
        coords = {"coordinate": np.arange(size)}  # pyright: ignore[reportAssignmentType]

        def _make_model(self, init_mean):
            address = data.ctypes.data
            logp = _lib.LogpFunc(functions.density.address, address, (functions, data))
            expand = _lib.ExpandFunc(size, size, functions.expand.address, address, (functions, data))
            variables = _lib.PyVariable.new_variables(["chart"], ["float64"], [[size]], sizes, dims)
            return _lib.PyMcModel(logp, expand, variables, size, sizes, self.coords, start, None)

        def _make_sampler(self, settings, init_mean, cores, progress_type, callback, callback_rate, store):
            model = self._make_model(init_mean)
            return _lib.PySampler.from_pymc(settings, cores, model, progress_type, callback, callback_rate, store)

    found = Model(dims=dims)
    found._make_model(None)  # so that what is missing is missed here, and not in a thread of the sampler
    return found


def _interpreted(density: LogDensity, center: np.ndarray, root: np.ndarray, start: Callable) -> Any:
    """By calls of a Python function."""
    from nutpie.compiled_pyfunc import from_pyfunc

    def logp(u: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = density.gradient(center + root @ u)
        if not (np.isfinite(value) and np.isfinite(slope).all()):
            return -np.inf, np.zeros_like(slope)  # nutpie takes it for a divergence
        return value, root.T @ slope

    return from_pyfunc(
        density.size,
        lambda: logp,
        lambda *_: lambda u: {"chart": u},
        [np.dtype("float64")],
        [(density.size,)],
        ["chart"],
        coords={"coordinate": np.arange(density.size)},
        dims={"chart": ("coordinate",)},
        make_initial_point_fn=start,
    )


def draw(model: Any, options: Mapping[str, Any], nuts: Mapping[str, Any], seed: int) -> tuple[np.ndarray, xr.Dataset]:
    """Points of shape (chain, draw, size), and the sampler's statistics."""
    import nutpie

    drawn = nutpie.sample(
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
    points = drawn["posterior"]["chart"].to_numpy()
    if points.shape[:2] != (options["chains"], options["draws"]):
        raise KeyboardInterrupt(f"sampling was interrupted after {points.shape[1]} of {options['draws']} draws.")
    return points, drawn["sample_stats"].to_dataset().drop_vars("divergence_message", errors="ignore")
