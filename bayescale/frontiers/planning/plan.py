"""Table: the plan of `bayescale.design`, and what limits it in words."""

import json

import numpy as np
import pandas as pd

from bayescale.frontiers.planning.batch import LEAST, Batch, Problem

#: A regret or a variance below this share of the target is zero, within rounding.
CERTAIN = 1e-12


def plan_of(candidates: pd.DataFrame, problem: Problem, shares: np.ndarray, batch: Batch, about: tuple) -> pd.DataFrame:
    """The result of `design`."""
    limit, most, few, unit = about
    now = problem.now()
    word, of = ("regret", float) if problem.choose else ("sd", np.sqrt)
    order, so_far = pd.array([pd.NA] * len(candidates), dtype="Int64"), np.full(len(candidates), np.nan)
    for place, (k, left) in enumerate(zip(batch.order, batch.left, strict=True)):
        order[k], so_far[k] = place + 1, of(left)
    per_cost = shares / problem.cost
    table = candidates.assign(
        cost=problem.cost,
        order=order,
        **{f"{word}_chosen": so_far, f"{word}_alone": [float(of(now * (1.0 - share))) for share in shares]},
        reduction=shares,
        per_cost=per_cost,
    )
    rest = [int(k) for k in np.argsort(-per_cost, kind="stable") if k not in set(batch.order)]
    table = table.iloc[[*batch.order, *rest]]
    after = float(of(batch.left[-1])) if batch.left else float(of(now))
    said = limits(problem, batch, (limit, most), few)
    table.attrs = {
        "measure": word, "unit": unit, "now": float(of(now)), "after": after,
        "spent": float(problem.cost[batch.order].sum()), "warnings": json.dumps(said, ensure_ascii=False),
    }  # fmt: skip
    return table


def limits(problem: Problem, batch: Batch, most: tuple[float, int], few: int) -> list[str]:
    """Sentences on what limits the plan; `most` is the budget and the largest number of runs."""
    limit, count = most
    affordable = int((problem.cost <= limit).sum())
    said = []
    if not affordable:
        said.append(
            f"No candidate is affordable: the cheapest costs {problem.cost.min():.3g}, the budget is {limit:.3g}."
        )
    elif problem.now() <= CERTAIN * float(np.abs(problem.joint.target).mean()):
        said.append(
            "Nothing is left to learn: "
            + ("the choice is certain." if problem.choose else "all draws give the target the same value.")
        )
    elif not batch.order:
        what = "expected regret" if problem.choose else "variance of the target"
        said.append(
            f"Nothing affordable helps: none of {affordable} candidates removes {LEAST:.1%} or more of the {what}."
        )
    if np.isfinite(limit) and len(batch.order) == count < affordable:
        said.append(f"The plan ends after {count} runs. Fit again after them, or give a larger count=.")
    if few:
        said.append(
            f"{few} of {len(problem.cost)} candidates are so informative that too few draws keep weight; their rows "
            "are linear estimates. More draws= would help."
        )
    if batch.weighted < len(batch.order):
        said.append(
            f"From run {batch.weighted + 1} on, the order and what is left are linear estimates, because too few draws "
            "keep weight. Fit again after the first runs."
        )
    return said
