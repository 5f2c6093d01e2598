"""The laws of the literature: a file is a paper, a value in it is a law.

``from bayescale.laws import chinchilla`` and ``from bayescale.laws.henighan2020 import L_C`` both work. `find` takes
the same names as text, and `names` lists them. May be touched: add a file for a paper. May import: modelling and base.
"""

import importlib
from typing import Any

from bayescale.laws._find import PAPERS, find, names

__all__ = ["find", "names"]


def __getattr__(name: str) -> Any:
    if name in PAPERS:
        return importlib.import_module(f"{__name__}.{name}")
    if not name.startswith("_"):
        fits = [law for full, law in names().items() if full.partition(".")[2] == name]
        if len(fits) == 1:
            return fits[0]
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    short = [full.partition(".")[2] for full in names()]
    return sorted({*__all__, *PAPERS, *(name for name in short if short.count(name) == 1)})
