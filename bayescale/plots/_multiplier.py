"""The comparison of two recipes against training compute."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from bayescale.plots._data import SAMPLE, checked_draws, checked_prob, percent
from bayescale.plots._fan import band_handles, thin
from bayescale.plots._frontier import _beyond
from bayescale.plots._looks import OKABE_ITO
from bayescale.plots._style import GREY, SHADE, canvas, label, legend, style

#: The axis ends this far beyond the last finite value, as a factor.
MARGIN = 1.25
#: What grows -> the label of the axis.
WORDS = {"C": "compute", "N": "parameters", "D": "tokens"}


def multiplier(needs: xr.Dataset, ax: Axes | None = None, prob: Sequence[float] = (0.5, 0.9)) -> Axes:
    """Draw how many times the compute of A recipe B needs, with credible bands, against A's compute.

    A band that reaches the upper end of the axis is infinite there: B may never have the loss of A.

    Parameters
    ----------
    needs : Dataset
        Of `bayescale.multiplier`: ``multiplier`` with dims (chain, draw, C) or (chain, draw, run).
    ax : Axes, optional
    prob : sequence of float
        Probabilities of the central bands.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If `needs` has no draws of ``multiplier``, or they have NaN.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> import bayescale as bs
    >>> drawn = np.random.default_rng(1).lognormal(0.2, 0.1, size=(1, 500, 3))
    >>> needs = xr.Dataset({"multiplier": (("chain", "draw", "C"), drawn)}, coords={"C": [1e20, 1e21, 1e22]})
    >>> bs.plots.multiplier(needs).get_xlabel()
    'Training compute C [FLOP]'
    """
    wide = checked_prob(prob, "multiplier")
    if "multiplier" not in needs:
        raise ValueError(f"plots.multiplier: got the variables {list(map(str, needs))}, wanted 'multiplier'")
    dim = "C" if "C" in needs["multiplier"].dims else "run"
    draws = checked_draws(needs["multiplier"], "multiplier", [dim])
    if dim == "C":
        draws = draws.sortby("C")
    x = draws["C"].to_numpy() if dim == "C" else np.arange(1, draws.sizes["run"] + 1)
    bands = [(p, *_ends(draws, dim, p)) for p in wide]
    middle = _quantiles(draws, dim, [0.5])[0]
    finite = np.concatenate([[1.0], middle, *(np.r_[low, high] for _, low, high in bands)])
    finite = finite[np.isfinite(finite) & (finite > 0)]
    bottom, top = finite.min() / MARGIN, finite.max() * MARGIN

    ax = canvas(ax)
    ax.axhline(1.0, color=GREY, linewidth=0.7, linestyle="--", zorder=1)
    handles = [Line2D([], [], color=OKABE_ITO[0], linewidth=1.2, label="median")]
    for i, (p, low, high) in enumerate(bands):
        low, high = np.clip(low, bottom, top), np.clip(high, bottom, top)
        if dim == "C" and len(x) > 1:
            ax.fill_between(x, low, high, color=OKABE_ITO[0], alpha=SHADE, linewidth=0, zorder=2)
        else:
            width = 1.0 + 2.4 * i / max(len(bands) - 1, 1)
            ax.vlines(x, low, high, color=OKABE_ITO[5], linewidth=width, zorder=2 + 0.1 * i)
            handles.append(Line2D([], [], color=OKABE_ITO[5], linewidth=width, label=percent(p)))
    lone = dim == "run" or len(x) == 1
    inside = np.where(np.isfinite(middle), middle, np.nan)
    ax.plot(x, inside, color=OKABE_ITO[0], linewidth=0 if lone else 1.2, marker="_" if lone else "", zorder=3)
    if dim == "C" and len(x) > 1:
        handles += band_handles(wide, OKABE_ITO[0])
    handles += _beyond(ax, needs) if dim == "C" else []
    words = WORDS[needs.attrs.get("by", "C")].capitalize()
    style(ax, label("C") if dim == "C" else "Run", f"{words} of B over that of A", log="xy" if dim == "C" else "y")
    ax.set_ylim(bottom, top)
    for handle, (p, low, high) in zip(handles[1:], bands[::-1], strict=False):
        if dim == "C" and len(x) > 1 and thin(ax, np.clip(low, bottom, top), np.clip(high, bottom, top)):
            handle.set_label(f"{percent(p)}: thinner than the line")
    legend(ax, handles)
    return ax


def _quantiles(draws: xr.DataArray, dim: str, probabilities: Sequence[float]) -> np.ndarray:
    """Quantiles over the draws, of shape (probability, dim); infinity is a value."""
    values = draws.quantile(probabilities, dim=SAMPLE, method="higher")
    return values.transpose("quantile", dim).to_numpy()


def _ends(draws: xr.DataArray, dim: str, prob: float) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the central interval."""
    low, high = _quantiles(draws, dim, [(1 - prob) / 2, (1 + prob) / 2])
    return low, high
