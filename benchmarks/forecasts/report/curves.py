"""Scores on learning curves, beside published ones."""

from collections.abc import Sequence

import numpy as np

from benchmarks.table import table

ABOUT = (
    "## Learning curves\n\nThe second part of each curve forecast from its first, on the authors' split; means "
    "over curves. Squared calibration error: mean over 19 levels of (share of held-out points below the "
    "forecast's quantile less the level)², curves weighted equally. A curve is one run: under a law "
    "with a discrepancy its errors are autocorrelated, and the forecast continues from them. Printed numbers: "
    "Lee et al. 2025, arXiv:2505.23032, quoted from a note; their split of points may differ from ours."
)
#: Published scores of the 72 image curves: RMSLE and log likelihood of the loss (Lee et al. 2025, arXiv:2505.23032).
PRINTED = {
    "M4, least squares": (0.0415, None),
    "BNSL, least squares": (0.0406, None),
    "M4, MCMC": (0.0422, 3.024),
    "BNSL, MCMC": (0.0645, 2.921),
    "LC-PFN": (0.0428, 2.429),
    "NSL-PFN": (0.0280, 3.330),
}


def each(records: Sequence[dict]) -> tuple[np.ndarray, np.ndarray]:
    """RMSLE and log density of the loss (not of its log) of each curve."""
    density = [record["log_score"] - record["log_loss"] for record in records]
    return np.array([record["rmsle"] for record in records]) / 100, np.array(density)


def _means(records: Sequence[dict]) -> tuple[float, float, float]:
    """Means over curves of their RMSLE and log density, and their squared calibration error."""
    rmsle, density = (float(values.mean()) for values in each(records))
    at = np.linspace(0.05, 0.95, 19)
    shares = [(np.array(record["runs"]["pit"])[:, None] <= at).mean(axis=0) for record in records]
    return rmsle, density, float(np.mean((np.mean(shares, axis=0) - at) ** 2))


def curves(records: Sequence[dict]) -> str:
    """Scores on the learning curves by method, and the published ones."""
    rows: list[list] = []
    for data in dict.fromkeys(record["data"] for record in records if record["data"].startswith("curves_")):
        for method in dict.fromkeys(record["method"] for record in records):
            own = [record for record in records if record["data"] == data and record["method"] == method]
            rows.append([data.removeprefix("curves_"), method, len(own), *_means(own)])
        if data == "curves_IC":
            rows += [["IC", f"{name} (printed)", 72, *pair, None] for name, pair in PRINTED.items()]
    head = ["curves", "method", "number", "RMSLE", "log density of the loss", "squared calibration error"]
    return table(head, [["" if cell is None else cell for cell in row] for row in rows], left=2)
