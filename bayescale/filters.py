"""Filters: what is new in a series of values, each beside those before it (Kalman 1960, doi:10.1115/1.3662552).

new[i] scale[i] = value[i] - alike[i] value[before i] + carried[i] new[before i] scale[before i], a recursion along an
order, for one point (then Numba compiles it as it stands) or, where values are of shape (row, point), for many.
"""

import numpy as np


def filtered(values, order, alike, carried, scale):
    """What is new in each value."""
    out = np.empty_like(values)
    before, new = 0.0 * values[0], 0.0 * values[0]
    for k in range(len(order)):
        i = int(order[k])
        new = values[i] - alike[i] * before + carried[i] * new
        before = values[i]
        out[i] = new / scale[i]
    return out


def filtered_back(adjoints, order, alike, carried, scale):
    """The transpose of `filtered`: derivatives by the values, from derivatives by what is new in them."""
    out = np.empty_like(adjoints)
    later, alike_later, carried_later = 0.0 * adjoints[0], 0.0, 0.0
    for k in range(len(order) - 1, -1, -1):
        i = int(order[k])
        new = adjoints[i] / scale[i] + carried_later * later
        out[i] = new - alike_later * later
        later, alike_later, carried_later = new, alike[i], carried[i]
    return out
