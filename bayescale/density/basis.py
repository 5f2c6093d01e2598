"""Basis: the discrepancy of a law on a table, as a few linear coefficients."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import eigh

from bayescale.data.checkpoints import Checkpoints
from bayescale.data.table import RunTable
from bayescale.modelling.discrepancy import Part
from bayescale.modelling.law import Law

#: Eigenvalues below this share of the largest are zero, within rounding.
NEGLIGIBLE = 1e-9


@dataclass(frozen=True, eq=False)
class Basis:
    """The discrepancy on the runs of a table: for each amplitude, the combinations of runs that vary most.

    Parts with the same amplitude are added. Their sum is a Gaussian process with covariance K on the runs, for an
    amplitude of one. With K = U S U', the discrepancy is U S^0.5 z, where z are standard normal coefficients.

    Attributes
    ----------
    blocks : the parts that share an amplitude, by its name.
    decades : array of shape (part, run), signed distances of the runs from each part's anchor, in the order of blocks.
    kept : array of shape (run, coefficient)
        Effect of each coefficient on the runs [log loss], for an amplitude of one; on the innovations where rows are
        checkpoints. The largest eigenvalues are kept, as many as `Part.rank` says. If there are fewer, zeros fill
        the columns, so that the structure is the same for all tables.
    weights : array of shape (run, coefficient), W = U S^-0.5: the discrepancy anywhere is its covariance with the runs
        times W z, and a part that the runs do not determine.
    amplitudes : name of each coefficient's amplitude.
    """

    blocks: Mapping[str, tuple[Part, ...]]
    decades: np.ndarray
    kept: np.ndarray
    weights: np.ndarray
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
        blocks = blocks_of(law)
        kept, weights, decades, amplitudes = [], [], [], []
        for name, parts in blocks.items():
            x = [part.decades(table.columns, table.reference) for part in parts]
            covariance: Any = sum(part.covariance(at, at) for part, at in zip(parts, x, strict=True))
            effect, weight = _largest(covariance, sum(part.rank for part in parts), checkpoints)
            kept.append(effect)
            weights.append(weight)
            decades += x
            amplitudes += [name] * effect.shape[1]
        return cls(blocks, np.array(decades), np.hstack(kept), np.hstack(weights), tuple(amplitudes))


def blocks_of(law: Law) -> dict[str, tuple[Part, ...]]:
    """The parts of a law's discrepancy that share an amplitude, by its name."""
    blocks: dict[str, tuple[Part, ...]] = {}
    for part in law.discrepancy.parts(law.inputs) if law.discrepancy is not None else ():
        blocks[part.amplitude] = (*blocks.get(part.amplitude, ()), part)
    return blocks


def _largest(covariance: np.ndarray, rank: int, checkpoints: Checkpoints | None) -> tuple[np.ndarray, np.ndarray]:
    """Effect on the runs, and weights, of the combinations with the largest eigenvalues; both (run, rank)."""
    if checkpoints is not None:
        covariance = checkpoints.innovations(checkpoints.innovations(covariance).T)
    runs = len(covariance)
    if not runs:
        return np.zeros((0, rank)), np.zeros((0, rank))
    values, vectors = eigh(covariance, subset_by_index=[max(0, runs - rank), runs - 1])
    values, vectors = values[::-1], vectors[:, ::-1]
    used = values > NEGLIGIBLE * max(values[0], 1e-300)
    root = np.where(used, np.sqrt(np.where(used, values, 1.0)), 0.0)
    effect, weight = vectors * root, np.where(used, vectors / np.where(used, root, 1.0), 0.0)
    if checkpoints is not None:
        weight = checkpoints.transposed(weight.T).T
    empty = ((0, 0), (0, rank - effect.shape[1]))
    return np.pad(effect, empty), np.pad(weight, empty)


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
