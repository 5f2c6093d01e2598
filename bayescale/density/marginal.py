"""Marginal: the likelihood of a law with its discrepancy integrated out.

The discrepancy is linear in coefficients z ~ N(0, I). Under normal noise the integral over z has a closed form. Under
Student-t noise it is Laplace's approximation about the mode of z, given the parameters (Tierney & Kadane 1986,
doi:10.1080/01621459.1986.10478240). With weights W of the runs, the precision of z is B = I + b G b, where G is the
Gram matrix of the basis with these weights, and b is the diagonal matrix of amplitudes in units of the noise's scale.
`NodeCoefficients` writes this on a tape. `ArrayCoefficients` evaluates it for arrays of draws, by the same methods.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bayescale.autodiff.node import Node
from bayescale.autodiff.tape import Tape
from bayescale.density.basis import Basis, nu_of
from bayescale.density.bound import Bound
from bayescale.density.sites import Sites
from bayescale.modelling.distributions import LOG_2PI, student, student_curvature, student_slope

#: positive(0) = LEAST / 2.
LEAST = 0.05


def integrated(tape: Tape, bound: Bound, error: Node, scale: Node, amplitudes: Mapping[str, Node]) -> Node:
    """Log likelihood of the runs with the discrepancy integrated out.

    Parameters
    ----------
    tape : Tape
    bound : Bound
        With sites, if the noise is Student-t.
    error : log loss less log mu of each run; innovations where rows are checkpoints.
    scale : scale of the noise [log loss].
    amplitudes : amplitudes of the discrepancy, by name.

    Raises
    ------
    ValueError
        If the noise is Student-t and the bound has no sites.
    """
    law, table, basis = bound.law, bound.table, bound.basis
    runs = len(table.loss)
    e = error / scale
    b = np.array([amplitudes[name] / scale for name in basis.amplitudes], dtype=object)
    constant = -tape.number(np.sum(np.log(table.loss))) - tape.number(float(runs)) * np.log(scale)
    if bound.checkpoints is not None:
        constant = constant - tape.number(np.sum(np.log(bound.checkpoints.innovation_scale)))
    if np.isfinite(nu_of(law)):
        if bound.sites is None:
            raise ValueError(
                "This law has Student-t noise and a discrepancy, but its Bound has no sites; pass the Bound that "
                "bayescale.inference.laplace.sites.prepare returns."
            )
        weights, nu = bound.sites.curvatures, tape.number(nu_of(law))
        weighted, sites = NodeCoefficients.of(tape, basis, weights, b), Sites(*map(tape.column, bound.sites))
        z, left, factor = mode(weighted, e, sites, nu, tape.number(np.sum(weights)))
        at_mode = tape.sum(student(left, nu)) - 0.5 * np.sum(z * z)
        return constant + at_mode - weighted.half_log_determinant(factor)
    equal = NodeCoefficients.of(tape, basis, np.ones(runs), b)
    right = equal.right(e)
    constant = constant - tape.number(0.5 * LOG_2PI * float(runs))
    fits = np.sum(right * equal.solve(right)) - tape.sum(e * e)
    return constant + 0.5 * fits - equal.half_log_determinant(1.0)


def mode(coefficients: Any, e: Any, sites: Sites, nu: Any, weight: Any) -> tuple[Any, Any, Any]:
    """Mode of the coefficients under Student-t noise, given the parameters, and the curvature there.

    Two Newton steps are made, the first from the sites. The curvatures of the runs at the mode are taken to be those of
    the sites times one common factor, which makes their sum right.

    Parameters
    ----------
    coefficients : `ArrayCoefficients` or `NodeCoefficients`, weighted by the curvatures of `sites`.
    e : log loss less law of each run, in units of the noise's scale.
    sites : expansion of the runs' log densities about the posterior mode.
    nu : degrees of freedom.
    weight : sum of the curvatures of `sites`.

    Returns
    -------
    z : the mode.
    left : e less the discrepancy at the mode.
    factor : common factor of the curvatures.
    """
    at = sites.residuals
    z = coefficients.solve(coefficients.right(student_slope(at, nu) + sites.curvatures * (e - at)))
    z = z + coefficients.solve(coefficients.right(student_slope(e - coefficients.effect(z), nu)) - z)
    left = e - coefficients.effect(z)
    curvature = coefficients.total(student_curvature(left, nu, sites.spreads))
    return z, left, positive(curvature / weight)


def positive(x):
    """A smooth function that is about x for x well above `LEAST`, and small and positive elsewhere."""
    return 0.5 * (x + np.sqrt(x * x + LEAST * LEAST))


@dataclass(frozen=True)
class NodeCoefficients:
    """Coefficients on a tape.

    Attributes
    ----------
    tape : Tape
    columns : the effect of each coefficient on the runs for b = 1, as nodes.
    b : array of nodes of shape (coefficient,), amplitudes in units of the noise's scale.
    gram : array of shape (coefficient, coefficient), G.
    spectrum : array of nodes of shape (coefficient,), the diagonal of G, if G is diagonal; else None.
    """

    tape: Tape
    columns: list[Node]
    b: np.ndarray
    gram: np.ndarray
    spectrum: np.ndarray | None

    @classmethod
    def of(cls, tape: Tape, basis: Basis, weights: np.ndarray, b: np.ndarray) -> "NodeCoefficients":
        """The coefficients of a basis; if they share one amplitude, rotated so that G is diagonal."""
        kept, spectrum = basis.kept, None
        gram = kept.T @ (weights[:, None] * kept)
        if len(set(basis.amplitudes)) == 1:
            values, vectors = np.linalg.eigh(gram)
            kept, gram = kept @ vectors, np.diag(values)
            spectrum = np.array([tape.number(max(value, 0.0)) for value in values], dtype=object)
        return cls(tape, [tape.column(column) for column in kept.T], b, gram, spectrum)

    def right(self, values: Node) -> np.ndarray:
        """b times the sums over the runs of values times each column."""
        return self.b * np.array(self.tape.project(values, self.columns), dtype=object)

    def effect(self, z: np.ndarray) -> Node:
        """The effect of coefficients on the runs."""
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


@dataclass(frozen=True)
class ArrayCoefficients:
    """Coefficients for each draw of the parameters.

    Attributes
    ----------
    basis : array of shape (run, coefficient).
    b : array of shape (draw, coefficient), amplitudes in units of the noise's scale. If all coefficients share one
        amplitude, an array of shape (draw, 1) is faster, because B then has the eigenvectors of G for every draw.
    weights : array of shape (run,), the weights W of the Gram matrix G.
    """

    basis: np.ndarray
    b: np.ndarray
    weights: np.ndarray

    @cached_property
    def _gram(self) -> np.ndarray:
        return self.basis.T @ (self.weights[:, None] * self.basis)

    @cached_property
    def _axes(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues of B, of shape (draw, coefficient), and its eigenvectors, if there is one amplitude."""
        values, vectors = np.linalg.eigh(self._gram)
        return 1.0 + self.b * self.b * np.maximum(values, 0.0), vectors

    @cached_property
    def _precision(self) -> np.ndarray:
        """B, of shape (draw, coefficient, coefficient)."""
        return np.eye(len(self._gram)) + self.b[:, :, None] * self._gram * self.b[:, None, :]

    @property
    def root(self) -> np.ndarray:
        """A matrix R with B^-1 = R R' for each draw, of shape (draw, coefficient, coefficient)."""
        if self.b.shape[1] == 1:
            values, vectors = self._axes
            return vectors / np.sqrt(values)[:, None, :]
        return np.swapaxes(np.linalg.inv(np.linalg.cholesky(self._precision)), -1, -2)

    def right(self, values: np.ndarray) -> np.ndarray:
        """b times the sums over the runs of values times each column."""
        return self.b * (values @ self.basis)

    def effect(self, z: np.ndarray) -> np.ndarray:
        """The effect of coefficients on the runs."""
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
