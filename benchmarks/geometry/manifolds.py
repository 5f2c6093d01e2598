"""Samples whose dimension is known, to test the intervals of `bayescale.dimension` and estimates of other packages."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

import bayescale as bs
from benchmarks.geometry.kept import Kept

#: Points of a sample, samples of each manifold.
POINTS, SAMPLES = 1000, 20
#: Columns into which every sample is turned by a random rotation.
COLUMNS = 24
#: Samples of each manifold that other packages see.
PEERS_SAMPLES = 10
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def sphere(d: int, rng: np.random.Generator) -> np.ndarray:
    """Uniform on S^d."""
    points = rng.standard_normal((POINTS, d + 1))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def swiss_roll(d: int, rng: np.random.Generator) -> np.ndarray:
    """A spiral times a cube of dimension d - 1; it has edges and is not of even density along the spiral."""
    turn = 1.5 * np.pi * (1 + 2 * rng.uniform(size=POINTS))
    return np.column_stack([turn * np.cos(turn), turn * np.sin(turn), 21 * rng.uniform(size=(POINTS, d - 1))])


def torus(d: int, rng: np.random.Generator) -> np.ndarray:
    """A product of d circles of radius 1: flat, without edges."""
    angles = rng.uniform(0, 2 * np.pi, (POINTS, d))
    return np.hstack([np.cos(angles), np.sin(angles)])


def normal(d: int, rng: np.random.Generator) -> np.ndarray:
    """A normal distribution: dense in the middle, sparse outside."""
    return rng.standard_normal((POINTS, d))


def spheres(d: int, rng: np.random.Generator) -> np.ndarray:
    """A product of d/2 spheres S^2."""
    return np.hstack([sphere(2, rng) for _ in range(d // 2)])


#: Manifold -> how a sample is drawn, and its dimensions.
MANIFOLDS: dict[str, tuple[Callable, tuple[int, ...]]] = {
    "sphere": (sphere, (2, 5, 10, 20)),
    "Swiss roll": (swiss_roll, (2, 3)),
    "torus": (torus, (2, 5, 10)),
    "normal": (normal, (5, 10, 20)),
    "product of S^2": (spheres, (4, 10)),
}


def turned(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The points, rotated into COLUMNS columns."""
    rotation, _ = np.linalg.qr(rng.standard_normal((COLUMNS, COLUMNS)))
    return points @ rotation[: points.shape[1]]


def sample(name: str, d: int, number: int) -> np.ndarray:
    """A sample, always the same."""
    rng = np.random.default_rng([2022, list(MANIFOLDS).index(name), d, number])
    return turned(MANIFOLDS[name][0](d, rng), rng)


def measure(path: Path, say: Callable[[str], None]) -> None:
    """Quantiles of the posteriors that `path` lacks, added to it one by one."""
    kept = Kept(path, ("manifold", "d", "sample"))
    for name, (_, dimensions) in MANIFOLDS.items():
        for d in dimensions:
            for number in range(SAMPLES):
                if (key := {"manifold": name, "d": d, "sample": number}) not in kept:
                    found = bs.dimension(sample(name, d, number), seed=number).isel(neighbours=0)
                    raw = found["uncalibrated"].quantile([0.05, 0.95]).values
                    values = found["dimension"].quantile(QUANTILES).values
                    row = {f"q{round(100 * q):02d}": float(value) for q, value in zip(QUANTILES, values, strict=True)}
                    row |= {"raw05": float(raw[0]), "raw95": float(raw[1])}
                    alone = bs.dimension(sample(name, d, number), shapes=("sphere",), seed=number)["dimension"]
                    low, high = alone.quantile([0.05, 0.95]).values
                    kept.add(key | row | {"sphere05": float(low), "sphere95": float(high)})
            say(f"manifolds: {name}, d {d}")


def measure_peers(path: Path, say: Callable[[str], None]) -> None:
    """Estimates of scikit-dimension that `path` lacks, of the same samples (needs that package)."""
    import skdim  # pyright: ignore[reportMissingImports]

    tools = {"TwoNN": skdim.id.TwoNN, "MLE": skdim.id.MLE, "MOM": skdim.id.MOM}
    kept = Kept(path, ("tool", "manifold", "d", "sample"))
    for name, (_, dimensions) in MANIFOLDS.items():
        for d in dimensions:
            for number in range(PEERS_SAMPLES):
                for tool, estimator in tools.items():
                    if (key := {"tool": tool, "manifold": name, "d": d, "sample": number}) not in kept:
                        kept.add(key | {"estimate": float(estimator().fit(sample(name, d, number)).dimension_)})
            say(f"scikit-dimension: {name}, d {d}")
