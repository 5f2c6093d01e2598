"""Sampling quality: simulated tables of every law, from 6 runs to 245, and how well NUTS draws from their posteriors.

The truth of each table is a draw from the law's prior, with a noise of half a per cent; nothing is chosen to be easy.
"""

import time
import warnings
from collections.abc import Iterator

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale import laws
from bayescale.law import Law
from bayescale.noise import student

#: The laws of one column in one of its columns; they are the same law in the others.
LAWS = (
    "hoffmann2022.chinchilla",
    "gadre2024.overtrained",
    "kaplan2020.L_ND",
    "kaplan2020.L_NS",
    "muennighoff2023.data_constrained",
    "henighan2020.L_D",
    "kaplan2020.L_D",
    "alabdulmohsin2022.M3_D",
    "alabdulmohsin2022.M4_D",
    "caballero2022.L_D",
)
SIZES = (6, 10, 20, 60, 245)
CURVE = 30
SIGMA = 0.005


def tables(law: Law, each: int, seed: int = 0) -> Iterator[tuple[str, pd.DataFrame]]:
    """`each` tables of every size, and as many curves of 30 points (one column varies, the others stand still)."""
    rng = np.random.default_rng(seed)
    for size in (*SIZES, -CURVE):
        for copy in range(each):
            yield f"{size if size > 0 else 'curve'}/{copy}", _table(law, abs(size), size < 0, rng)


def _table(law: Law, size: int, curve: bool, rng: np.random.Generator) -> pd.DataFrame:
    N, D = np.exp(rng.uniform(np.log([[6e7], [1e9]]), np.log([[1e10], [3e11]]), size=(2, size)))
    if curve:
        D = np.geomspace(1e9, 3e11, size)
        N = np.full(size, 1e9) if "D" in law.inputs else N
    runs = pd.DataFrame({"N": N, "D": D, "C": 6.0 * N * D, "S": D / 5e5, "U": D / rng.uniform(1, 20, size)})
    from dataclasses import replace

    middle = {f"{name}0": float(np.exp(np.log(runs[name]).mean())) for name in runs}
    fixed = replace(law, reference={**middle, "loss_min": 2.0})
    truth = bs.sample_prior(fixed, runs.assign(loss=2.0), draws=1, seed=int(rng.integers(2**31)))
    mu = bs.predict(fixed, truth, runs)["mu"].to_numpy()[0, 0]
    return runs.assign(loss=student.draw(rng, mu, SIGMA, {"nu": 4.0}))


def measure(name: str, each: int) -> pd.DataFrame:
    """One row a fit: R-hat, smallest ESS of 6000 draws, divergences and seconds."""
    law = laws.find(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        many = bs.fit_many(law, dict(tables(law, each)), seed=1)
    found = many["fits"].to_dataset().to_dataframe()
    return found.assign(law=name, size=[label.split("/")[0] for label in found.index])


def main(each: int = 20, names=LAWS) -> pd.DataFrame:
    began = time.perf_counter()
    rows = pd.concat([measure(name, each) for name in names])
    print(f"{len(rows)} fits in {time.perf_counter() - began:.0f} s")
    return rows
