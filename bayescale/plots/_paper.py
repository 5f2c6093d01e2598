"""style: an optional look for papers, in force inside a ``with`` block only."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib import cycler

from bayescale.plots._looks import DASHES, OKABE_ITO
from bayescale.plots._style import DOUBLE, INK, SINGLE, SIZE, SMALL, TEXT

#: Width and height of a figure [inches], by the number of columns that it spans.
SIZES = {"single": SINGLE, "double": DOUBLE}
#: Greys of lines for print without colours, from dark to light; markers and dashes differ too.
GREYS = ("0.0", "0.45", "0.65", "0.25", "0.55", "0.75", "0.35")


@contextmanager
def style(columns: str = "single", height: float | None = None, grey: bool = False) -> Iterator[tuple[float, float]]:
    """Draw figures for print: fonts of 7 and 8 points, thin lines, colour-blind safe colours, embedded fonts.

    Everything that matplotlib or ArviZ draws inside the ``with`` block has this look; afterwards the former settings
    are back. Plots of this module have it with or without the block; the block sets the size of figures that they make.

    Parameters
    ----------
    columns : {"single", "double"}
        Width of new figures: 3.35 or 6.9 inches.
    height : float, optional
        Height of new figures [inches]; by default 2.5 or 2.6.
    grey : bool
        Whether lines of matplotlib and ArviZ are grey. Colours of this module's plots stay: groups differ in markers
        and dashes too, so they can be told from each other in grey print.

    Yields
    ------
    tuple of float : width and height [inches], for ``figure_kwargs={"figsize": ...}`` of ArviZ, which sets its own.

    Raises
    ------
    ValueError
        If `columns` is unknown, or `height` is not positive.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import bayescale as bs
    >>> with bs.plots.style("double", height=3.0) as size:
    ...     figure, axes = plt.subplots(1, 2)
    >>> size == tuple(figure.get_size_inches().tolist()) == (6.9, 3.0)
    True
    """
    if columns not in SIZES:
        raise ValueError(f"plots.style: columns is {columns!r}, wanted one of {list(SIZES)}")
    if height is not None and not height > 0:
        raise ValueError(f"plots.style: height is {height!r}, wanted a positive number of inches, such as 2.5")
    size = (SIZES[columns][0], SIZES[columns][1] if height is None else float(height))
    before = SIZE.set(size)
    try:
        with matplotlib.rc_context(_settings(size, grey)):
            yield size
    finally:
        SIZE.reset(before)


def _settings(size: tuple[float, float], grey: bool) -> dict[Any, Any]:
    """Settings of matplotlib."""
    cycle = cycler(color=OKABE_ITO)
    if grey:  # greys alone are hard to tell apart
        cycle = cycler(color=GREYS) + cycler(linestyle=[DASHES[i % len(DASHES)] for i in range(len(GREYS))])
    return {
        "figure.figsize": size,
        "figure.constrained_layout.use": True,
        "figure.dpi": 150,
        "savefig.dpi": 300,
        "pdf.fonttype": 42,  # TrueType, which journals ask for; matplotlib's default is Type 3
        "ps.fonttype": 42,
        "font.size": SMALL,
        "axes.labelsize": TEXT,
        "axes.titlesize": TEXT,
        "xtick.labelsize": SMALL,
        "ytick.labelsize": SMALL,
        "legend.fontsize": SMALL,
        "legend.frameon": False,
        "lines.linewidth": 1.2,
        "lines.markersize": 3.0,
        "axes.linewidth": 0.5,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        **{f"{side}tick.major.{what}": value for side in "xy" for what, value in (("width", 0.5), ("size", 3.0))},
        **{f"{side}tick.color": INK for side in "xy"},
        "axes.prop_cycle": cycle,
    }
