"""Conditional calibration: how far the coverage of each data set is from nominal, and its intervals from ideal.

A perfectly calibrated forecaster has a distance from nominal too, because held-out runs are few and err together. Its
value comes from the forecasts' own joint draws: each of 200 draws is taken for the truth of a cut in turn.

Simplification: a data set has several cuts, whose held-out runs partly are the same, but each cut was simulated alone.
Draws of a cut are in the order of their mean distance from the median. Cuts of one group are paired by position, as if
their runs erred together fully; groups are taken as independent. The two extremes are given beside.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bayescale.forecasting.scores import LEVELS
from benchmarks.forecasts.cut import JUDGED, SCALES
from benchmarks.forecasts.report.averages import AT

#: Which cuts are paired by position: none, those of one group, all of a data set.
PAIRED = ("none", "group", "all")
#: How often the simulations of cuts that are not paired are combined in another order.
SHUFFLES = 20
#: Coverage that the ideal intervals have.
IDEAL = 0.9
#: What is wanted of a data set: the smallest coverage of 90 % intervals, and the largest width over the ideal.
BOUNDS = (0.75, 2.0)


@dataclass(frozen=True)
class Judged:
    """The calibration of one method on one data set.

    Attributes
    ----------
    cuts, held : numbers of cuts, and of held-out runs (at the smallest cut of each group).
    covered : array of shape (level,), coverage at the levels of `JUDGED`.
    distance : array of shape (level,), its absolute distance from nominal.
    expected : of PAIRED -> array of shape (level,), the mean distance of a perfectly calibrated forecaster.
    as_far : array of shape (level,), probability that a perfectly calibrated forecaster is at least as far.
    factor : by which 90 % intervals, about the median in log loss, must be scaled to hold 90 % of the runs.
    factors : array of shape (simulation,), the same for a perfectly calibrated forecaster.
    misses : probability that a perfectly calibrated forecaster has a coverage of 90 % below `BOUNDS`, or intervals of
        more than that times the ideal width.
    width : mean width of 90 % intervals [%].
    worst : group and cut of the smallest coverage of 90 %, and that coverage.
    """

    cuts: int
    held: int
    covered: np.ndarray
    distance: np.ndarray
    expected: dict[str, np.ndarray]
    as_far: np.ndarray
    factor: float
    factors: np.ndarray
    misses: float
    width: float
    worst: tuple[str, float, float]

    @property
    def over_ideal(self) -> float:
        """Width of the 90 % intervals over the width that would just hold 90 % of the runs."""
        return 1.0 / self.factor


def judge(records: Sequence[dict]) -> dict[str, Judged]:
    """The calibration on each data set, from the records of one method."""
    sets: dict[str, list[dict]] = {}
    for record in records:
        sets.setdefault(record["data"], []).append(record)
    return {data: _judged(cuts) for data, cuts in sets.items()}


def _judged(records: Sequence[dict]) -> Judged:
    levels = [LEVELS.index(level) for level in JUDGED]
    covered = np.mean([np.array(record["covered"])[levels] for record in records], axis=0)
    distance = np.abs(covered - JUDGED)
    shares = {paired: simulations(records, "simulated", paired) for paired in PAIRED}
    far = {paired: np.abs(each - JUDGED) for paired, each in shares.items()}
    factors = scalings(simulations(records, "scaled", "group"))
    held: dict[str, int] = {}
    for record in records:
        held[record["group"]] = max(record["held_out"], held.get(record["group"], 0))
    worst = min(records, key=lambda record: record["covered"][AT])
    return Judged(
        cuts=len(records),
        held=sum(held.values()),
        covered=covered,
        distance=distance,
        expected={paired: each.mean(axis=0) for paired, each in far.items()},
        as_far=(far["group"] >= distance - 1e-9).mean(axis=0),
        factor=scaling(records),
        factors=factors,
        misses=float((shares["group"][:, -1] < BOUNDS[0]).mean() + (1.0 / factors > BOUNDS[1]).mean()),
        width=float(np.mean([record["width"][AT] for record in records])),
        worst=(worst["group"], worst["cut"], worst["covered"][AT]),
    )


def simulations(records: Sequence[dict], name: str, paired: str) -> np.ndarray:
    """Shares of held-out runs that intervals of a perfectly calibrated forecaster may hold.

    Parameters
    ----------
    records : of one method on one data set.
    name : ``simulated`` (intervals of the levels of `JUDGED`) or ``scaled`` (90 % intervals, scaled by `SCALES`).
    paired : which cuts are paired by position, one of PAIRED.

    Returns
    -------
    array of shape (simulation, interval), means over cuts.
    """
    shares = np.array([np.array(record[name]) / record["held_out"] for record in records])  # (cut, interval, draw)
    keys = {"none": range(len(records)), "group": [r["group"] for r in records], "all": [0] * len(records)}[paired]
    unit = {key: k for k, key in enumerate(dict.fromkeys(keys))}
    rng = np.random.default_rng(0)
    combined = []
    for _ in range(SHUFFLES if len(unit) > 1 else 1):
        orders = [rng.permutation(shares.shape[-1]) for _ in unit]
        combined.append(np.mean([share[:, orders[unit[key]]] for share, key in zip(shares, keys, strict=True)], axis=0))
    return np.concatenate(combined, axis=1).T


def scalings(shares: np.ndarray) -> np.ndarray:
    """The factors at which 90 % intervals hold 90 % of the runs, by interpolation between `SCALES`.

    Parameters
    ----------
    shares : array of shape (simulation, scale), shares of runs that scaled intervals hold.

    Returns
    -------
    array of shape (simulation,), within the range of `SCALES`.
    """
    logs = np.log(SCALES)
    return np.exp([np.interp(IDEAL, share, logs) for share in shares + 1e-9 * np.arange(len(logs))])


def scaling(records: Sequence[dict]) -> float:
    """The smallest factor at which scaled 90 % intervals hold 90 % of the runs; cuts weigh the same."""
    needed, weight = [], []
    for record in records:
        runs = {name: np.array(record["runs"][name]) for name in ("error", "low", "high")}
        end = np.where(runs["error"] < 0, runs["high"], runs["low"])  # an error < 0: the loss is above the median
        needed.append(-runs["error"] / np.where(np.abs(end) > 1e-12, end, np.nan))
        weight.append(np.full(len(needed[-1]), 1.0 / (len(needed[-1]) * len(records))))
    factors = np.nan_to_num(np.concatenate(needed), nan=np.inf)
    order = np.argsort(factors)
    reached = np.cumsum(np.concatenate(weight)[order])
    return float(max(factors[order][np.searchsorted(reached, IDEAL - 1e-9)], 1e-6))
