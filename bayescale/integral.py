"""Integral: the likelihood of a law with its discrepancy integrated out, written on a tape.

The coefficients of the discrepancy are normal beforehand. Under normal noise the integral is known; under Student-t
noise it is Laplace's approximation about their mode, given the parameters (Tierney & Kadane 1986,
doi:10.1080/01621459.1986.10478240).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bayescale.checked import Checked
from bayescale.conditional import Shape, nu_of, positive, shape_of
from bayescale.families import LOG_2PI, student, student_curvature, student_slope
from bayescale.law import Law
from bayescale.tape import Node, Tape


def integrated(tape: Tape, law: Law, table: Checked, mu: Node, scale: Node, amplitudes: Mapping[str, Node]) -> Node:
    """Log likelihood, given the expected losses, the scale of the noise and the amplitudes of the discrepancy."""
    powers = table.counts
    e = (tape.column(np.log(table.loss)) - np.log(mu)) / scale
    constant = -tape.number(powers @ np.log(table.loss)) - tape.number(np.sum(powers)) * np.log(scale)
    if law.noise.variate == "student":
        return constant + _by_laplace(tape, law, table, e, {name: tau / scale for name, tau in amplitudes.items()})
    counts, found = tape.column(powers), shape_of(law, table)
    normal = Normal.of(tape, found, powers, {name: tau / scale for name, tau in amplitudes.items()})
    constant = constant - tape.number(0.5 * LOG_2PI * np.sum(powers))
    u = normal.right(counts * e)
    fits = sum(a * z for a, z in zip(u, normal.solve(u), strict=True))
    return constant - 0.5 * tape.sum(counts * e * e) + 0.5 * fits - normal.half_log_determinant(1.0)


def _by_laplace(tape: Tape, law: Law, table: Checked, e: Node, amplitudes: Mapping[str, Node]) -> Node:
    """Log likelihood of standard errors e under Student-t noise; amplitudes in units of the scale.

    The mode of the coefficients is found by two steps of Newton's method, the first from the posterior mode; curvatures
    are the table's but for one factor, so that their sum is right.
    """
    sites, counts, nu = table.sites, tape.column(table.counts), tape.number(nu_of(law))
    assert sites is not None  # of `bayescale.prepared`
    curvatures, residuals = tape.column(sites.curvatures), tape.column(sites.residuals)
    normal = Normal.of(tape, shape_of(law, table), table.counts * sites.curvatures, amplitudes)
    z = normal.solve(normal.right(counts * (student_slope(residuals, nu) + curvatures * (e - residuals))))
    slopes = normal.right(counts * student_slope(e - normal.effect(z), nu))
    steps = normal.solve([slope - at for slope, at in zip(slopes, z, strict=True)])
    z = [at + step for at, step in zip(z, steps, strict=True)]
    left = e - normal.effect(z)
    bent = tape.sum(counts * student_curvature(left, nu, tape.column(sites.spreads)))
    factor = positive(bent / tape.number(table.counts @ sites.curvatures))
    at_mode = tape.sum(counts * student(left, nu)) - 0.5 * sum(value * value for value in z)
    return at_mode - normal.half_log_determinant(factor)


@dataclass(frozen=True)
class Normal:
    """Coefficients whose precision is B = I + b G b, G the Gram matrix of their columns with some weights of the runs.

    Attributes
    ----------
    tape : Tape
    columns : nodes, what each coefficient does to the runs for b = 1.
    b : nodes, the amplitude of each.
    gram : array of shape (coefficient, coefficient).
    spectrum : nodes, the diagonal of `gram` if it has no other elements; else None.
    """

    tape: Tape
    columns: list[Node]
    b: list[Node]
    gram: np.ndarray
    spectrum: list[Node] | None

    @classmethod
    def of(cls, tape: Tape, shape: Shape, weights: np.ndarray, amplitudes: Mapping[str, Node]) -> "Normal":
        """Those of a discrepancy; if they have one amplitude, in combinations that make the Gram matrix diagonal."""
        basis, b = shape.kept, [amplitudes[name] for name in shape.amplitudes]
        gram, spectrum = basis.T @ (weights[:, None] * basis), None
        if len(set(shape.amplitudes)) == 1:
            values, vectors = np.linalg.eigh(gram)
            basis, gram = basis @ vectors, np.diag(values)
            spectrum = [tape.number(max(value, 0.0)) for value in values]
        return cls(tape, [tape.column(column) for column in basis.T], b, gram, spectrum)

    def right(self, values: Node) -> list[Node]:
        """b times the sums over the runs of values times each column."""
        return [a * u for a, u in zip(self.b, self.tape.project(values, self.columns), strict=True)]

    def effect(self, z: list[Node]) -> Node:
        """What coefficients do to the runs."""
        return self.tape.spread([a * value for a, value in zip(self.b, z, strict=True)], self.columns)

    def solve(self, right: list[Node]) -> list[Node]:
        """B^-1 right."""
        if self.spectrum is None:
            return self.tape.solve(self.b, right, self.gram)
        return [value / (1.0 + a * a * s) for value, a, s in zip(right, self.b, self.spectrum, strict=True)]

    def half_log_determinant(self, factor) -> Node:
        """log|I + factor b G b| / 2."""
        if self.spectrum is None:
            b = [a * np.sqrt(factor) for a in self.b]
            return -self.tape.evidence(b, [0.0] * len(b), self.gram)
        zero = self.tape.number(0.0)
        return 0.5 * sum((np.log1p(factor * (a * a * s)) for a, s in zip(self.b, self.spectrum, strict=True)), zero)
