"""Report: the page of what was measured."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from bayescale.data.literature.known_entropy import ENTROPY
from bayescale.frontiers.power import power, spread_of_curvature, threshold
from benchmarks.frontier.truths import RUNS, TRUTHS

#: Probability from which a bend or a floor is called found.
SURE = 0.95


def read(path: Path) -> list[dict[str, Any]]:
    """Results of a file; none if it does not exist."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


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
        floor = np.mean([r["probability"]["floor"] >= SURE for r in own])
        with_floor = [r for r in own if r["floor"] is not None]
        inside = [
            f"{np.mean([r[key][0] <= r['floor'] <= r[key][1] for r in with_floor]):.2f}" if with_floor else ""
            for key in ("E", "E_floor_law")
        ]
        cells = [name, str(len(own)), *(f"{x:.2f}" for x in (*shares, rule, strict, floor)), *inside]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def tables(records: list[dict[str, Any]]) -> str:
    """Table of published runs, each with what may be concluded."""
    lines = [
        "| table | runs | decades | straight / floor / slow / free | curvature, 90 % | E, 90 % | "
        "what may be concluded |",
        "|---|--:|--:|---|---|---|---|",
    ]
    for r in records:
        laws = " / ".join(f"{r['probability'][name]:.2f}" for name in ("straight", "floor", "slow", "free"))
        low, middle, high = r["curvature"]
        near = "" if r["near_truth"] is None else f" P(within .02 of the exact 1.965) is {r['near_truth']:.2f}."
        warned = f" {' '.join(r['warnings'])}" if r["warnings"] else ""
        lines.append(
            f"| {r['table']} | {r['runs']} | {r['decades']:.1f} | {laws} | {middle:.4f} [{low:.4f}, {high:.4f}] | "
            f"{r['E'][1]:.2f} [{r['E'][0]:.2f}, {r['E'][2]:.2f}] | {r['curvature_says']} {r['entropy_says']}{near}"
            f"{warned} |"
        )
    return "\n".join(lines)


def _exact(published: list[dict[str, Any]]) -> str:
    """A sentence on the sweep whose entropy is known."""
    own = [r for r in published if r["table"].startswith("known_entropy")]
    inside = sum(r["E"][0] <= ENTROPY <= r["E"][2] for r in own)
    return (
        f"On known_entropy the exact entropy lies in the averaged 90 % interval for {inside} of {len(own)} ranges of "
        "compute. Where it does not, it lies above: the law floor puts E too low there."
    )


def page(records: list[dict[str, Any]], published: list[dict[str, Any]], date: str, commit: str) -> str:
    """The page, as Markdown."""
    line = [r for r in records if TRUTHS[r["truth"]].kind == "straight"]
    alarms = sum(r["bends_up"] >= SURE for r in line)
    slow = [r for r in records if TRUTHS[r["truth"]].kind == "slow"]
    called = sum(r["probability"]["floor"] >= SURE for r in slow)
    covered = [r for r in records if r["floor"] is not None]
    inside = sum(r["E"][0] <= r["floor"] <= r["E"][1] for r in covered)
    return f"""# Does the frontier bend, and is there a floor: what was measured

A bend was declared (probability of at least .95) on {alarms} of {len(line)} straight frontiers. A slow second power
law was called a floor (probability of at least .95) on {called} of {len(slow)}. The averaged 90 % interval of the
entropy covered the true floor on {inside} of {len(covered)} frontiers that end in one.

Each simulated sweep has {RUNS} runs on the frontier about 1e20 FLOP with independent normal noise. "Rule" is the power
of a one-sided 5 % test of a quadratic fit, to be compared with the column before it. "Rule at the declared threshold"
is that of a test as strict as a probability of .95, to be compared with "bend declared".

{simulated(records)}

## Published tables

`bs.curvature` allows for errors that runs of similar size share, `bs.entropy` also for smooth errors of the law.
Henighan et al. 2020, Table 1, has fits and no runs, so nothing can be weighed there.

{tables(published)}

{_exact(published)}

`python -m benchmarks frontier --kept FOLDER -o docs/evidence/frontier.md`, {date}, commit {commit}.
"""
