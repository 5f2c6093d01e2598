"""A language whose entropy rate is known exactly.

The language is a Markov chain of order three over 64 symbols. With probability one half, a context continues with one
of its own four symbols. Otherwise it continues as its shorter context would, down to a base distribution that follows
Zipf's law (a finite relative of the hierarchical Pitman-Yor model, Teh 2006). A context's own symbols are drawn from
its shorter context, so contexts are as unequal in frequency as words are. A learner meets ever rarer contexts, and
gains from more tokens and from more parameters.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numba import njit

VOCABULARY, ORDER = 64, 3
#: Probabilities of a context's own symbols, and how often it continues as its shorter context does.
OWN, BACK_OFF = np.array([0.4, 0.3, 0.2, 0.1]), 0.5


class Language:
    """The language of a seed.

    Attributes
    ----------
    conditionals : array of shape (context, symbol), contexts in base 64 with the latest symbol last.
    """

    def __init__(self, seed: int = 0, vocabulary: int = VOCABULARY, order: int = ORDER):
        rng = np.random.default_rng(seed)
        self.vocabulary, self.order = vocabulary, order
        base = 1.0 / (np.arange(vocabulary) + 2.0)
        shorter = (base / base.sum())[None]
        for level in range(1, order + 1):
            parents = np.tile(np.arange(len(shorter)), vocabulary)  # drops the earliest symbol
            below = np.cumsum(shorter, axis=1)[parents]
            draws = rng.random((vocabulary**level, len(OWN)))
            own = np.stack([(below < u[:, None]).sum(axis=1) for u in draws.T], axis=1)
            conditionals = BACK_OFF * shorter[parents]
            for k, weight in enumerate((1.0 - BACK_OFF) * OWN):
                conditionals[np.arange(len(own)), np.minimum(own[:, k], vocabulary - 1)] += weight
            shorter = conditionals
        self.conditionals = shorter

    @cached_property
    def stationary(self) -> np.ndarray:
        """Share of each context in a long text, of shape (context,)."""
        share = np.full(len(self.conditionals), 1.0 / len(self.conditionals))
        for _ in range(1000):
            joint = (share[:, None] * self.conditionals).reshape(self.vocabulary, -1)
            new = joint.sum(axis=0)
            if np.abs(new - share).sum() < 1e-13:
                return new
            share = new
        raise ArithmeticError("The chain's stationary distribution was not reached in 1000 steps.")

    @cached_property
    def entropies(self) -> np.ndarray:
        """Entropy of the next symbol after each context [nats]."""
        return -(self.conditionals * np.log(self.conditionals)).sum(axis=1)

    @property
    def entropy(self) -> float:
        """The entropy rate [nats/symbol]: the smallest loss that any model can reach."""
        return float(self.stationary @ self.entropies)

    def text(self, rng: np.random.Generator, length: int) -> np.ndarray:
        """Draw a text, begun at a context of the stationary distribution."""
        first = int(np.searchsorted(self._shares, rng.random()))
        return _walk(self._cumulative, min(first, len(self.stationary) - 1), rng.random(length, dtype=np.float32))

    @cached_property
    def _shares(self) -> np.ndarray:
        return np.cumsum(self.stationary)

    @cached_property
    def _cumulative(self) -> np.ndarray:
        return np.cumsum(self.conditionals, axis=1).astype(np.float32)


class Piece(NamedTuple):
    """What a model is shown, and what follows: arrays of shape (token, window) and (token,)."""

    windows: np.ndarray
    following: np.ndarray


def windows(text: np.ndarray, size: int) -> Piece:
    """Every window of a text, and the symbol that follows it."""
    found = np.lib.stride_tricks.sliding_window_view(text, size + 1)
    return Piece(found[:, :-1], found[:, -1])


@njit(cache=True)
def _walk(cumulative, context, uniform):
    contexts, symbols = cumulative.shape
    text = np.empty(len(uniform), dtype=np.int32)
    for i in range(len(uniform)):
        row = cumulative[context]
        low, high = 0, symbols - 1
        while low < high:
            middle = (low + high) // 2
            if row[middle] < uniform[i]:
                low = middle + 1
            else:
                high = middle
        text[i] = low
        context = (context * symbols + low) % contexts
    return text
