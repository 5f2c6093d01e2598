"""The scoreboard as a page: averages with the data set as unit, calibration, targets, halves, data sets, a figure."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.evidence import figures, opening
from benchmarks.forecasts.methods import BASE, BASE_COUNTED, DEFAULT, WORDS
from benchmarks.forecasts.report import calibrated, targets
from benchmarks.forecasts.report.averages import (
    AT,
    HEAD,
    Scores,
    aggregate,
    by_data,
    errors,
    rows_of,
    shown,
    with_error,
)
from benchmarks.forecasts.report.curves import ABOUT, curves
from benchmarks.forecasts.report.distance import AXES, by_cut, by_distance
from benchmarks.forecasts.report.halves import TUNED, halves
from benchmarks.forecasts.report.picture import picture
from benchmarks.forecasts.report.select import APART, beside, common, cut_of, filled, on_one_count, partly
from benchmarks.table import number, table, write

#: Title of the page, and which runs are fitted and forecast, by whether the cuts go across.
TITLES = {False: "Forecasts of held-out runs", True: "Forecasts of larger models and of longer runs"}
#: Where the records are.
KEPT = (
    "With `--kept FILE` the command keeps the scores of each run and writes the page from them. They are not in the "
    "repository, because they hold values of published tables."
)
WHAT = {
    False: "Runs up to a cut in compute (or size) are fitted, all larger ones forecast",
    True: "Runs of the smaller half or three quarters of the sizes (or lengths) are fitted, and those of larger sizes "
    "(or lengths) are forecast, whatever their compute; or runs of three or five sizes, and those above them",
}


def report(path: Path, records: Sequence[dict], command: str, across: bool = False, measured: str = "") -> None:
    """Write the page, and its figure in the folder ``figures`` of the pages.

    `across`: the cuts are those of `benchmarks.forecasts.across`; `measured`: date and commit of the records.
    """
    records = filled(records)
    some = partly(records)
    shared = [record for record in records if record["method"] not in (*APART, *some)]
    kept = common(shared)
    scores, sets = by_data(kept), list(dict.fromkeys(record["data"] for record in kept))
    methods = list(scores)
    parts = [
        *opening(_conclusion(kept, scores, sets), _headline(scores, sets), command, measured, KEPT),
        "" if across else "![coverage and sharpness of the methods](../figures/forecasts.png)",
        f"**What was tuned on which data.** {TUNED}",
        f"## Average scores\n\n{_about(kept, sets, across)}",
        rows_of(scores, sets),
        "\n".join(f"- {method}: {WORDS.get(method, method)}" for method in methods),
    ]
    if DEFAULT in scores and len(sets) > 1 and not across:
        parts += _targets(records, kept, scores, sets)
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
        picture(aggregate(scores, sets), figures(path) / "forecasts.png")
    write(path, TITLES[across], parts)


def _conclusion(kept: Sequence[dict], scores: Scores, sets: Sequence[str]) -> list[str]:
    """The conclusion in three sentences; without the default, what was scored."""
    cuts = len({cut_of(record) for record in kept})
    if DEFAULT not in scores or BASE not in scores:
        return [f"{len(scores)} methods were scored on {cuts} cuts of {len(sets)} data sets."]
    means, spread = aggregate(scores, sets), errors(scores, sets)

    def said(method: str, name: str, times: float = 1.0) -> str:
        at = HEAD.index(name)
        return with_error(times * means[method][at], times * spread[method][at])

    low = min(sets, key=lambda data: scores[DEFAULT][data]["covered"][AT])
    return [
        f"On {len(sets)} published data sets ({cuts} cuts), 90 % intervals of the default contain "
        f"{said(DEFAULT, '90 %', 100)} % of the larger runs held out, and those of a Huber fit with bootstrap "
        f"{said(BASE, '90 %', 100)} %.",
        f"The CRPS of the default is {said(DEFAULT, 'CRPS ratio')} times that of the Huber fit, and its 90 % intervals "
        f"are {said(DEFAULT, 'width ratio')} times as wide.",
        f"The worst data set is {low}, where 90 % intervals of the default contain "
        f"{100 * scores[DEFAULT][low]['covered'][AT]:.0f} % of the runs held out.",
    ]


def _headline(scores: Scores, sets: Sequence[str]) -> str:
    """The first table: averages with standard errors, and the worst data set of each method."""
    means, spread, rows = aggregate(scores, sets), errors(scores, sets), []
    for method in scores:
        low = min(sets, key=lambda data, own=scores[method]: own[data]["covered"][AT])
        names = ("50 %", "90 %", "width ratio", "CRPS ratio", "RMSLE")
        cells = [with_error(means[method][HEAD.index(n)], spread[method][HEAD.index(n)]) for n in names]
        worst = f"{number(float(scores[method][low]['covered'][AT]))} ({low})"
        rows.append([method, *cells[:2], worst, *cells[2:]])
    head = ["method", "inside 50 %", "inside 90 %", "inside 90 %, worst data set", "width / Huber's", "CRPS / Huber's"]
    return table([*head, "RMSLE [%]"], rows)


def _about(kept: Sequence[dict], sets: Sequence[str], across: bool) -> str:
    """What is compared, and what the columns are."""
    return (
        f"{WHAT[across]}: {len(sets)} data sets, {len({cut_of(record) for record in kept})} cuts. Runs are averaged in "
        "a cut, cuts in a data set, and data sets with equal weight; after ± is the standard error over data sets. "
        "Laplace's method is used where it is accepted, NUTS elsewhere. A cut at which any method failed is left out "
        "for all methods.\n\n"
        "- 50 % to 95 %: share of held-out runs inside that interval, which includes the noise of a run.\n"
        "- sets ≥ .80: share of data sets whose 90 % intervals contain at least 80 % of the runs.\n"
        "- CRPS ratio, width ratio: geometric means of the ratio to the Huber bootstrap.\n"
        "- RMSLE and error (positive: forecast too high): in % of the loss.\n"
        "- log score: mean log density of the log loss. For functions it is a kernel estimate, which penalises a "
        "forecast heavily if no draw is near the observation."
    )


def compared(records: Sequence[dict], before: Sequence[dict]) -> str:
    """The targets of calibration of the default against those of another version's records, for the terminal."""
    return targets.shown(targets.calibrated(common(filled(records)), before))


def _targets(records: Sequence[dict], kept: Sequence[dict], scores: Scores, sets: Sequence[str]) -> list[str]:
    """The targets of the default."""
    fair = None
    if beside(records, BASE_COUNTED):
        fair_scores = by_data(common([r for r in on_one_count(records) if r["method"] in (BASE, DEFAULT)]))
        fair = aggregate(fair_scores, sets)[DEFAULT]
    rows = targets.calibrated(kept) + targets.averages(aggregate(scores, sets)[DEFAULT], kept, fair)
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
