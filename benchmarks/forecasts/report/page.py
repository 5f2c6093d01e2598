"""The scoreboard as a page: averages with the data set as unit, calibration, targets, halves, data sets, a figure."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.forecasts.methods import BASE, BASE_COUNTED, DEFAULT, WORDS
from benchmarks.forecasts.report import calibrated, targets
from benchmarks.forecasts.report.averages import AT, HEAD, Scores, aggregate, by_data, rows_of, shown
from benchmarks.forecasts.report.curves import ABOUT, curves
from benchmarks.forecasts.report.distance import AXES, by_cut, by_distance
from benchmarks.forecasts.report.halves import HONEST, halves
from benchmarks.forecasts.report.picture import picture
from benchmarks.forecasts.report.select import APART, beside, common, cut_of, filled, on_one_count, partly
from benchmarks.table import table, write

#: Title of the page, and which runs are fitted and forecast, by whether the cuts go across.
TITLES = {False: "Forecasts of held-out runs", True: "Forecasts of larger models and of longer runs"}
WHAT = {
    False: "Runs up to a cut in compute (or size) are fitted, all larger ones forecast",
    True: "Runs of the smaller half or three quarters of the sizes (or lengths) are fitted, and those of larger sizes "
    "(or lengths) are forecast, whatever their compute; or runs of three or five sizes, and those above them",
}


def report(
    path: Path, records: Sequence[dict], command: str, across: bool = False, before: Sequence[dict] | None = None
) -> None:
    """Write the page, and its figure in ``figures``.

    `across`: the cuts are those of `benchmarks.forecasts.across`; `before`: records of an earlier default, to compare
    with.
    """
    records = filled(records)
    some = partly(records)
    shared = [record for record in records if record["method"] not in (*APART, *some)]
    kept = common(shared)
    scores, sets = by_data(kept), list(dict.fromkeys(record["data"] for record in kept))
    methods = list(scores)
    parts = [
        _about(kept, sets, command, across),
        rows_of(scores, sets),
        "" if across else "![coverage and sharpness of the methods](figures/forecasts.png)",
        HONEST,
        "\n".join(f"- {method}: {WORDS.get(method, method)}" for method in methods),
    ]
    if DEFAULT in scores and len(sets) > 1 and not across:
        parts += _targets(records, kept, scores, sets, before)
    parts += calibrated.sections(kept, methods, halves(sets))
    if DEFAULT in scores:
        parts += _distances([record for record in kept if record["method"] == DEFAULT])
    if len(halves(sets)) > 1:
        for name, chosen in halves(sets).items():
            parts += [f"## Half {name}: {', '.join(chosen)}", rows_of(scores, chosen)]
    parts += [*_on_some(records, some, sets), *_apart(records)]
    if any(record["data"].startswith("curves_") for record in kept):
        parts += [ABOUT, curves(kept)]
    parts += ["## Failed and unconverged", _failures(shared, methods), "## By data set", _by_data(scores, sets)]
    if not across:
        picture(aggregate(scores, sets), path.parent / "figures" / "forecasts.png")
    write(path, TITLES[across], parts)


def _about(kept: Sequence[dict], sets: Sequence[str], command: str, across: bool) -> str:
    """What is compared, and what the columns are."""
    return (
        f"{WHAT[across]}: {len(sets)} data sets, "
        f"{len({cut_of(record) for record in kept})} cuts. The data set is the unit: runs are averaged in a cut, cuts "
        "in a data set, data sets equally; after ± stands the standard error over data sets. CRPS and width are "
        "geometric means of the ratio to the Huber bootstrap. "
        "50 % to 95 %: share of held-out runs inside that interval, noise of a run included; "
        "sets ≥ .80: share of data sets whose 90 % intervals hold 80 % or more; RMSLE and signed error (positive: "
        "forecast too high) in % of the loss; log score: of the log loss, for functions a kernel estimate, "
        "harsh where no draw is near. Laplace's method where it is accepted, NUTS elsewhere. Cuts at which any "
        f"method failed are left out for all. One command: `{command}`."
    )


def _targets(
    records: Sequence[dict], kept: Sequence[dict], scores: Scores, sets: Sequence[str], before: Sequence[dict] | None
) -> list[str]:
    """The targets of the default."""
    fair = None
    if beside(records, BASE_COUNTED):
        fair_scores = by_data(common([r for r in on_one_count(records) if r["method"] in (BASE, DEFAULT)]))
        fair = aggregate(fair_scores, sets)[DEFAULT]
    rows = targets.calibrated(kept, before) + targets.averages(aggregate(scores, sets)[DEFAULT], kept, fair)
    return ["## Targets", targets.shown(rows), targets.note(kept)]


def _distances(records: Sequence[dict]) -> list[str]:
    """Scores of the default by distance."""
    parts = [
        f"## {DEFAULT} by distance\n\nBy the size of each held-out run over the largest fitted one, in N as the table "
        "has it, in D and in C. Within: not larger than the largest fitted. A run counts at each cut that holds it out."
    ]
    return [*parts, *(by_distance(records, axis) for axis in AXES), "By cut, all its runs together:", by_cut(records)]


def _on_some(records: Sequence[dict], some: Sequence[str], sets: Sequence[str]) -> list[str]:
    """All methods on the data sets that every method has."""
    if not some:
        return []
    shared = set.intersection(*({r["data"] for r in records if r["method"] == method} for method in some))
    chosen = common([record for record in records if record["data"] in shared and record["method"] not in APART])
    return [
        f"## On {len(shared)} of the data sets\n\n{', '.join(some)} were not scored on "
        f"{', '.join(sorted(set(sets) - shared))}; all methods on the others:",
        rows_of(by_data(chosen), [data for data in sets if data in shared]),
        "\n".join(f"- {method}: {WORDS.get(method, method)}" for method in some),
    ]


def _apart(records: Sequence[dict]) -> list[str]:
    """Sections of the methods that can forecast only some of the cuts."""
    parts = []
    for method, heading in APART.items():
        if own := beside(records, method):
            theirs = list(dict.fromkeys(record["data"] for record in own))
            parts += [
                f"## {heading}\n\n{method}: {WORDS[method]}. {len({cut_of(record) for record in own})} cuts of "
                f"{len(theirs)} data sets: {', '.join(theirs)}.",
                rows_of(by_data(own), theirs),
            ]
    return parts


def _failures(records: Sequence[dict], methods: Sequence[str]) -> str:
    """How many cuts each method failed at, and at how many it did not converge."""
    own = {method: [record for record in records if record["method"] == method] for method in methods}
    rows = [
        [m, len(ones), sum(record["failed"] for record in ones), sum(record["converged"] is False for record in ones)]
        for m, ones in own.items()
    ]
    return table(["method", "cuts", "failed", "unconverged"], rows)


def _by_data(scores: Scores, sets: Sequence[str]) -> str:
    """The averages of each data set and method."""
    rows = []
    for data in sets:
        for method, per_set in scores.items():
            s = per_set[data]
            numbers = [s["width"][AT], s["crps"], s["interval_score"], s["rmsle"], s["error"], s["log_score"]]
            rows.append([data, method, *s["covered"], *shown([float(x) for x in numbers])])
    columns = ["data set", "method", *HEAD[:4], "width 90 %", "CRPS", "interval score", "RMSLE", "error", "log score"]
    return table(columns, rows, 2)
