"""Evidence: what normal coefficients that are integrated out leave of a density, at one point."""

import math

import numpy as np


def evidence(parts, gram):
    """Value of `Tape.evidence` at one point, and its derivatives by each of `parts`, the amplitudes and projections.

    Compiled by Numba as it stands (`bayescale.native`), so it is written in loops.
    """
    size = len(gram)
    b, u = parts[:size], parts[size:]
    low = np.zeros((size, size))  # the Cholesky factor of B = I + b G b, and then its inverse
    for i in range(size):
        for j in range(i + 1):
            value = b[i] * gram[i, j] * b[j]
            if i == j:
                value += 1.0
            for k in range(j):
                value -= low[i, k] * low[j, k]
            low[i, j] = math.sqrt(value) if i == j else value / low[j, j]
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
