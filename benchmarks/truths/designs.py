"""Designs of simulated sweeps: which runs are made, and which runs are forecast from them."""

from typing import NamedTuple

import numpy as np
import pandas as pd

#: Kinds of design, in the order in which seeds take them.
KINDS = ("grid", "isoFLOP", "ladder")
#: Fewest and most runs of a sweep.
RUNS = (32, 50)
#: Decades of compute from the smallest to the largest run.
SPAN = (1.5, 3.0)
#: Fewest decades of a ladder: fewer would leave its sizes within a factor of four.
LADDER = 2.0
#: Tokens per parameter of a compute-optimal run (Hoffmann et al. 2022, arXiv:2203.15556).
RATIO = 20.0
#: Decades by which the middle of a design may miss that ratio, either way.
MISS = 0.3
#: log10 of the largest compute [FLOP].
LARGEST = (19.5, 21.5)
#: Compute of the forecast runs over the largest fitted compute.
DISTANCES = (10, 100, 1000)
#: Name of the forecast of a larger model at the largest fitted compute, and its N over the largest fitted N.
LARGER, TIMES_N = "larger N", 2.5


class Design(NamedTuple):
    """N [parameters] and D [tokens] of the runs of a sweep, of shape (run,), and how they were laid out."""

    kind: str
    N: np.ndarray
    D: np.ndarray

    @property
    def compute(self) -> np.ndarray:
        """6ND of each run [FLOP], of shape (run,)."""
        return 6.0 * self.N * self.D

    @property
    def decades(self) -> float:
        """Decades of compute from the smallest to the largest run."""
        return float(np.ptp(np.log10(self.compute)))


def design(seed: int) -> Design:
    """The design of a seed: kinds take turns; numbers of runs and spans are drawn."""
    rng = np.random.default_rng([seed, 0])
    kind = KINDS[seed % len(KINDS)]
    decades, top, ratio = rng.uniform(*SPAN), rng.uniform(*LARGEST), RATIO * 10.0 ** rng.uniform(-MISS, MISS)
    log_N, log_D = {"grid": _grid, "isoFLOP": _profiles, "ladder": _ladder}[kind](rng, decades, top, np.log10(ratio))
    return Design(kind, 10.0**log_N, 10.0**log_D)


def _counts(rng: np.random.Generator, first: range, second: range) -> tuple[int, int]:
    """Two numbers whose product is a number of runs in RUNS."""
    every = [(i, j) for i in first for j in second if RUNS[0] <= i * j <= RUNS[1]]
    return every[rng.integers(len(every))]


def _crossed(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pairs = np.meshgrid(first, second, indexing="ij")
    return pairs[0].ravel(), pairs[1].ravel()


def _grid(rng: np.random.Generator, decades: float, top: float, ratio: float) -> tuple[np.ndarray, np.ndarray]:
    """log10 of N and D: every one of 5 to 8 sizes at every one of 5 to 8 numbers of tokens."""
    sizes, lengths = _counts(rng, range(5, 9), range(5, 9))
    N_top = 0.5 * (top - np.log10(6.0) - ratio)
    of_N = decades * rng.uniform(0.4, 0.6)
    return _crossed(
        np.linspace(N_top - of_N, N_top, sizes), np.linspace(ratio + N_top - decades + of_N, ratio + N_top, lengths)
    )


def _profiles(rng: np.random.Generator, decades: float, top: float, ratio: float) -> tuple[np.ndarray, np.ndarray]:
    """log10 of N and D: 5 to 7 budgets of compute, at each 5 to 9 sizes about the optimum; budgets share sizes."""
    budgets, sizes = _counts(rng, range(5, 8), range(5, 10))
    step = 2.0 * rng.uniform(0.3, 0.5) / (sizes - 1)  # decades of N between neighbours
    log_C, about = _crossed(np.linspace(top - decades, top, budgets), np.arange(sizes) - (sizes - 1) // 2)
    log_N = step * (np.round(0.5 * (log_C - np.log10(6.0) - ratio) / step) + about)
    return log_N, log_C - np.log10(6.0) - log_N


def _ladder(rng: np.random.Generator, decades: float, top: float, ratio: float) -> tuple[np.ndarray, np.ndarray]:
    """log10 of N and D: 4 to 7 sizes, each at the same 5 to 12 numbers of tokens per parameter."""
    sizes, lengths = _counts(rng, range(4, 8), range(5, 13))
    decades = max(decades, LADDER)
    of_ratio = rng.uniform(0.6, 1.0)
    most = ratio + 0.5 * of_ratio
    N_top = 0.5 * (top - np.log10(6.0) - most)
    log_N, log_ratio = _crossed(
        np.linspace(N_top - 0.5 * (decades - of_ratio), N_top, sizes), np.linspace(most - of_ratio, most, lengths)
    )
    return log_N, log_N + log_ratio


def targets(runs: Design) -> pd.DataFrame:
    """The runs to forecast: N [parameters], D [tokens], C [FLOP] and their name in the column ``target``.

    Those at 10, 100 and 1,000 times the largest fitted compute have 20 tokens per parameter. One more has a larger N
    than any fitted run, at the largest fitted compute.
    """
    most = runs.compute.max()
    C = most * np.array([*DISTANCES, 1.0])
    N = np.append(np.sqrt(C[:-1] / (6.0 * RATIO)), TIMES_N * runs.N.max())
    return pd.DataFrame({"N": N, "D": C / (6.0 * N), "C": C, "target": [*map(str, DISTANCES), LARGER]})
