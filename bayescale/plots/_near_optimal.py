"""Near-optimal sizes: which N lose little against the optimal one, at each budget."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bayescale.plots._data import checked_draws, checked_prob, percent
from bayescale.plots._looks import OKABE_ITO
from bayescale.plots._multiplier import MARGIN, _quantiles
from bayescale.plots._style import SHADE, canvas, label, legend, style


def near_optimal(near: xr.Dataset, ax: Axes | None = None, prob: float = 0.9) -> Axes:
    """Draw the optimal N, and the near-optimal range, against compute.

    The dark band has the sizes that are near-optimal with the probability `prob` or more, the light one those that are
    with a probability of 1 - `prob` or more.

    Parameters
    ----------
    near : Dataset
        Of `bayescale.near_optimal`: ``N_low``, ``N``, ``N_high`` with dims (chain, draw, C).
    ax : Axes, optional
    prob : float
        Probability with which each side of the dark band is near-optimal.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If `near` lacks a variable, or has NaN.

    Examples
    --------
    >>> import xarray as xr
    >>> import bayescale as bs
    >>> drawn = {name: (("chain", "draw", "C"), [[[n, 3 * n]]]) for name, n in (("N_low", 1), ("N", 3), ("N_high", 9))}
    >>> bs.plots.near_optimal(xr.Dataset(drawn, coords={"C": [1e20, 1e21]})).get_ylabel()
    'Model size N [parameters]'
    """
    (prob,) = checked_prob([prob], "near_optimal")
    if missing := [name for name in ("N_low", "N", "N_high") if name not in near]:
        raise ValueError(f"plots.near_optimal: got the variables {list(map(str, near))}, wanted also {missing}")
    low, N, high = (checked_draws(near[name], "near_optimal", ["C"]).sortby("C") for name in ("N_low", "N", "N_high"))
    x = N["C"].to_numpy()
    lows, highs = _quantiles(low, "C", [1 - prob, prob]), _quantiles(high, "C", [1 - prob, prob])
    middle = _quantiles(N, "C", [0.5])[0]
    finite = np.concatenate([middle, *lows, *highs])
    finite = finite[np.isfinite(finite) & (finite > 0)]
    ends = finite.min() / MARGIN, finite.max() * MARGIN

    ax = canvas(ax)
    handles = [Line2D([], [], color=OKABE_ITO[0], linewidth=1.2, label="median optimum")]
    for bottom, top, words in (
        (lows[0], highs[1], f"good with {percent(1 - prob)}"),
        (lows[1], highs[0], f"good with {percent(prob)}"),
    ):
        shown = np.where(top >= bottom, 1.0, np.nan)  # the sure range may be empty
        ax.fill_between(
            x, np.clip(bottom, *ends) * shown, np.clip(top, *ends) * shown, color=OKABE_ITO[0], alpha=SHADE, linewidth=0
        )
        handles.append(Patch(color=OKABE_ITO[0], alpha=SHADE * len(handles), linewidth=0, label=words))
    ax.plot(x, middle, color=OKABE_ITO[0], linewidth=1.2, marker="o" if len(x) == 1 else "", markersize=3)
    style(ax, label("C"), label("N"))
    ax.set_ylim(*ends)
    legend(ax, handles)
    return ax
