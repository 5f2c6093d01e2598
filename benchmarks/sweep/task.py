"""Tasks: the language of known entropy, or a text. Each gives training batches and a test."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from benchmarks.sweep.language import Language, Piece, windows

#: Contexts evaluated at a time.
PORTION = 8192


class TaskLoss(NamedTuple):
    """A test loss [nats/symbol] and its standard error from the choice of what was tested."""

    loss: float
    se: float


class Task(Protocol):
    """What a training run needs."""

    vocabulary: int
    window: int
    tokens: float  # how many there are to train on

    def batches(self, seed: int, batch: int, steps: int, count: int) -> Iterator[Piece]:
        """Batches for `steps` steps, `count` at a time: (step, token, window) and (step, token)."""
        ...

    def test(self, log_probabilities, quick: bool) -> TaskLoss:
        """The loss of a model that tells log probabilities of windows; of a part of the test if `quick`."""
        ...


class Known:
    """The language of known entropy: fresh text in training, every context in the test."""

    tokens = float("inf")

    def __init__(self):
        self.language = Language()
        self.vocabulary, self.window = self.language.vocabulary, self.language.order
        share = self.language.stationary
        base = self.vocabulary ** np.arange(self.window)[::-1]
        self._contexts = (np.arange(len(share))[:, None] // base % self.vocabulary).astype(np.int32)
        self._few = np.random.default_rng(1).choice(len(share), size=PORTION, p=share)

    def batches(self, seed: int, batch: int, steps: int, count: int) -> Iterator[Piece]:
        """Fresh text for every portion of `count` steps, its tokens in random order."""
        rng = np.random.default_rng(seed)
        for _ in range(0, steps, count):
            piece = windows(self.language.text(rng, batch * count + self.window), self.window)
            order = rng.permutation(batch * count)
            yield Piece(piece.windows[order].reshape(count, batch, -1), piece.following[order].reshape(count, batch))

    def test(self, log_probabilities, quick: bool) -> TaskLoss:
        """Entropy plus the mean divergence of the model from the truth, over all contexts by their share."""
        truth, share = self.language.conditionals, self.language.stationary
        if quick:
            excess = self._divergence(log_probabilities, self._few, truth)
            return TaskLoss(self.language.entropy + excess.mean(), excess.std(ddof=1) / np.sqrt(len(excess)))
        parts = np.array_split(np.arange(len(share)), max(1, len(share) // PORTION))
        total = sum(share[part] @ self._divergence(log_probabilities, part, truth) for part in parts)
        return TaskLoss(self.language.entropy + float(total), 0.0)

    def _divergence(self, log_probabilities, part: np.ndarray, truth: np.ndarray) -> np.ndarray:
        log_p = np.asarray(log_probabilities(self._contexts[part]), dtype=float)
        return (truth[part] * (np.log(truth[part]) - log_p)).sum(axis=1)


class Text:
    """The characters of a file: each of the training part at most once, and a part that is held out.

    Blocks of 2000 characters, every sixteenth is held out; the same characters in upper and lower case are different.
    """

    BLOCK, EVERY, window = 2000, 16, 8

    def __init__(self, path: Path):
        letters = np.frombuffer(path.read_bytes(), dtype=np.uint8)
        known, text = np.unique(letters, return_inverse=True)
        self.vocabulary = len(known)
        every = windows(text.astype(np.int32), self.window)
        block = (np.arange(len(every.following)) + self.window) // self.BLOCK
        inside = (np.arange(len(every.following)) % self.BLOCK) + 2 * self.window < self.BLOCK  # no window in both
        out = block % self.EVERY == self.EVERY - 1
        self._train = np.flatnonzero(~out)
        self._test = np.flatnonzero(out & inside)
        self._every, self._block, self.tokens = every, block, float(len(self._train))

    def batches(self, seed: int, batch: int, steps: int, count: int) -> Iterator[Piece]:
        """Characters of the training part in random order, none twice."""
        if batch * steps > self.tokens:
            raise ValueError(f"{batch * steps} characters were asked for; the text has {self.tokens:.0f} to train on.")
        order = np.random.default_rng(seed).permutation(self._train)
        for first in range(0, batch * steps, batch * count):
            at = order[first : first + batch * count]
            yield Piece(
                self._every.windows[at].reshape(-1, batch, self.window), self._every.following[at].reshape(-1, batch)
            )

    def test(self, log_probabilities, quick: bool) -> TaskLoss:
        """Mean over the held-out characters; the standard error from the means of blocks."""
        at = self._test[:: 16 if quick else 1]
        parts = np.array_split(at, max(1, len(at) // PORTION))
        losses = np.concatenate([self._losses(log_probabilities, part) for part in parts])
        blocks = np.unique(self._block[at], return_inverse=True)[1]
        means = np.bincount(blocks, losses) / np.bincount(blocks)
        return TaskLoss(float(losses.mean()), float(means.std(ddof=1) / np.sqrt(len(means))))

    def _losses(self, log_probabilities, at: np.ndarray) -> np.ndarray:
        log_p = np.asarray(log_probabilities(self._every.windows[at]), dtype=float)
        return -log_p[np.arange(len(at)), self._every.following[at]]


#: Name of a sweep -> how its task is made, given the text's file.
TASKS = {"known_entropy": lambda path: Known(), "text_sweep": partial(Text)}
