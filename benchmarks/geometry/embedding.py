"""A network that learns the bits of the Santa Fe process, next to the exact loss of a memoriser.

The chance of each k is known; the network predicts the bit z_k. It has a vector for each k, a hidden layer of ReLU, and
a sigmoid, and is trained by Adam on D symbols. Training stops where further symbols have the smallest loss. Its loss is
then summed over every k, so that it has no error of sampling.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.geometry import santa_fe
from benchmarks.geometry.kept import Kept

POWER, DRAWS = 1.5, 6
#: Symbols in training; the first five are fitted, as for the memoriser.
SIZES = tuple(int(round(10 ** (half / 2))) for half in range(4, 11))
#: Values of k that have a vector; rarer ones count as never seen.
VALUES, VECTOR, HIDDEN = 30_000, 8, 32
#: Standard deviation of a vector at the start: small, so that the prediction for an unseen k is nearly 1/2.
START = 0.05
STEPS, BATCH, RATE, LOOK, FURTHER = 3000, 64, 3e-3, 100, 3000


def bits(draw: int) -> np.ndarray:
    """z_k of each k, fixed for a draw."""
    return np.random.default_rng([2027, draw]).integers(0, 2, VALUES).astype(float)


def symbols(D: int, rng: np.random.Generator) -> np.ndarray:
    """Indices k - 1 of D symbols with k <= VALUES."""
    cumulated = np.cumsum(santa_fe.probabilities(POWER)[:VALUES])
    return np.searchsorted(cumulated, rng.uniform(0, cumulated[-1], D))


class Network:
    """Vectors, one hidden layer, one output; `weights` are changed in place."""

    def __init__(self, rng: np.random.Generator):
        shapes = (VALUES, VECTOR), (VECTOR, HIDDEN), (HIDDEN,), (HIDDEN,)
        scales = START, np.sqrt(2 / VECTOR), 0.0, np.sqrt(2 / HIDDEN)
        self.weights = [scale * rng.standard_normal(shape) for scale, shape in zip(scales, shapes, strict=True)]

    def score(self, k) -> np.ndarray:
        """Log odds of z_k = 1."""
        vectors, W, b, out = self.weights
        return np.maximum(vectors[k] @ W + b, 0) @ out

    def gradient(self, k: np.ndarray, z: np.ndarray) -> list[np.ndarray]:
        """Gradient of the mean cross-entropy."""
        vectors, W, b, out = self.weights
        hidden = np.maximum(vectors[k] @ W + b, 0)
        off = (1 / (1 + np.exp(-hidden @ out)) - z) / len(k)
        back = off[:, None] * out * (hidden > 0)
        of_vectors = np.zeros_like(vectors)
        np.add.at(of_vectors, k, back @ W.T)
        return [of_vectors, vectors[k].T @ back, back.sum(axis=0), hidden.T @ off]


def surprise(score: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Cross-entropy of bits [nats]."""
    return np.logaddexp(0, score) - z * score


def loss(draw: int, D: int) -> float:
    """Loss [nats/symbol] of a network that was trained on D symbols."""
    rng, z, every = np.random.default_rng([2028, draw, D]), bits(draw), np.arange(VALUES)
    seen, further = symbols(D, rng), symbols(FURTHER, rng)
    network, p = Network(rng), santa_fe.probabilities(POWER)[:VALUES]
    mean, square = ([np.zeros_like(w) for w in network.weights] for _ in range(2))
    best, found = np.inf, np.inf
    for step in range(STEPS):
        if step % LOOK == 0 and (here := surprise(network.score(further), z[further]).mean()) < best:
            best, found = here, p @ surprise(network.score(every), z) + np.log(2) * (1 - p.sum())
        k = seen[rng.integers(0, D, min(BATCH, D))]
        rate = RATE * 0.5 * (1 + np.cos(np.pi * step / STEPS))
        for w, g, m, s in zip(network.weights, network.gradient(k, z[k]), mean, square, strict=True):
            m += 0.1 * (g - m)
            s += 0.01 * (g * g - s)
            w -= rate / (1 - 0.9 ** (step + 1)) * m / (np.sqrt(s / (1 - 0.99 ** (step + 1))) + 1e-8)
    return santa_fe.entropy(POWER) + float(found)


def measure(path: Path, say: Callable[[str], None]) -> None:
    """Every network that `path` lacks, added to it one by one."""
    kept = Kept(path, ("draw", "D"))
    for draw in range(DRAWS):
        for D in SIZES:
            if (key := {"draw": draw, "D": D}) not in kept:
                kept.add(key | {"loss": loss(draw, D), "expected": santa_fe.expected(POWER, D)})
        say(f"networks on the Santa Fe process: draw {draw + 1} of {DRAWS}")
