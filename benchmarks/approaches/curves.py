"""Curves: the envelope of noisy training curves of a known law, and the lowest loss taken as it is."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import bayescale as bs
from benchmarks.approaches.simulated import EXPONENTS, FLOOR, truth

#: Cases: scatter of the log loss of checkpoints, and sizes of models.
CASES = {"1 %, 20 sizes": (0.01, 20), "0.3 %, 20 sizes": (0.003, 20), "1 %, 8 sizes": (0.01, 8)}
#: The exponents of the law.
LAW = "alpha .34, beta .28"
#: Sizes of models [parameters], budgets of their checkpoints [FLOP], and the budget of the comparison.
SIZES, BUDGETS, MIDDLE = (3e7, 5e9), np.geomspace(1e18, 1e21, 40), 1e20


def curves(case: str, seed: int) -> pd.DataFrame:
    """Training curves with independent errors of checkpoints; the learning rate has no effect."""
    (noise, sizes), (alpha, beta), rng = CASES[case], EXPONENTS[LAW], np.random.default_rng(seed)
    best, smallest = truth(BUDGETS, (alpha, beta))
    parts, a = [], beta / (alpha + beta)
    for i, N in enumerate(np.geomspace(*SIZES, sizes)):
        u = np.log(N / best)
        loss = FLOOR + (smallest - FLOOR) * (a * np.exp(-alpha * u) + (1 - a) * np.exp(beta * u))
        loss = loss * np.exp(noise * rng.normal(size=len(BUDGETS)))
        parts.append(pd.DataFrame({"run": f"run {i}", "N": N, "D": BUDGETS / 6 / N, "loss": loss}))
    return pd.concat(parts, ignore_index=True)


def measure(sweeps: int, kept: Path, say: Callable[[str], None] = print) -> list[dict]:
    """Envelopes of this many sets of curves of each case; finished ones are read from `kept`."""
    known = [json.loads(line) for line in kept.read_text().splitlines()] if kept.is_file() else []
    done = {(record["case"], record["seed"]) for record in known}
    for seed in range(sweeps):
        for case in CASES:
            if (case, seed) not in done:
                known.append(_one(case, seed))
                with kept.open("a") as file:
                    file.write(json.dumps(known[-1]) + "\n")
        say(f"curves {seed + 1} of {sweeps}")
    return known


def _one(case: str, seed: int) -> dict:
    """Error of the lowest losses, of the envelope's loss and of its N, with coverage, at the budget of comparison."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        post = bs.envelope(curves(case, seed), draws=250, seed=seed)
    lowest = post["constant_data"].to_dataset()
    naive = np.log(lowest["loss"] / truth(lowest["C"], EXPONENTS[LAW])[1])
    best = bs.optimal(post, MIDDLE)
    N, smallest = truth(MIDDLE, EXPONENTS[LAW])
    record = {"case": case, "seed": seed, "naive": float(naive.mean()), "pareto_k": post.attrs["pareto_k"]}
    exact = {"loss": smallest, "N": N, "a": EXPONENTS[LAW][1] / sum(EXPONENTS[LAW])}
    for key, value in exact.items():
        low, middle, high = best[key].quantile([0.05, 0.5, 0.95]).to_numpy()
        error = middle - value if key == "a" else np.log(middle / value)
        record[key] = [float(error), bool(low <= value <= high)]
    return record
