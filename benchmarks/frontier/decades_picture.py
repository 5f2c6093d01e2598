"""The picture of thirteen decades, from kept bands and published tables."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bayescale import plots
from bayescale.plots._looks import OKABE_ITO
from bayescale.plots._style import GREY, INK, SHADE, SMALL, style
from benchmarks.frontier.decades import ENDS, PANELS, Panel

#: Width and height [inches], and dots per inch.
SIZE, DPI = (plots.DOUBLE[0], 4.3), 200
#: Grey of budgets beyond the fitted runs.
BEYOND = {"color": "0.5", "alpha": 0.12, "linewidth": 0, "zorder": 0}


def draw(bands: dict[str, dict], path: Path) -> None:
    """Draw the panels and write the figure as PNG.

    Parameters
    ----------
    bands : panel -> band, as of `benchmarks.frontier.decades.measure`.
    path : Path of the PNG.
    """
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots(2, 3, sharex=True).ravel()
    for k, (ax, (name, panel)) in enumerate(zip(axes, PANELS.items(), strict=True)):
        _panel(ax, panel, bands.get(name))
        left, below = k % 3 == 0, k >= 3
        style(ax, "Training compute C [FLOP]" if below else "", f"Loss [{panel.unit}]" if left else "")
        ax.set_xlim(*ENDS)
        ax.set_title(panel.corpus, fontsize=8, loc="left", color=INK, pad=3)
        ax.text(0.98, 0.97, panel.source, transform=ax.transAxes, fontsize=SMALL - 1, ha="right", va="top", color=INK)
    legend = figure.legend(
        handles=_handles(), loc="outside upper left", ncols=4, fontsize=SMALL, frameon=False, labelcolor=INK,
        handlelength=1.6, columnspacing=1.2, borderpad=0.1,
    )  # fmt: skip
    legend.set_in_layout(True)
    figure.savefig(path, dpi=DPI, metadata={"Software": None})


def _panel(ax: Axes, panel: Panel, band: dict | None) -> None:
    """Band, published lines and points of one corpus."""
    low, high = [], []
    if band is not None:
        C, rows = np.array(band["C"]), np.array(band["loss"])
        for wide in (0, 1):
            ax.fill_between(C, rows[wide], rows[-1 - wide], color=OKABE_ITO[0], alpha=SHADE, linewidth=0, zorder=1)
        ax.plot(C, rows[2], color=OKABE_ITO[0], linewidth=1.0, zorder=1.5)
        ax.axvspan(band["largest"], ENDS[1], **BEYOND)
        low.append(np.nanmin(rows[0]))
    for words, (ends, loss) in panel.lines.items():
        C = np.geomspace(*ends, 60)
        ax.plot(C, loss(C), color=INK, linewidth=0.8, linestyle="-" if words == "fitted" else ":", zorder=2)
        low.append(loss(C).min())
        high.append(loss(C).max())
    if panel.lines and band is None:
        ax.axvspan(panel.lines["fitted"][0][1], ENDS[1], **BEYOND)
    if panel.read is not None:
        fill = "white" if panel.digitised else None
        for runs, marker, color, size in zip(panel.read(), "oD", ("0.35", OKABE_ITO[1]), (2.0, 3.2), strict=True):
            look = {"color": color, "markerfacecolor": fill or color, "markeredgewidth": 0.5, "zorder": 3}
            ax.plot(runs["C"], runs["loss"], marker, markersize=size, linestyle="none", **look)
            if len(runs):
                low.append(runs["loss"].min())
                high.append(runs["loss"].max())
    ax.set_yscale("log")
    ax.set_ylim(min(low) * 0.93, max(high) * 1.25)


def _handles() -> list:
    """Entries of the legend, one for each kind of mark."""
    blue, red = OKABE_ITO[0], OKABE_ITO[1]
    dot = {"linestyle": "none", "marker": "o", "markersize": 3, "markeredgewidth": 0.5, "color": "0.35"}
    mark = {"linestyle": "none", "marker": "D", "markersize": 3.2, "markeredgewidth": 0.5, "color": red}
    return [
        Line2D([], [], **dot, label="measured"),
        Line2D([], [], **dot, markerfacecolor="white", label="read off a figure"),
        Line2D([], [], **mark, label="measured, not fitted"),
        Line2D([], [], **mark, markerfacecolor="white", label="read off, not fitted"),
        Line2D([], [], color=INK, linewidth=0.8, label="the paper's line"),
        Line2D([], [], color=INK, linewidth=0.8, linestyle=":", label="the same, beyond its runs"),
        Patch(facecolor=blue, alpha=0.4, linewidth=0, label="forecast, 50 and 90 %"),
        Patch(facecolor=GREY, alpha=0.15, linewidth=0, label="beyond the fitted runs"),
    ]
