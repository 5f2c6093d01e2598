"""Colours, markers and dashes of groups, distinct for colour-blind readers and in grey print."""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, LogNorm

Dash = Literal["-", "--", "-.", ":"]
#: Colour-blind-safe palette (Okabe & Ito 2008).
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES: tuple[Dash, ...] = ("-", "--", "-.", ":")


class Look(NamedTuple):
    """Colour, marker and dash of a group, so that groups differ by more than colour."""

    color: Any = OKABE_ITO[0]
    marker: str = "o"
    dash: Dash = "-"


def looks(values: Iterable[Any]) -> dict[Any, Look]:
    """A look for each distinct value, as a category."""
    distinct = list(dict.fromkeys(values))
    return {value: Look(OKABE_ITO[i % 7], MARKERS[i % 7], DASHES[i % 4]) for i, value in enumerate(distinct)}


def scaled_looks(values: Iterable[Any]) -> tuple[dict[Any, Look], ScalarMappable | None]:
    """A look for each distinct value, and the colour scale if all values are numbers (logarithmic), else None."""
    distinct = list(dict.fromkeys(values))
    if not distinct or not all(isinstance(value, int | float | np.number) for value in distinct):
        return looks(distinct), None
    low, high = min(distinct), max(distinct)
    if not low > 0:
        raise ValueError(f"plots: the colour scale is logarithmic, but the smallest number is {low}; use astype(str)")
    norm = LogNorm(low, high) if low < high else LogNorm(low / 2, high * 2)
    dark = ListedColormap(matplotlib.colormaps["viridis"](np.linspace(0, 0.9, 256)))  # without the pale yellow
    scale = ScalarMappable(norm, dark)
    return {value: Look(scale.to_rgba(value)) for value in distinct}, scale
