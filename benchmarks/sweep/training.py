"""One training run: from a size, a number of tokens and a seed to a test loss and a learning curve."""

import time
from dataclasses import asdict, dataclass

import numpy as np

from benchmarks.sweep import model
from benchmarks.sweep.task import Task

#: Steps that are trained at once; the steps of a run are a multiple.
PORTION = 32
#: Share of a run in which the learning rate rises.
WARMUP = 0.05
#: Test losses that are measured along a run.
LOOKS = 24


@dataclass(frozen=True)
class Run:
    """A training run to do."""

    split: str
    budget: float
    width: int
    rate: float
    seed: int

    @property
    def key(self) -> tuple:
        """What identifies a run."""
        return (self.split, float(f"{self.budget:.6g}"), self.width, float(f"{self.rate:.6g}"), self.seed)


def batch_of(tokens: float) -> int:
    """Tokens in a batch: the power of two nearest to a sixth of the root of a run's tokens, between 32 and 512."""
    return int(np.clip(2.0 ** np.round(np.log2(np.sqrt(tokens) / 6.0)), 32, 512))


def tokens_of(size: model.Size, budget: float) -> tuple[int, int]:
    """Batch and steps of a run with C = 6ND nearest to the budget [FLOP]."""
    tokens = budget / (6.0 * size.parameters)
    batch = batch_of(tokens)
    return batch, PORTION * max(1, round(tokens / batch / PORTION))


def rates(peak: float, steps: int) -> np.ndarray:
    """Learning rate of each step: a linear rise over a twentieth of the run, then a linear fall to zero."""
    at = (np.arange(steps) + 0.5) / steps
    return (peak * np.minimum(at / WARMUP, (1.0 - at) / (1.0 - WARMUP))).astype(np.float32)


def do(task: Task, run: Run) -> dict:
    """Train, and measure.

    Returns
    -------
    dict : the run's fields; N and N_total [parameters], D [tokens], C = 6ND [FLOP], batch, steps, loss and loss_se
        [nats/symbol], seconds, and ``curve``, pairs of tokens and test loss on the way (of a part of the test).
    """
    began = time.perf_counter()
    size = model.Size(run.width, task.vocabulary, task.window)
    batch, steps = tokens_of(size, run.budget)
    state = model.begin(model.initial(size, run.seed))
    schedule = rates(run.rate, steps)
    looks = set(np.unique(np.geomspace(1, steps // PORTION, LOOKS).astype(int)))
    curve = []
    pieces = task.batches(run.seed + 1_000_003, batch, steps, PORTION)  # not the stream of the weights
    for portion, piece in enumerate(pieces, 1):
        here = schedule[(portion - 1) * PORTION : portion * PORTION]
        state = model.train(state, piece.windows, piece.following, here)
        if portion in looks:
            measured = task.test(lambda at: model.evaluate(state.weights, at), quick=True)  # noqa: B023 (called at once)
            curve.append((portion * PORTION * batch, measured.loss))
    measured = task.test(lambda at: model.evaluate(state.weights, at), quick=False)
    if not np.isfinite(measured.loss):
        raise ArithmeticError(f"The loss of {run} is {measured.loss}; the run diverged.")
    tokens = batch * steps
    return {
        **asdict(run),
        "N": size.parameters,
        "N_total": size.total,
        "D": tokens,
        "C": 6.0 * size.parameters * tokens,
        "batch": batch,
        "steps": steps,
        "loss": measured.loss,
        "loss_se": measured.se,
        "seconds": time.perf_counter() - began,
        "curve": curve,
    }
