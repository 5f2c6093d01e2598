"""The comparison of variants of the default, as a page."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.evidence import opening
from benchmarks.forecasts.methods import DEFAULT
from benchmarks.forecasts.report.averages import (
    AT,
    HEAD,
    Scores,
    aggregate,
    by_data,
    errors,
    rows_of,
    standard_error,
    with_error,
)
from benchmarks.forecasts.report.calibrated import means_of
from benchmarks.forecasts.report.calibration import judge
from benchmarks.forecasts.report.halves import HALF_A, HALF_C, TUNED
from benchmarks.forecasts.report.select import common, cut_of
from benchmarks.forecasts.report.targets import calibrated
from benchmarks.table import table, write

#: Name of the records of another version of the package, in a comparison.
BEFORE = "before"
#: The halves that choices are made on.
HALVES = {"A": HALF_A, "C": HALF_C}
#: What is compared with the default: the change, a mean over data sets, and its standard error.
DIFFERENCES = (
    *(f"Δ {what} {level} %" for what in ("distance", "excess") for level in (50, 90)),
    *(f"Δ {what}" for what in ("inside 90 %", "ln width", "ln CRPS", "log score")),
)


def with_before(records: Sequence[dict], before: Sequence[dict]) -> list[dict]:
    """The records, with the default's of another version of the package as a variant more, on the cuts of both."""
    theirs = {cut_of(record): {**record, "method": BEFORE} for record in before if record["method"] == DEFAULT}
    ours = [record for record in records if cut_of(record) in theirs]
    return ours + [theirs[cut] for cut in dict.fromkeys(map(cut_of, ours))]


def sections(records: Sequence[dict], options: str = "", measured: str = "") -> list[str]:
    """The page; `options` are those of the command that made the records, `measured` their date and commit."""
    kept = common(records)
    scores = by_data(kept)
    sets = list(scores[DEFAULT])
    cuts = len({cut_of(record) for record in kept})
    own = {name: [record for record in kept if record["method"] == name] for name in scores}
    bad = {name: sum(r["converged"] is False for r in records if r["method"] == name) for name in scores}
    count = "counted as the runs up to each cut say" if "--counted" in options else "as the tables have it"
    command = " ".join(("python -m benchmarks choices", options)).strip()
    parts = [
        *opening(_conclusion(kept, scores, sets), rows_of(scores, sets, DEFAULT), command, measured),
        f"**What was tuned on which data.** {TUNED}",
        f"Variants of the default law on {cuts} cuts of {len(sets)} data sets: {', '.join(sets)}; N {count}. Columns "
        "as in [forecasts](forecasts.md), except that ratios are to the default.",
        "## Difference from the default\n\nMeans and standard errors over data sets. Distance: |coverage - nominal| of "
        "a data set; excess: distance less that of a perfectly calibrated forecaster ([forecasts](forecasts.md)). "
        "Smaller is better, as for CRPS; a larger log score is better.",
        differences(kept, {"all": sets} | {f"half {h}": [d for d in sets if d in half] for h, half in HALVES.items()}),
        "## Conditional calibration",
        means_of("variant", {name: judge(each) for name, each in own.items()}),
        "## Targets",
        table(["variant", "target", "reached", "met"], [row for name in own for row in _targets(name, own[name])], 4),
        "Cuts at which a fit did not converge: " + ", ".join(f"{name} {count}" for name, count in bad.items()) + ".",
    ]
    return parts


def _conclusion(kept: Sequence[dict], scores: Scores, sets: Sequence[str]) -> list[str]:
    """The conclusion in at most three sentences: coverage, then CRPS and width of the variants over the default's."""
    means, spread = aggregate(scores, sets, DEFAULT), errors(scores, sets, DEFAULT)
    others = [name for name in scores if name != DEFAULT]

    def said(name: str, column: str, times: float = 1.0) -> str:
        at = HEAD.index(column)
        return with_error(times * means[name][at], times * spread[name][at])

    first = f"90 % intervals of the default contain {said(DEFAULT, '90 %', 100)} % of the runs held out"
    if not others:
        return [f"{first}."]
    one = len(others) == 1

    def listed(column: str, times: float = 1.0, unit: str = "") -> str:
        return "; ".join(said(name, column, times) + unit + ("" if one else f" ({name})") for name in others)

    low = min(sets, key=lambda data: scores[DEFAULT][data]["covered"][AT])
    least = 100 * scores[DEFAULT][low]["covered"][AT]
    return [
        f"{first}, and those of the variant{'' if one else 's'} {listed('90 %', 100, ' %')}.",
        f"The CRPS of the variant{'' if one else 's'} over that of the default is {listed('CRPS ratio')}, and the "
        f"width of 90 % intervals over the default's is {listed('width ratio')}.",
        f"On its worst data set, {low}, 90 % intervals of the default contain {least:.0f} %.",
    ]


def _targets(name: str, records: Sequence[dict]) -> list[list[str]]:
    """Rows of the targets of calibration for a variant."""
    rows = calibrated([{**record, "method": DEFAULT} for record in records])
    return [[name, target, reached, {True: "yes", False: "no", None: "–"}[met]] for target, reached, met in rows]


def differences(records: Sequence[dict], groups: Mapping[str, Sequence[str]]) -> str:
    """A table of each variant less the default, over groups of data sets."""
    own = {name: [r for r in records if r["method"] == name] for name in dict.fromkeys(r["method"] for r in records)}
    numbers = {name: _numbers(variant) for name, variant in own.items()}
    rows = []
    for words, some in groups.items():
        for name in (name for name in own if name != DEFAULT and some):
            change = np.array([numbers[name][data] - numbers[DEFAULT][data] for data in some])
            cells = [f"{c.mean():+.3f}" + (f" ± {standard_error(c):.3f}" if len(c) > 1 else "") for c in change.T]
            rows.append([words, name, str(len(some)), *cells])
    return table(["data sets", "variant", "number", *DIFFERENCES], rows, left=2)


def _numbers(records: Sequence[dict]) -> dict[str, np.ndarray]:
    """Data set -> the numbers of DIFFERENCES of one variant, not yet less the default's."""
    (scores,), judged = by_data(records).values(), judge(records)
    return {
        data: np.array(
            [
                *judged[data].distance,
                *(judged[data].distance - judged[data].expected["group"]),
                s["covered"][AT],
                np.log(s["width"][AT]),
                np.log(s["crps"]),
                s["log_score"],
            ]
        )
        for data, s in scores.items()
    }


def report(path: Path, records: Sequence[dict], options: str = "", measured: str = "") -> None:
    """Write the page."""
    write(path, "Variants of the default law", sections(records, options, measured))
