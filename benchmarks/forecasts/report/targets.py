"""What the default should reach, and what it reaches."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import sem

from bayescale.forecasting.scores import LEVELS
from benchmarks.forecasts.cut import JUDGED
from benchmarks.forecasts.methods import DEFAULT, GIVEN
from benchmarks.forecasts.report.averages import AT, HEAD, standard_error, with_error
from benchmarks.forecasts.report.calibrated import Means
from benchmarks.forecasts.report.calibration import BOUNDS, Judged, judge
from benchmarks.forecasts.report.curves import each
from benchmarks.forecasts.report.distance import coverage_beyond
from benchmarks.forecasts.report.select import cut_of
from benchmarks.table import table

#: Largest mean distance from nominal beyond that of a perfectly calibrated forecaster.
EXCESS = 0.03
#: A data set is judged alone from so many held-out runs and cuts on.
ALONE = (20, 3)
#: Multiple of the fitted compute that is far, and the smallest coverage of 90 % intervals there.
FAR = (100.0, 0.85)
#: Largest CRPS over that of the default before.
CRPS = 0.96
#: A target, what was reached, and if it was met; None if it cannot be judged.
Row = tuple[str, str, bool | None]


def calibrated(records: Sequence[dict], before: Sequence[dict] | None = None) -> list[Row]:
    """The targets of calibration for the default; `before`: records of an earlier default, to compare with."""
    ours = [record for record in records if record["method"] == DEFAULT]
    shared = {cut_of(record) for record in ours}
    theirs = [r for r in before or () if r["method"] == DEFAULT and not r["failed"] and cut_of(r) in shared]
    judged, earlier = judge(ours), judge(theirs) if theirs else None
    rows = [_distance(judged, earlier, k) for k in reversed(range(len(JUDGED)))]
    rows += [_alone(judged), _far(ours)]
    return [*rows, _crps(ours, theirs)] if theirs else rows


def _distance(judged: Mapping[str, Judged], earlier: Mapping[str, Judged] | None, k: int) -> Row:
    """Mean distance at a level, over that of a perfectly calibrated forecaster; half the gap of before is allowed."""
    now, allowed, words = Means(judged), EXCESS, ""
    if earlier is not None:
        was = Means(earlier)
        allowed = max(EXCESS, float(was.excess[k]) / 2)
        words = f"; before {was.distance[k]:.3f}, {was.excess[k]:+.3f}"
    target = f"mean distance at {100 * JUDGED[k]:.0f} % at most {allowed:.3f} above a perfectly calibrated forecaster's"
    distance = with_error(float(now.distance[k]), float(now.error[k]))
    reached = f"{distance}, {now.excess[k]:+.3f} ± {now.excess_error[k]:.2g} above{words}"
    return target, reached, bool(now.excess[k] <= allowed)


def _alone(judged: Mapping[str, Judged]) -> Row:
    """Coverage and width of each data set with enough runs and cuts."""
    some = {data: one for data, one in judged.items() if one.held >= ALONE[0] and one.cuts >= ALONE[1]}
    off = [
        f"{data} ({one.covered[JUDGED.index(0.9)]:.2f}, {one.over_ideal:.2f})"
        for data, one in some.items()
        if one.covered[JUDGED.index(0.9)] < BOUNDS[0] or one.over_ideal > BOUNDS[1]
    ]
    target = (
        f"each data set with {ALONE[0]} held-out runs and {ALONE[1]} cuts or more: 90 % intervals hold {BOUNDS[0]:g} "
        f"to 1 and are at most {BOUNDS[1]:g} times the ideal width"
    )
    reached = f"{len(some) - len(off)} of {len(some)}" + (f"; not {', '.join(off)}" if off else "")
    chance = sum(one.misses for one in some.values())
    reached += f" (a perfectly calibrated forecaster misses {chance:.1f} on average)"
    return target, reached, not off if some else None


def _far(ours: Sequence[dict]) -> Row:
    """Coverage of 90 % intervals far beyond the fitted compute, by cut and by run."""
    shares = [coverage_beyond(ours, FAR[0], whole) for whole in (True, False)]
    words = [
        f"{with_error(share, error)} ({sets} data set{'s' * (sets > 1)}, {what})"
        for (share, error, sets), what in zip(shares, ("all runs of such cuts", "such runs alone"), strict=True)
        if sets
    ]
    met = all(share >= FAR[1] for share, _, sets in shares if sets) if words else None
    return f"beyond {FAR[0]:g} times the compute, 90 % intervals hold {FAR[1]:g} or more", "; ".join(words), met


def _crps(ours: Sequence[dict], theirs: Sequence[dict]) -> Row:
    """CRPS over that of the default before, the geometric mean over data sets."""
    known, ratios = {cut_of(record): record["crps"] for record in theirs}, {}
    pairs = [(record["data"], record["crps"], known[cut_of(record)]) for record in ours if cut_of(record) in known]
    for data in dict.fromkeys(data for data, *_ in pairs):
        now, was = np.mean([values for name, *values in pairs if name == data], axis=0)
        ratios[data] = float(np.log(now / was))
    logs = list(ratios.values())
    mean = float(np.exp(np.mean(logs)))
    reached = f"{with_error(mean, mean * standard_error(logs))} of it, on {len(logs)} data sets"
    return f"CRPS at most {CRPS:g} of that of the default before", reached, mean <= CRPS


def averages(row: Sequence[float], records: Sequence[dict], fair: Sequence[float] | None = None) -> list[Row]:
    """The targets of averages for the default; `fair`: its row against a baseline with the same count of N."""
    off = max(abs(value - level) for value, level in zip(row[:4], LEVELS, strict=True))
    sets, crps, width = (row[HEAD.index(name)] for name in ("sets ≥ .80", "CRPS ratio", "width ratio"))
    rows: list[Row] = [
        ("coverage within .05 of nominal at all four levels", f"largest distance {off:.3f}", off <= 0.05),
        ("data sets with 90 % coverage of .80 or more: 85 %", f"{sets:.0%}", sets >= 0.85),
        ("CRPS at most .50 of the Huber bootstrap's", f"{crps:.3f}", crps <= 0.5),
        ("width of 90 % at most 1.05 of its", f"{width:.3f}", width <= 1.05),
    ]
    if fair is not None:
        same = fair[HEAD.index("CRPS ratio")]
        rows.insert(3, ("the same, its N counted as the default's", f"{same:.3f}", same <= 0.5))
    ours = [record for record in records if record["method"] == DEFAULT]
    delphi = [record for record in ours if record["data"] == "delphi"]
    if delphi:
        last = max(delphi, key=lambda record: record["cut"])
        inside = last["covered"][AT]
        reached = f"{last['rmsle']:.2f} %, {inside:.0%} of {last['held_out']}"
        met = last["rmsle"] <= 0.6 and inside == 1
        rows.append(("Delphi to 3e20, then 1e21 to 1e23: RMSLE .6 %, all inside 90 %", reached, met))
    images = [record for record in ours if record["data"] == "curves_IC"]
    if images:
        (rmsle, density), spread = ([f(values) for values in each(images)] for f in (np.mean, sem))
        reached = f"{rmsle:.4f}, {density:.2f} (standard errors over curves {spread[0]:.4f}, {spread[1]:.2f})"
        rows.append(("72 image curves: RMSLE .028, log score 3.3", reached, rmsle <= 0.028 and density >= 3.3))
    return rows


def shown(rows: Sequence[Row]) -> str:
    """The targets as a table."""
    words = {True: "yes", False: "no", None: "–"}
    return table(["target", "reached", "met"], [[target, reached, words[met]] for target, reached, met in rows], left=3)


def note(records: Sequence[dict]) -> str:
    """What a perfectly calibrated forecaster would reach on Delphi, and what the default reaches with N as given."""
    delphi = [record for record in records if record["data"] == "delphi" and record["method"] == DEFAULT]
    if not delphi:
        return ""
    last = max(delphi, key=lambda record: record["cut"])
    chance = 0.9 ** last["held_out"]
    words = f"Right 90 % intervals hold all of {last['held_out']} independent runs with probability {chance:.2f}."
    for record in (record for record in records if record["method"] == GIVEN and cut_of(record) == cut_of(last)):
        share = record["covered"][AT]
        words += f" Delphi with N as given: {record['rmsle']:.2f} %, {share:.0%} of {record['held_out']}."
    return words
