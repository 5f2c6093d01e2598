"""entropy: E under each law, and its average over laws."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from bayescale.base.columns import column, with_unit
from bayescale.plots._looks import OKABE_ITO
from bayescale.plots._probabilities import checked_result
from bayescale.plots._style import GREY, INK, canvas, legend, style, unit


def entropy(found: xr.Dataset, truth: float | None = None, ax: Axes | None = None) -> Axes:
    """Draw the 50 and 90 % intervals of E under each law, with its probability, and of their average.

    Parameters
    ----------
    found : Dataset of `bayescale.entropy`.
    truth : float, optional
        The exact entropy, drawn as a line.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If `found` lacks a variable.

    Examples
    --------
    >>> import numpy as np, pandas as pd, bayescale as bs
    >>> C = np.geomspace(1e18, 1e22, 12)
    >>> noise = np.exp(0.003 * np.random.default_rng(0).standard_normal(12))
    >>> runs = pd.DataFrame({"C": C, "loss": (1.82 + 1968 * C**-0.178) * noise})
    >>> bs.plots.entropy(bs.entropy(runs, discrepancy=None, seed=1), truth=1.82).get_xlabel()
    'Irreducible loss E [nats/token]'
    """
    checked_result(found, ("E", "average", "prior_average", "probability"), "entropy")
    ax = canvas(ax)
    rows = [("prior", found["prior_average"], GREY)]
    for law in found["law"].to_numpy():
        words = f"{str(law).replace('_', ' ')} ({float(found['probability'].sel(law=law)):.2f})"
        rows.append((words, found["E"].sel(law=law), OKABE_ITO[0]))
    rows.append(("average", found["average"], OKABE_ITO[1]))
    for y, (_, draws, color) in enumerate(reversed(rows)):
        q = np.quantile(draws.to_numpy(), [0.05, 0.25, 0.5, 0.75, 0.95])
        ax.plot(q[[0, 4]], [y, y], color=color, linewidth=1.2)
        ax.plot(q[[1, 3]], [y, y], color=color, linewidth=4, alpha=0.6, solid_capstyle="butt")
        ax.plot(q[2], y, "o", color=color, markersize=3.5)
    handles = []
    if truth is not None:
        handles = [ax.axvline(truth, color=INK, linewidth=0.8, linestyle="--", label="exact entropy")]
    style(ax, with_unit(column("E").label, found["average"].attrs.get("units") or unit("loss")), "", log="")
    ax.set_yticks(range(len(rows)), [words for words, _, _ in reversed(rows)])
    thick = Line2D([], [], color=OKABE_ITO[0], linewidth=4, alpha=0.6, label="50 %")
    legend(ax, [thick, Line2D([], [], color=OKABE_ITO[0], linewidth=1.2, label="90 %"), *handles])
    return ax
