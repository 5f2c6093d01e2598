"""Report: the page of what was measured."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bayescale.data.literature.known_entropy import ENTROPY
from bayescale.frontiers.power import power, spread_of_curvature, threshold
from bayescale.frontiers.shapes import WITH_FLOOR, WITH_SLOW
from benchmarks.frontier.recovered import page as recovered
from benchmarks.frontier.truths import RUNS, TRUTHS, sweep

#: Probability from which a bend or a floor is called found.
SURE = 0.95


def read(path: Path) -> list[dict[str, Any]]:
    """Results of a file; none if it does not exist."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def share(record: dict[str, Any], *laws: str) -> float:
    """Probability of laws; zero for a law that was not fitted."""
    return sum(record["probability"].get(law, 0.0) for law in laws)


def inside(record: dict[str, Any], key: str) -> float:
    """Chance that the entropy of a truth lies in a kept interval.

    A truth with a floor has one entropy. The others allow any entropy up to a largest one, all equally probable.
    """
    low, high = record[key]
    if record["floor"] is not None:
        return float(low <= record["floor"] <= high)
    most = sweep(record["truth"], record["seed"]).most
    return max(0.0, min(high, most) - max(low, 0.0)) / most


def by_kind(records: list[dict[str, Any]]) -> dict[str, float]:
    """Kind of truth -> how often the averaged 90 % interval has the entropy."""
    kinds = dict.fromkeys(truth.kind for truth in TRUTHS.values())
    own = {kind: [inside(r, "E") for r in records if TRUTHS[r["truth"]].kind == kind] for kind in kinds}
    return {kind: float(np.mean(values)) for kind, values in own.items() if values}


