"""ScaleBench: laws fitted on runs that `bayescale.design` chooses from published pools, judged in the target region.

Pools, costs, target regions and budgets are those of arXiv:2604.22753 (five of its eight tables). Each group of a
table has a budget of its own, a share of the cost of its pool. A path starts from a random pilot, and fits again after
each of a few batches.
"""

import os
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.inference.fit import draw
from bayescale.laws.chen2025 import parallel
from bayescale.laws.clark2022 import routed
from bayescale.laws.liew2025 import sparse
from bayescale.laws.muennighoff2023 import data_constrained
from bayescale.laws.ye2024 import SHARES, five_domains
from bayescale.modelling.discrepancy import shared
from bayescale.modelling.law import Law
from benchmarks.decisions.paths import append, known

#: Share of the budget for the pilot, and batches after it. A path has one fit more than batches.
PILOT, BATCHES = 0.2, 3
#: Runs of a batch of mixtures, which all cost the same.
MIXTURES = (6, 2, 2)
#: Smallest share of a domain, in place of zero.
NOTHING = 1e-6


@dataclass(frozen=True)
class Table:
    """One table: its law, the file, new names of columns, the budget, and the published R² there.

    Attributes
    ----------
    law : Law
    file : name of the file.
    columns : old -> new name.
    budget : share of the cost of the pool.
    best : the largest published mean R² at that budget.
    """

    law: Law
    file: str
    columns: dict[str, str]
    budget: float
    best: float

    def read(self) -> pd.DataFrame:
        """The table with the law's columns, ``cost``, ``split`` and ``group``."""
        folder = Path(os.environ["BAYESCALE_DATA"]) / "scalebench2026"
        table = pd.read_csv(folder / f"{self.file}.csv")
        own = {"data_constrained": lambda t: 6.0 * t["params"] * t["tokens"], "domain_mixture": lambda t: 1.0}
        own |= {"moe": lambda t: t["dense_parameter_count"] * t["num_experts"], "parallel": lambda t: t["num_params"]}
        own["sparsity"] = lambda t: 6e18 * (t["N_dense"] * t["D1"] + t["N_active"] * t["D2"])
        table = table.assign(cost=own[self.file]).rename(columns=self.columns)
        if self.file == "sparsity":  # in billions
            table["N"] = 1e9 * table["N"]
        if self.file == "domain_mixture":
            table[list(SHARES)] = table[list(SHARES)].clip(lower=NOTHING)
        return table


TABLES = {
    "data_con": Table(
        data_constrained, "data_constrained", {"params": "N", "tokens": "D", "unique_tokens": "U"}, 0.1, 0.86
    ),
    "moe": Table(routed, "moe", {"dense_parameter_count": "N", "loss_validation": "loss"}, 0.1, 0.83),
    "parallel": Table(parallel, "parallel", {"num_params": "N", "parallel_size": "streams"}, 0.1, 0.99),
    "sparsity": Table(sparse, "sparsity", {"P": "sparsity", "N_active": "N"}, 0.5, 0.53),
    "domain": Table(
        five_domains, "domain_mixture", {f"proportion_domain_{i}": f"share_{i}" for i in range(1, 6)}, 0.5, 0.95
    ),
}
#: Variant -> the law that is fitted in place of a table's own.
VARIANTS = {"law": lambda law: law, "discrepancy": lambda law: replace(law, discrepancy=shared, name="bent")}


def measure(kept: Path, repeats: int, variants: tuple[str, ...], say=print) -> list[dict]:
    """One record for each table, repeat and variant; finished records are kept in a file of JSON lines."""
    records = known(kept)
    done = {(r["table"], r["variant"], r["repeat"]) for r in records}
    for repeat in range(repeats):
        for variant, name in ((v, n) for v in variants for n in TABLES):
            # A discrepancy is a function of the size of a run, and all mixtures of a group have one size.
            variant = "law" if name == "domain" else variant
            if (name, variant, repeat) in done:
                continue
            started = time.perf_counter()
            record = {"table": name, "variant": variant, "repeat": repeat, **path(name, variant, repeat)}
            record["seconds"] = round(time.perf_counter() - started, 1)
            done.add((name, variant, repeat))
            append(kept, record)
            records.append(record)
            say(str(record))
    return records


