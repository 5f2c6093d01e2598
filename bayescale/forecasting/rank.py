"""Ranks of recipes: probability of each rank, and expected regret of choosing a recipe without further runs."""

import numpy as np
import xarray as xr

from bayescale.base.columns import column
from bayescale.modelling.draws import SAMPLE_DIMS

#: A recipe with a probability to be better in this range is neither better nor worse than another.
UNDECIDED = (0.05, 0.95)


def rank(losses: xr.Dataset | xr.DataArray, by: str = "run") -> xr.Dataset:
    """Rank recipes by their losses: the probability of each rank, and the expected regret of choosing each now.

    Parameters
    ----------
    losses : Dataset of `predict`, of which ``loss`` is taken (with noise: which run ends lowest; for the recipes
        themselves pass its ``mu``), or a DataArray of losses [nats/token] with dims (chain, draw, `by`, ...), such as
        ``loss`` of `frontier` at several levels of a group. Draw the losses of all recipes in one call, or the errors
        that they share do not cancel.
    by : str, dim along which the recipes lie. Other dims, such as C, are kept.

    Returns
    -------
    Dataset : dims (`by`, ...).

        - ``probability``, dims (`by`, rank, ...): of each recipe to have each rank, 1 for the smallest loss; ties share
          their ranks;
        - ``beats``, dims (`by`, other, ...): that a recipe has a smaller loss than another; 0.5 on the diagonal;
        - ``expected_rank`` [1];
        - ``regret`` [nats/token]: expected loss of the recipe above that of the best one of each draw;
        - ``undecided``: the number of other recipes for which ``beats`` lies between 0.05 and 0.95.

    Raises
    ------
    TypeError
        If `losses` is neither.
    ValueError
        If a dim is missing, there is one recipe only, or a loss is NaN.

    See Also
    --------
    beats : the probability alone, for the runs of `predict`.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> import bayescale as bs
    >>> drawn = np.random.default_rng(1).normal([2.0, 2.0, 2.1], 0.02, size=(1, 4000, 3))
    >>> recipes = ["a", "b", "c"]
    >>> ranks = bs.rank(xr.DataArray(drawn, dims=("chain", "draw", "recipe"), coords={"recipe": recipes}), "recipe")
    >>> ranks["probability"].sel(rank=1).round(1).values.tolist()
    [0.5, 0.5, 0.0]
    >>> ranks["undecided"].values.tolist()
    [1, 1, 0]
    """
    draws = _checked(losses, by)
    if by not in draws.indexes:
        draws = draws.assign_coords({by: np.arange(draws.sizes[by])})
    other = draws.rename({by: "other"})
    below = (draws < other) + 0.5 * (draws == other)
    beats = below.mean(SAMPLE_DIMS)
    smaller, same = (other < draws).sum("other"), (other == draws).sum("other")
    ranks = xr.DataArray(np.arange(1, draws.sizes[by] + 1), dims="rank")
    has = ((ranks > smaller) & (ranks <= smaller + same)) / same
    unsure = ((beats > UNDECIDED[0]) & (beats < UNDECIDED[1])).sum("other") - 1
    unit = draws.attrs.get("units", column("loss").unit)
    found = xr.Dataset(
        {
            "probability": has.mean(SAMPLE_DIMS).transpose(by, "rank", ...),
            "beats": beats.transpose(by, "other", ...),
            "expected_rank": (smaller + 0.5 * (same + 1)).mean(SAMPLE_DIMS),
            "regret": (draws - draws.min(by)).mean(SAMPLE_DIMS).assign_attrs(units=unit),
            "undecided": unsure,
        }
    )
    return found.assign_coords(rank=ranks.to_numpy())


def _checked(losses, by: str) -> xr.DataArray:
    """The losses, or an error."""
    if isinstance(losses, xr.Dataset) and "loss" in losses:
        losses = losses["loss"]
    if not isinstance(losses, xr.DataArray):
        raise TypeError(f"losses is a {type(losses).__name__}; wanted a Dataset of bayescale.predict, or a DataArray.")
    if missing := [dim for dim in (*SAMPLE_DIMS, by) if dim not in losses.dims]:
        raise ValueError(f"losses has the dims {losses.dims}; missing {missing}. Name the dim of the recipes with by=.")
    if losses.sizes[by] < 2:
        raise ValueError(f"There is one recipe along '{by}'; wanted two or more.")
    if count := int(losses.isnull().sum()):
        raise ValueError(f"{count} of {losses.size} losses are NaN, so recipes cannot be ranked.")
    kept = {name for name in losses.coords if name in losses.dims and name not in SAMPLE_DIMS}
    return losses.drop_vars([name for name in losses.coords if name not in kept])