def simulated(records: list[dict[str, Any]]) -> str:
    """Table of the truths: how often a bend and a floor are declared, the power of the rule, and coverage of E."""
    lines = [
        "| truth | sweeps | bend declared | P(q > 0) above .95 | rule | rule at the declared threshold | "
        "floor declared | E in its 90 % interval | law floor alone |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, truth in TRUTHS.items():
        own = [r for r in records if r["truth"] == name]
        if not own:
            continue
        spread = spread_of_curvature(truth.noise, RUNS, truth.decades)
        rule = np.mean([power(spread, r["q"]) for r in own])
        # Prior odds of a positive curvature are 5 to 3, so that .95 needs a Bayes factor of 11.4.
        strict = np.mean([power(spread, r["q"], threshold(spread, 0.005, 11.4)) for r in own])
        shares = [np.mean([r[key] >= SURE for r in own]) for key in ("bends_up", "direction")]
        floor = np.mean([share(r, *WITH_FLOOR) >= SURE for r in own])
        alone = f"{np.mean([inside(r, 'E_floor_law') for r in own]):.2f}" if truth.kind == "floor" else ""
        covered = [f"{np.mean([inside(r, 'E') for r in own]):.2f}", alone]
        cells = [name, str(len(own)), *(f"{x:.2f}" for x in (*shares, rule, strict, floor)), *covered]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def tables(records: list[dict[str, Any]]) -> str:
    """Table of published runs, each with what may be concluded."""
    lines = [
        "| table | runs | decades | straight / floor / slow / free | of which curved | curvature, 90 % | E, 90 % | "
        "what may be concluded |",
        "|---|--:|--:|---|--:|---|---|---|",
    ]
    for r in records:
        groups = (("straight",), WITH_FLOOR, WITH_SLOW, ("free",), ("curved_floor", "curved_slow"))
        *laws, curved = (f"{share(r, *names):.2f}" for names in groups)
        curved = curved if "curved_floor" in r["probability"] else "not fitted"
        low, middle, high = r["curvature"]
        near = "" if r["near_truth"] is None else f" P(within .02 of the exact 1.965) is {r['near_truth']:.2f}."
        warned = f" {' '.join(r['warnings'])}" if r["warnings"] else ""
        cells = [
            r["table"],
            str(r["runs"]),
            f"{r['decades']:.1f}",
            " / ".join(laws),
            curved,
            f"{middle:.4f} [{low:.4f}, {high:.4f}]",
            f"{r['E'][1]:.2f} [{r['E'][0]:.2f}, {r['E'][2]:.2f}]",
            f"{r['curvature_says']} {r['entropy_says']}{near}{warned}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def evidence(rows: list[dict[str, Any]]) -> str:
    """Table of log evidence by importance sampling against two other methods; empty without rows."""
    if not rows:
        return ""
    lines = [
        "| table | law | runs | importance sampling | sequential Monte Carlo, difference | bridge, difference |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for r in rows:
        others = [f"{r[key] - r['importance']:+.2f} ± {r[f'{key}_error']:.2f}" for key in ("smc", "bridge")]
        own = f"{r['importance']:.2f} ± {r['importance_error']:.2f}{'' if r['accepted'] else ' (not accepted)'}"
        lines.append(f"| {' | '.join([r['table'], r['law'], str(r['runs']), own, *others])} |")
    gaps = np.abs([r["bridge"] - r["importance"] for r in rows])
    worst = rows[int(gaps.argmax())]
    apart = abs(worst["smc"] - worst["importance"])
    far = max(abs(r["smc"] - r["importance"]) for r in rows)
    return f"""## Is the evidence right?

Bridge sampling differs from the importance sampler by {np.median(gaps):.2f} in log evidence in the median over
{len(rows)} fits, and by at most 0.2 in {(gaps <= 0.2).sum()} of them. A difference of 0.1 changes odds by 10 %.
The largest difference is {gaps.max():.2f} ({worst["law"]}, {worst["table"]}).
Sequential Monte Carlo differs by {apart:.1f} there: its particles, which bridge sampling starts from, may have missed a
part of the posterior, and which value is right is not known.

Sequential Monte Carlo starts from a density fitted to the prior, and bridge sampling takes its particles, so neither
starts at the modes that the importance sampler found. Sequential Monte Carlo, with 1,000 particles, is coarse: it
differs by up to {far:.1f}, more than half the difference of its two runs, which is its error here. The error of bridge
sampling is that of independent draws. All three integrate the same density. With Student-t noise and a discrepancy
this density is an approximation, and no row shows its error.

{chr(10).join(lines)}
"""


def known(rows: list[dict[str, Any]]) -> str:
    """Table of E on known_entropy by law; empty without rows."""
    if not rows:
        return ""
    lines = [
        "| runs up to [FLOP] | errors allowed for | law | log evidence | E, median [nats/symbol] | 90 % interval | "
        "contains 1.965 |",
        "|---|---|---|--:|--:|---|---|",
    ]
    for r in rows:
        low, middle, high = r["E"]
        cells = [f"{r['top']:.0e}", r["errors"], r["law"], f"{r['log_evidence']:.1f}", f"{middle:.3f}"]
        cells += [f"{low:.3f} to {high:.3f}", "yes" if low <= ENTROPY <= high else "no"]
        lines.append(f"| {' | '.join(cells)} |")
    return f"""## A reducible loss that is no exact power

On known_entropy the reducible loss falls faster than a power of compute. The law floor takes this for a lower E and
misses the exact entropy. curved_floor estimates the curvature of log R with E. For curved_slow, E is the slow term at
the largest run.

{chr(10).join(lines)}
"""


def design(rows: list[dict[str, Any]]) -> str:
    """Table of the power of a quadratic fit against the rule; empty without rows."""
    if not rows:
        return ""
    lines = ["| truth | sweeps | simulated | rule | difference |", "|---|--:|--:|--:|--:|"]
    for r in rows:
        gap = r["simulated"] - r["rule"]
        lines.append(f"| {r['truth']} | {r['sweeps']} | {r['simulated']:.2f} | {r['rule']:.2f} | {gap:+.2f} |")
    most = max(abs(r["simulated"] - r["rule"]) for r in rows)
    return f"""## Is the rule of power right?

The rule is `bs.curvature`'s `power`. A quadratic in log compute is fitted to the same sweeps by least squares, with the
noise known, and tested one-sided at 5 %. The share of sweeps that show a bend differs from the rule by at most
{most:.2f}. A share of .8 of {rows[0]["sweeps"]} sweeps has a standard error of {np.sqrt(0.16 / rows[0]["sweeps"]):.2f}.

{chr(10).join(lines)}
"""


def _four(records: list[dict[str, Any]], what: str) -> str:
    """A sentence on kept results of four laws; empty if there are none."""
    few = sum("curved_floor" not in r["probability"] for r in records)
    if not few:
        return ""
    which = f"These {few} {what}" if few == len(records) else f"Of these {len(records)} {what}, {few}"
    return f"{which} were measured without curved_floor and curved_slow."


def _exact(published: list[dict[str, Any]]) -> str:
    """A sentence on the sweep whose entropy is known."""
    own = [r for r in published if r["table"].startswith("known_entropy")]
    count = sum(r["E"][0] <= ENTROPY <= r["E"][2] for r in own)
    said = (
        f"On known_entropy the exact entropy lies in the averaged 90 % interval for {count} of {len(own)} ranges of "
        "compute. The curved laws were added because of this table, so it is no test of them."
    )
    low = any(ENTROPY > r["E"][2] for r in own)
    return said + (" At some others it lies above the interval: the law floor puts E too low there." if low else "")


def _opening(records: list[dict[str, Any]]) -> str:
    """The conclusion of the page."""

    def of(kind: str) -> list[dict[str, Any]]:
        return [r for r in records if TRUTHS[r["truth"]].kind == kind]

    line, slow, covered = of("straight"), of("slow"), by_kind(records)
    alarms = sum(r["bends_up"] >= SURE for r in line)
    called = sum(share(r, *WITH_FLOOR) >= SURE for r in slow)
    return f"""A bend was declared (probability of at least .95) on {alarms} of {len(line)} straight frontiers.
A slow second power law was called a floor (probability of at least .95) on {called} of {len(slow)}. The averaged
90 % interval of the entropy covers {np.mean(list(covered.values())):.0%} over straight, floor and slow truths in equal
parts, and {covered.get("floor", np.nan):.0%} of those that end in a floor. {_four(records, "sweeps")}

The interval covers more than 90 % of truths with a floor because it averages over laws without one, which the runs
seldom exclude. A truth without a floor allows any entropy from zero to its slow term at the largest run (a straight
one: to its loss there). What is counted there is the chance that such an entropy lies in the interval."""


def page(kept: Mapping[str, list[dict[str, Any]]], date: str, commit: str) -> str:
    """The page, as Markdown, from the results called simulated, design, recovered, published, evidence and known."""
    records, published = kept["simulated"], kept["published"]
    return f"""# Does the frontier bend, and is there a floor: what was measured

{_opening(records)}

Each simulated sweep has {RUNS} runs on the frontier about 1e20 FLOP with independent normal noise. "Rule" is the power
of a one-sided 5 % test of a quadratic fit, to be compared with the column before it. "Rule at the declared threshold"
is that of a test as strict as a probability of .95, to be compared with "bend declared". With 15 sweeps a share of .8
has a standard error of .10, with 30 of .07.

{simulated(records)}

{design(kept["design"])}
{recovered(kept["recovered"])}
## Published tables

`bs.curvature` allows for errors that runs of similar size share, `bs.entropy` also for smooth errors of the law.
Henighan et al. 2020, Table 1, has fits and no runs, so nothing can be weighed there.

{tables(published)}

{_exact(published)} {_four(published, "tables")}

{known(kept["known"])}
{evidence(kept["evidence"])}
Written by `python -m benchmarks frontier --kept FOLDER -o docs/evidence/frontier.md`, {date}, commit {commit}, from
stored results. The results were measured in parts, on earlier commits.
"""
