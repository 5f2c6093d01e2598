"""Tables of how forecasts of simulated sweeps came out, with their Monte Carlo errors."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from benchmarks.table import ABSENT, table
from benchmarks.truths.designs import DISTANCES, LARGER
from benchmarks.truths.measure import ADDITIVE, DEFAULT

#: Columns of the main table after truth, target and forecaster: heading, score, decimals.
COLUMNS = (
    ("bias [%]", "bias", 2),
    ("inside 50 %", "inside_0.5", 2),
    ("inside 90 %", "inside_0.9", 2),
    ("width of 90 % [%]", "width_0.9", 1),
    ("width / additive's", "relative", 2),
    ("CRPS [%]", "crps", 2),
)


def frame(records: Iterable[dict]) -> pd.DataFrame:
    """One row for each sweep, target and forecaster; sweeps on which a forecaster failed are left out for all.

    ``relative`` is the log of the width of the 90 % interval over that of the additive law on the same sweep (NaN
    without that law).
    """
    records = list(records)
    failed = {(record["truth"], record["seed"]) for record in records if record["reason"]}
    names = ["bias", "inside_0.5", "inside_0.9", "width_0.9", "crps"]
    same = ["truth", "seed", "forecaster", "design", "converged"]
    rows = [
        {**{name: record[name] for name in same}, "target": target, **{name: record[name][k] for name in names}}
        for record in records
        if (record["truth"], record["seed"]) not in failed
        for k, target in enumerate(record["targets"])
    ]
    found = pd.DataFrame(rows)
    if found.empty:
        raise ValueError("There are no forecasts to tabulate: every sweep failed for one of the forecasters.")
    plain = found[found["forecaster"] == ADDITIVE].set_index(["truth", "seed", "target"])["width_0.9"]
    paired = plain.reindex(pd.MultiIndex.from_frame(found[["truth", "seed", "target"]])).to_numpy()
    return found.assign(relative=np.log(found["width_0.9"] / paired))


def means(found: pd.DataFrame) -> pd.DataFrame:
    """Means over sweeps and their standard errors: columns ``bias``, ``bias_se``, …; ``relative`` is a geometric mean.

    Rows are indexed by truth, target and forecaster.
    """
    groups = found.groupby(["truth", "target", "forecaster"], sort=False)
    rows = {}
    for name in [score for _, score, _ in COLUMNS]:
        rows[name] = groups[name].mean()
        rows[f"{name}_se"] = groups[name].std() / np.sqrt(groups[name].count())
    result = pd.DataFrame(rows)
    result["relative"] = np.exp(result["relative"])
    result["relative_se"] *= result["relative"]
    return result.assign(sweeps=groups["seed"].count())


def main_table(found: pd.DataFrame) -> str:
    """Every score by truth, target and forecaster, as mean ± standard error."""
    rows = []
    for row in means(found).reset_index().to_dict("records"):
        cells = [f"{row[s]:.{k}f} ± {row[f'{s}_se']:.{k}f}" if np.isfinite(row[s]) else ABSENT for _, s, k in COLUMNS]
        rows.append([row["truth"], row["forecaster"], words(row["target"]), *cells])
    return table(["truth", "law", "forecast at", *(heading for heading, *_ in COLUMNS)], rows, left=3)


def words(target: str) -> str:
    """A target, as the tables call it."""
    return target if target == LARGER else f"{int(target):,}×"


#: Largest bias of the median [%] on the additive truth, by target.
BIAS = {"10": 0.3, "100": 0.8, "1000": 1.5}
#: Largest width over that of the additive law on the additive truth.
WIDTH = 1.8
#: Lowest coverage of 90 % intervals, on every truth but the break.
INSIDE = 0.85
#: The truth on which coverage has no target.
UNKNOWABLE = "break"


def targets_table(found: pd.DataFrame, forecaster: str = DEFAULT) -> str:
    """What a forecaster should reach, what it reaches, and whether that is met."""
    rows: list[Sequence[object]] = []
    every = means(found)
    every = every[every.index.get_level_values("forecaster") == forecaster].droplevel("forecaster")
    for target in map(str, DISTANCES):
        if ("additive", target) in every.index:
            row = every.loc[("additive", target)]
            rows.append(_judged(f"size of the bias, additive, {words(target)} [%]", row, "bias", BIAS[target]))
            rows.append(_judged(f"width / additive's, additive, {words(target)}", row, "relative", WIDTH))
    for truth in found["truth"].unique():
        own = every.loc[truth]
        if truth == UNKNOWABLE:
            row = own.loc[str(DISTANCES[0])]
            shown = f"{row['inside_0.9']:.2f} ± {row['inside_0.9_se']:.2f}"
            rows.append([f"coverage of 90 %, {truth} ({DISTANCES[0]}×)", "none: unknowable", shown, None])
            continue
        worst = own["inside_0.9"].idxmin()
        rows.append(_judged(f"lowest coverage of 90 %, {truth} ({words(worst)})", own.loc[worst], "inside_0.9", INSIDE))
    return table(["quantity", "target", "measured", "met"], rows)


def _judged(quantity: str, row: pd.Series, score: str, limit: float) -> list[object]:
    value, error = row[score], row[f"{score}_se"]
    least = score == "inside_0.9"
    wanted = f"{'≥' if least else '≤'} {limit:g}"
    if np.isnan(value):
        return [quantity, wanted, None, None]
    met = value >= limit if least else abs(value) <= limit
    return [quantity, wanted, f"{value:.2f} ± {error:.2f}", bool(met)]


def design_table(found: pd.DataFrame, forecaster: str = DEFAULT) -> str:
    """Coverage of 90 % intervals of a forecaster by truth and kind of design, over all targets."""
    own = found[found["forecaster"] == forecaster]
    kinds = own["design"].unique().tolist()
    shares = own.groupby(["truth", "design"], sort=False)["inside_0.9"].mean().unstack()[kinds]
    return table(["truth", *kinds], [[truth, *row] for truth, row in zip(shares.index, shares.to_numpy(), strict=True)])


def notes(records: Sequence[dict]) -> str:
    """Numbers of sweeps, failures, fits that did not converge, and fits that fell back to NUTS, by forecaster."""
    said = []
    for name in dict.fromkeys(record["forecaster"] for record in records):
        own = [record for record in records if record["forecaster"] == name]
        failed = sum(bool(record["reason"]) for record in own)
        open_ended = sum(not record["converged"] for record in own)
        slow = sum(record["method"] not in ("", "laplace") for record in own)
        said.append(
            f"{name}: {len(own)} sweeps, {failed} without a forecast, {open_ended} not converged, "
            f"{slow} not by Laplace's method, {np.median([record['seconds'] for record in own]):.1f} s each (median)."
        )
    return " ".join(said)
