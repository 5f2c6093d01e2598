"""Batch: choose runs one after the other, each for the most it adds at its cost."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bayescale.frontiers.planning.joint import Joint
from bayescale.frontiers.planning.linear import Linear
from bayescale.frontiers.planning.weighted import Weighted

#: A run helps if it removes this share or more of the target's variance, or of the expected regret. Smaller
#: shares are within the error of 64 simulated truths.
LEAST = 0.002
#: Candidates that are weighed at each step, the best by the linear estimate.
SCREENED = 12
#: Effective number of draws below which the linear estimate replaces the weights.
FEWEST = 25.0


class Batch(NamedTuple):
    """Runs in the order chosen, and what is left after each.

    Attributes
    ----------
    order : candidates in the order chosen.
    left : variance or regret that is left after each.
    weighted : number of runs that were chosen by importance weights; later ones by the linear estimate.
    """

    order: list[int]
    left: list[float]
    weighted: int


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be reduced by which candidates.

    Attributes
    ----------
    joint : Joint
    cost : array of shape (candidate,).
    choose : bool, whether the regret of choosing the target with the smallest loss is reduced, and not the variance.
    seed : int, optional
    """

    joint: Joint
    cost: np.ndarray
    choose: bool
    seed: int | None

    def start(self, most: int) -> tuple[Weighted, Linear]:
        """Both estimates before any run is chosen; the same random numbers at each call."""
        streams = np.random.SeedSequence(self.seed).spawn(2)
        linear = Linear.of(self.joint, most, np.random.default_rng(streams[1]))
        return Weighted.of(self.joint, np.random.default_rng(streams[0])), linear

    def now(self) -> float:
        """Mean variance of the targets, or expected regret of choosing among them."""
        linear = Linear.of(self.joint, 1, np.random.default_rng(0))
        if not self.choose:
            return float(linear.variances.mean())
        n, m = self.joint.candidates, self.joint.target.shape[1]
        value = self.joint.target.copy()
        rng = np.random.default_rng(self.seed)
        for squared, left in self.joint.parts:
            values, vectors = np.linalg.eigh(left[n:, n:])
            fresh = rng.standard_normal((len(value), m)) @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
            value += self.joint.gain * np.sqrt(squared)[:, None] * fresh
        return float(value.mean(0).min() - value.min(1).mean())

    def shares(self, weighted: Weighted, candidates: np.ndarray, left: float) -> tuple[np.ndarray, np.ndarray]:
        """Share of what is left that each candidate removes, and the effective number of draws of each."""
        before, variance, _ = weighted.now()
        best, rows = before.argmin(1), np.arange(len(before))
        shares, draws = np.zeros(len(candidates)), np.zeros(len(candidates))
        for i, k in enumerate(candidates):
            mean, after, draws[i] = weighted.after(int(k))
            if self.choose:
                shares[i] = np.mean(mean[rows, best] - mean.min(1)) / max(left, 1e-300)
            else:
                shares[i] = 1.0 - after.mean() / max(variance.mean(), 1e-300)
        return np.clip(shares, 0.0, 1.0), draws


def alone(problem: Problem) -> tuple[np.ndarray, int]:
    """Share that each candidate alone removes, and how many had too few draws for weights."""
    weighted, linear = problem.start(1)
    now = max(problem.now(), 1e-300)
    shares, draws = problem.shares(weighted, np.arange(problem.joint.candidates), now)
    few = draws < FEWEST
    return np.where(few, np.clip(linear.reductions(problem.choose) / now, 0.0, 1.0), shares), int(few.sum())


def greedy(problem: Problem, budget: float, most: int, *, by_cost: bool) -> Batch:
    """Choose candidates one after the other.

    Parameters
    ----------
    problem : Problem
    budget : float, largest sum of costs.
    most : int, largest number of runs.
    by_cost : bool, whether each is chosen for its reduction per cost, or for its reduction.

    Returns
    -------
    Batch
    """
    weighted, linear = problem.start(most)
    left = problem.now()
    free, order, lefts, by_weights, trusted = np.ones(len(problem.cost), dtype=bool), [], [], 0, True
    while len(order) < most and left > 0:
        spent = float(problem.cost[order].sum())
        scale = max(left if problem.choose else float(linear.variances.mean()), 1e-300)
        lines = np.clip(linear.reductions(problem.choose) / scale, 0.0, 1.0)
        open_ = free & (problem.cost <= (budget - spent) * (1 + 1e-12)) & (lines >= LEAST / 4)
        if not open_.any():
            break
        worth = np.where(open_, lines / problem.cost if by_cost else lines, -1.0)
        first = np.argsort(-worth)[: min(SCREENED, int(open_.sum()))]
        k, share = int(first[0]), float(lines[first[0]])
        if trusted:
            shares, draws = problem.shares(weighted, first, left)
            helps = np.where(shares >= LEAST, shares / problem.cost[first] if by_cost else shares, -1.0)
            place = int(np.argmax(helps))
            trusted = bool(draws[place] >= FEWEST)
            k, share = (int(first[place]), float(shares[place])) if trusted else (k, share)
        if share < LEAST:
            break
        left *= 1.0 - share
        order.append(k)
        lefts.append(left)
        by_weights += trusted
        free[k] = False
        weighted, linear = (weighted.given(k) if trusted else weighted), linear.given(k)
    return Batch(order, lefts, by_weights)


def chosen(problem: Problem, budget: float, most: int) -> Batch:
    """The better of two greedy batches: one chosen by reduction per cost, and one by reduction.

    The first alone may spend on many cheap runs and miss one that is worth more than all of them. Without a budget it
    is the only one, as the second would ignore the costs.
    """
    ways = (True, False) if np.isfinite(budget) else (True,)
    batches = [greedy(problem, budget, most, by_cost=by_cost) for by_cost in ways]
    return min(batches, key=lambda batch: batch.left[-1] if batch.left else np.inf)
