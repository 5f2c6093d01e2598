"""bend: slope or curvature of the frontier against compute."""

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bayescale.plots._data import percent
from bayescale.plots._fan import thin
from bayescale.plots._looks import OKABE_ITO
from bayescale.plots._probabilities import checked_result
from bayescale.plots._style import GREY, INK, SHADE, canvas, label, legend, style

#: Probability of the bands.
PROB = 0.9
_ENDS = [(1 - PROB) / 2, 0.5, (1 + PROB) / 2]


def bend(found: xr.Dataset, var: str = "curvature", ax: Axes | None = None) -> Axes:
    """Draw slope or curvature against compute, with its 90 % band and the prior's behind.

    Parameters
    ----------
    found : Dataset of `bayescale.curvature`.
    var : "slope" or "curvature".
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If `found` lacks the variable.

    Examples
    --------
    >>> import numpy as np, pandas as pd, bayescale as bs
    >>> C = np.geomspace(1e18, 1e22, 12)
    >>> noise = np.exp(0.003 * np.random.default_rng(0).standard_normal(12))
    >>> runs = pd.DataFrame({"C": C, "loss": (1.82 + 1968 * C**-0.178) * noise})
    >>> bs.plots.bend(bs.curvature(runs, discrepancy=None, seed=1), "slope").get_xscale()
    'log'
    """
    checked_result(found, (var, f"prior_{var}"), "curvature")
    ax = canvas(ax)
    C, before = found["C"].to_numpy(), found[f"prior_{var}"].quantile(_ENDS, "prior_sample").to_numpy()
    low, middle, high = found[var].quantile(_ENDS, "sample").to_numpy()
    ax.fill_between(C, before[0], before[2], color=GREY, alpha=0.15, linewidth=0)
    ax.fill_between(C, low, high, color=OKABE_ITO[0], alpha=SHADE, linewidth=0)
    ax.plot(C, middle, color=OKABE_ITO[0], linewidth=1.2)
    if var == "curvature":
        ax.axhline(0, color=INK, linewidth=0.5, linestyle=":")
    style(ax, label("C", found), label(var, found), log="x")
    words = percent(PROB) + (": thinner than the line" if thin(ax, low, high) else "")
    shades = [(OKABE_ITO[0], SHADE, words), (GREY, 0.15, f"prior, {percent(PROB)}")]
    patches = [Patch(facecolor=color, alpha=alpha, linewidth=0, label=words) for color, alpha, words in shades]
    legend(ax, [Line2D([], [], color=OKABE_ITO[0], linewidth=1.2, label="median"), *patches])
    return ax