def path(name: str, variant: str, repeat: int) -> dict[str, Any]:
    """Choose, fit and forecast every group of a table; R² and coverage over all targets."""
    table, rows = TABLES[name], []
    law, runs, spent, count = VARIANTS[variant](table.law), table.read(), [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i, (_, own) in enumerate(runs.groupby("group")):
            seed = 1000 * repeat + i
            pool, target = (own[own["split"] == s].reset_index(drop=True) for s in ("train", "test"))
            budget = table.budget * float(pool["cost"].sum())
            if name == "domain":
                chosen, found = mixtures(law, pool, target, seed)
            else:
                chosen, found = adaptive(law, pool, target, budget, seed)
            rows.append(found)
            spent.append(float(pool.loc[chosen, "cost"].sum()) / budget)
            count.append(len(chosen))
    return {**scores(pd.concat(rows)), "runs": count, "spent": spent}


def scores(found: pd.DataFrame) -> dict[str, Any]:
    """R² of the median forecasts, clipped at -1, and the share of targets inside their 90 % intervals."""
    error, centred = found["median"] - found["loss"], found["loss"] - found["loss"].mean()
    inside = (found["low"] <= found["loss"]) & (found["loss"] <= found["high"])
    r2 = max(-1.0, 1.0 - float((error**2).sum() / (centred**2).sum()))
    return {"r2": r2, "inside": float(inside.mean()), "targets": len(found)}


def all_runs(kept: Path, say=print) -> None:
    """One record of `whole` for each table and variant; finished records are kept."""
    done = {(record["table"], record["variant"]) for record in known(kept)}
    for variant, name in ((v, n) for v in VARIANTS for n in TABLES):
        if (name, variant) not in done and not (name == "domain" and variant != "law"):
            append(kept, record := whole(name, variant))
            say(str(record))


def whole(name: str, variant: str, seed: int = 1) -> dict[str, Any]:
    """The same scores of fits on all runs of the pool."""
    law, rows = VARIANTS[variant](TABLES[name].law), []
    losses = [f"loss_domain_{i}" for i in range(1, 6)] if name == "domain" else ["loss"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _, own in TABLES[name].read().groupby("group"):
            for loss in losses:
                pool, target = (own[own["split"] == s].assign(loss=own[loss]) for s in ("train", "test"))
                rows.append(forecasts(law, fitted(law, pool, seed), target, seed))
    return {"table": name, "variant": variant, **scores(pd.concat(rows))}


def pilot(pool: pd.DataFrame, budget: float, most: int, rng: np.random.Generator) -> list[int]:
    """Random runs that a share of the budget pays for; the two cheapest where it pays for fewer than two."""
    cost, chosen = pool["cost"].to_numpy(), []
    for k in rng.permutation(len(pool)):
        if len(chosen) < most and cost[[*chosen, k]].sum() <= PILOT * budget:
            chosen.append(int(k))
    return chosen if len(chosen) > 1 else [int(k) for k in np.argsort(cost)[:2]]


def adaptive(
    law: Law, pool: pd.DataFrame, target: pd.DataFrame, budget: float, seed: int
) -> tuple[list[int], pd.DataFrame]:
    """Pilot, then batches of `bayescale.design` with a fit after each; the runs chosen, and the forecasts."""
    chosen = pilot(pool, budget, len(law.parameters) + 1, np.random.default_rng(seed))
    post = fitted(law, pool.loc[chosen], seed)
    for batch in range(BATCHES):
        left = budget - float(pool.loc[chosen, "cost"].sum())
        rest = pool.drop(index=chosen)
        part = left if batch == BATCHES - 1 else left / (BATCHES - batch)
        if rest.empty or part < float(rest["cost"].min()):
            continue
        plan = bs.design(law, post, rest, target, budget=part, draws=500, seed=seed)
        new = [int(k) for k in plan.index[plan["order"].notna()]]
        if new:
            chosen += new
            post = fitted(law, pool.loc[chosen], seed + batch + 1)
    return chosen, forecasts(law, post, target, seed)


def mixtures(law: Law, pool: pd.DataFrame, target: pd.DataFrame, seed: int) -> tuple[list[int], pd.DataFrame]:
    """The same where a run has a loss on each of five domains: runs with the largest mean reduction are chosen."""
    chosen: list[int] = []
    posts: dict[int, Any] = {}
    domains = range(1, 6)
    for size in MIXTURES:
        rest = pool.drop(index=chosen)
        if not chosen:
            chosen += [int(k) for k in np.random.default_rng(seed).permutation(len(pool))[:size]]
        else:
            plans = [bs.design(law, posts[i], rest, target, draws=500, seed=seed) for i in domains]
            mean = sum(plan["reduction"].sort_index() for plan in plans)
            chosen += [int(k) for k in mean.sort_values(ascending=False).index[:size]]
        tables = {i: pool.loc[chosen].assign(loss=pool.loc[chosen, f"loss_domain_{i}"]) for i in domains}
        posts = {i: fitted(law, tables[i], seed) for i in domains}
    found = [forecasts(law, posts[i], target.assign(loss=target[f"loss_domain_{i}"]), seed) for i in domains]
    return chosen, pd.concat(found)


def fitted(law: Law, runs: pd.DataFrame, seed: int):
    """The posterior on the runs chosen so far."""
    return draw(law, runs, method="laplace", seed=seed, draws=250, chains=4, progressbar=False)


def forecasts(law: Law, post, target: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Observed loss, and median and 90 % interval of each target."""
    quantiles = bs.predict(law, post, target, seed=seed)["loss"].quantile([0.05, 0.5, 0.95], ("chain", "draw"))
    low, median, high = quantiles.to_numpy()
    return pd.DataFrame({"loss": target["loss"].to_numpy(), "low": low, "median": median, "high": high})
