"""Colours, markers and dashes that tell groups apart, in colour-blind eyes and in grey print."""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, LogNorm

Dash = Literal["-", "--", "-.", ":"]
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES: tuple[Dash, ...] = ("-", "--", "-.", ":")


class Look(NamedTuple):
    """How one group is told from another: colour, marker and dash, so that no group rests on colour alone."""

    color: Any = OKABE_ITO[0]
    marker: str = "o"
    dash: Dash = "-"


def looks(values: Iterable[Any]) -> dict[Any, Look]:
    """A look for each distinct value, taken as a name."""
    distinct = list(dict.fromkeys(values))
    return {value: Look(OKABE_ITO[i % 7], MARKERS[i % 7], DASHES[i % 4]) for i, value in enumerate(distinct)}


def scaled_looks(values: Iterable[Any]) -> tuple[dict[Any, Look], ScalarMappable | None]:
    """A look for each distinct value; numbers get a logarithmic colour scale, returned for the colour bar."""
    distinct = list(dict.fromkeys(values))
    if not distinct or not all(isinstance(value, int | float | np.number) for value in distinct):
        return looks(distinct), None
    low, high = min(distinct), max(distinct)
    if not low > 0:
        raise ValueError(
            f"plots: colours are on a logarithmic scale, but the smallest number is {low}; use astype(str)"
        )
    norm = LogNorm(low, high) if low < high else LogNorm(low / 2, high * 2)
    dark = ListedColormap(matplotlib.colormaps["viridis"](np.linspace(0, 0.9, 256)))  # pale yellow vanishes on paper
    scale = ScalarMappable(norm, dark)
    return {value: Look(scale.to_rgba(value)) for value in distinct}, scale
