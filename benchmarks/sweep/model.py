"""The models: gated MLPs with residual blocks on a window of symbols, in JAX."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

BLOCKS, EXPANSION = 2, 2
#: Adam, Kingma & Ba 2015.
BETA1, BETA2, EPSILON = 0.9, 0.99, 1e-8


class Size(NamedTuple):
    """A model: width of its residual stream, size of the vocabulary and of the window."""

    width: int
    vocabulary: int
    window: int

    @property
    def embedding(self) -> int:
        """Numbers that stand for a symbol."""
        return self.width // 2

    @property
    def parameters(self) -> int:
        """Parameters that are multiplied for each token: all but the table of embeddings."""
        d = self.width
        return self.window * self.embedding * d + BLOCKS * 3 * EXPANSION * d * d + d * self.vocabulary

    @property
    def total(self) -> int:
        """All parameters."""
        return self.parameters + self.vocabulary * self.embedding


def initial(size: Size, seed: int) -> dict:
    """Weights to begin with: normal, variance one over the number of inputs."""
    rng = np.random.default_rng(seed)

    def matrix(*shape, gain=1.0):
        return jnp.asarray(gain * rng.standard_normal(shape) / np.sqrt(shape[-2]), dtype=jnp.float32)

    d, wide = size.width, EXPANSION * size.width
    return {
        "embedding": jnp.asarray(rng.standard_normal((size.vocabulary, size.embedding)), dtype=jnp.float32),
        "entry": matrix(size.window * size.embedding, d),
        "up": matrix(BLOCKS, d, 2 * wide),
        "down": matrix(BLOCKS, wide, d, gain=1.0 / np.sqrt(BLOCKS)),
        "exit": matrix(d, size.vocabulary, gain=0.5),
    }


def log_probabilities(weights: dict, windows):
    """Of every symbol to follow, of shape (token, symbol)."""
    x = weights["embedding"][windows].reshape(len(windows), -1) @ weights["entry"]
    for up, down in zip(weights["up"], weights["down"], strict=True):
        gate, value = jnp.split(_normed(x) @ up, 2, axis=-1)
        x = x + (jax.nn.silu(gate) * value) @ down
    return jax.nn.log_softmax(_normed(x) @ weights["exit"])


def _normed(x):
    return x * jax.lax.rsqrt((x * x).mean(axis=-1, keepdims=True) + 1e-6)


def _loss(weights, windows, following):
    log_p = log_probabilities(weights, windows)
    return -jnp.take_along_axis(log_p, following[:, None], axis=1).mean()


class State(NamedTuple):
    """Weights, Adam's two moments, and steps done."""

    weights: dict
    first: dict
    second: dict
    step: jax.Array


def begin(weights: dict) -> State:
    """Before the first step."""
    first, second = (jax.tree.map(jnp.zeros_like, weights) for _ in range(2))
    return State(weights, first, second, jnp.zeros((), dtype=jnp.int32))


@partial(jax.jit, donate_argnums=0)
def train(state: State, windows, following, rates) -> State:
    """As many steps as there are batches: windows (step, token, window), following (step, token), rates (step,)."""

    def step(state, batch):
        at, target, rate = batch
        gradient = jax.grad(_loss)(state.weights, at, target)
        t = state.step + 1
        first = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, state.first, gradient)
        second = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, state.second, gradient)
        power = t.astype(jnp.float32)  # or doubles, where they are enabled
        scale = rate * jnp.sqrt(1 - BETA2**power) / (1 - BETA1**power)
        weights = jax.tree.map(lambda w, m, v: w - scale * m / (jnp.sqrt(v) + EPSILON), state.weights, first, second)
        return State(weights, first, second, t), None

    return jax.lax.scan(step, state, (windows, following, rates))[0]


evaluate = jax.jit(log_probabilities)
