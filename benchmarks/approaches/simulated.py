"""Simulated: IsoFLOP valleys of a known law, fitted with the law's own shape and with a parabola."""

import json
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd

import bayescale as bs

#: Exponents of N and D: Hoffmann's rounded values, and a pair that differs more.
EXPONENTS = {"alpha .34, beta .28": (0.34, 0.28), "alpha .465, beta .155": (0.465, 0.155)}
#: Factor up to which a grid of N reaches on both sides of the optimum.
REACHES = (4.0, 16.0)
#: Budgets [FLOP], sizes of models at each, and the scatter of ln loss of runs, of ln N* and ln L* of budgets.
BUDGETS, SIZES, SIGMA, SD_N, SD_LOSS = np.geomspace(1e18, 1e21, 7), 9, 0.003, 0.03, 0.001
#: N* [parameters] and reducible loss [nats] at a budget [FLOP]; the floor [nats].
MIDDLE, N_MIDDLE, EXCESS, FLOOR = 3e19, 4e8, 0.7, 1.8
#: Budgets at which a fit is compared with the truth: the middle, and 10 and 100 times the largest.
TARGETS = {"middle": 10**19.5, "x10": 1e22, "x100": 1e23}


def truth(C, exponents: tuple[float, float]):
    """Optimal N and smallest loss at budgets C, of an average budget."""
    alpha, beta = exponents
    a, gamma = beta / (alpha + beta), alpha * beta / (alpha + beta)
    return N_MIDDLE * (C / MIDDLE) ** a, FLOOR + EXCESS * (C / MIDDLE) ** -gamma


def sweep(exponents: tuple[float, float], reach: float, seed: int) -> pd.DataFrame:
    """Runs on seven budgets."""
    (alpha, beta), rng, parts = exponents, np.random.default_rng(seed), []
    u = np.linspace(-np.log(reach), np.log(reach), SIZES)
    for C in BUDGETS:
        N, smallest = truth(C, exponents)
        N = N * np.exp(u)  # the grid is about the truth; the budget's own optimum is shifted
        v = u - SD_N * rng.normal()
        share = beta / (alpha + beta)
        loss = FLOOR + (smallest - FLOOR) * (share * np.exp(-alpha * v) + (1 - share) * np.exp(beta * v))
        loss = loss * np.exp(SD_LOSS * rng.normal() + SIGMA * rng.normal(size=SIZES))
        parts.append(pd.DataFrame({"N": N, "D": C / 6 / N, "loss": loss}))
    return pd.concat(parts, ignore_index=True)


def measure(sweeps: int, kept: Path, say: Callable[[str], None] = print) -> list[dict]:
    """Fit `sweeps` sweeps of each truth and reach with both shapes; finished fits are read from `kept`."""
    known = [json.loads(line) for line in kept.read_text().splitlines()] if kept.is_file() else []
    done = {(r["truth"], r["reach"], r["valley"], r["seed"]) for r in known}
    for seed in range(sweeps):
        for name, reach, valley in _cases():
            if (name, reach, valley, seed) not in done:
                known.append(_one(name, reach, valley, seed))
                with kept.open("a") as file:
                    file.write(json.dumps(known[-1]) + "\n")
        say(f"sweep {seed + 1} of {sweeps}")
    return known


def _cases() -> Iterable[tuple[str, float, str]]:
    """Truth, reach and shape of every case."""
    return [(name, reach, valley) for name in EXPONENTS for reach in REACHES for valley in ("law", "parabola")]


def _one(name: str, reach: float, valley: str, seed: int) -> dict:
    """Fit one sweep, and compare it with the truth."""
    exponents = EXPONENTS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        post = bs.isoflop(sweep(exponents, reach, seed), valley=valley, draws=250, seed=seed)
    best = bs.optimal(post, list(TARGETS.values()))
    N, smallest = truth(best["C"].to_numpy(), exponents)
    record = {"truth": name, "reach": reach, "valley": valley, "seed": seed, "pareto_k": post.attrs["pareto_k"]}
    for key, exact in (("N", N), ("loss", smallest)):
        low, middle, high = best[key].quantile([0.05, 0.5, 0.95], ("chain", "draw")).to_numpy()
        for i, target in enumerate(TARGETS):
            record[f"{key} {target}"] = [float(np.log(middle[i] / exact[i])), bool(low[i] <= exact[i] <= high[i])]
    a = exponents[1] / sum(exponents)
    low, middle, high = post["posterior"]["a"].quantile([0.05, 0.5, 0.95]).to_numpy()
    return record | {"a": [float(middle - a), bool(low <= a <= high)]}
