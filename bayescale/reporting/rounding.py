"""Rounding: as many digits as the width of an interval and the Monte Carlo error warrant."""

import math
from collections.abc import Sequence

import numpy as np

#: Numbers outside of this range are written with a power of ten.
PLAIN = (1e-3, 1e5)
#: Digits of the width of an interval that are shown, at most.
OF_WIDTH = 2


def last_place(low: float, high: float, error: float) -> int | None:
    """Decimal place of the last digit to show: 10^place.

    It is that of the second digit of the width, or of the first digit of the Monte Carlo error if that is coarser.

    Returns
    -------
    int, or None if the interval has no width, as for a constant.

    Examples
    --------
    >>> last_place(1.812, 1.954, 0.0011), last_place(1.812, 1.954, 0.03)
    (-2, -2)
    >>> last_place(1.8121, 1.8254, 0.0001)
    -3
    """
    width = high - low
    if not (math.isfinite(width) and width > 0):
        return None
    place = math.floor(math.log10(width)) - (OF_WIDTH - 1)
    return max(place, math.floor(math.log10(error))) if math.isfinite(error) and error > 0 else place


def rounded(values: Sequence[float], place: int | None) -> list[str]:
    """Numbers as text, rounded to one decimal place; with powers of ten if they are very large or small.

    Examples
    --------
    >>> rounded([1.8834, 1.8121, 1.9538], -2)
    ['1.88', '1.81', '1.95']
    >>> rounded([7.24e10, 6.9e10, 8.13e10], 9)
    ['7.2e10', '6.9e10', '8.1e10']
    """
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    scientific = largest > 0 and not PLAIN[0] <= largest < PLAIN[1]
    return [_text(float(value), place, scientific) for value in values]


def _text(value: float, place: int | None, scientific: bool) -> str:
    if not math.isfinite(value):
        return {math.inf: "inf", -math.inf: "-inf"}.get(value, "nan")
    if place is None:
        return f"{value:.4g}".replace("e+", "e")
    if not scientific:
        return f"{round(value, -place) + 0.0:.{max(-place, 0)}f}"
    value = round(value / 10.0**place) * 10.0**place  # 9.96e10 has the power of 1.00e11
    if value == 0:
        return "0"
    power = math.floor(math.log10(abs(value)))
    mantissa, exponent = f"{value:.{max(power - place, 0)}e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def error_of(draws: np.ndarray, probabilities: Sequence[float]) -> float:
    """Largest Monte Carlo standard error of some quantiles of draws, of shape (chain, draw); NaN if unknown."""
    from arviz_stats.base.array import array_stats

    if not np.ptp(draws) > 0 or not np.isfinite(draws).all():
        return math.nan
    errors = [float(array_stats.mcse(draws, method="quantile", prob=each)) for each in probabilities]
    return max(errors)
