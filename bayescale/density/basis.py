"""Basis: the discrepancy of a law on a table, as a few linear coefficients."""

from dataclasses import dataclass

import numpy as np

from bayescale.data.checkpoints import Checkpoints
from bayescale.data.table import RunTable
from bayescale.modelling.discrepancy import RANK, Cells, Part, cells, rotation
from bayescale.modelling.law import Law


@dataclass(frozen=True, eq=False)
class Basis:
    """The parts of a discrepancy, their cells, and the combinations of cells that the runs can resolve.

    Attributes
    ----------
    parts : the smooth functions that add up to the discrepancy.
    cells : the cells of each part.
    rotations : for each part, the matrix from combinations to cells, those first that the runs resolve best.
    kept : array of shape (run, coefficient)
        Effect of the first RANK combinations of each part on the runs [log loss], for tau = 1; on the innovations
        where rows are checkpoints. Parts with fewer combinations are padded with zeros, so that the structure is the
        same for all tables.
    amplitudes : name of each coefficient's amplitude.
    """

    parts: tuple[Part, ...]
    cells: tuple[Cells, ...]
    rotations: tuple[np.ndarray, ...]
    kept: np.ndarray
    amplitudes: tuple[str, ...]

    @classmethod
    def of(cls, law: Law, table: RunTable, checkpoints: Checkpoints | None) -> "Basis":
        """The discrepancy of a law on a table.

        Raises
        ------
        ValueError
            If the law has none.
        """
        if law.discrepancy is None:
            raise ValueError(f"Law '{law.name}' has no discrepancy.")
        parts = law.discrepancy.parts(law.inputs)
        grids, rotations, kept = [], [], []
        for part in parts:
            decades = part.decades(table.columns, table.reference)
            grids.append(cells(decades))
            effect = grids[-1].basis(decades)
            if checkpoints is not None:
                effect = checkpoints.innovations(effect.T).T
            rotations.append(rotation(effect))
            few = (effect @ rotations[-1])[:, :RANK]
            kept.append(np.pad(few, ((0, 0), (0, RANK - few.shape[1]))))
        amplitudes = tuple(part.amplitude for part in parts for _ in range(RANK))
        return cls(parts, tuple(grids), tuple(rotations), np.hstack(kept), amplitudes)


def nu_of(law: Law) -> float:
    """Degrees of freedom of the noise of a law with a discrepancy; infinity for normal noise.

    Raises
    ------
    ValueError
        If they are not a fixed number. `Law` refuses a discrepancy with such a noise.
    """
    if law.noise.degrees_of_freedom is None:
        raise ValueError(f"The noise '{law.noise.name}' has no fixed degrees of freedom; wanted student or lognormal.")
    return law.noise.degrees_of_freedom
