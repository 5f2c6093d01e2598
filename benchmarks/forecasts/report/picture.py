"""The figure of the scoreboard."""

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from bayescale.forecasting.scores import LEVELS
from bayescale.plots import DOUBLE
from benchmarks.forecasts.methods import DEFAULT

#: Of the methods beside the default, in their order.
COLOURS = ("#999999", "#000000", "#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#0072B2", "#882255", "#F0E442")


def picture(rows: dict[str, list[float]], path: Path) -> None:
    """Left: coverage against nominal. Right: width against CRPS, both over the Huber bootstrap's."""
    figure = Figure(figsize=(DOUBLE[0], 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], color="0.7", linewidth=0.8)
    others = [method for method in rows if method != DEFAULT]
    colours = {**dict(zip(others, COLOURS, strict=False)), DEFAULT: "#D55E00"}
    for method in (*others, *(m for m in rows if m == DEFAULT)):
        row, colour, heavy = rows[method], colours.get(method, "0.5"), 2.2 if method == DEFAULT else 1.0
        left.plot(LEVELS, row[:4], "o-", color=colour, markersize=3, linewidth=heavy, label=method)
        right.plot(row[6], row[5], "o", color=colour, markersize=4 + heavy)
    left.set(xlabel="nominal coverage", ylabel="share of held-out runs inside", xlim=(0.45, 1.0), ylim=(0, 1))
    right.set(xlabel="width of 90 % interval / Huber bootstrap's", ylabel="CRPS / Huber bootstrap's")
    right.set(xscale="log", yscale="log")
    for axis in (right.xaxis, right.yaxis):
        low, high = axis.get_view_interval()
        ticks = [tick for tick in (0.5, 0.6, 0.8, 1.0, 1.2, 1.5, 2.0, 3.0) if low <= tick <= high]
        axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.set_minor_locator(NullLocator())
    figure.legend(loc="outside right center", fontsize=6, frameon=False)
    for ax in (left, right):
        ax.tick_params(labelsize=7)
        ax.xaxis.label.set_size(8)
        ax.yaxis.label.set_size(8)
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
