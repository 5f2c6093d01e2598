"""probabilities, bend and entropy: whether a frontier bends, and the entropy that it ends in."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bayescale.plots._looks import OKABE_ITO
from bayescale.plots._style import GREY, INK, SHADE, SMALL, canvas, label, legend, style, unit

#: Probability of the bands and intervals.
PROB = 0.9
_ENDS = [(1 - PROB) / 2, 0.5, (1 + PROB) / 2]


def _checked(found: xr.Dataset, wanted: tuple[str, ...], of: str) -> None:
    if missing := [name for name in wanted if name not in found]:
        raise ValueError(f"plots: the result has no {missing}; give the Dataset of bayescale.{of}.")


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
    """
    _checked(found, ("probability", "prior_probability"), "curvature")
    ax = canvas(ax)
    names, values = [str(name) for name in found["law"].to_numpy()], found["probability"].to_numpy()
    at = np.arange(len(names))
    ax.bar(at, values, width=0.6, color=OKABE_ITO[0], alpha=0.8)
    for x, before in zip(at, found["prior_probability"].to_numpy(), strict=True):
        ax.plot([x - 0.4, x + 0.4], [before, before], color=GREY, linewidth=1, linestyle="--")
    for x, value in zip(at, values, strict=True):
        ax.text(x, value + 0.02, f"{value:.2f}", ha="center", va="bottom", fontsize=SMALL, color=INK)
    ax.set_ylim(0, 1.1)
    style(ax, "law", "probability", log="")
    ax.set_xticks(at, names)
    legend(ax, [Line2D([], [], color=GREY, linewidth=1, linestyle="--", label="prior")])
    return ax


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
    """
    _checked(found, (var, f"prior_{var}"), "curvature")
    ax = canvas(ax)
    C, before = found["C"].to_numpy(), found[f"prior_{var}"].quantile(_ENDS, "prior_sample").to_numpy()
    low, middle, high = found[var].quantile(_ENDS, "sample").to_numpy()
    ax.fill_between(C, before[0], before[2], color=GREY, alpha=0.15, linewidth=0)
    ax.fill_between(C, low, high, color=OKABE_ITO[0], alpha=SHADE, linewidth=0)
    ax.plot(C, middle, color=OKABE_ITO[0], linewidth=1.2)
    if var == "curvature":
        ax.axhline(0, color=INK, linewidth=0.5, linestyle=":")
    style(ax, label("C", found), label(var, found), log="x")
    shades = [(OKABE_ITO[0], SHADE, f"{PROB:.0%}"), (GREY, 0.15, f"prior, {PROB:.0%}")]
    patches = [Patch(facecolor=color, alpha=alpha, linewidth=0, label=words) for color, alpha, words in shades]
    legend(ax, [Line2D([], [], color=OKABE_ITO[0], linewidth=1.2, label="median"), *patches])
    return ax


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
    """
    _checked(found, ("E", "average", "prior_average", "probability"), "entropy")
    ax = canvas(ax)
    rows = [("prior", found["prior_average"], GREY)]
    for law in found["law"].to_numpy():
        words = f"{law} ({float(found['probability'].sel(law=law)):.2f})"
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
    style(ax, f"E [{found['average'].attrs.get('units') or unit('loss')}]", "", log="")
    ax.set_yticks(range(len(rows)), [words for words, _, _ in reversed(rows)])
    thick = Line2D([], [], color=OKABE_ITO[0], linewidth=4, alpha=0.6, label="50 %")
    legend(ax, [thick, Line2D([], [], color=OKABE_ITO[0], linewidth=1.2, label="90 %"), *handles])
    return ax
