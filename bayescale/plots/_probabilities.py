"""probabilities: how probable each law is, whose frontier is straight or bends."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from bayescale.plots._looks import OKABE_ITO
from bayescale.plots._style import GREY, INK, SMALL, canvas, legend, style


def checked_result(found: xr.Dataset, wanted: tuple[str, ...], name: str) -> None:
    """Raise unless `found` has the variables of the result of `bayescale.<name>`."""
    if missing := [each for each in wanted if each not in found]:
        raise ValueError(f"plots: the result has no {missing}; give the Dataset of bayescale.{name}.")


def probabilities(found: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw the probability of each law, with its prior probability as a line.

    Parameters
    ----------
    found : Dataset of `bayescale.curvature` or `bayescale.entropy`: ``probability``, ``prior_probability`` (law).
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
    >>> ax = bs.plots.probabilities(bs.curvature(runs, discrepancy=None, seed=1))
    >>> len(ax.patches)  # a bar for each law
    6
    """
    checked_result(found, ("probability", "prior_probability"), "curvature")
    ax = canvas(ax)
    names, values = [str(name) for name in found["law"].to_numpy()], found["probability"].to_numpy()
    at = np.arange(len(names))
    ax.bar(at, values, width=0.6, color=OKABE_ITO[0], alpha=0.8)
    for x, before in zip(at, found["prior_probability"].to_numpy(), strict=True):
        ax.plot([x - 0.4, x + 0.4], [before, before], color=GREY, linewidth=1, linestyle="--")
    for x, value, before in zip(at, values, found["prior_probability"].to_numpy(), strict=True):
        above = before if before - 0.1 < value < before else value  # not across the line of the prior
        ax.text(x, above + 0.02, f"{value:.2f}", ha="center", va="bottom", fontsize=SMALL, color=INK)
    ax.set_ylim(0, 1.1)
    style(ax, "Law", "Probability", log="")
    ax.set_xticks(at, [name.replace("_", "\n") for name in names])
    legend(ax, [Line2D([], [], color=GREY, linewidth=1, linestyle="--", label="prior")])
    return ax
