"""Facts: what a fit knew that limits its frontier, repeated with the frontier."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from bayescale.base.columns import column
from bayescale.data.cost_ratio import note
from bayescale.forecasting.forecast import sizes_of
from bayescale.inference.diagnostics.verdict import Verdict, render
from bayescale.modelling.draws import SAMPLE_DIMS

#: Correlation of log N and log D from which runs count as lying on one line; as in `bayescale.data.warn`.
ON_A_LINE = 0.99
#: An optimum this close to the end of the runs, as a factor, is not beyond them.
SLACK = 1 + 1e-6


def facts(post: Any, best: xr.Dataset, own_cost: bool) -> dict[str, str]:
    """Attributes of a frontier that say how far to trust it.

    Parameters
    ----------
    post : DataTree of `fit`, or anything else that a law takes; then nothing is known of its runs.
    best : Dataset of `frontier`.
    own_cost : bool, whether the user gave the cost of a run.

    Returns
    -------
    dict : ``warnings``, a JSON list of sentences; ``inside``, where the runs are known, a JSON list of the smallest and
        the largest budget [FLOP] whose median optimum lies within the fitted runs (empty if there is none).
    """
    said = _of_posterior(post)
    result: dict[str, str] = {}
    if isinstance(post, xr.DataTree) and "constant_data" in post.children:
        runs = {str(name): values.to_numpy() for name, values in sizes_of(post).items()}
        if "N" in best and {"N", "D"} <= set(runs):
            said += _of_runs(runs["N"], runs["D"])
        where = {name: runs[name] for name in (("N", "D", "C") if "N" in best else ("C",)) if name in runs}
        if where:
            inside, sentences = _beyond(best, where)
            said += sentences
            result["inside"] = json.dumps(inside)
    if "N" in best and not own_cost and (words := note(post)):
        said.append(words)
    return {"warnings": json.dumps(said, ensure_ascii=False), **result}


def _of_posterior(post: Any) -> list[str]:
    """The problems of the verdict."""
    try:
        verdict = Verdict.of(post)
    except (AttributeError, ValueError):  # draws that no fit has judged
        return []
    return [f"The fit: {render(problem)}." for problem in verdict.problems()]


def _of_runs(N: np.ndarray, D: np.ndarray) -> list[str]:
    """What runs of these N and D leave open about the best split of compute."""
    same = [name for name, values in (("N", N), ("D", D)) if values.max() <= values.min() * (1 + 1e-9)]
    if same:
        return [
            f"{name} is the same in every fitted run, so the priors alone decide on the optimal N and D."
            for name in same
        ]
    if len(N) > 2 and abs(np.corrcoef(np.log(N), np.log(D))[0, 1]) > ON_A_LINE:
        return ["log N and log D of the fitted runs lie on one line, so the priors decide on the optimal N and D."]
    return []


def _beyond(best: xr.Dataset, runs: dict[str, np.ndarray]) -> tuple[list[float], list[str]]:
    """The budgets whose optimum lies within the fitted runs, and a sentence for each size in which others do not."""
    budgets, inside, said = best["C"].to_numpy(), np.ones(best.sizes["C"], dtype=bool), []
    for name, values in runs.items():
        optimal = best[name].median([dim for dim in SAMPLE_DIMS if dim in best[name].dims])
        others = [dim for dim in optimal.dims if dim != "C"]
        ends = (optimal.min(others).to_numpy(), optimal.max(others).to_numpy())
        for outside, edge, word in (
            (ends[1] > values.max() * SLACK, values.max(), "above the largest"),
            (ends[0] < values.min() / SLACK, values.min(), "below the smallest"),
        ):
            if outside.any():
                inside &= ~outside
                at = budgets[outside]
                span = f"C = {at.min():.3g}" + (f" to {at.max():.3g}" if len(at) > 1 else "")
                what = "the budget" if name == "C" else f"the optimal {name}"
                said.append(
                    f"At {span} FLOP {what} is {word} {name} of the fitted runs ({edge:.3g} {column(name).unit})."
                )
    kept = budgets[inside]
    return ([float(kept.min()), float(kept.max())] if len(kept) else []), said


def marks(post: Any, best: xr.Dataset, cost: Callable) -> dict[str, xr.DataArray]:
    """Whether the median optimum, and the budget, lie beyond the fitted runs.

    Parameters
    ----------
    post, best : as of `facts`.
    cost : callable ``cost(N, D)`` [FLOP], which is also the compute of the fitted runs.

    Returns
    -------
    dict : ``beyond_N``, ``beyond_D``, ``beyond_C``, dims (C,) and those of groups, as far as the runs are known.
    """
    if not isinstance(post, xr.DataTree) or "constant_data" not in post.children:
        return {}
    runs = {str(name): values.to_numpy() for name, values in sizes_of(post).items()}
    if "N" in best and {"N", "D"} <= set(runs):
        runs["C"] = np.asarray(cost(xr.DataArray(runs["N"]), xr.DataArray(runs["D"])))
    found = {}
    for name in ("N", "D", "C"):
        if name in best.variables and name in runs:
            optimal = best[name].median([dim for dim in SAMPLE_DIMS if dim in best[name].dims])
            outside = (optimal > runs[name].max() * SLACK) | (optimal < runs[name].min() / SLACK)
            found[f"beyond_{name}"] = outside.drop_attrs()
    return found
