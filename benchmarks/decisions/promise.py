"""What a plan of `bayescale.design` expects against what its runs give, and how long it takes."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.laws import chinchilla
from benchmarks.decisions.design import LAW, fitted, world
from benchmarks.decisions.paths import append, known
from benchmarks.machine import load

#: Budgets of the plans [FLOP].
BUDGETS = (1e19, 1e20)


def promises(kept: Path, sweeps: int, say=print) -> list[dict]:
    """One record for each sweep and budget; finished records are kept in a file of JSON lines."""
    records = known(kept)
    done = {(record["seed"], record["budget"]) for record in records}
    for seed, budget in ((s, b) for s in range(sweeps) for b in BUDGETS):
        if (seed, budget) not in done:
            records.append(promise(seed, budget))
            append(kept, records[-1])
            say(str(records[-1]))
    return records


def promise(seed: int, budget: float) -> dict[str, Any]:
    """Standard deviation of the target's loss now, expected after the chosen runs, and after a fit to these runs."""
    true, start, _, pool, target = world(seed)
    sizes = {name: float(target[name].iloc[0]) for name in ("N", "D")}
    post, _, _ = fitted(start, target, true, seed)
    plan = bs.design(LAW, post, pool, target, cost="C", budget=budget, seed=seed)
    chosen = plan.index[plan["order"].notna()]
    after, _, covers = fitted(pd.concat([start, pool.loc[chosen]]), target, true, seed + 1)
    found = float(np.std(LAW(after, **sizes).to_numpy()))
    expected = {"now": plan.attrs["now"], "expected": plan.attrs["after"]}
    return {"seed": seed, "budget": budget, "runs": len(chosen), **expected, "found": found, "covers": covers}


def speed(candidates: int = 200) -> dict[str, Any]:
    """Seconds of one call of `bayescale.design` with a budget, after a fit."""
    rng = np.random.default_rng(1)
    runs = bs.load("known_entropy")
    N, D = (np.exp(rng.uniform(np.log(low), np.log(high), candidates)) for low, high in ((1e4, 3e6), (1e6, 4e8)))
    post = bs.fit(chinchilla, runs.query("split == 'grid'"), method="laplace", seed=1, progressbar=False)
    started, cpu = time.perf_counter(), time.process_time()
    target = runs.query("split == 'heldout'").tail(1)
    plan = bs.design(chinchilla, post, pd.DataFrame({"N": N, "D": D}), target, budget=1e15, seed=1)
    seconds = {"seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    return {"candidates": candidates, "chosen": int(plan["order"].notna().sum()), **seconds, "machine": load()}
