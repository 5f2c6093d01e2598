"""prior_predictive: curves drawn from the prior."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from bayescale.plots._data import SAMPLE, checked_draws, checked_prob, checked_runs, interval
from bayescale.plots._fan import fans, points
from bayescale.plots._style import GREY, canvas, label, legend, style

#: Number of single draws shown as lines.
_LINES = 30


def prior_predictive(
    loss: xr.DataArray,
    runs: pd.DataFrame | None = None,
    x: str = "C",
    ax: Axes | None = None,
    prob: Sequence[float] = (0.5, 0.9),
) -> Axes:
    """Draw curves from the prior: bands, thirty single draws, and the runs if given.

    Parameters
    ----------
    loss : DataArray
        Loss [nats/token] from draws of the prior, dims (chain, draw, x).
    runs : DataFrame, optional
        Training runs to show as points: columns `x` and ``loss`` [nats/token].
    x : str
        Input on the x axis, a dimension of `loss`.
    ax : Axes, optional
    prob : sequence of float
        Probabilities of the central bands; the widest sets the limits of the y axis.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        If `loss` or `runs` lacks a dimension or column, or has values that cannot be drawn.

    Examples
    --------
    >>> import numpy as np
    >>> import bayescale as bs
    >>> from bayescale.laws import henighan2020
    >>> runs = bs.load("pythia")
    >>> prior = bs.sample_prior(henighan2020.L_N, runs, draws=100, seed=1)
    >>> N = np.geomspace(1e7, 1e11, 20)
    >>> loss = henighan2020.L_N(prior, N=N).rename(run="N").assign_coords(N=N)
    >>> bs.plots.prior_predictive(loss, runs, x="N").get_ylabel()
    'Loss [nats/token]'
    """
    wide = checked_prob(prob, "prior_predictive")
    draws = checked_draws(loss, "prior_predictive", [x]).sortby(x)
    if draws.ndim > 3:
        raise ValueError(
            f"plots.prior_predictive: loss has dims {draws.dims}, wanted (chain, draw, {x}); "
            "select one value of each other dimension with .sel"
        )
    if runs is not None:
        checked_runs(runs, [x, "loss"], "prior_predictive", log=[x, "loss"])

    ax = canvas(ax)
    handles = fans(ax, draws, x, wide, {})
    stacked = draws.stack(sample=SAMPLE).transpose(x, "sample")
    few = np.linspace(0, stacked.sizes["sample"] - 1, _LINES).astype(int)
    ax.plot(draws[x], stacked.isel(sample=np.unique(few)), color=GREY, linewidth=0.4, alpha=0.7, zorder=1.9)
    handles.append(Line2D([], [], color=GREY, linewidth=0.4, label="draws"))
    seen = np.concatenate([*interval(draws, wide[0]), [] if runs is None else runs["loss"]])
    if runs is not None:
        handles = [points(ax, runs, x, "loss", None, {}), *handles]
    style(ax, label(x, runs, loss), label("loss", runs, loss))
    seen = seen[np.isfinite(seen)]
    ax.set_ylim(seen.min() / 1.1, seen.max() * 1.1)
    legend(ax, handles)
    return ax
