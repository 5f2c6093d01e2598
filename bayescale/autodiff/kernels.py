"""Kernels: linear algebra of the coefficients of a discrepancy at one point, for Numba.

`bayescale.autodiff.numba_backend` compiles the source of these functions, hence explicit loops. In B = I + b G b, b are
the amplitudes of the coefficients and G is the Gram matrix of the basis.
"""

import math

import numpy as np


def projected(values, columns):
    """Value of `Tape.project`: for each column, the sum over the runs of the column times the values.

    Four columns at once, since memory access takes most of the time.
    """
    out, fours = np.zeros(len(columns)), len(columns) - len(columns) % 4
    for k in range(0, fours, 4):
        a = b = c = d = 0.0
        for i in range(len(values)):
            a += columns[k, i] * values[i]
            b += columns[k + 1, i] * values[i]
            c += columns[k + 2, i] * values[i]
            d += columns[k + 3, i] * values[i]
        out[k], out[k + 1], out[k + 2], out[k + 3] = a, b, c, d
    for k in range(fours, len(columns)):
        for i in range(len(values)):
            out[k] += columns[k, i] * values[i]
    return out


def spread(numbers, columns):
    """Value of `Tape.spread`: for each run, the sum of the columns times their numbers."""
    out, fours = np.zeros(columns.shape[1]), len(columns) - len(columns) % 4
    for k in range(0, fours, 4):
        a, b, c, d = numbers[k], numbers[k + 1], numbers[k + 2], numbers[k + 3]
        for i in range(len(out)):
            two = a * columns[k, i] + b * columns[k + 1, i]
            out[i] += two + (c * columns[k + 2, i] + d * columns[k + 3, i])
    for k in range(fours, len(columns)):
        for i in range(len(out)):
            out[i] += numbers[k] * columns[k, i]
    return out


def factor(b, gram):
    """Lower Cholesky factor of B = I + b G b."""
    size = len(gram)
    low = np.zeros((size, size))
    for i in range(size):
        for j in range(i + 1):
            value = b[i] * gram[i, j] * b[j]
            if i == j:
                value += 1.0
            for k in range(j):
                value -= low[i, k] * low[j, k]
            low[i, j] = math.sqrt(value) if i == j else value / low[j, j]
    return low


def solved(low, right):
    """Solution x of B x = right, given the Cholesky factor of B."""
    x = right.copy()
    for i in range(len(x)):
        for k in range(i):
            x[i] -= low[i, k] * x[k]
        x[i] /= low[i, i]
    for i in range(len(x) - 1, -1, -1):
        for k in range(i + 1, len(x)):
            x[i] -= low[k, i] * x[k]
        x[i] /= low[i, i]
    return x


def evidence(parts, gram):
    """Value of `Tape.evidence`, followed by its derivatives by `parts`: the amplitudes, then the projections."""
    size = len(gram)
    b, u = parts[:size], parts[size:]
    low = factor(b, gram)  # overwritten by its inverse
    out = np.zeros(1 + 2 * size)
    for j in range(size):
        out[0] -= math.log(low[j, j])
        low[j, j] = 1.0 / low[j, j]
        for i in range(j + 1, size):
            value = 0.0
            for k in range(j, i):
                value -= low[i, k] * low[k, j]
            low[i, j] = value / low[i, i]
    half = np.zeros(size)
    for i in range(size):
        for j in range(i + 1):
            half[i] += low[i, j] * b[j] * u[j]
        out[0] += 0.5 * half[i] * half[i]
    mean, by_u = np.zeros(size), out[1 + size :]
    for i in range(size):
        for j in range(i, size):
            mean[i] += low[j, i] * half[j]
        by_u[i] = b[i] * mean[i]
    for i in range(size):
        value = mean[i] * u[i]
        for j in range(size):
            inverse = 0.0
            for k in range(max(i, j), size):
                inverse += low[k, i] * low[k, j]
            value -= gram[i, j] * (mean[i] * by_u[j] + inverse * b[j])
        out[1 + i] = value
    return out


def solve(low, right):
    """Value of `Tape.solve`, given the Cholesky factor of B."""
    return solved(low, right)


def solve_back(low, parts, b, gram):
    """Vector-Jacobian product of `Tape.solve`; `parts` are the right-hand side and the adjoints."""
    size = len(gram)
    x, back = solved(low, parts[:size]), solved(low, parts[size:])
    out = np.zeros(2 * size)
    for i in range(size):
        for j in range(size):
            out[i] -= gram[i, j] * b[j] * (back[i] * x[j] + x[i] * back[j])
        out[size + i] = back[i]
    return out
