"""Style of every plot: sizes, colours, labels. It is set on artists, never in rcParams."""

from collections.abc import Hashable, Sequence
from contextvars import ContextVar
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable

from bayescale.base import columns
from bayescale.plots._ticks import LogLabels, LogTicks, linear_ticks, log_ticks

SINGLE = (3.35, 2.5)
"""Width and height of a single-column figure [inches]."""
DOUBLE = (6.9, 2.6)
"""Width and height of a double-column figure [inches]."""

#: Width and height of figures that plots make [inches]; `bayescale.plots.style` sets it.
SIZE: ContextVar[tuple[float, float]] = ContextVar("SIZE", default=SINGLE)
#: Font size of axis labels [points].
TEXT = 8
#: Font size of tick labels and legends [points].
SMALL = 7
#: Grey level of text, ticks and spines.
INK = "0.15"
#: Grey level of lines in the background.
GREY = "0.45"
#: Opacity of a band. Nested bands overlap, so the inner ones are darker.
SHADE = 0.28
#: Parameter names that are drawn as Greek letters.
_GREEK = ("alpha", "beta", "gamma", "delta", "kappa", "lambda", "mu", "nu", "rho", "sigma", "tau", "theta")


def unit(column: Hashable, *sources: Any) -> str:
    """Unit of a column: from ``attrs["units"]`` of a source (a mapping column -> unit), else as in `base.columns`."""
    for source in sources:
        units = getattr(source, "attrs", {}).get("units")
        if isinstance(units, dict) and column in units:
            return str(units[column])
    return columns.column(str(column)).unit


def label(column: Hashable, *sources: Any) -> str:
    """Axis label of a column, with its unit; a name that `base.columns` does not know is taken for a parameter's."""
    known = columns.COLUMNS.get(str(column))
    return columns.with_unit(known.label if known else symbol(str(column)), unit(column, *sources))


def symbol(name: str) -> str:
    """A parameter's name in mathematical notation: ``alpha_N`` becomes a Greek letter with an index."""
    head, _, tail = name.partition("_")
    tail = tail.replace("_", r"\_")
    if head not in _GREEK:
        return name
    index = rf"_{{\mathrm{{{tail}}}}}" if tail else ""
    return rf"$\{head}{index}$"


def canvas(ax: Axes | None) -> Axes:
    """The given axes, or the axes of a new figure, of a single column unless `bayescale.plots.style` says otherwise."""
    return plt.subplots(figsize=SIZE.get(), layout="constrained")[1] if ax is None else ax


def style(ax: Axes, xlabel: str, ylabel: str, log: str = "xy") -> None:
    """Set scales, ticks, labels, spines and font sizes; `log` names the logarithmic axes, such as "xy"."""
    for name, axis, words in (("x", ax.xaxis, xlabel), ("y", ax.yaxis, ylabel)):
        ax.set(**{f"{name}scale": "log" if name in log else "linear"})
        (log_ticks if name in log else linear_ticks)(axis)
        axis.set_label_text(words, fontsize=TEXT, color=INK)
    ax.tick_params(which="major", labelsize=SMALL, labelcolor=INK, color=INK, width=0.5, length=3)
    ax.tick_params(which="minor", color=INK, width=0.4, length=1.5)
    ax.spines[["top", "right"]].set_visible(False)
    for spine in ax.spines.values():
        spine.set(linewidth=0.5, edgecolor=INK)


def legend(ax: Axes, handles: Sequence[Artist]) -> None:
    """Add a legend in rows above the axes, off the data; its entries are the handles' labels."""
    figure, letters = ax.get_figure(root=True), [len(str(handle.get_label())) + 6 for handle in handles]
    width = ax.get_position().width * (figure.get_figwidth() if figure else SINGLE[0])  # [inches]
    ax.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=_columns(letters, width / (0.0069 * SMALL)),  # a letter's width is about half its height
        fontsize=SMALL,
        frameon=False,
        labelcolor=INK,
        handlelength=1.4,
        handletextpad=0.5,
        columnspacing=1.0,
        borderaxespad=0.2,
        borderpad=0.1,
    )


def _columns(letters: Sequence[int], most: float) -> int:
    """The largest number of columns in which entries of so many letters fit a row of `most` letters."""
    for count in range(len(letters), 1, -1):
        if sum(part.max() for part in np.array_split(letters, count)) <= most:  # as matplotlib fills them
            return count
    return 1


def colorbar(ax: Axes, scale: ScalarMappable, words: str) -> None:
    """Add a thin colour bar to the right of `ax`, with ticks like those of the axes."""
    figure = ax.get_figure()
    if figure is None:
        return
    bar = figure.colorbar(scale, ax=ax, ticks=LogTicks(), format=LogLabels(), fraction=0.05, pad=0.02, aspect=30)
    bar.minorticks_off()
    bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    bar.ax.tick_params(labelsize=SMALL, labelcolor=INK, color=INK, width=0.5, length=2)
    bar.set_label(words, fontsize=TEXT, color=INK)
