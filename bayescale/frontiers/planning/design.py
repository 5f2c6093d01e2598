"""Design: which runs to train next, for a target, at a budget."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.columns import column, training_flop
from bayescale.forecasting.predict import _given, check_targets
from bayescale.frontiers.planning.batch import Problem, alone, chosen
from bayescale.frontiers.planning.joint import Joint
from bayescale.frontiers.planning.plan import plan_of
from bayescale.frontiers.planning.targets import FRONTIER, LOGS, of_draws, of_frontier, of_runs
from bayescale.frontiers.recipes.recipe import size, thinned
from bayescale.inference.door.arguments import check_seed, whole
from bayescale.inference.door.posterior import check_discrepancy, check_posterior
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.law import Law

#: Largest number of posterior draws that are used, unless the user says otherwise.
DRAWS = 1000
#: Most runs of a batch. After so many, the posterior should be fitted again.
MOST = 50


def design(
    law: Law, post, candidates: pd.DataFrame, target, *, C=None, choose: bool = False, cost=None,
    budget: float | None = None, count: int | None = None, draws: int = DRAWS, seed: int | None = None, **inputs,
) -> pd.DataFrame:  # fmt: skip
    """Choose the runs to train next: those that narrow a target most for their cost.

    Parameters
    ----------
    law : Law
    post : DataTree of `fit`, or of `sample_prior` if there is no run yet.
    candidates : DataFrame, one row a run that could be trained, with the law's columns and groups. Each row can be
        chosen once; give a row twice to allow a repeat.
    target : what is to be known better, one of

        - a DataFrame of runs: their median losses, with discrepancy [nats/token]; of several rows, the mean variance;
        - with `C`, the name of a quantity on the frontier at these budgets: "N", "D", "tokens_per_param" (their logs),
          "loss", "a", "b", "slope" or "curvature";
        - the name of a parameter or derived quantity of the posterior, such as "E";
        - a DataArray of draws, dims (chain, draw) and at most one more, of this posterior.
    C : float or array, budgets [FLOP] of a target on the frontier, at 6ND.
    choose : bool, whether the rows of the target are recipes or runs of which the one with the smallest loss will be
        chosen. Then the expected regret of that choice is reduced, not a variance.
    cost : callable ``cost(N, D)`` [FLOP], the name of a column of `candidates`, or an array. By default the column
        ``cost``, else the column ``C``, else 6ND.
    budget : float, optional, largest total cost of the chosen runs. Without one, `count` alone limits them.
    count : int, optional, largest number of chosen runs: by default 50 with a budget, and 1 without.
    draws : int, largest number of posterior draws to use, evenly spaced.
    seed : int, optional, of the simulated losses.
    **inputs : values of the law's further inputs and groups at which a target on the frontier is taken.

    Returns
    -------
    DataFrame : the candidates, the chosen ones first, with additional columns

        - ``cost``;
        - ``order``, 1 for the run to train first, missing for runs not chosen;
        - ``sd_chosen``, the expected standard deviation of the target after this run and those chosen before it;
        - ``sd_alone``, that after this run alone;
        - ``reduction``, the share of the target's variance that this run alone removes;
        - ``per_cost``, `reduction` over `cost`.

        With `choose`, ``regret_chosen`` and ``regret_alone`` [nats/token] take the place of the standard deviations,
        and `reduction` is a share of the expected regret. ``attrs`` has ``now`` (the standard deviation or regret
        without new runs), ``after`` (with all chosen runs), ``spent``, ``unit``, ``cost_unit`` (if known), and
        ``warnings``, a JSON list. It says so when nothing affordable helps.

    Raises
    ------
    TypeError
        If `law` is not a Law, `post` no posterior, `candidates` no DataFrame or the target of another kind.
    ValueError
        If a column is missing or has bad values, the target or the cost is not known, or `choose` has fewer than two
        runs to choose from.

    Notes
    -----
    The loss of a candidate is simulated from some posterior draws, and all other draws are weighted by its density
    (nested Monte Carlo). What the fitted runs leave open of the discrepancy is normal given a draw, and is updated
    exactly, for targets that are losses or parameters. A target on the frontier depends on the whole function: one
    drawn function per draw then gives it and the losses of the candidates. The noise of a new run is replaced by normal
    noise with the same information about the median. A batch is greedy: the better of choosing by reduction per cost
    and by reduction. When the effective number of draws falls below 25, the best linear prediction of the target takes
    over. It can only understate the reduction, as the posterior mean is at least as good. Fit again after the runs.
    Errors of the candidates are independent: each is a training run of its own.

    Examples
    --------
    >>> import pandas as pd
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy")
    >>> post = bs.fit(chinchilla, runs.query("split == 'grid'"), method="laplace", seed=1, progressbar=False)
    >>> candidates = pd.DataFrame({"N": [1e5, 4e5, 1e6], "D": [2e7, 8e7, 2e8]})
    >>> plan = bs.design(chinchilla, post, candidates, runs.query("split == 'heldout'"), budget=2e15, seed=1)
    >>> bool(plan.attrs["after"] < plan.attrs["now"]), int(plan["order"].iloc[0])
    (True, 1)
    """
    check_posterior(law, post)
    if not isinstance(post, xr.DataTree):
        raise TypeError(f"post is a {type(post).__name__}; wanted the DataTree of fit or sample_prior.")
    check_seed(seed)
    if not isinstance(candidates, pd.DataFrame):
        raise TypeError(f"candidates is a {type(candidates).__name__}; wanted a DataFrame with one row a run.")
    if candidates.empty:
        raise ValueError("candidates has no rows; wanted one for each run that could be trained.")
    whole("draws", draws, 100, 10**6)
    check_discrepancy(law, post)
    table, given = _given(law, candidates)
    check_targets(post, law, table, stacklevel=4)
    costs = costs_of(table, cost)
    limit, most = _limits(budget, count)
    how = (C, cost if callable(cost) else training_flop, inputs, min(draws, size(post)), seed)
    joint, unit = _joint(law, post, given, len(table), target, how)
    if choose and (not isinstance(target, pd.DataFrame) or len(target) < 2):
        raise ValueError("choose=True needs a target with two runs or more: a DataFrame with one row for each.")
    problem = Problem(joint, costs, choose, seed)
    shares, few = alone(problem)
    plan = plan_of(candidates, problem, shares, chosen(problem, limit, most), (limit, most, few, unit))
    plan.attrs["cost_unit"] = column("C").unit if callable(cost) or (cost is None and "cost" not in table) else ""
    return plan


def costs_of(table: pd.DataFrame, cost: Any) -> np.ndarray:
    """Cost of each candidate.

    Raises
    ------
    ValueError
        If the cost is not known, or not positive and finite.
    """
    if cost is None:
        name = next((name for name in ("cost", "C") if name in table), None)
        if name is None and not {"N", "D"} <= set(table):
            raise ValueError(f"The cost of the candidates is not known: they have {list(table.columns)}. Give cost=.")
        values = training_flop(table["N"], table["D"]) if name is None else table[name]
    elif callable(cost):
        if missing := {"N", "D"} - set(table):
            raise ValueError(f"cost(N, D) needs the columns N and D of candidates; missing {sorted(missing)}.")
        values = cost(table["N"].to_numpy(dtype=float), table["D"].to_numpy(dtype=float))
    elif isinstance(cost, str):
        if cost not in table:
            raise ValueError(f"cost is '{cost}', which is no column of candidates; they have {list(table.columns)}.")
        values = table[cost]
    else:
        values = cost
    try:
        array = np.broadcast_to(np.asarray(values, dtype=float), len(table))
    except (TypeError, ValueError):
        raise ValueError(f"cost does not give a number for each of the {len(table)} candidates.") from None
    if not (np.isfinite(array) & (array > 0)).all():
        raise ValueError("cost has NaN, infinite or non-positive values; wanted a positive number for each candidate.")
    return array


def _limits(budget: Any, count: Any) -> tuple[float, int]:
    """The budget, infinite if there is none, and the largest number of runs."""
    if budget is not None and not (isinstance(budget, int | float | np.number) and 0 < float(budget) < np.inf):
        raise ValueError(f"budget is {budget!r}; wanted a positive number in the unit of the costs.")
    most = (1 if budget is None else MOST) if count is None else whole("count", count, 1, 1000)
    return np.inf if budget is None else float(budget), most


def _joint(law: Law, post: Any, given: Any, count: int, target: Any, how: tuple) -> tuple[Joint, str]:
    """Candidates and target for each draw, and the unit of the target."""
    C, cost, inputs, draws, seed = how
    small = thinned(post, draws)
    if inputs and C is None:
        raise TypeError(f"design has no option {sorted(inputs)[0]}=; values of further inputs go with C=.")
    if C is not None:
        if target not in FRONTIER:
            raise ValueError(f"With C=, the target is {target!r}; wanted one of {list(FRONTIER)}.")
        unit = "log" if target in LOGS else column(str(target)).unit
        return of_frontier(law, small, given, count, target, C, cost, inputs, seed), unit
    if isinstance(target, pd.DataFrame):
        if target.empty:
            raise ValueError("The target has no rows; wanted one or more runs.")
        return of_runs(law, small, given, count, target), column("loss").unit
    values = _values(post, target)
    flat = thinned(xr.Dataset({"target": values}), draws)["target"].to_numpy()[0]
    return of_draws(law, small, given, count, flat.reshape(len(flat), -1)), str(values.attrs.get("units", ""))


def _values(post: Any, target: Any) -> xr.DataArray:
    """Draws of a target that is a variable of the posterior, or given."""
    draws = post["posterior" if "posterior" in post.children else "prior"].to_dataset()
    if isinstance(target, str):
        if target not in draws:
            more = f"; with C= also {list(FRONTIER)}" if target in FRONTIER else ""
            raise ValueError(f"The posterior has no '{target}'; it has {sorted(map(str, draws.data_vars))}{more}.")
        return draws[target]
    if not isinstance(target, xr.DataArray):
        raise TypeError(
            f"target is a {type(target).__name__}; wanted a DataFrame of runs, the name of a quantity, or a DataArray."
        )
    sizes = {dim: draws.sizes[dim] for dim in SAMPLE_DIMS}
    if any(target.sizes.get(dim) != n for dim, n in sizes.items()) or target.ndim > 3:
        raise ValueError(f"The target has the sizes {dict(target.sizes)}; wanted {sizes} and at most one more dim.")
    return target
