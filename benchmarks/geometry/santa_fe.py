"""The Santa Fe process: a language whose entropy and data exponent are both known (Dębowski 2025, arXiv:2512.13491).

A symbol is a pair (k, z_k): k is drawn with p_k ~ k^-a, and z_k is a bit that was fixed once for each k. A memoriser
knows p_k and learns z_k when it first sees k. Its loss is the entropy of k plus log 2 times the chance of an unseen k;
this falls as D^-(1 - 1/a).
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.special import zeta

from benchmarks.geometry.kept import Kept

POWERS, DRAWS = (1.3, 1.5, 2.0), 10
#: Symbols seen in training, two sizes for each factor of ten; the smaller half is fitted.
SIZES = tuple(int(round(10 ** (half / 2))) for half in range(4, 13))
FITTED = SIZES[:5]
#: Values of k that are simulated; the chance of larger ones is exact, and they count as unseen.
VALUES = 1_000_000


@lru_cache(maxsize=4)
def probabilities(a: float) -> np.ndarray:
    """p_k for k up to VALUES."""
    return np.arange(1, VALUES + 1) ** -a / zeta(a)


def beyond(a: float) -> float:
    """Chance of a k above VALUES."""
    return float(zeta(a, VALUES + 1) / zeta(a))


def entropy(a: float) -> float:
    """Entropy of k [nats]: log zeta(a) + a E[log k], the sum to VALUES and an integral beyond."""
    k = np.arange(1, VALUES + 1)
    tail = (VALUES + 0.5) ** (1 - a) * (np.log(VALUES + 0.5) / (a - 1) + 1 / (a - 1) ** 2)
    return float(np.log(zeta(a)) + a * (np.sum(np.log(k) * k**-a) + tail) / zeta(a))


def expected(a: float, D: int) -> float:
    """Expected loss of the memoriser [nats/symbol] after D symbols, an exact sum."""
    p = probabilities(a)
    return entropy(a) + np.log(2) * (float(np.sum(p * np.exp(D * np.log1p(-p)))) + beyond(a))


def scatter(a: float, D: int) -> float:
    """Standard deviation of the loss [nats/symbol] between memorisers that have seen D symbols, an exact sum."""
    p = probabilities(a)
    unseen = np.exp(D * np.log1p(-p))
    return float(np.log(2) * np.sqrt(np.sum(p**2 * unseen * (1 - unseen))))


def simulated(a: float, D: int, rng: np.random.Generator) -> float:
    """Loss of one memoriser [nats/symbol]: k is unseen after D symbols with the chance (1 - p_k)^D."""
    p = probabilities(a)
    unseen = rng.uniform(size=VALUES) < np.exp(D * np.log1p(-p))
    return entropy(a) + np.log(2) * (float(p[unseen].sum()) + beyond(a))


def measure(path: Path, say: Callable[[str], None]) -> None:
    """Every run that `path` lacks, added to it one by one."""
    kept = Kept(path, ("a", "draw", "D"))
    for a in POWERS:
        for draw in range(DRAWS):
            for D in SIZES:
                if (key := {"a": a, "draw": draw, "D": D}) not in kept:
                    rng = np.random.default_rng([2025, int(10 * a), draw, D])
                    kept.add(key | {"loss": simulated(a, D, rng), "expected": expected(a, D) if draw == 0 else ""})
        say(f"Santa Fe: a {a}")
