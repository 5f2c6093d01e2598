"""Reach: the compute, parameters or tokens that are needed to reach a loss."""

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.columns import budget_parameters, budget_tokens, column
from bayescale.base.targets import check_sizes, positive, real_numbers, search_range
from bayescale.data.cost_ratio import note
from bayescale.forecasting.forecast import sizes_of
from bayescale.forecasting.predict import _given, predicted
from bayescale.frontiers.frontier import optima
from bayescale.inference.door.arguments import check_seed
from bayescale.inference.door.posterior import check_posterior
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.law import Law

#: Runs per decade at which the loss is evaluated.
RUNS_PER_DECADE = 16
#: Budgets per decade at which the compute-optimal N is computed; it is interpolated between them.
BUDGETS_PER_DECADE = 2
#: Default end of the search, in units of the largest fitted run.
FURTHEST = 1e6


def reach(
    law: Law,
    post: xr.DataTree,
    loss: float | Sequence[float],
    *,
    by: str = "C",
    search: tuple[float, float] | None = None,
    seed: int | None = None,
    **held,
) -> xr.Dataset:
    """The compute, parameters or tokens needed to reach a loss.

    The function evaluates each draw's median loss (with its discrepancy) on a path of runs of growing `by`, and
    returns where the loss first falls to `loss`. For ``by="C"`` and a law in N and D, the path is compute-optimal: at
    each budget it has the posterior median of the optimal N.

    Parameters
    ----------
    law : Law that `post` was fitted with.
    post : DataTree of `fit`.
    loss : number or sequence [nats/token].
    by : {"C", "N", "D"} or another input of the law, which grows along the path.
    search : smallest and largest value of `by` to consider; by default from the smallest fitted run to 1e6 times the
        largest.
    seed : int, optional, for the discrepancy beyond the fitted runs.
    **held : values of the other inputs (``by="D", N=7e9``; with ``by="C", N=7e9`` D grows) and of groups.

    Returns
    -------
    Dataset : `by`, dims (chain, draw, loss), infinite where the loss is not reached within `search`, and the lower end
        of `search` where the loss is below the level there already; ``probability`` (loss), the share of draws that
        reach the loss; and the path, ``path_N``, ``path_D``, … (path). For quantiles of values that may be infinite use
        ``.quantile(q, method="higher")``. ``attrs["warnings"]`` is a JSON list: it says what C means if the fitted
        table has a C that is not 6ND.

    Raises
    ------
    TypeError
        If `law` is not a Law, `post` no posterior, or `seed` no whole number.
    ValueError
        If a loss or a held value is not a positive finite number or is in another unit, `by` is neither C nor an input
        of the law, or `search` is not given and `post` has no sizes of the fitted runs.

    Warns
    -----
    UserWarning
        If a held N, D or C is more than 1000 times below the smallest fitted run.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1)
    >>> needed = bs.reach(chinchilla, post, [2.2, 2.1], seed=1)
    >>> needed["C"].dims, needed["C"].attrs["units"]
    (('chain', 'draw', 'loss'), 'FLOP')
    >>> needed["probability"].dims
    ('loss',)
    """
    check_posterior(law, post)
    check_seed(seed)
    levels = np.atleast_1d(real_numbers("loss", loss))
    if levels.ndim != 1 or not levels.size or not (np.isfinite(levels) & (levels > 0)).all():
        raise ValueError(f"loss is {loss}; wanted positive numbers of nats/token.")
    sizes = {name: positive(name, value) for name, value in held.items() if name in ("N", "D", "C")}
    check_sizes(post, sizes, law.columns)
    low, high = _span(post, by) if search is None else search_range(search, by)
    grid = _grid(low, high, RUNS_PER_DECADE)
    path = _path(law, post, by, grid, held)
    mu = predicted(law, post, *_given(law, path), seed)["mu"]
    drawn = np.log(mu.transpose(*SAMPLE_DIMS, "run").to_numpy())
    logs = np.stack([_first(drawn, np.log(grid), np.log(level)) for level in levels], axis=-1)
    needed = xr.DataArray(np.exp(logs), dims=(*SAMPLE_DIMS, "loss"), attrs={"units": column(by).unit})
    along = {f"path_{name}": ("path", path[name].to_numpy()) for name in path}
    result = xr.Dataset({by: needed, "probability": np.isfinite(needed).mean(SAMPLE_DIMS), **along})
    words = [note(post)] if by == "C" and note(post) else []
    attrs = {"search": [low, high], "by": by, "warnings": json.dumps(words)}
    return result.assign_coords(loss=levels).assign_attrs(attrs)


def _span(post: xr.DataTree, by: str) -> tuple[float, float]:
    """Default search range."""
    known = isinstance(post, xr.DataTree) and "constant_data" in post.children
    fitted = sizes_of(post) if known else {}
    if by not in fitted:
        raise ValueError(
            f"The posterior has no '{by}' of the fitted runs to take the search range from; give search=(low, high)."
        )
    return float(fitted[by].min()), FURTHEST * float(fitted[by].max())


def _grid(low: float, high: float, per_decade: int) -> np.ndarray:
    """Logarithmic grid from low to high."""
    return np.geomspace(low, high, 1 + int(np.ceil(per_decade * np.log10(high / low))))


def _path(law: Law, post: xr.DataTree, by: str, grid: np.ndarray, held: dict) -> pd.DataFrame:
    """The path of runs: one row for each value of `by` on the grid."""
    if by in law.inputs:
        return pd.DataFrame({by: grid, **held})
    if by != "C" or not {"N", "D"} <= set(law.inputs):
        raise ValueError(
            f"by='{by}' is not an input of '{law.name}'; wanted one of {list(law.inputs)}, or 'C' for a law in N and D."
        )
    fixed = [name for name in ("N", "D") if name in held]
    if len(fixed) == 2:
        raise ValueError("N and D are both held, so C cannot grow; hold one of them, or none.")
    path = pd.DataFrame({"C": grid, **held})
    if not fixed:
        budgets = _grid(grid[0], grid[-1], BUDGETS_PER_DECADE)
        at = xr.DataArray(budgets, dims="C", coords={"C": budgets})
        optimal = optima(law, post, at, **held)["N"].median(SAMPLE_DIMS).to_numpy()
        path["N"] = np.exp(np.interp(np.log(grid), np.log(budgets), np.log(optimal)))
    if fixed == ["D"]:
        path["N"] = budget_parameters(path["C"], path["D"])
    else:
        path["D"] = budget_tokens(path["C"], path["N"])
    return path


def _first(logs: np.ndarray, log_grid: np.ndarray, level: float) -> np.ndarray:
    """Log size at which each draw's log loss first falls to `level`, of shape (chain, draw); infinity if it does not.

    Parameters
    ----------
    logs : array of shape (chain, draw, run), log losses along the path.
    log_grid : array of shape (run,), logs of `by`.
    """
    below = logs <= level
    at = below.argmax(axis=-1)
    before = np.maximum(at - 1, 0)
    left, right = (np.take_along_axis(logs, i[..., None], axis=-1)[..., 0] for i in (before, at))
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(at == 0, 0.0, (left - level) / (left - right))
    inside = log_grid[before] + part * (log_grid[at] - log_grid[before])
    return np.where(below.any(axis=-1), inside, np.inf)
