"""Waste: the compute of a run over the least that its recipe needs for the same loss."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.columns import column, training_flop
from bayescale.forecasting.predict import _given, check_targets
from bayescale.frontiers.frontier import SEARCH
from bayescale.frontiers.recipes.match import match
from bayescale.frontiers.recipes.pair import flat, paths_for
from bayescale.frontiers.recipes.recipe import Recipe, size, thinned
from bayescale.frontiers.recipes.route import optimal
from bayescale.frontiers.surface import Surface
from bayescale.inference.door.arguments import check_seed
from bayescale.inference.door.posterior import check_discrepancy, check_posterior
from bayescale.modelling.draws import SAMPLE_DIMS, as_arrays
from bayescale.modelling.law import Law

#: Largest waste that is looked for.
MOST = 1e6
#: Largest number of posterior draws that are used, unless the user says otherwise.
DRAWS = 1000


def waste(
    law: Law,
    post,
    runs: pd.DataFrame,
    *,
    cost: Callable = training_flop,
    discrepancy: bool = True,
    draws: int = DRAWS,
    seed: int | None = None,
) -> xr.Dataset:
    """The compute of runs over the least with which a compute-optimal run has the same loss, for each draw.

    Parameters
    ----------
    law : Law in N and D.
    post : DataTree of `fit`.
    runs : DataFrame with N [parameters], D [tokens], and the law's further inputs and groups; one row a run. Its losses
        are not used: both losses are the law's.
    cost : callable ``cost(N, D)`` [FLOP]; see `bayescale.costs`.
    discrepancy : bool, whether the loss has the smooth parts of the law's discrepancy, if the law has one.
    draws : int, largest number of posterior draws to use, evenly spaced.
    seed : int, optional, of the discrepancy that the fitted runs do not determine.

    Returns
    -------
    Dataset : dims (chain, draw, run), with the columns of the runs as coordinates.

        - ``waste`` [1]: 1 for a compute-optimal run, 2 for one whose loss half of its compute would have bought;
        - ``loss`` [nats/token] of the run; ``loss_best``, the least for its compute;
        - ``N_best``, ``D_best`` [parameters, tokens] of the cheapest run with the same loss.

    Raises
    ------
    TypeError, ValueError
        As in `predict`; and if the law is not in N and D.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1, progressbar=False)
    >>> table = bs.waste(chinchilla, post, runs.head(3), draws=200)
    >>> table["waste"].dims, bool((table["waste"] >= 1).all())
    (('chain', 'draw', 'run'), True)
    """
    check_posterior(law, post)
    check_seed(seed)
    if not {"N", "D"} <= set(law.inputs):
        raise ValueError(f"Law '{law.name}' is in {list(law.inputs)}; wanted a law in N and D.")
    if discrepancy:
        check_discrepancy(law, post)
    table, _ = _given(law, runs)
    check_targets(post, law, table)
    table = table.reset_index(drop=True)
    others = [name for name in (*law.inputs, *law.groups) if name not in ("N", "D")]
    small = Recipe(law, thinned(post, min(draws, size(post))), {})
    keys = pd.Series(0, table.index) if not others else table[others].apply(tuple, axis=1)
    parts = [_waste(small, rows, others, cost, discrepancy, seed) for _, rows in table.groupby(keys, sort=False)]
    order = np.concatenate([rows.index for _, rows in table.groupby(keys, sort=False)])
    found = xr.concat(parts, "run").isel(run=np.argsort(order))
    columns = {name: ("run", table[name].to_numpy()) for name in ("N", "D", *others)}
    return found.assign_coords(run=runs.index.to_numpy(), **columns)


def _waste(small: Recipe, rows: pd.DataFrame, others: list[str], cost: Callable, discrepancy: bool, seed) -> xr.Dataset:
    """The waste of runs that have the same further inputs and groups."""
    law = small.law
    held = {name: rows[name].iloc[0] for name in others}
    given = as_arrays(law, held, wanted=tuple(name for name in law.inputs if name not in ("N", "D")))
    run = {name: xr.DataArray(rows[name].to_numpy(dtype=float), dims="run") for name in ("N", "D")}
    surface = Surface(law, small.post, given, cost)
    route = optimal(surface, np.log(cost(run["N"], run["D"])), (-np.log(MOST), 1e-9), np.log(SEARCH))
    if discrepancy and law.discrepancy is not None:
        columns = {**given, **run}
        own = flat({name: columns[name] for name in law.inputs})
        region = {name: xr.concat([values, own[name]], "corner") for name, values in flat(route.span()).items()}
        (paths,) = paths_for((small,), [region], True, False, seed)
        route = route.bent(paths)
    loss = route.surface.loss_of({**given, **run}).reset_coords(drop=True).transpose(*SAMPLE_DIMS, "run")
    zero = xr.zeros_like(loss)
    best = route.loss(zero).transpose(*loss.dims)
    t = match(lambda t: np.log(route.loss(t)) - np.log(loss), zero, np.log(MOST), 1e-9).clip(max=0.0)
    cheapest = route.columns(t)
    found = {
        "waste": (np.exp(-t), "1"),
        "loss": (loss, column("loss").unit),
        "loss_best": (np.minimum(best, loss), column("loss").unit),
        "N_best": (cheapest["N"], column("N").unit),
        "D_best": (cheapest["D"], column("D").unit),
    }
    return xr.Dataset({name: v.transpose(*loss.dims).assign_attrs(units=unit) for name, (v, unit) in found.items()})
