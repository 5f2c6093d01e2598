"""The page of the benchmark of groups: its tables and its words."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.evidence import opening, stamp
from benchmarks.frontier.modalities import AXES, ERRORS, MAIN, MODELS
from benchmarks.frontier.pooling_truths import TRUTHS
from benchmarks.frontier.several_losses import LOSSES
from benchmarks.table import table

#: The command that writes the page.
COMMAND = "python -m benchmarks groups"


def interval(q: list[float], digits: int = 2) -> str:
    """Median and 90 % interval."""
    low, middle, high = (f"{x:.{digits}f}" for x in q)
    return f"{middle} [{low}, {high}]"


def excludes(ratio: list[float], value: float = 1.0) -> bool:
    """Whether a 90 % interval lies on one side of a value."""
    return ratio[0] > value or ratio[2] < value


def sweeps(records: list[dict[str, Any]]) -> str:
    """Table of the losses of each sweep: elpd, evidence and floors by pooling."""
    head = ["trained on", "exponents", "elpd", "difference", "log evidence", *(f"E on {loss}" for loss in LOSSES)]
    rows = []
    for record in records:
        for how, fit in record["fits"].items():
            gap = f"{fit['difference']:.1f} ± {fit['difference_se']:.1f}" if fit["difference"] else "0"
            evidence = f"{fit['log_evidence']:.1f}" if fit["log_evidence"] == fit["log_evidence"] else None
            floors = [interval(fit["E"][loss]) for loss in LOSSES]
            rows.append([record["corpus"], how, f"{fit['elpd']:.1f}", gap, evidence, *floors])
    return table(head, rows, left=2)


def exponents(records: list[dict[str, Any]]) -> str:
    """Table of each loss's own exponents."""
    rows = [
        [
            record["corpus"],
            loss,
            *(interval(record["fits"]["own"][name][loss]) for name in ("alpha_N", "alpha_D", "loading")),
        ]
        for record in records
        for loss in LOSSES
    ]
    return table(["trained on", "loss", "alpha_N", "alpha_D", "loading"], rows, left=2)


def entropies(records: list[dict[str, Any]]) -> str:
    """Table of the entropies from N and from C under own and pooled exponents, at the main stated error."""
    by = {record["model"]: record["domains"] for record in records if record["error"] == MAIN}
    rows = []
    for domain, own in by["own"].items():
        pooled, one = by["pooled"][domain], by["one entropy"][domain]
        each = [interval(fit["E"][axis]) for fit in (own, pooled) for axis in AXES]
        rows.append([domain, *each, interval(one["E"]["N"]), interval(pooled["ratio"]), f"{own['apart']:.1f}"])
    head = [
        "domain",
        "from N, own",
        "from C, own",
        "from N, pooled",
        "from C, pooled",
        "one entropy",
        "C over N",
        "apart",
    ]
    return table(head, rows)


def stated(records: list[dict[str, Any]]) -> str:
    """Table of the ratio of the two entropies at each stated error, with pooled exponents."""
    by = {record["error"]: record["domains"] for record in records if record["model"] == "pooled"}
    rows = [[domain, *(interval(by[error][domain]["ratio"]) for error in ERRORS)] for domain in by[MAIN]]
    return table(["domain", *map(_percent, ERRORS)], rows)


def disagreeing(records: list[dict[str, Any]], error: float) -> list[str]:
    """Domains whose entropies from N and from C differ at a stated error: the 90 % interval of their ratio lacks 1."""
    found = next(record["domains"] for record in records if (record["model"], record["error"]) == ("pooled", error))
    return [domain for domain, fit in found.items() if not fit["ratio"][0] <= 1 <= fit["ratio"][2]]


def narrowing(records: list[dict[str, Any]]) -> float:
    """Median ratio of the widths of E: pooled over own, at the main stated error."""
    by = {record["model"]: record["domains"] for record in records if record["error"] == MAIN}
    width = {
        model: np.array([by[model][domain]["E"][axis] for domain in by[model] for axis in AXES]) for model in MODELS[:2]
    }
    own, pooled = (np.ptp(width[model][:, [0, 2]], axis=1) for model in MODELS[:2])
    return float(np.median(pooled / own))


