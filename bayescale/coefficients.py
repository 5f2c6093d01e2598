"""Coefficients: those of a discrepancy, given the parameters; of arrays of draws or of the nodes of a tape."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bayescale.checked import Sites
from bayescale.families import student_curvature, student_slope

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
    """Coefficients for each draw of the parameters, of precision B = I + b G b; `bayescale.integral.Normal` in arrays.

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
