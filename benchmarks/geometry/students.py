"""ReLU networks with two hidden layers, several of one width trained at the same time by hand-written gradients.

Arrays have the data last, so that every operation runs over contiguous memory; all numbers are float32.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

#: Adam's averages of gradients and of their squares, and what keeps the step finite.
MEAN, SQUARE, SMALL = 0.9, 0.99, 1e-8
#: Steps in which the learning rate rises from 0; it then follows a cosine to 0.
WARM_UP = 200


def parameters(d: int, width: int) -> int:
    """Number of weights and biases of a network [d, width, width, 1]."""
    return (d + 1) * width + (width + 1) * width + width + 1


@dataclass
class Students:
    """Networks [d, width, width, 1]: `flat` has the parameters, shape (count, parameters)."""

    d: int
    width: int
    flat: np.ndarray

    @classmethod
    def started(cls, d: int, width: int, rngs: list[np.random.Generator]) -> "Students":
        """He's start: weights of variance 2 / fan-in, biases 0; one generator for each network."""
        found = cls(d, width, np.zeros((len(rngs), parameters(d, width)), dtype=np.float32))
        for weight in (0, 2, 4):
            for row, rng in zip(found.views(found.flat)[weight], rngs, strict=True):
                row[:] = rng.standard_normal(row.shape) * np.sqrt(2 / row.shape[1])
        return found

    def views(self, flat: np.ndarray) -> list[np.ndarray]:
        """Weights and biases of the three layers, as views of a flat array."""
        n, found, start = self.width, [], 0
        for rows, columns in ((n, self.d), (n, 1), (n, n), (n, 1), (1, n), (1, 1)):
            found.append(flat[:, start : start + rows * columns].reshape(len(flat), rows, columns))
            start += rows * columns
        return found

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Predictions, shape (count, data), at inputs of shape (d, data)."""
        W1, b1, W2, b2, W3, b3 = self.views(self.flat)
        hidden = np.maximum(W1 @ x + b1, 0)
        return (W3 @ np.maximum(W2 @ hidden + b2, 0) + b3)[:, 0]

    def gradient(self, x: np.ndarray, y: np.ndarray, out: np.ndarray) -> None:
        """Gradient of the mean squared error of each network, written to `out` of the shape of `flat`.

        Parameters
        ----------
        x : array, shape (d, data), the same inputs for all networks.
        y : array, shape (count, data), a target for each network.
        """
        W1, b1, W2, b2, W3, b3 = self.views(self.flat)
        dW1, db1, dW2, db2, dW3, db3 = self.views(out)
        first = np.maximum(W1 @ x + b1, 0)
        second = np.maximum(W2 @ first + b2, 0)
        off = W3 @ second + b3
        off -= y[:, None]
        off *= 2 / y.shape[1]
        np.matmul(off, second.swapaxes(1, 2), out=dW3)
        db3[:] = off.sum(axis=2, keepdims=True)
        back = W3.swapaxes(1, 2) * off
        back *= second > 0
        np.matmul(back, first.swapaxes(1, 2), out=dW2)
        db2[:] = back.sum(axis=2, keepdims=True)
        back = W2.swapaxes(1, 2) @ back
        back *= first > 0
        np.matmul(back, x.T, out=dW1)
        db1[:] = back.sum(axis=2, keepdims=True)


def train(
    students: Students,
    batches: Callable[[int], tuple[np.ndarray, np.ndarray]],
    steps: int,
    rate: float,
    after: Callable[[int], None] = lambda step: None,
) -> None:
    """Adam, with `steps` steps.

    Parameters
    ----------
    students : changed in place.
    batches : step -> inputs and targets, as `Students.gradient` takes them.
    rate : the largest learning rate.
    after : called after each step with its number.
    """
    mean, square, grad = (np.zeros_like(students.flat) for _ in range(3))
    for step in range(steps):
        students.gradient(*batches(step), out=grad)
        mean += (1 - MEAN) * (grad - mean)
        square += (1 - SQUARE) * (grad * grad - square)
        share = min(1.0, (step + 1) / WARM_UP) * 0.5 * (1 + np.cos(np.pi * step / steps))
        scale = np.float32(rate * share / (1 - MEAN ** (step + 1)))
        students.flat -= scale * mean / (np.sqrt(square / np.float32(1 - SQUARE ** (step + 1))) + np.float32(SMALL))
        after(step)
