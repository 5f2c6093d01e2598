"""The public names of bayescale: what users call, and what its documentation must describe."""

import importlib
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import bayescale as bs

#: Public names that results, arguments or pages name, outside of ``bayescale.__all__``.
FURTHER = (
    "forecasting.backtest.board",
    "forecasting.trust.advice.Advice",
    "forecasting.trust.evidence.Evidence",
    "laws.caballero2022.broken",
)


def callables() -> dict[str, Any]:
    """Public functions and classes by their dotted name."""
    found = {}
    for name in bs.__all__:
        value = getattr(bs, name)
        if isinstance(value, ModuleType):
            found |= {f"{name}.{key}": each for key, each in _of_module(value)}
        else:
            found[name] = value
    for path in FURTHER:
        module, _, name = path.rpartition(".")
        found[path] = getattr(importlib.import_module(f"bayescale.{module}"), name)
    return found


def methods() -> dict[str, Any]:
    """Public methods of public classes, and their calls, by dotted name; without properties."""
    return {
        f"{path}.{name}": inspect.unwrap(getattr(owner, name))
        for path, owner in callables().items()
        if inspect.isclass(owner)
        for name, value in vars(owner).items()
        if inspect.isfunction(value) and (name == "__call__" or not name.startswith("_"))
    }


def _of_module(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Functions and classes of a public module: those in its ``__all__``, or else those that it defines."""
    names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    for name in names:
        value = getattr(module, name)
        own = hasattr(module, "__all__") or getattr(value, "__module__", "") == module.__name__
        if own and (inspect.isfunction(value) or inspect.isclass(value)):
            yield name, value
