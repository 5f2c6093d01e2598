"""Discrepancy: what a law gets wrong, as a smooth random function of the run.

log(loss) = log(mu) + delta + scale * z. delta is a sum of parts, each an integrated Wiener process: zero, with slope
zero, at its anchor, and the freer the farther from it. One part for each column, about the middle of the runs; one in
their product (compute), from the largest run on: it widens forecasts with the distance, and lets small runs say less.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from bayescale.base.columns import column
from bayescale.modelling.prior import Prior

#: The part that is anchored at the largest run.
BEYOND = "beyond"
#: Cells on each side of an anchor, on which the white noise that is integrated twice is constant.
CELLS = 12
#: Combinations of a part's cells that the runs can tell apart: their weights fall with the fourth power.
RANK = 8


@dataclass(frozen=True)
class Discrepancy:
    """What a law gets wrong, with the priors of its amplitudes.

    Parameters
    ----------
    priors : mapping
        A Prior, or a number to fix it, for each amplitude [log loss per decade^1.5]: ``tau`` is that of every part,
        unless the part has its own: ``tau_N``, ``tau_D``, … (columns, about the middle of the runs), and
        ``tau_beyond`` (their product, from the largest run on). At h decades from its anchor a part has the standard
        deviation tau * h^1.5 / sqrt(3).
    name : str
        Printed and stored with the posterior.

    Raises
    ------
    ValueError
        If there is an amplitude that is not called ``tau`` or ``tau_…``.
    """

    priors: Mapping[str, Prior | float] = field(hash=False)
    name: str = "discrepancy"

    def __post_init__(self):
        wrong = sorted(name for name in self.priors if name != "tau" and not name.startswith("tau_"))
        if wrong or not self.priors:
            raise ValueError(f"Discrepancy '{self.name}' has the amplitudes {wrong}; wanted tau, tau_N, tau_beyond, ….")

    @property
    def parameters(self) -> tuple[str, ...]:
        """The amplitudes."""
        return tuple(self.priors)

    def amplitude(self, part: str) -> str:
        """The amplitude of a part.

        Raises
        ------
        ValueError
            If it has none.
        """
        own = f"tau_{part}"
        if own not in self.priors and "tau" not in self.priors:
            raise ValueError(f"Discrepancy '{self.name}' has no amplitude for '{part}'; give a prior of {own} or tau.")
        return own if own in self.priors else "tau"

    def parts(self, inputs: Iterable[str]) -> tuple["Part", ...]:
        """The parts of a law with these columns."""
        inputs = tuple(inputs)
        middle = [Part(name, (name,), self.amplitude(name)) for name in inputs]
        return (*middle, Part(BEYOND, sizes(inputs), self.amplitude(BEYOND)))


def sizes(inputs: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of a law whose product is the size of a run; all its columns where none is known as a size."""
    return tuple(name for name in inputs if column(name).size) or inputs


class Part(NamedTuple):
    """One part: its name, the columns whose product it is a function of, and the name of its amplitude."""

    name: str
    columns: tuple[str, ...]
    amplitude: str

    def decades(self, columns: Mapping[str, Any], anchors: Mapping[str, float]) -> np.ndarray:
        """Distance of runs from the anchor, signed [decades]."""
        logs = [np.log10(np.asarray(columns[c], dtype=float) / anchors[self.anchor(c)]) for c in self.columns]
        return np.sum(logs, axis=0)

    def anchor(self, column: str) -> str:
        """Name of the reference value that it is anchored at."""
        return f"{column}_top" if self.name == BEYOND else f"{column}0"


class Cells(NamedTuple):
    """The cells of a part: side of the anchor (-1 or 1), and the distances [decades] between which each lies."""

    side: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    def basis(self, decades: np.ndarray) -> np.ndarray:
        """What one standard deviation of each cell's white noise does to runs, of shape (run, cell), for tau = 1."""
        t = np.maximum(self.side * np.asarray(decades)[:, None], 0.0)
        inside = np.maximum(t - self.lower, 0.0) ** 2 - np.maximum(t - self.upper, 0.0) ** 2
        return inside / (2.0 * np.sqrt(self.upper - self.lower))


def cells(decades: np.ndarray) -> Cells:
    """Cells that cover runs at these distances from the anchor; none on a side without runs."""
    sides, lower, upper = [], [], []
    for side in (-1.0, 1.0):
        reach = float(np.max(side * decades, initial=0.0))
        if reach > 1e-9:
            edges = np.linspace(0.0, reach, CELLS + 1)
            sides += [side] * CELLS
            lower += edges[:-1].tolist()
            upper += edges[1:].tolist()
    return Cells(np.array(sides), np.array(lower), np.array(upper))


def rotation(basis: np.ndarray) -> np.ndarray:
    """Orthogonal combinations of cells, of shape (cell, cell), those that the runs tell most of first."""
    return np.linalg.svd(basis, full_matrices=len(basis) < len(basis.T))[2].T


def beyond(rng: np.random.Generator, distances: np.ndarray, draws: int) -> np.ndarray:
    """Draws of an integrated Wiener process started at rest, at distances [decades] from its start, for tau = 1.

    Returns
    -------
    array of shape (draw, distance); zero at and before the start.
    """
    t, back = np.unique(np.maximum(distances, 0.0), return_inverse=True)
    least, most = np.minimum(t, t[:, None]), np.maximum(t, t[:, None])
    values, vectors = np.linalg.eigh(least**2 * (3.0 * most - least) / 6.0)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return (rng.standard_normal((draws, len(t))) @ root.T)[:, back]


AMPLITUDE = Prior("LogNormal", mu=float(np.log(0.005)), sigma=0.7)
#: One amplitude for all parts: 0.5 % of the loss a decade^1.5, 90 % 0.16 % to 1.6 %.
shared = Discrepancy({"tau": AMPLITUDE}, name="shared")
#: An amplitude of its own for the part that grows beyond the largest run.
separate = Discrepancy({"tau": AMPLITUDE, "tau_beyond": AMPLITUDE}, name="separate")
