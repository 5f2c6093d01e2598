"""Cost ratio: how a table's own training compute C relates to 6ND, and the warnings about it."""

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.columns import training_flop

#: C and 6ND count as different beyond this share.
DIFFERENT = 0.05
#: Ratios outside this range say that C is in another unit.
ONE_UNIT = (0.1, 10.0)
#: A power of N or D is named if it changes the ratio by more than this share over the table.
TREND = 0.05


@dataclass(frozen=True)
class CostRatio:
    """C/(6ND) of a table of runs (dimensionless).

    Attributes
    ----------
    median, low, high : float, median, smallest and largest ratio.
    power_N, power_D : float, exponents of C/(6ND) ~ N**power_N * D**power_D, by least squares in logs; 0 where the
        column does not vary, or N and D lie on one line.
    runs : int, rows with N, D and C.
    """

    median: float
    low: float
    high: float
    power_N: float
    power_D: float
    runs: int

    def attrs(self) -> dict[str, float]:
        """The fields by name, for JSON."""
        return asdict(self)

    @property
    def differs(self) -> bool:
        """Whether C departs from 6ND by more than 5 % in some run."""
        return max(abs(self.low - 1.0), abs(self.high - 1.0)) > DIFFERENT

    def __str__(self) -> str:
        powers = {"N": self.power_N, "D": self.power_D}
        trend = [f"{'falls' if p < 0 else 'grows'} with {name} (as {name}^{p:.2f})" for name, p in powers.items() if p]
        span = f"{self.low:.3g}" if np.isclose(self.low, self.high, rtol=1e-3) else f"{self.low:.3g} to {self.high:.3g}"
        return f"C is {span} times 6ND (median {self.median:.3g})" + (
            f"; the ratio {' and '.join(trend)}" if trend else ""
        )


def cost_ratio(table: pd.DataFrame) -> CostRatio | None:
    """C/(6ND) of a table; None if N, D or C is missing or never a positive number in one row."""
    if not {"N", "D", "C"} <= set(table.columns) or not table.columns.is_unique:
        return None
    cells = [pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan) for name in "NDC"]
    usable = np.all([np.isfinite(x) & (x > 0) for x in cells], axis=0)
    if not usable.any():
        return None
    N, D, C = (x[usable] for x in cells)
    ratio = C / training_flop(N, D)
    powers = _powers(np.log(N), np.log(D), np.log(ratio))
    return CostRatio(float(np.median(ratio)), float(ratio.min()), float(ratio.max()), *powers, int(usable.sum()))


def _powers(log_N: np.ndarray, log_D: np.ndarray, log_ratio: np.ndarray) -> tuple[float, float]:
    """Exponents of N and D in the ratio; 0 where they are not determined or change it little."""
    logs = np.column_stack([log_N - log_N.mean(), log_D - log_D.mean()])
    spans = np.ptp(logs, axis=0)
    kept = spans > 1e-6
    if len(log_ratio) < 3 or not kept.any():
        return 0.0, 0.0
    powers = np.zeros(2)
    powers[kept] = np.linalg.lstsq(logs[:, kept], log_ratio - log_ratio.mean(), rcond=1e-3)[0]
    powers[np.abs(powers) * spans < TREND] = 0.0
    return float(powers[0]), float(powers[1])


def departure(ratio: CostRatio, used: bool) -> str:
    """A warning that C is not 6ND; empty if it is. `used` says whether the law takes C from the table."""
    if not ratio.differs:
        return ""
    if not ONE_UNIT[0] < ratio.median < ONE_UNIT[1]:
        return (
            f"The column C is not compute in FLOP: its median is {ratio.median:.3g} times 6ND. This law does not use "
            "it; convert the column (1 PF-day = 8.64e19 FLOP) or leave it out."
        )
    where = "The law is fitted to the table's C." if used else "This law does not use C."
    return f"{ratio}. {where} In forecasts and frontiers, C means 6ND unless the result says otherwise."


def between(ratio: CostRatio) -> str:
    """``1.35 (1.2 to 1.5)``; one number where the ratio is the same in all runs."""
    same = np.isclose(ratio.low, ratio.high, rtol=1e-2)
    return f"{ratio.median:.3g}" if same else f"{ratio.median:.3g} ({ratio.low:.3g} to {ratio.high:.3g})"


def note(post: Any) -> str:
    """What C means in statements on a posterior, where its table had another C; otherwise empty."""
    if not isinstance(post, xr.DataTree) or "cost_ratio" not in post.attrs:
        return ""
    if "constant_data" in post.children and "C" in post["constant_data"]:  # the law was fitted to the table's C
        return ""
    ratio = CostRatio(**json.loads(post.attrs["cost_ratio"]))
    if not ratio.differs:
        return ""
    return (
        f"C means 6ND here. In the fitted table C is {between(ratio)} times 6ND: divide a budget that is counted as "
        f"in the table by {ratio.median:.3g}, or give its cost of a run as cost= to bayescale.frontier."
    )