def averaged(records: list[dict[str, Any]]) -> list[str]:
    """The entropy of each loss by `bayescale.entropy`; nothing without results."""
    if not records:
        return []
    rows = [
        [record["corpus"], loss, interval(found["E"]), f"{found['floor']:.2f}", "yes" if found["told"] else "no"]
        for record in records
        for loss, found in record["losses"].items()
    ]
    words = (
        '`bs.entropy(…, by="evaluation")` analyses each loss alone and averages over six laws with and without a '
        "floor, with a discrepancy. The last column says whether the runs determine the entropy:"
    )
    return [words, table(["trained on", "loss", "E", "P(floor)", "determined"], rows, left=2)]


def simulated(records: list[dict[str, Any]]) -> list[str]:
    """What `bayescale.pooling` says of simulated sweeps; nothing without results."""
    if not records:
        return []
    rows = []
    for truth in TRUTHS:
        own = [record for record in records if record["truth"] == truth]
        if not own:
            continue
        said = [f"{sum(record['declared'] == word for record in own)}" for word in ("own", "")]
        covered = [
            np.mean([inside for record in own for inside in record["covers"][name]]) for name in ("alpha_C", "E")
        ]
        width = np.median([record["width"] for record in own])
        rows.append([truth, str(len(own)), *said, *(f"{share:.2f}" for share in covered), f"{width:.2f}"])
    head = ["true exponents", "sweeps", "own declared", "cannot tell", "alpha_C covered", "E covered", "width of E"]
    words = (
        "Simulated sweeps have ten runs with two losses each. Covered: share of 90 % intervals, of the model that is "
        "true, with the exact value. Width of E: that under shared exponents over that under own ones (median)."
    )
    return ["## Simulated sweeps", words, table(head, rows)]


def sections(results: Mapping[str, list[dict[str, Any]]]) -> list[str]:
    """The page: conclusion, tables, and what they are."""
    losses, printed = results["several_losses"], results["modalities"]
    gaps = [record["fits"]["own"]["elpd"] - record["fits"]["shared"]["elpd"] for record in losses]
    shared, own = ([record["fits"][how]["E"]["code"][1] for record in losses] for how in ("shared", "own"))
    count, apart = len(printed[0]["domains"]), disagreeing(printed, MAIN)
    better = sum(gap > 4 for gap in gaps)
    conclusion = [
        f"Losses of one sweep have exponents of their own: in {better} of {len(losses)} sweeps, own exponents predict "
        f"left-out runs better than shared ones, by {min(gaps):.0f} to {max(gaps):.0f} in elpd.",
        f"Under Chinchilla's law, one set of exponents would put the floor of code at {min(shared):.2f} to "
        f"{max(shared):.2f} nats/token in place of {min(own):.2f} to {max(own):.2f}.",
        f"In {count - len(apart)} of {count} domains of images, video and mathematics the entropies from N and from C "
        f"agree; they differ in {len(apart)} ({', '.join(apart)}), if the printed curves have an error of "
        f"{_percent(MAIN)}.",
    ]
    stamped = opening(conclusion, sweeps(losses), COMMAND, stamp(), "Written from stored results.")
    modalities_of = [*MODALITIES, entropies(printed), *_stated(printed), stated(printed), *_concluded(printed)]
    of_sweeps = [exponents(losses), *averaged(results["loss_entropies"]), *simulated(results["pooling_truths"])]
    return [*stamped, *SEVERAL, *of_sweeps, *modalities_of]


def _percent(error: float) -> str:
    return f"{100 * error:g} %"


