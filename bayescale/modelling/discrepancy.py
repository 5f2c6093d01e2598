"""Discrepancy: what a law gets wrong, as a smooth random function of the run.

log(loss) = log(mu) + delta + scale * z. delta is a sum of parts. Each part is an integrated Wiener process: zero, with
slope zero, at its anchor, and of a variance that grows with the distance from it. Each column has a part anchored at
the middle of the runs. One more part, in the product of the columns (compute), is anchored at the largest run: it
widens forecasts with their distance, and gives small runs less weight.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from bayescale.base.columns import column
from bayescale.modelling.prior import Prior, check_values

#: Name of the part that is anchored at the largest run.
BEYOND = "beyond"
#: Cells on each side of an anchor. A part integrates white noise twice; within a cell the white noise is constant.
CELLS = 12
#: Combinations of cells kept for each part: the runs determine few, since singular values fall with the fourth power.
RANK = 8


@dataclass(frozen=True)
class Discrepancy:
    """The discrepancy of a law: the priors of the amplitudes of its parts.

    Parameters
    ----------
    priors : mapping
        A Prior, or a number to fix it, for each amplitude [log loss per decade^1.5]. ``tau`` is the amplitude of every
        part that does not have its own: ``tau_N``, ``tau_D``, … (columns, about the middle of the runs), and
        ``tau_beyond`` (their product, from the largest run on). At h decades from its anchor a part has the standard
        deviation tau * h^1.5 / sqrt(3).
    name : str
        Printed and stored with the posterior.

    Raises
    ------
    TypeError
        If an amplitude has neither a Prior nor a number.
    ValueError
        If there is no amplitude, or one that is not called ``tau`` or ``tau_…``; if a number is NaN, infinite or
        negative, or a prior reaches below zero.
    """

    priors: Mapping[str, Prior | float] = field(hash=False)
    name: str = "discrepancy"

    def __post_init__(self):
        if not isinstance(self.priors, Mapping):
            raise TypeError(f"priors of a Discrepancy is {self.priors!r}; wanted a mapping: {{'tau': Prior(...)}}.")
        wrong = sorted(name for name in self.priors if name != "tau" and not name.startswith("tau_"))
        if wrong or not self.priors:
            raise ValueError(
                f"Discrepancy '{self.name}' has the amplitudes {wrong}; wanted tau (of all parts), tau_N (of a "
                "column) or tau_beyond (of what lies beyond the largest run)."
            )
        some = {name for name, value in self.priors.items() if isinstance(value, Prior) or value != 0}  # 0: no part
        check_values(f"discrepancy '{self.name}'", self.priors, positive=some)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the amplitudes."""
        return tuple(self.priors)

    def amplitude(self, part: str) -> str:
        """Name of the amplitude of a part.

        Raises
        ------
        ValueError
            If the part has no amplitude of its own and there is no ``tau``.
        """
        own = f"tau_{part}"
        if own not in self.priors and "tau" not in self.priors:
            raise ValueError(f"Discrepancy '{self.name}' has no amplitude for '{part}'; give a prior of {own} or tau.")
        return own if own in self.priors else "tau"

    def parts(self, inputs: Iterable[str]) -> tuple["Part", ...]:
        """The parts of the discrepancy of a law with these columns."""
        inputs = tuple(inputs)
        middle = [Part(name, (name,), self.amplitude(name)) for name in inputs]
        return (*middle, Part(BEYOND, sizes(inputs), self.amplitude(BEYOND)))


def sizes(inputs: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of a law whose product is the size of a run; all its columns where none is known as a size."""
    return tuple(name for name in inputs if column(name).size) or inputs


class Part(NamedTuple):
    """A part of the discrepancy, a function of the product of some columns.

    Attributes
    ----------
    name : a column, or ``beyond``.
    columns : the columns whose product it is a function of.
    amplitude : name of its amplitude.
    """

    name: str
    columns: tuple[str, ...]
    amplitude: str

    def decades(self, columns: Mapping[str, Any], anchors: Mapping[str, float]) -> np.ndarray:
        """Signed distance of each run from the anchor [decades], of shape (run,)."""
        logs = [np.log10(np.asarray(columns[c], dtype=float) / anchors[self.anchor(c)]) for c in self.columns]
        return np.sum(logs, axis=0)

    def anchor(self, column: str) -> str:
        """Name of a column's reference value at the anchor: ``N0``, or ``N_top`` for the part beyond."""
        return f"{column}_top" if self.name == BEYOND else f"{column}0"


class Cells(NamedTuple):
    """The cells of a part, arrays of shape (cell,).

    Attributes
    ----------
    side : -1.0 below the anchor, 1.0 above.
    lower, upper : distances from the anchor [decades] between which the cell lies.
    """

    side: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    def basis(self, decades: np.ndarray) -> np.ndarray:
        """Discrepancy of each run for one standard deviation of each cell's white noise and tau = 1.

        Parameters
        ----------
        decades : array of shape (run,), signed distances from the anchor.

        Returns
        -------
        array of shape (run, cell).
        """
        t = np.maximum(self.side * np.asarray(decades)[:, None], 0.0)
        inside = np.maximum(t - self.lower, 0.0) ** 2 - np.maximum(t - self.upper, 0.0) ** 2
        return inside / (2.0 * np.sqrt(self.upper - self.lower))


def cells(decades: np.ndarray) -> Cells:
    """Cells that cover runs at these signed distances from the anchor; a side without runs has none."""
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
    """Orthogonal combinations of cells, of shape (cell, cell), in the order of their effect on the runs."""
    return np.linalg.svd(basis, full_matrices=len(basis) < len(basis.T))[2].T


def beyond(rng: np.random.Generator, distances: np.ndarray, draws: int) -> np.ndarray:
    """Draw an integrated Wiener process that starts at zero with slope zero, for tau = 1.

    Parameters
    ----------
    rng : numpy.random.Generator
    distances : array of shape (distance,), from the start [decades].
    draws : int

    Returns
    -------
    array of shape (draw, distance); zero at and before the start.
    """
    t, back = np.unique(np.maximum(distances, 0.0), return_inverse=True)
    least, most = np.minimum(t, t[:, None]), np.maximum(t, t[:, None])
    values, vectors = np.linalg.eigh(least**2 * (3.0 * most - least) / 6.0)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return (rng.standard_normal((draws, len(t))) @ root.T)[:, back]


#: Amplitude [log loss per decade^1.5]: median 0.5 % of the loss, central 95 % 0.13 % to 2 %.
AMPLITUDE = Prior("LogNormal", mu=float(np.log(0.005)), sigma=0.7)
#: One amplitude for all parts.
shared = Discrepancy({"tau": AMPLITUDE}, name="shared")
#: The part beyond the largest run has an amplitude of its own.
separate = Discrepancy({"tau": AMPLITUDE, "tau_beyond": AMPLITUDE}, name="separate")
