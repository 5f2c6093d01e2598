"""Integral: the likelihood of a law with its discrepancy integrated out, written on a tape.

The coefficients of the discrepancy are normal beforehand. Under normal noise the integral is known; under Student-t
noise it is Laplace's approximation about their mode, given the parameters (Tierney & Kadane 1986,
doi:10.1080/01621459.1986.10478240).
"""

from collections.abc import Mapping

import numpy as np

from bayescale.checked import Checked
from bayescale.conditional import nu_of, positive, shape_of
from bayescale.families import LOG_2PI, student, student_curvature, student_slope
from bayescale.law import Law
from bayescale.tape import Node, Tape


def integrated(tape: Tape, law: Law, table: Checked, mu: Node, scale: Node, amplitudes: Mapping[str, Node]) -> Node:
    """Log likelihood, given the expected losses, the scale of the noise and the amplitudes of the discrepancy."""
    found, powers = shape_of(law, table), table.counts
    e = (tape.column(np.log(table.loss)) - np.log(mu)) / scale
    b = [amplitudes[name] / scale for name in found.amplitudes]
    constant = -tape.number(powers @ np.log(table.loss)) - tape.number(np.sum(powers)) * np.log(scale)
    if law.noise.variate == "student":
        return constant + _by_laplace(tape, law, table, e, b)
    counts = tape.column(powers)
    u = tape.project(counts * e, [tape.column(column) for column in found.kept.T])
    gram = found.kept.T @ (powers[:, None] * found.kept)
    constant = constant - tape.number(0.5 * LOG_2PI * np.sum(powers))
    return constant - 0.5 * tape.sum(counts * e * e) + tape.evidence(b, u, gram)


def _by_laplace(tape: Tape, law: Law, table: Checked, e: Node, b: list[Node]) -> Node:
    """Log likelihood of standard errors e under Student-t noise.

    The mode of the coefficients is found by the weights of the runs and a step of Newton's method; curvatures are the
    table's but for one factor, so that their sum is right.
    """
    sites, powers, nu = table.sites, table.counts, tape.number(nu_of(law))
    assert sites is not None  # of `bayescale.prepared`
    basis = shape_of(law, table).kept
    counts, columns = tape.column(powers), [tape.column(column) for column in basis.T]

    def left(z):
        return e - tape.spread([a * value for a, value in zip(b, z, strict=True)], columns)

    def right(values):
        return [a * value for a, value in zip(b, tape.project(values, columns), strict=True)]

    def gram(values):
        return basis.T @ ((powers * values)[:, None] * basis)

    z = tape.solve(b, right(tape.column(powers * sites.weights) * e), gram(sites.weights))
    slopes = right(counts * student_slope(left(z), nu))
    steps = tape.solve(b, [slope - at for slope, at in zip(slopes, z, strict=True)], gram(sites.curvatures))
    z = [at + step for at, step in zip(z, steps, strict=True)]
    error = left(z)
    bent = tape.sum(counts * student_curvature(error, nu, tape.column(sites.spreads)))
    root = np.sqrt(positive(bent / tape.number(powers @ sites.curvatures)))
    at_mode = tape.sum(counts * student(error, nu)) - 0.5 * sum(value * value for value in z)
    return at_mode + tape.evidence([a * root for a in b], [0.0] * len(b), gram(sites.curvatures))