#: What the table of the sweeps is, a paragraph each.
SEVERAL = (
    "## Losses of one sweep",
    "The sweeps are those of Gadre et al. 2024, trained on three corpora. "
    "Each has 34 or 35 runs, each with three losses: C4, and two parts of Paloma, RedPajama and code (100 "
    "programming languages). `bs.pooling` fits Chinchilla's law. Floor, excesses and noise are each loss's own; "
    "`alpha_N` and `alpha_D` are shared, partially pooled or own. Medians have 90 % intervals. The difference of elpd "
    "is minus that of the best fit, with its standard error. A run is left out with all its losses. A dash stands for "
    "an evidence that is not known, because NUTS drew the posterior.",
    "The errors of the losses of one run are strongly correlated. The correlation of two losses is the product of "
    "their loadings in the table below. Pareto k is above 0.7 for up to 5 runs of a sweep, so elpd is rough. The "
    "evidence agrees with elpd.",
    "The law has no discrepancy here, so the intervals of E are those of one law that is right. "
    '`bs.entropy(…, by="evaluation")` averages over laws.',
    "Exponents and loadings if each loss has its own:",
)
#: What the tables of the modalities are.
MODALITIES = (
    "## Five modalities",
    "Henighan et al. 2020, Table 1, prints a floor and a power law for nine domains: images at five resolutions, "
    "images in two multimodal models, video, and mathematics. Each domain is fitted once in N and once in C. Language "
    "and captions are absent here, because their printed laws have no floor: the paper says that no entropy can be "
    "estimated for language.",
    "The paper prints no errors and no runs. Each printed curve is read at nine sizes from 1e5 to 1e9 parameters, and "
    "at the compute for which these sizes are optimal by the printed N_opt(C). Each reading has a stated error. Range "
    "and error are our assumptions, and all intervals depend on them.",
    "E in nats per token of the domain, median and 90 % interval. Own: each curve has its own exponent. Pooled: "
    "exponents of the domains scatter about a common one, for N and for C. One entropy: pooled, and E from N and from "
    "C is the same. Apart: the distance between the two entropies in standard errors, with own exponents. The stated "
    f"error of each reading is {_percent(MAIN)}.",
)


def _stated(printed: list[dict[str, Any]]) -> tuple[str, ...]:
    counts = [f"{len(disagreeing(printed, error))} at {_percent(error)}" for error in ERRORS]
    return (
        "## The stated error decides",
        "Ratio of the entropy from C to the entropy from N, with pooled exponents, by stated error. The number of "
        f"domains whose 90 % interval excludes 1 is {', '.join(counts)}.",
    )


def _concluded(printed: list[dict[str, Any]]) -> tuple[str, ...]:
    """What may be concluded from the printed laws, and what not."""
    every = [set(disagreeing(printed, error)) for error in ERRORS]
    always = [domain for domain in printed[0]["domains"] if all(domain in found for found in every)]
    most = _percent(ERRORS[-1])
    return (
        "## What may be concluded",
        f"- {', '.join(always)}: N and C lead to different entropies at every stated error. At most one of the two is "
        "the entropy, and the authors blame weight decay. Do not quote the one entropy of this row.\n"
        f"- The other domains: the two entropies agree at a stated error of {most}. Both come from the same models "
        "and the same formula, so agreement does not show that the formula is right. A reducible loss that is no "
        "exact power of compute would move both.\n"
        f"- Pooling makes the intervals of E {narrowing(printed):.2f} times as wide (median) and moves no median by "
        f"more than {100 * moved(printed):.1f} %. The domains determine most of their own exponents.\n"
        "- How well the entropies are known depends on the error of the losses, which the paper does not print.",
    )


def moved(records: list[dict[str, Any]]) -> float:
    """Largest relative change of a median of E by pooling, at the main stated error."""
    by = {record["model"]: record["domains"] for record in records if record["error"] == MAIN}
    pairs = [(by["own"][d]["E"][axis][1], by["pooled"][d]["E"][axis][1]) for d in by["own"] for axis in AXES]
    return max(abs(pooled / own - 1) for own, pooled in pairs)
