"""Simulated sweeps: the compute that four ways of choosing runs need for a forecast of a given width.

All ways start from the same six cheap runs. The goal of a sweep is the width of the 90 % interval that a full IsoFLOP
grid gives for the loss of a run of 100 times its largest budget. The other ways add runs of a pool up to growing
budgets, with a fit at each, until their interval is as narrow.
"""

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.inference.fit import draw
from bayescale.laws import chinchilla
from bayescale.modelling.formula import call
from bayescale.modelling.law import Law
from bayescale.modelling.noises import lognormal
from benchmarks.decisions.paths import append, known

LAW: Law = replace(chinchilla, name="normal", noise=lognormal)
#: Noise of single runs [log loss].
NOISE = 0.003
#: Budgets of the IsoFLOP grid [FLOP], and its sizes over the optimal one.
GRID, SIZES = (1e18, 3e18, 1e19, 3e19, 1e20), (0.25, 0.5, 1.0, 2.0, 4.0)
#: Compute of the target over the largest budget of the grid.
BEYOND = 100.0
#: Total compute at which the other ways fit [FLOP]; the last is four times the grid's.
CHECKS = (1e19, 3e19, 1e20, 3e20, 1e21, 3e21)
#: Reference run of the true parameters.
AT = {"N0": 1e8, "D0": 2e9}


def truth(rng: np.random.Generator) -> dict[str, float]:
    """Parameters of Chinchilla's law near published ones."""
    normal = rng.standard_normal(5)
    return {
        "E": 1.8 + 0.08 * normal[0],
        "excess_N": 0.65 * np.exp(0.15 * normal[1]),
        "excess_D": 0.70 * np.exp(0.15 * normal[2]),
        "alpha_N": 0.34 + 0.03 * normal[3],
        "alpha_D": 0.32 + 0.03 * normal[4],
    }


def optimal(true: dict[str, float], C: float) -> float:
    """The N of smallest loss at 6ND = C."""
    N = np.geomspace(1e6, 1e13, 7001)
    return float(N[np.argmin(call(LAW.formula, true, {"N": N, "D": C / (6.0 * N)}, AT))])


class World(NamedTuple):
    """A simulated sweep: true parameters, cheap runs to start from, the grid, the pool, and the target."""

    true: dict[str, float]
    start: pd.DataFrame
    grid: pd.DataFrame
    pool: pd.DataFrame
    target: pd.DataFrame


def world(seed: int) -> World:
    """The sweep of a seed."""
    rng = np.random.default_rng([seed, 30])
    true = truth(rng)

    def losses(runs: pd.DataFrame) -> pd.DataFrame:
        mean = call(LAW.formula, true, {name: runs[name].to_numpy() for name in ("N", "D")}, AT)
        return runs.assign(C=6.0 * runs["N"] * runs["D"], loss=mean * np.exp(NOISE * rng.standard_normal(len(runs))))

    centre = {C: optimal(true, C) * np.exp(0.3 * rng.standard_normal()) for C in (1e17, *GRID)}  # known only roughly
    isoflop = [(centre[C] * size, C / (6.0 * centre[C] * size)) for C in GRID for size in SIZES]
    cheap = [(centre[1e17] * size, C / (6.0 * centre[1e17] * size)) for C in (1e17, 3e17) for size in (0.4, 1.0, 2.5)]
    pool = [(N, D) for N in np.geomspace(1e7, 3e9, 9) for D in np.geomspace(2e8, 2e10, 9) if 6.0 * N * D <= 1e20]
    grid, start, pool = (losses(pd.DataFrame(runs, columns=["N", "D"])) for runs in (isoflop, cheap, pool))
    best = optimal(true, BEYOND * GRID[-1])
    target = pd.DataFrame({"N": [best], "D": [BEYOND * GRID[-1] / (6.0 * best)]})
    return World(true, start, grid, pool, target)


def sweep(seed: int) -> dict[str, Any]:
    """The compute that each way needs for the width of the grid."""
    true, start, grid, pool, target = world(seed)
    _, goal, covers = fitted(pd.concat([start, grid]), target, true, seed)
    needed = {"IsoFLOP grid": float(grid["C"].sum())}
    ways = {"design": by_design, "V-optimality": by_gradient, "random": at_random}
    for name, choose in ways.items():
        needed[name] = reach(choose, (start, pool), target, true, goal, seed)
    return {"seed": seed, "goal": goal, "covers": covers, "needed": needed}


