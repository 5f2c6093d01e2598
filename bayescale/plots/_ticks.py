"""Ticks of logarithmic axes: few, as plain numbers or powers of ten."""

import numpy as np
from matplotlib.axis import Axis
from matplotlib.ticker import Formatter, Locator, MaxNLocator, NullLocator

#: Numbers in this range are written out; others are powers of ten.
_PLAIN = (1e-3, 1e4)
#: Aim for at most this many labels on an axis.
_MOST = 6


def _plain(values) -> bool:
    return len(values) > 0 and min(values) >= _PLAIN[0] and max(values) < _PLAIN[1]


def _multiples(low: float, high: float, of: tuple[int, ...], every: int = 1) -> list[float]:
    """All m * 10^k from `low` to `high` with m in `of` and k a multiple of `every`."""
    powers = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    ticks = np.outer(10.0 ** powers[powers % every == 0], of).ravel()
    return [tick for tick in ticks.tolist() if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]


class LogTicks(Locator):
    """Positions of labelled ticks (with ``minor=True``, of unlabelled ones) between the axis limits."""

    def __init__(self, minor: bool = False):
        self.minor = minor

    def __call__(self):
        if self.axis is None:
            return []
        return self.tick_values(*sorted(self.axis.get_view_interval()))

    def tick_values(self, vmin: float, vmax: float):
        decades = np.log10(vmax / vmin)
        every = int(np.ceil(decades / _MOST)) or 1
        if self.minor:
            return _multiples(vmin, vmax, tuple(range(2, 10)) if 1 <= decades <= 3 else (1,) if decades > 3 else ())
        if decades < 1:
            steps = MaxNLocator(7 if _plain((vmin, vmax)) else 4, steps=[1, 2, 2.5, 5, 10]).tick_values(vmin, vmax)
            return [step for step in steps if vmin <= step <= vmax]
        if decades < 2:
            return _multiples(vmin, vmax, (1, 2, 5) if _plain((vmin, vmax)) else (1, 3))
        return _multiples(vmin, vmax, (1,), every)


class LogLabels(Formatter):
    """Labels: 2.0, 2.5, 3.0 with equal decimals within a decade; 10^k or m x 10^k outside 0.001 to 10,000."""

    def __call__(self, x, pos=None):
        if _PLAIN[0] <= x < _PLAIN[1] or x <= 0:
            return f"{x:g}"
        mantissa, power = f"{x:.3e}".split("e")
        front = "" if float(mantissa) == 1 else rf"{float(mantissa):g}\times"
        return f"${front}10^{{{int(power)}}}$"

    def format_ticks(self, values):
        if not _plain(values) or max(values) / min(values) >= 10:
            return [self(value) for value in values]
        decimals = max(len(f"{value:.10g}".partition(".")[2]) for value in values)
        return [f"{value:.{decimals}f}" for value in values]


def log_ticks(axis: Axis) -> None:
    """Set ticks and labels of a logarithmic axis."""
    axis.set_major_locator(LogTicks())
    axis.set_major_formatter(LogLabels())
    axis.set_minor_locator(LogTicks(minor=True))
    axis.set_minor_formatter("")


def linear_ticks(axis: Axis) -> None:
    """Set about five ticks on a linear axis."""
    axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axis.set_minor_locator(NullLocator())
