"""design: how much each candidate run reduces the uncertainty of a target, against its cost."""

import json

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from bayescale.plots._looks import OKABE_ITO
from bayescale.plots._style import GREY, INK, SMALL, canvas, legend, style

#: Numbers are written at total costs that differ by this factor or more.
APART = 1.6


def design(plan: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw what each candidate run leaves of the target's uncertainty, alone, against its cost; and the chosen runs.

    Each grey dot is a candidate alone. The line with numbers is the plan: what is left after each chosen run and those
    before it, against their total cost. The dashed line is what is left without new runs.

    Parameters
    ----------
    plan : DataFrame of `bayescale.design`.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If `plan` is not the result of `bayescale.design`.

    Examples
    --------
    >>> import pandas as pd
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy")
    >>> post = bs.fit(chinchilla, runs.query("split == 'grid'"), method="laplace", seed=1, progressbar=False)
    >>> candidates = pd.DataFrame({"N": [1e5, 4e5, 1e6], "D": [2e7, 8e7, 2e8]})
    >>> plan = bs.design(chinchilla, post, candidates, runs.query("split == 'heldout'"), budget=2e15, seed=1)
    >>> bs.plots.design(plan).get_xlabel()
    'Cost [FLOP]'
    """
    word = plan.attrs.get("measure", "sd")
    wanted = ["cost", "order", f"{word}_chosen", f"{word}_alone"]
    if missing := [name for name in wanted if name not in plan] or "now" not in plan.attrs:
        raise ValueError(f"plots.design: got the columns {list(plan.columns)}, wanted a result of bayescale.design "
                         f"(missing: {missing})")  # fmt: skip
    now, chosen = float(plan.attrs["now"]), plan[plan["order"].notna()].sort_values("order")
    ax = canvas(ax)
    ax.axhline(now, color=GREY, linewidth=0.8, linestyle="--", zorder=1)
    ax.scatter(plan["cost"], plan[f"{word}_alone"], s=9, color="0.6", linewidths=0, zorder=2)
    handles = [
        Line2D([], [], color=GREY, linewidth=0.8, linestyle="--", label="without new runs"),
        Line2D([], [], color="0.6", marker="o", markersize=3, linewidth=0, label="one run alone"),
    ]
    if len(chosen):
        total, left = chosen["cost"].cumsum().to_numpy(), chosen[f"{word}_chosen"].to_numpy()
        ax.plot(total, left, color=OKABE_ITO[5], marker="o", markersize=3, linewidth=1.1, zorder=3)
        for place in _numbered(total):
            ax.annotate(
                str(place + 1), (total[place], left[place]), xytext=(2, 3), textcoords="offset points", fontsize=SMALL,
                color=INK,
            )  # fmt: skip
        handles.append(
            Line2D([], [], color=OKABE_ITO[5], marker="o", markersize=3, linewidth=1.1, label="chosen, in order")
        )
    unit = plan.attrs.get("unit", "")
    name = {"sd": "Expected sd of the target", "regret": "Expected regret"}[word]
    cost = plan.attrs.get("cost_unit", "")
    style(ax, f"Cost [{cost}]" if cost else "Cost", f"{name} [{unit}]" if unit not in ("", "1") else name, log="x")
    ax.set_ylim(0.0, 1.08 * float(np.nanmax([now, plan[f"{word}_alone"].max()])))
    legend(ax, handles)
    for text in json.loads(plan.attrs.get("warnings", "[]"))[:1] if not len(chosen) else []:
        ax.set_title(text.split(":")[0], fontsize=SMALL, color=INK, loc="left", y=0.02)
    return ax


def _numbered(total: np.ndarray) -> list[int]:
    """Places of the runs whose number is written: those that lie apart from the one before on the axis."""
    places = [0]
    for place in range(1, len(total)):
        if total[place] > APART * total[places[-1]]:
            places.append(place)
    return places
