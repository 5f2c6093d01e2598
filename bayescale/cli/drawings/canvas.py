"""A figure without a window system, its panels, and the file it goes to."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from bayescale.cli import show
from bayescale.plots import DOUBLE, SINGLE, save


def canvas(panels: int) -> tuple[Figure, np.ndarray]:
    """A figure of one column for one panel, of two columns for two, and taller where there are more."""
    rows = -(-panels // 2)
    width, height = SINGLE if panels == 1 else DOUBLE
    figure = Figure(figsize=(width, height * rows), layout="constrained")
    return figure, figure.subplots(rows, min(panels, 2), squeeze=False).ravel()


def write(figure: Figure, stem: Path, quiet: bool) -> None:
    """Write the figure as PDF and PNG, and say so unless `quiet`."""
    paths = save(figure, stem)
    if not quiet:
        show.say("\nwritten to " + " and ".join(map(str, paths)))
