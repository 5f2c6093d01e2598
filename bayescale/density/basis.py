"""density.basis"""

from typing import NamedTuple

import numpy as np

from bayescale.data.table import RunTable
from bayescale.modelling.discrepancy import RANK, Cells, Part, cells, rotation
from bayescale.modelling.law import Law


class Shape(NamedTuple):
    """The discrepancy of a law on a table: parts, their cells, and combinations of the cells of each.

    Attributes
    ----------
    parts, cells, rotations : one for each part.
    kept : array of shape (run, coefficient), what the first RANK combinations of each part do to the runs, or to what
        is new in checkpoints, for tau = 1; zero where a part has fewer, so that the structure does not depend on the
        runs.
    amplitudes : the amplitude of each coefficient.
    """

    parts: tuple[Part, ...]
    cells: tuple[Cells, ...]
    rotations: tuple[np.ndarray, ...]
    kept: np.ndarray
    amplitudes: tuple[str, ...]


def shape_of(law: Law, table: RunTable) -> Shape:
    """The discrepancy of a law on a table."""
    if law.discrepancy is None:
        raise ValueError(f"Law '{law.name}' has no discrepancy.")
    parts = law.discrepancy.parts(law.inputs)
    found, rotations, kept = [], [], []
    for part in parts:
        decades = part.decades(table.columns, table.reference)
        found.append(cells(decades))
        basis = table.innovations(found[-1].basis(decades).T).T
        rotations.append(rotation(basis))
        few = (basis @ rotations[-1])[:, :RANK]
        kept.append(np.pad(few, ((0, 0), (0, RANK - few.shape[1]))))
    amplitudes = tuple(part.amplitude for part in parts for _ in range(RANK))
    return Shape(parts, tuple(found), tuple(rotations), np.hstack(kept), amplitudes)


def nu_of(law: Law) -> float:
    """The degrees of freedom of a law's Student-t noise, a number (`Noise.constant`)."""
    return float(law.noise.priors["nu"])  # pyright: ignore[reportArgumentType]
