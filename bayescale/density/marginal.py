"""Integral: the likelihood of a law with its discrepancy integrated out, written on a tape.

The coefficients of the discrepancy are normal beforehand. Under normal noise the integral is known; under Student-t
noise it is Laplace's approximation about their mode, given the parameters (Tierney & Kadane 1986,
doi:10.1080/01621459.1986.10478240).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bayescale.autodiff.tape import Node, Tape
from bayescale.data.table import RunTable, Sites
from bayescale.density.basis import Shape, nu_of, shape_of
from bayescale.modelling.distributions import LOG_2PI, student, student_curvature, student_slope
from bayescale.modelling.law import Law


def integrated(tape: Tape, law: Law, table: RunTable, error: Node, scale: Node, amplitudes: Mapping[str, Node]) -> Node:
    """Log likelihood, given what is new in the error of each run, the scale of the noise and the amplitudes."""
    found, runs = shape_of(law, table), float(len(table.loss))
    e = error / scale
    b = np.array([amplitudes[name] / scale for name in found.amplitudes], dtype=object)
    constant = -tape.number(np.sum(np.log(table.loss))) - tape.number(runs) * np.log(scale)
    if table.checkpoints is not None:
        constant = constant - tape.number(np.sum(np.log(table.checkpoints.innovation_scale)))
    if law.noise.variate == "student":
        assert table.sites is not None  # of `bayescale.inference.laplace.sites`
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


#: What `positive` is at zero, twice.
LEAST = 0.05


def mode(normal: Any, e: Any, sites: Sites, nu: Any, weight: Any) -> tuple[Any, Any, Any]:
    """Mode of the coefficients under Student-t noise, given the parameters, and how sharply the density bends there.

    Two steps of Newton's method, the first from the posterior mode; the curvatures are the table's but for one factor,
    so that their sum is right.

    Parameters
    ----------
    normal : coefficients whose precision has the curvatures of the posterior mode: `Draws`, or nodes of a tape.
    e, sites, nu, weight : standard errors of the runs, what runs are like at the posterior mode, degrees of freedom,
        and the sum of the curvatures; arrays or nodes.

    Returns
    -------
    z, the mode; the standard errors that it leaves; the factor of the curvatures.
    """
    at = sites.residuals
    z = normal.solve(normal.right(student_slope(at, nu) + sites.curvatures * (e - at)))
    z = z + normal.solve(normal.right(student_slope(e - normal.effect(z), nu)) - z)
    left = e - normal.effect(z)
    bent = normal.total(student_curvature(left, nu, sites.spreads))
    return z, left, positive(bent / weight)


@dataclass(frozen=True)
class Draws:
    """Coefficients for each draw of the parameters, of precision B = I + b G b; `bayescale.density.marginal.Normal` in arrays.

    Attributes
    ----------
    basis : array of shape (run, coefficient).
    b : array of shape (draw, coefficient), amplitudes in units of the scale; or of shape (draw, 1) if they have one,
        which is quicker: then the axes of G are those of B.
    weights : array of shape (run,), of the Gram matrix G.
    """

    basis: np.ndarray
    b: np.ndarray
    weights: np.ndarray

    @cached_property
    def _gram(self) -> np.ndarray:
        return self.basis.T @ (self.weights[:, None] * self.basis)

    @cached_property
    def _axes(self) -> tuple[np.ndarray, np.ndarray]:
        """Where there is one amplitude, eigenvalues of B for each draw, and its eigenvectors."""
        values, vectors = np.linalg.eigh(self._gram)
        return 1.0 + self.b * self.b * np.maximum(values, 0.0), vectors

    @cached_property
    def _precision(self) -> np.ndarray:
        """B, of shape (draw, coefficient, coefficient)."""
        return np.eye(len(self._gram)) + self.b[:, :, None] * self._gram * self.b[:, None, :]

    @property
    def root(self) -> np.ndarray:
        """R with B^-1 = R R', of shape (draw, coefficient, coefficient)."""
        if self.b.shape[1] == 1:
            values, vectors = self._axes
            return vectors / np.sqrt(values)[:, None, :]
        return np.swapaxes(np.linalg.inv(np.linalg.cholesky(self._precision)), -1, -2)

    def right(self, values: np.ndarray) -> np.ndarray:
        """b times the sums over the runs of values times each column."""
        return self.b * (values @ self.basis)

    def effect(self, z: np.ndarray) -> np.ndarray:
        """What coefficients do to the runs."""
        return (self.b * z) @ self.basis.T

    def solve(self, right: np.ndarray) -> np.ndarray:
        """B^-1 right."""
        if self.b.shape[1] == 1:
            values, vectors = self._axes
            return (right @ vectors / values) @ vectors.T
        return np.linalg.solve(self._precision, right[:, :, None])[:, :, 0]

    def total(self, values: np.ndarray) -> np.ndarray:
        """Sum over the runs."""
        return values.sum(axis=-1, keepdims=True)


def positive(x):
    """x where it is well above zero, and a small positive number elsewhere, smoothly."""
    return 0.5 * (x + np.sqrt(x * x + LEAST * LEAST))
