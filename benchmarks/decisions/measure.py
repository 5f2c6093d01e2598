"""Multipliers of simulated pairs against the truth; finished records are kept, so the work can be interrupted."""

import json
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bayescale.frontiers.recipes.multiplier import multiplier
from bayescale.inference.fit import draw
from benchmarks.decisions.pairs import LAW, pair, pooled, together
from benchmarks.table import table

#: Budgets over the largest fitted compute.
TIMES = (1.0, 3.0, 10.0, 30.0, 100.0)
#: Budgets whose intervals are judged.
JUDGED = (1.0, 100.0)
#: A probability in this range calls neither recipe better.
UNDECIDED = (0.05, 0.95)
#: Bins of a probability for its calibration error, and simulations of perfectly calibrated probabilities.
BINS, REPEATS = 10, 400


def measure(kinds: Iterable[str], pairs: int, kept: Path | None, say: Callable = lambda text: None) -> list[dict]:
    """One record for each kind and seed.

    Parameters
    ----------
    kinds : names in `KINDS`.
    pairs : number of pairs of each kind.
    kept : path, optional, of a file with one JSON record a line, to continue from.
    say : called with a line of text for each new record.
    """
    wanted = [(kind, seed) for seed in range(pairs) for kind in kinds]
    old = [json.loads(line) for line in kept.read_text().splitlines()] if kept and kept.is_file() else []
    known = {(each["kind"], each["seed"]): each for each in old}
    for job in wanted:
        if job in known:
            continue
        known[job] = record(*job)
        if kept:
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps(known[job]) + "\n")
        say(f"{job[0]}, {job[1]}: {known[job]['reason'] or 'done'}")
    return [known[job] for job in wanted]


def record(kind: str, seed: int) -> dict[str, Any]:
    """The record of a pair: true multipliers, 90 % intervals, and the probability that A is better, by budget."""
    made: dict[str, Any] = {"kind": kind, "seed": seed, "reason": ""}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the record says whether the fits converged
            simulated = pair(kind, seed)
            C = simulated.compute * np.array(TIMES)
            A, B, made["converged"] = _recipes(simulated, seed)
            found = multiplier(A, B, C, seed=seed)
            true = multiplier((LAW, simulated.truths["A"]), (LAW, simulated.truths["B"]), C)
    except Exception as error:  # one pair must not stop the others
        return made | {"reason": f"{type(error).__name__}: {error}"}
    low, middle, high = found["multiplier"].quantile([0.05, 0.5, 0.95], ("chain", "draw"), method="higher").to_numpy()
    exact = true["multiplier"].squeeze(("chain", "draw")).to_numpy()
    numbers = {"true": exact, "low": low, "median": middle, "high": high, "better": found["better"].to_numpy()}
    return made | {name: [float(x) for x in values] for name, values in numbers.items()}


def _recipes(simulated, seed: int) -> tuple[tuple, tuple, bool]:
    """The fitted recipes, and whether their fits converged."""
    options = {"method": "laplace", "progressbar": False}
    if simulated.kind in ("shared floor", "pooled"):
        law = together() if simulated.kind == "shared floor" else pooled()
        post = draw(law, simulated.runs, seed=seed, **options)
        return (law, post, {"recipe": "A"}), (law, post, {"recipe": "B"}), bool(post.attrs["converged"])
    both = []
    for k, name in enumerate("AB"):
        own = simulated.runs[simulated.runs["recipe"] == name].drop(columns="recipe")
        both.append((LAW, draw(LAW, own, seed=2 * seed + k, **options)))
    return both[0], both[1], all(bool(post.attrs["converged"]) for _, post in both)


def frame(records: Iterable[dict]) -> pd.DataFrame:
    """One row for each pair and budget."""
    rows = [
        {
            "kind": r["kind"],
            "seed": r["seed"],
            "times": times,
            **{k: r[k][i] for k in ("true", "low", "high", "better")},
        }
        for r in records
        if not r["reason"]
        for i, times in enumerate(TIMES)
    ]
    found = pd.DataFrame(rows)
    return found.assign(inside=(found["low"] <= found["true"]) & (found["true"] <= found["high"]))


def report(records: list[dict]) -> str:
    """Tables: coverage of the intervals, calibration of the probability, and equal recipes."""
    found = frame(records)
    rows = []
    for (kind, times), own in found[found["times"].isin(JUDGED)].groupby(["kind", "times"], sort=False):
        share, n = own["inside"].mean(), len(own)
        ratio = np.log(own["high"] / own["low"].clip(lower=1e-9))
        width = np.exp(ratio.median()) if np.isfinite(ratio.median()) else np.inf
        never = f"{np.isinf(own['high']).mean():.2f}"
        error = np.sqrt(share * (1 - share) / n)
        rows.append([str(kind), f"{times:g}", str(n), f"{share:.2f} ± {error:.2f}", f"{width:.2f}", never])
    heads = ["pairs", "compute / largest", "number", "inside 90 %", "median upper / lower end", "upper end infinite"]
    text = [table(heads, rows, left=1), calibration(found)]
    if len(same := found[found["kind"] == "equal"]):
        unsure = same["better"].between(*UNDECIDED).groupby(same["times"]).mean()
        text.append(
            "Equal recipes: neither is called better (probability between .05 and .95) in "
            + ", ".join(f"{share:.2f} at {times:g}×" for times, share in unsure.items())
            + " of the pairs."
        )
    failed = [r for r in records if r["reason"]]
    unconverged = sum(not r.get("converged", True) for r in records)
    text.append(f"{len(failed)} of {len(records)} pairs failed. Pairs with a fit that did not converge: {unconverged}.")
    return "\n\n".join(text)


def calibration(found: pd.DataFrame) -> str:
    """Mean calibration error of the probability that A is better, weighted by the comparisons in each bin, by kind."""
    rows, rng = [], np.random.default_rng(0)
    for kind, own in found[found["kind"] != "equal"].groupby("kind", sort=False):
        happened, probability = (own["true"] > 1).to_numpy(dtype=float), own["better"].to_numpy()
        pairs = own.groupby("seed").ngroup().to_numpy()
        count = int(pairs.max()) + 1
        perfect = [calibration_error(probability, rng.uniform(size=count)[pairs] < probability) for _ in range(REPEATS)]
        brier = np.mean((probability - happened) ** 2)
        cells = [f"{calibration_error(probability, happened):.3f}", f"{np.mean(perfect):.3f} ± {np.std(perfect):.3f}"]
        rows.append([str(kind), str(count), str(len(own)), *cells, f"{brier:.3f}"])
    if not rows:
        return "No pairs that differ."
    heads = ["pairs", "number", "comparisons", "mean calibration error of P(A better)", "if perfect", "Brier score"]
    return (
        f"{table(heads, rows, left=1)}\n\nThe calibration error is in {BINS} bins. Each pair is compared at "
        f'{len(TIMES)} budgets, which share its luck; "if perfect" is the error that perfectly calibrated '
        "probabilities would show on as many pairs."
    )


def calibration_error(probability: np.ndarray, happened: np.ndarray) -> float:
    """Mean over comparisons of the distance of probability and frequency, in bins of the probability."""
    at = np.clip((probability * BINS).astype(int), 0, BINS - 1)
    total = sum(abs(happened[at == k].sum() - probability[at == k].sum()) for k in range(BINS))
    return float(total / len(probability))
