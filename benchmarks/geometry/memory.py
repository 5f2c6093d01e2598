"""A simulated language whose memory falls as a power, and the data exponent that its statistics predict.

Tokens are -1 or 1, with E[x_t | past] = sum of a_n x_(t-n), a_n ~ n^-(1 + s). Cagnetta et al. (2026, arXiv:2602.07488)
predict the exponent gamma / (2 beta) in D. beta is the power of the correlation of two tokens at a distance n, gamma
that of what tokens beyond n still say of the next one. Here the a_n give both exactly: for large n they are 1 + s and
1 + 2 s. The learner is a linear predictor, whose window is chosen on further tokens.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numba
import numpy as np
from scipy.linalg import solve_toeplitz, toeplitz

from benchmarks.geometry.kept import Kept

SLOPES, TOTAL = (0.25, 0.5, 1.0), 0.5
#: Tokens that are remembered, and windows of learners.
MEMORY, WINDOWS = 1000, (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
#: Tokens in training, and languages of each size of which the mean loss is kept.
SIZES, DRAWS = tuple(1000 * 2**power for power in range(8)), 10
#: Distances over which the powers beta and gamma are read off: those that windows reach at these sizes.
READ = (4, 64)


@lru_cache
def weights(s: float) -> np.ndarray:
    """a_n for n from 1; their sum is TOTAL, below 1, so that chances stay between 0 and 1."""
    found = np.arange(1, MEMORY + 1) ** -(1 + s)
    return TOTAL * found / found.sum()


@lru_cache
def correlations(s: float) -> np.ndarray:
    """C(n) for n from 0 to MEMORY, from C(n) = sum of a_k C(n - k) and C(0) = 1."""
    a, n = weights(s), MEMORY
    past = np.arange(1, n + 1)
    system = np.eye(n + 1)
    for row in range(1, n + 1):
        np.add.at(system[row], np.abs(row - past), -a)
    return np.linalg.solve(system, np.eye(n + 1)[0])


def best_error(s: float, window: int) -> float:
    """Mean squared error of the best linear predictor with this window."""
    C = correlations(s)
    return float(1 - C[1 : window + 1] @ solve_toeplitz(C[:window], C[1 : window + 1]))


def predicted(s: float) -> tuple[float, float]:
    """beta and gamma as read off over READ; gamma / (2 beta) is the predicted exponent."""
    n = np.unique(np.rint(np.geomspace(*READ, 13)).astype(int))
    rest = np.array([best_error(s, each) for each in n]) - best_error(s, MEMORY)
    of = lambda values: -float(np.polyfit(np.log(n), np.log(values), 1)[0])  # noqa: E731
    return of(correlations(s)[n]), of(rest)


@numba.njit(cache=False)
def _spoken(a, uniform):
    """Tokens, from independent uniform variates; before the first one, all are 0."""
    x = np.zeros(len(uniform))
    for t in range(len(uniform)):
        mean = 0.0
        for n in range(min(t, len(a))):
            mean += a[n] * x[t - 1 - n]
        x[t] = 1.0 if uniform[t] < 0.5 * (1 + mean) else -1.0
    return x


def loss(s: float, D: int, rng: np.random.Generator) -> float:
    """Half the exact mean squared error [about nats] of a predictor fitted to D tokens."""
    spoken = _spoken(weights(s), rng.uniform(size=2 * D + MEMORY))[MEMORY:]
    seen, further = (_products(part) for part in (spoken[:D], spoken[D:]))
    fitted = [solve_toeplitz(seen[:window], seen[1 : window + 1]) for window in WINDOWS]
    chosen = min(fitted, key=lambda a: _error(a, further))
    return 0.5 * _error(chosen, correlations(s))


def _products(x: np.ndarray) -> np.ndarray:
    """Mean products of tokens at distances from 0 to the largest window."""
    return np.array([1.0, *(x[n:] @ x[:-n] / (len(x) - n) for n in range(1, max(WINDOWS) + 1))])


def _error(a: np.ndarray, C: np.ndarray) -> float:
    """Mean squared error of a predictor, given correlations."""
    return float(C[0] - 2 * a @ C[1 : len(a) + 1] + a @ toeplitz(C[: len(a)]) @ a)


def measure(path: Path, say: Callable[[str], None]) -> None:
    """Every row that `path` lacks, added to it one by one."""
    kept = Kept(path, ("s", "D"))
    for s in SLOPES:
        for D in SIZES:
            if (key := {"s": s, "D": D}) not in kept:
                found = [loss(s, D, np.random.default_rng([2029, int(100 * s), D, draw])) for draw in range(DRAWS)]
                se = float(np.std(found, ddof=1) / np.sqrt(DRAWS))
                kept.add(key | {"loss": f"{np.mean(found):.9g}", "se": se, "limit": f"{best_error(s, MEMORY) / 2:.9g}"})
        say(f"language with memory n^-{1 + s:g}")
