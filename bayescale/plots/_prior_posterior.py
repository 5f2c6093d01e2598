"""prior_posterior: prior and posterior density of one parameter."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bayescale.base.columns import with_unit
from bayescale.plots._data import checked_draws
from bayescale.plots._looks import DASHES, OKABE_ITO, Look
from bayescale.plots._style import GREY, INK, canvas, label, legend, style, unit

#: Share of the prior's draws outside of the x limits, on either side.
_TAIL = 0.025
#: Density at an extreme draw, relative to the peak, above which that draw is taken for a bound of the parameter.
_STEP = 0.05


def prior_posterior(
    post: xr.DataTree,
    var: str = "E",
    ax: Axes | None = None,
    published: Mapping[str, float] | None = None,
) -> Axes:
    """Draw the prior and the posterior density of one scalar parameter.

    Densities end at the smallest and largest draw, so that they do not extend past a bound of the parameter.

    Parameters
    ----------
    post : DataTree
        Groups ``prior`` and ``posterior``, each with `var`, dims (chain, draw).
    var : str
        The parameter; its unit is ``attrs["units"][var]`` of the posterior group.
    ax : Axes, optional
    published : mapping of str to float, optional
        Values from the literature, label -> value, drawn as vertical lines.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If a group or the parameter is missing, or the parameter is not a scalar.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1)
    >>> ax = bs.plots.prior_posterior(post, "alpha_N", published={"Hoffmann et al. 2022": 0.34})
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['prior', 'posterior', 'Hoffmann et al. 2022']
    """
    prior, posterior = _draws(post, "prior", var), _draws(post, "posterior", var)
    published = dict(published or {})
    low, high = _window(prior, posterior, list(published.values()))

    ax = canvas(ax)
    handles: list[Artist] = []
    believed, learned = (prior, Look(GREY, dash="--"), 0.12), (posterior, Look(), 0.35)
    for words, (draws, look, alpha) in {"prior": believed, "posterior": learned}.items():
        at, density = _density(draws, low, high)
        ax.fill_between(at, density, color=look.color, alpha=alpha, linewidth=0, label=words)
        ax.plot(at, density, look.dash, color=look.color, linewidth=1.2)
        handles.append(Patch(facecolor=(look.color, alpha), edgecolor=look.color, linestyle=look.dash, label=words))
    for i, (words, value) in enumerate(published.items()):
        look = Look((INK, OKABE_ITO[1])[i % 2], dash=DASHES[(3 - i) % 4])
        ax.axvline(value, color=look.color, linestyle=look.dash, linewidth=1.2)
        handles.append(Line2D([], [], color=look.color, linestyle=look.dash, linewidth=1.2, label=words))
    here = unit(var, post["posterior"])
    style(ax, label(var, post["posterior"]), with_unit("Density", "1" if here == "1" else f"1/({here})"), log="")
    ax.set_xlim(low, high)
    ax.set_ylim(bottom=0)
    legend(ax, handles)
    return ax


def _draws(post: xr.DataTree, group: str, var: str) -> np.ndarray:
    """All draws of a scalar parameter in one group."""
    if group not in post.children:
        raise ValueError(
            f"plots.prior_posterior: post has groups {list(post.children)}, wanted 'prior' and 'posterior'; "
            f"add one with post[{group!r}] = xarray.DataTree(...)"
        )
    dataset = post[group].to_dataset()
    if var not in dataset:
        raise ValueError(
            f"plots.prior_posterior: group {group!r} has {list(dataset.data_vars)}, wanted var={var!r}, one of these"
        )
    draws = checked_draws(dataset[var], "prior_posterior")
    if draws.ndim > 2:
        raise ValueError(
            f"plots.prior_posterior: {var!r} has dims {draws.dims}, wanted a scalar (chain, draw); "
            f"select one value in both groups, such as post.sel({draws.dims[2]}=...)"
        )
    return draws.values.ravel()


def _window(prior: np.ndarray, posterior: np.ndarray, marks: list[float]) -> tuple[float, float]:
    """Limits of the x axis: they include most of the prior, nearly all of the posterior, and every mark."""
    edges = [*np.quantile(prior, [_TAIL, 1 - _TAIL]), *np.quantile(posterior, [0.001, 0.999]), *marks]
    margin = 0.06 * (max(edges) - min(edges))
    return min(edges) - margin, max(edges) + margin


def _density(draws: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Kernel density between the extreme draws; at a bound it ends in a vertical edge."""
    from arviz_stats.base.array import array_stats  # imported here, since it takes a second

    beyond = (high - low) / 4  # draws slightly out of view matter near the limits; far ones coarsen the grid
    near = draws[(low - beyond <= draws) & (draws <= high + beyond)]
    at, density, _ = array_stats.kde(near, bound_correction=True)  # reflected at the extreme draws
    bound = density[[0, -1]] > _STEP * density.max()
    if not bound.any():
        at, density, _ = array_stats.kde(near, bound_correction=False)
    ends = [at[[0]][bound[:1]], at[[-1]][bound[1:]]]
    heights = [0 * ends[0], density * len(near) / len(draws), 0 * ends[1]]
    return np.concatenate([ends[0], at, ends[1]]), np.concatenate(heights)
