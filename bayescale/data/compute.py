"""Compute: a table's own training compute beside 6ND."""

import json
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.columns import training_flop

#: C counts as 6ND if it differs from it by less than this share in every run.
SAME = 0.01
#: Attribute of a posterior that holds the ratio: its 5 % quantile, median and 95 % quantile, as JSON.
ATTRIBUTE = "compute_over_6ND"


def own_compute(runs: pd.DataFrame) -> tuple[float, float, float] | None:
    """5 % quantile, median and 95 % quantile of C/(6ND); None where the table lacks N, D or C, or C is 6ND."""
    if not {"N", "D", "C"} <= set(runs.columns) or not len(runs):
        return None
    try:
        N, D, C = (runs[name].to_numpy(dtype=float, na_value=np.nan) for name in ("N", "D", "C"))
    except (TypeError, ValueError):  # columns that the law does not take are not checked
        return None
    with np.errstate(all="ignore"):
        ratio = C / training_flop(N, D)
    ratio = ratio[np.isfinite(ratio) & (ratio > 0)]
    if not ratio.size or (np.abs(np.log(ratio)) < SAME).all():
        return None
    low, median, high = np.quantile(ratio, [0.05, 0.5, 0.95])
    return float(low), float(median), float(high)


def stored(runs: pd.DataFrame) -> dict[str, Any]:
    """The ratio as an attribute that netCDF can store; nothing where there is nothing to say."""
    ratio = own_compute(runs)
    return {} if ratio is None else {ATTRIBUTE: json.dumps(ratio)}


def note(post: Any) -> str:
    """What C means in statements on a posterior, where its table had another C; otherwise empty."""
    if not isinstance(post, xr.DataTree) or ATTRIBUTE not in post.attrs:
        return ""
    if "constant_data" in post.children and "C" in post["constant_data"]:  # the law was fitted to the table's C
        return ""
    ratio = json.loads(post.attrs[ATTRIBUTE])
    return (
        f"C means 6ND here. In the fitted table C is {between(ratio)} times 6ND: divide a budget that is counted as "
        f"in the table by {ratio[1]:.3g}, or give its cost of a run as cost= to bayescale.frontier."
    )


def between(ratio: tuple[float, float, float]) -> str:
    """``1.35 (1.2 to 1.5)``; one number where the ratio is the same in all runs."""
    low, median, high = ratio
    return f"{median:.3g}" if high < low * (1 + SAME) else f"{median:.3g} ({low:.3g} to {high:.3g})"
