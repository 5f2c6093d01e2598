"""Integral: the likelihood of a law with its discrepancy integrated out, written on a tape.

The coefficients of the discrepancy are normal beforehand. Under normal noise the integral is known; under Student-t
noise it is Laplace's approximation about their mode, given the parameters (Tierney & Kadane 1986,
doi:10.1080/01621459.1986.10478240).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bayescale.checked import Checked, Sites
from bayescale.coefficients import mode
from bayescale.conditional import Shape, nu_of, shape_of
from bayescale.families import LOG_2PI, student
from bayescale.law import Law
from bayescale.tape import Node, Tape


def integrated(tape: Tape, law: Law, table: Checked, error: Node, scale: Node, amplitudes: Mapping[str, Node]) -> Node:
    """Log likelihood, given what is new in the error of each run, the scale of the noise and the amplitudes."""
    found, runs = shape_of(law, table), float(len(table.loss))
    e = error / scale
    b = np.array([amplitudes[name] / scale for name in found.amplitudes], dtype=object)
    constant = -tape.number(np.sum(np.log(table.loss))) - tape.number(runs) * np.log(scale)
    if table.checkpoints is not None:
        constant = constant - tape.number(np.sum(np.log(table.checkpoints.fresh)))
    if law.noise.variate == "student":
        assert table.sites is not None  # of `bayescale.prepared`
        weights, nu = table.sites.curvatures, tape.number(nu_of(law))
        normal, sites = Normal.of(tape, found, weights, b), Sites(*map(tape.column, table.sites))
        z, left, factor = mode(normal, e, sites, nu, tape.number(np.sum(weights)))
        at_mode = tape.sum(student(left, nu)) - 0.5 * np.sum(z * z)
        return constant + at_mode - normal.half_log_determinant(factor)
    normal = Normal.of(tape, found, np.ones(len(table.loss)), b)
    right = normal.right(e)
    constant = constant - tape.number(0.5 * LOG_2PI * runs)
    fits = np.sum(right * normal.solve(right)) - tape.sum(e * e)
    return constant + 0.5 * fits - normal.half_log_determinant(1.0)


@dataclass(frozen=True)
class Normal:
    """Coefficients whose precision is B = I + b G b, G the Gram matrix of their columns with some weights of the runs.

    Attributes
    ----------
    tape : Tape
    columns : nodes, what each coefficient does to the runs for b = 1.
    b : array of nodes of shape (coefficient,), amplitudes in units of the scale.
    gram : array of shape (coefficient, coefficient).
    spectrum : array of nodes, the diagonal of `gram` if it has no other elements; else None.
    """

    tape: Tape
    columns: list[Node]
    b: np.ndarray
    gram: np.ndarray
    spectrum: np.ndarray | None

    @classmethod
    def of(cls, tape: Tape, shape: Shape, weights: np.ndarray, b: np.ndarray) -> "Normal":
        """Those of a discrepancy; if they have one amplitude, in combinations that make the Gram matrix diagonal."""
        basis, spectrum = shape.kept, None
        gram = basis.T @ (weights[:, None] * basis)
        if len(set(shape.amplitudes)) == 1:
            values, vectors = np.linalg.eigh(gram)
            basis, gram = basis @ vectors, np.diag(values)
            spectrum = np.array([tape.number(max(value, 0.0)) for value in values], dtype=object)
        return cls(tape, [tape.column(column) for column in basis.T], b, gram, spectrum)

    def right(self, values: Node) -> np.ndarray:
        """b times the sums over the runs of values times each column."""
        return self.b * np.array(self.tape.project(values, self.columns), dtype=object)

    def effect(self, z: np.ndarray) -> Node:
        """What coefficients do to the runs."""
        return self.tape.spread(self.b * z, self.columns)

    def solve(self, right: np.ndarray) -> np.ndarray:
        """B^-1 right."""
        if self.spectrum is None:
            return np.array(self.tape.solve(self.b, right, self.gram), dtype=object)
        return right / (1.0 + self.b * self.b * self.spectrum)

    def total(self, values: Node) -> Node:
        """Sum over the runs."""
        return self.tape.sum(values)

    def half_log_determinant(self, factor) -> Node:
        """log|I + factor b G b| / 2."""
        if self.spectrum is None:
            return -self.tape.evidence(self.b * np.sqrt(factor), [0.0] * len(self.b), self.gram)
        return 0.5 * np.sum(np.log1p(factor * (self.b * self.b * self.spectrum)))
