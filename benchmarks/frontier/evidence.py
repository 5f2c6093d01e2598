"""Evidence: the log evidence of the importance sampler against sequential Monte Carlo and bridge sampling.

Sequential Monte Carlo starts from a wide density fitted to the prior and knows no mode of the posterior. Bridge
sampling (Meng & Wong 1996; Gronau et al. 2017, arXiv:1703.05984) takes its final particles.
"""

import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bayescale.data.check import check
from bayescale.density.bound import Bound
from bayescale.frontiers.shapes import NAMES, SIZES, shapes
from bayescale.frontiers.weigh import table_of
from bayescale.inference.laplace.approximate import approximate
from bayescale.inference.laplace.em import fit_mixture
from bayescale.inference.laplace.mixture import Mixture
from bayescale.inference.laplace.sites import prepare
from benchmarks.frontier.published import tables
from benchmarks.frontier.truths import sweep

#: Log density of points of shape (point, size), as an array of shape (point,).
LogDensity = Callable[[np.ndarray], np.ndarray]
#: Particles, and Metropolis steps of each at every temperature.
PARTICLES, STEPS = 1000, 8
#: Effective sample size that a step of temperature leaves, as a share of the particles.
KEPT = 0.7
#: Components of the wide density, which is fitted to this many points of the prior.
COMPONENTS, PRIOR_POINTS = 4, 4000


def smc(value: LogDensity, start: Mixture, rng: np.random.Generator) -> tuple[float, np.ndarray]:
    """Log of the integral of a density by sequential Monte Carlo from a mixture, and the final particles.

    The path is start^(1 - b) density^b. Each step of b leaves an effective sample size of `KEPT`; particles are
    resampled and moved by random-walk Metropolis with the covariance of the particles.
    """
    size = start.centers.shape[1]
    points = start.draw(rng, PARTICLES)

    def both(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        at = value(x)
        return np.where(np.isfinite(at), at, -1e30), start.logpdf(x) + Mixture.log_constant(size)

    target, origin = both(points)
    b, total, scale = 0.0, 0.0, 2.38 / np.sqrt(size)
    while b < 1.0:
        step = _step(target - origin, 1.0 - b)
        b, logs = b + step, step * (target - origin)
        total += float(np.logaddexp.reduce(logs) - np.log(len(logs)))
        weights = np.exp(logs - logs.max())
        chosen = np.searchsorted(np.cumsum(weights / weights.sum()), (np.arange(len(logs)) + rng.random()) / len(logs))
        chosen = np.minimum(chosen, len(logs) - 1)
        points, target, origin = points[chosen], target[chosen], origin[chosen]
        root = np.linalg.cholesky(np.cov(points.T).reshape(size, size) + 1e-12 * np.eye(size))
        for _ in range(STEPS):
            moved = points + scale * rng.standard_normal(points.shape) @ root.T
            new_target, new_origin = both(moved)
            ratio = b * (new_target - target) + (1.0 - b) * (new_origin - origin)
            taken = np.log(rng.random(len(ratio))) < ratio
            points = np.where(taken[:, None], moved, points)
            target, origin = np.where(taken, new_target, target), np.where(taken, new_origin, origin)
            scale *= np.exp(0.3 * (taken.mean() - 0.25))
    return total, points


def _step(difference: np.ndarray, most: float) -> float:
    """The step of temperature whose weights have an effective sample size of `KEPT`, at most `most`."""

    def share(step: float) -> float:
        w = np.exp(step * (difference - difference.max()))
        return float(w.sum() ** 2 / (w**2).sum() / len(w))

    if share(most) >= KEPT:
        return most
    low, high = 0.0, most
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if share(middle) > KEPT else (low, middle)
    return max(low, 1e-12)


def bridge(value: LogDensity, draws: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Log of the integral of a density by bridge sampling, and the standard error for independent draws.

    Half of the draws fit a mixture of t densities, the proposal; the other half enter the iteration. The optimal
    bridge of Meng & Wong (1996) is iterated to convergence.
    """
    draws = draws[rng.permutation(len(draws))]
    first, second = np.array_split(draws, 2)
    mixture = fit_mixture(first, np.full(len(first), 1.0 / len(first)), rng, 2)
    proposed = mixture.draw(rng, 2 * len(second))

    def ratio(x: np.ndarray) -> np.ndarray:
        return value(x) - mixture.logpdf(x) - Mixture.log_constant(x.shape[1])

    ours, theirs = ratio(second), ratio(proposed)
    middle = float(np.median(ours))
    ours, theirs = np.exp(ours - middle), np.exp(np.where(np.isfinite(theirs), theirs, -np.inf) - middle)
    s = len(ours) / (len(ours) + len(theirs))
    r = 1.0
    for _ in range(500):
        upper, lower = theirs / (s * theirs + (1 - s) * r), 1.0 / (s * ours + (1 - s) * r)
        before, r = r, float(upper.mean() / lower.mean())
        if abs(r - before) < 1e-10 * r:
            break
    parts = upper.var() / upper.mean() ** 2 / len(upper) + lower.var() / lower.mean() ** 2 / len(lower)
    return float(np.log(r) + middle), float(np.sqrt(parts))


def compare(name: str, runs: Any, seed: int = 1) -> list[dict[str, Any]]:
    """The log evidence of each law on a table by three methods, with their standard errors."""
    inputs, table, _ = table_of(runs)
    rows, laws = [], shapes(inputs, SIZES)
    for law in NAMES:
        density = prepare(Bound(laws[law], check(laws[law], table)))
        found = approximate(density, seed, 4, 500)
        rng = np.random.default_rng(seed)
        equal = np.full(PRIOR_POINTS, 1.0 / PRIOR_POINTS)
        start = fit_mixture(density.prior_points(rng, PRIOR_POINTS), equal, rng, COMPONENTS)
        estimates = [smc(density.value, start, rng) for _ in range(2)]
        totals = [total for total, _ in estimates]
        by_bridge, error = bridge(density.value, np.concatenate([points for _, points in estimates]), rng)
        rows.append({
            "table": name, "law": law, "runs": len(table), "importance": found.log_evidence,
            "importance_error": float(1 / np.sqrt(found.ess)), "accepted": found.accepted,
            "smc": float(np.mean(totals)), "smc_error": float(abs(totals[0] - totals[1]) / 2),
            "bridge": by_bridge, "bridge_error": error,
        })  # fmt: skip
    return rows


def few() -> dict[str, Callable[[], Any]]:
    """The tables of the comparison, at most a hundred runs each: four simulated sweeps, then published tables."""
    found: dict[str, Callable[[], Any]] = {
        name: lambda name=name: sweep(name, 0).runs
        for name in ("floor .5 %, 2 decades", "straight .5 %", "slow .5 %, 4 decades", "floor 1 %, 3 decades")
    }
    return found | dict(islice(tables(), 10))


def compare_all(readers: dict[str, Callable[[], Any]], kept: Path, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """`compare` of the table of every reader; finished ones are read from `kept`."""
    rows = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.exists() else []
    for name, read in readers.items():
        if any(row["table"] == name for row in rows):
            continue
        new = compare(name, read())
        rows += new
        with kept.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in new)
        say(name)
    return rows
