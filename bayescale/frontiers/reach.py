"""inverse: forecasting the other way round, from a loss to the compute, parameters or tokens that it takes."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.columns import budget_parameters, budget_tokens, column
from bayescale.forecasting.forecast import sizes_of
from bayescale.forecasting.predict import predict
from bayescale.frontiers.frontier import frontier
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.law import Law

#: Runs to a decade on which a loss is looked for, budgets to a decade whose optimum is computed, and how far beyond the
#: largest run fitted to look, as a factor.
DENSITY, BUDGETS, FAR = 16, 2, 1e6


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
    """The compute that it takes to reach a loss, or the parameters or tokens.

    Runs of growing size are laid out, and each draw's expected loss (with its discrepancy) is followed along them until
    it falls to `loss`. For ``by="C"`` and a law in N and D, they are the compute-optimal runs as far as one can know
    them: at each budget the median of the optimal N.

    Parameters
    ----------
    law : the law that `post` was fitted with.
    post : DataTree of `fit`.
    loss : number or sequence [nats/token]
    by : {"C", "N", "D"} or another input of the law: what grows.
    search : smallest and largest value of `by` to consider; by default from the smallest run that was fitted to 1e6
        times the largest.
    seed : int, optional, of the discrepancy beyond the runs that were fitted.
    **held : values of the other inputs (``by="D", N=7e9``; ``by="C", N=7e9`` lets D grow) and of groups.

    Returns
    -------
    Dataset : `by`, dims (chain, draw, loss), infinite where the loss is not reached within `search`, and the lower end
        of `search` where it is reached there already; ``probability`` (loss), the share of draws that reach it; and the
        runs, ``path_N``, ``path_D`` … (path). Quantiles of what may be infinite: ``.quantile(q, method="higher")``.

    Raises
    ------
    ValueError
        If a loss is not positive and finite, `by` is not a size of the law's runs, or `search` cannot be told.
    """
    levels = np.atleast_1d(np.asarray(loss, dtype=float))
    if levels.ndim != 1 or not (np.isfinite(levels) & (levels > 0)).all():
        raise ValueError(f"loss is {loss}; wanted positive numbers of nats/token.")
    low, high = _span(post, by) if search is None else map(float, search)
    if not 0 < low < high < np.inf:
        raise ValueError(f"search is ({low:g}, {high:g}); wanted a smaller and a larger positive number.")
    grid = _grid(low, high, DENSITY)
    path = _path(law, post, by, grid, held)
    drawn = np.log(predict(law, post, path, seed=seed)["mu"].transpose(*SAMPLE_DIMS, "run").to_numpy())
    found = np.stack([_first(drawn, np.log(grid), np.log(level)) for level in levels], axis=-1)
    needed = xr.DataArray(np.exp(found), dims=(*SAMPLE_DIMS, "loss"), attrs={"units": column(by).unit})
    along = {f"path_{name}": ("path", path[name].to_numpy()) for name in path}
    result = xr.Dataset({by: needed, "probability": np.isfinite(needed).mean(SAMPLE_DIMS), **along})
    return result.assign_coords(loss=levels).assign_attrs(search=[low, high], by=by)


def _span(post: xr.DataTree, by: str) -> tuple[float, float]:
    known = sizes_of(post) if "constant_data" in post.children else {}
    if by not in known:
        raise ValueError(
            f"The posterior does not tell how large '{by}' was in the runs fitted; give search=(low, high)."
        )
    return float(known[by].min()), FAR * float(known[by].max())


def _grid(low: float, high: float, density: int) -> np.ndarray:
    return np.geomspace(low, high, 1 + int(np.ceil(density * np.log10(high / low))))


def _path(law: Law, post: xr.DataTree, by: str, grid: np.ndarray, held: dict) -> pd.DataFrame:
    """The runs along which the loss falls."""
    if by in law.inputs:
        return pd.DataFrame({by: grid, **held})
    if by != "C" or not {"N", "D"} <= set(law.inputs):
        raise ValueError(f"by='{by}' is not a size of the runs of '{law.name}', which is in {list(law.inputs)}.")
    fixed = [name for name in ("N", "D") if name in held]
    if len(fixed) == 2:
        raise ValueError("N and D are both held, so nothing can grow with C; hold one of them, or none.")
    path = pd.DataFrame({"C": grid, **held})
    if not fixed:
        budgets = _grid(grid[0], grid[-1], BUDGETS)
        optimal = frontier(law, post, budgets, **held)["N"].median(SAMPLE_DIMS).to_numpy()
        path["N"] = np.exp(np.interp(np.log(grid), np.log(budgets), np.log(optimal)))
    if fixed == ["D"]:
        path["N"] = budget_parameters(path["C"], path["D"])
    else:
        path["D"] = budget_tokens(path["C"], path["N"])
    return path


def _first(logs: np.ndarray, log_grid: np.ndarray, level: float) -> np.ndarray:
    """Log size where each draw's log loss first falls to `level`, or infinity; of shape (chain, draw)."""
    below = logs <= level
    at = below.argmax(axis=-1)
    before = np.maximum(at - 1, 0)
    left, right = (np.take_along_axis(logs, i[..., None], axis=-1)[..., 0] for i in (before, at))
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(at == 0, 0.0, (left - level) / (left - right))
    inside = log_grid[before] + part * (log_grid[at] - log_grid[before])
    return np.where(below.any(axis=-1), inside, np.inf)
