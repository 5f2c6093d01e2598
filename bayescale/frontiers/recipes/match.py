"""Match: how far a path must go until its loss equals a given one, for each draw and run at once."""

from collections.abc import Callable

import numpy as np
import xarray as xr

#: Growth between the places at which the loss is compared [log]; a smooth discrepancy bends over half a decade.
STEP = 0.5
#: Steps of the false-position method, and the growth at which it counts as found [log].
STEPS, FOUND = 40, 1e-9


def match(gap: Callable, zero: xr.DataArray, back: float, ahead: float, never: xr.DataArray | bool = False):
    """The growth nearest to 0 at which the gap is 0.

    Where the gap at 0 is positive (the loss there is too large), the search goes ahead; where it is negative, back.

    Parameters
    ----------
    gap : callable, the log of the loss at growth t [log] over the loss wanted; t has the dims of `zero`.
    zero : DataArray of zeros, dims (chain, draw, ...).
    back, ahead : farthest growth either way [log], positive.
    never : where no growth is enough, which is known before.

    Returns
    -------
    DataArray : the growth [log]; 0 where the gap at 0 is 0; infinite where it stays positive up to `ahead`; -`back`
        where it stays negative down to there; NaN where the gap at 0 is NaN.
    """
    first = gap(zero) + zero
    sign = np.sign(first.to_numpy())
    farthest = np.where(sign > 0, ahead, back)
    inner, outer = np.zeros(first.shape), np.zeros(first.shape)
    at_inner = at_outer = first.to_numpy().copy()
    open_ = (sign != 0) & ~np.isnan(sign) & ~((sign > 0) & np.broadcast_to(np.asarray(never), first.shape))
    found, distance = np.zeros(first.shape, dtype=bool), 0.0
    while open_.any() and distance < max(back, ahead):
        distance = distance + STEP
        t = sign * np.minimum(distance, farthest)
        value = gap(first.copy(data=np.nan_to_num(t))).transpose(*first.dims).to_numpy()
        with np.errstate(invalid="ignore"):
            crossed = open_ & (value * sign <= 0)
        ahead_of = open_ & ~crossed & ~np.isnan(value)
        outer, at_outer = np.where(crossed, t, outer), np.where(crossed, value, at_outer)
        inner, at_inner = np.where(ahead_of, t, inner), np.where(ahead_of, value, at_inner)
        found |= crossed
        open_ &= ~crossed & (distance < farthest)
    root = _false_position(gap, first, (inner, at_inner), (outer, at_outer), found)
    with np.errstate(invalid="ignore"):
        missed = np.where(sign > 0, np.inf, -back)
    result = np.where(found, root, np.where(sign == 0, 0.0, missed))
    return first.copy(data=np.where(np.isnan(sign), np.nan, result))


def _false_position(gap: Callable, like: xr.DataArray, near: tuple, far: tuple, wanted: np.ndarray) -> np.ndarray:
    """The root between two growths, by the false-position method in the Illinois variant."""
    (a, fa), (b, fb) = near, far
    root = b.copy()
    for _ in range(STEPS if wanted.any() else 0):
        with np.errstate(all="ignore"):
            new = np.where(fa == fb, b, b - fb * (b - a) / (fb - fa))
        new = np.where(wanted & np.isfinite(new), new, root)
        moved = np.abs(new - root) > FOUND
        value = gap(like.copy(data=np.where(wanted, new, 0.0))).transpose(*like.dims).to_numpy()
        root = new
        if not (moved & wanted & (value != 0)).any():
            break
        with np.errstate(invalid="ignore"):
            other_side = value * fb < 0
        a, fa = np.where(other_side, b, a), np.where(other_side, fb, 0.5 * fa)
        b, fb = new, value
    return root