def fitted(runs: pd.DataFrame, target: pd.DataFrame, true: dict[str, float], seed: int) -> tuple[Any, float, bool]:
    """The posterior, the width of the 90 % interval of the target's median loss, and whether the truth is in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        post = draw(LAW, runs, method="laplace", seed=seed, draws=250, chains=4, progressbar=False)
        mu = LAW(post, N=float(target["N"].iloc[0]), D=float(target["D"].iloc[0])).to_numpy()
    low, high = np.quantile(mu, [0.05, 0.95])
    exact = float(call(LAW.formula, true, {name: float(target[name].iloc[0]) for name in ("N", "D")}, AT))
    return post, float(high - low), bool(low <= exact <= high)


def reach(choose: Callable, tables: tuple, target: pd.DataFrame, true: dict, goal: float, seed: int) -> float | None:
    """Compute after which the interval is as narrow as the goal; None if that of the whole pool is wider.

    Between two checks the width is taken as a power of compute.
    """
    chosen, pool = tables
    post, width, _ = fitted(chosen, target, true, seed)
    spent = 0.0
    for check in CHECKS:
        before = spent, width
        new = pool.loc[choose(post, pool, target, check - spent, seed)]
        if new.empty:
            continue
        chosen, pool, spent = pd.concat([chosen, new]), pool.drop(index=new.index), spent + float(new["C"].sum())
        post, width, _ = fitted(chosen, target, true, seed)
        if width <= goal:
            if not before[0]:
                return spent
            share = np.log(before[1] / goal) / np.log(before[1] / width)
            return float(before[0] * (spent / before[0]) ** share)
    return None


def by_design(post, pool: pd.DataFrame, target: pd.DataFrame, budget: float, seed: int) -> list:
    """Runs that `bayescale.design` chooses."""
    plan = bs.design(LAW, post, pool, target, cost="C", budget=budget, draws=500, seed=seed)
    return list(plan.index[plan["order"].notna()])


def at_random(post, pool: pd.DataFrame, target: pd.DataFrame, budget: float, seed: int) -> list:
    """Runs in random order, as long as the budget pays for them."""
    chosen, left = [], budget
    for k in np.random.default_rng([seed, len(pool)]).permutation(pool.index):
        if pool.at[k, "C"] <= left:
            chosen.append(k)
            left -= pool.at[k, "C"]
    return chosen


def by_gradient(post, pool: pd.DataFrame, target: pd.DataFrame, budget: float, seed: int) -> list:
    """V-optimality: the most reduction for its cost of the target's variance, linearised at the posterior mean."""
    draws = post["posterior"].to_dataset()
    names = list(LAW.parameters)
    values = np.stack([np.log(draws[name].to_numpy().ravel()) for name in names], axis=1)
    mean, covariance = values.mean(0), np.cov(values.T)
    reference = {k: float(v) for k, v in post["constant_data"].to_dataset().items()}
    both = pd.concat([pool, target], ignore_index=True)
    columns = {name: both[name].to_numpy() for name in ("N", "D")}

    def log_loss(x):
        return np.log(call(LAW.formula, dict(zip(names, np.exp(x), strict=True)), columns, reference))

    J = np.stack([(log_loss(mean + h) - log_loss(mean - h)) / 2e-4 for h in 1e-4 * np.eye(len(names))], axis=1)
    noise, cost, left, chosen = float((draws["sigma"] ** 2).mean()), pool["C"].to_numpy(), budget, []
    while True:
        cross = J @ covariance @ J.T
        worth = cross[:-1, -1] ** 2 / (np.diag(cross)[:-1] + noise) / cost
        worth[[*chosen, *np.flatnonzero(cost > left)]] = -1.0
        k = int(np.argmax(worth))
        if worth[k] <= 0 or len(chosen) >= 50:
            return list(pool.index[chosen])
        chosen.append(k)
        left -= cost[k]
        gain = covariance @ J[k] / (J[k] @ covariance @ J[k] + noise)
        covariance = covariance - np.outer(gain, J[k] @ covariance)


def measure(kept: Path, sweeps: int, say=print) -> list[dict]:
    """One record for each sweep; finished records are kept in a file of JSON lines."""
    records = known(kept)
    for seed in range(sweeps):
        if seed not in {record["seed"] for record in records}:
            record = sweep(seed)
            append(kept, record)
            records.append(record)
            say(str(record))
    return records
