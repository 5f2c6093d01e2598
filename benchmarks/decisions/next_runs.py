"""The section "Next runs" of docs/evidence/decisions.md, from stored records."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.decisions.paths import known
from benchmarks.decisions.scalebench import BATCHES, TABLES
from benchmarks.table import ABSENT, table

#: Folder of the stored records.
STORED = Path(__file__).parent / "stored"
#: Published mean R² and standard deviation of the best method at each budget (arXiv:2604.22753, Table 2), and mean of
#: fits on all runs of the pool.
PUBLISHED = {
    "data_con": (0.86, 0.11, 0.79),
    "moe": (0.83, 0.07, 0.81),
    "parallel": (0.99, 0.0, 0.99),
    "sparsity": (0.53, 0.08, 0.37),
    "domain": (0.95, 0.28, 0.81),
}
#: Coverage of 90 % intervals that the acceptance asks for.
WANTED = (0.85, 0.95)
#: Variant -> its name in the table.
NAMES = {"law": "law alone", "discrepancy": "with discrepancy"}


def scalebench_rows(records: Sequence[dict], all_runs: Sequence[dict] = ()) -> list[list]:
    """A row for each table and variant."""
    frame, rows = pd.DataFrame(records), []
    whole = {(r["table"], r["variant"]): f"{r['r2']:.3f}" for r in all_runs}
    for name, each in TABLES.items():
        best, deviation, everything = PUBLISHED[name]
        for variant, own in frame[frame["table"] == name].groupby("variant", sort=False):
            mean = own["r2"].mean()
            spread = f" ± {own['r2'].std():.3f}" if len(own) > 1 else ""
            runs = np.mean([sum(counts) for counts in own["runs"]])
            spent = np.mean([np.mean(shares) for shares in own["spent"]])
            rows.append([
                name, NAMES[str(variant)], f"{each.budget:.0%}", len(own), f"{runs:.0f}", f"{spent:.2f}",
                f"{mean:.3f}{spread}", f"{best:.2f} ± {deviation:.2f}",
                whole.get((name, str(variant)), ABSENT), f"{everything:.2f}",
                "yes" if round(mean, 2) >= best - deviation else "no", f"{own['inside'].mean():.2f}",
            ])  # fmt: skip
    return rows


def factors(records: Sequence[dict]) -> dict[str, tuple[float, float, float, int]]:
    """Way -> compute of the grid over that of the way: median and quartiles over sweeps, and sweeps that reached it."""
    found = {}
    for name in [name for name in records[0]["needed"] if name != "IsoFLOP grid"] if records else []:
        ratios = [
            r["needed"]["IsoFLOP grid"] / r["needed"][name] if r["needed"][name] else 0.0  # 0: never as narrow
            for r in records
        ]
        low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
        found[name] = (float(middle), float(low), float(high), sum(ratio > 0 for ratio in ratios))
    return found


def conclusion(records: Sequence[dict], sweeps: Sequence[dict]) -> list[str]:
    """What the page says first."""
    frame = pd.DataFrame(records)
    best = frame.groupby(["table", "variant"])["r2"].mean()
    reached = sorted({name for (name, _), mean in best.items() if round(mean, 2) >= np.subtract(*PUBLISHED[name][:2])})
    inside = frame.groupby(["table", "variant"])["inside"].mean()
    good = sum(WANTED[0] <= round(share, 2) <= WANTED[1] for share in inside)
    said = [
        f"With runs chosen by `bs.design`, the better of two fits reached the best published R² in the target region, "
        f"less its standard deviation, on {len(reached)} of {len(TABLES)} pools of ScaleBench ({', '.join(reached)}).",
        f"The share of targets inside 90 % intervals was .85 to .95 in {good} of {len(inside)} rows of the table.",
    ]
    if sweeps:
        over = {name: _over(found[0]) for name, found in factors(sweeps).items()}
        said.append(
            f"On {len(sweeps)} simulated sweeps, designed runs gave a forecast as narrow as that of an IsoFLOP grid "
            f"with {over['design']} of its compute (median), V-optimal runs with {over['V-optimality']}, random runs "
            f"with {over['random']}."
        )
    return said


def _over(factor: float) -> str:
    return f"{1 / factor:.0%}" if factor > 0 else "more than 400 %"


def plan_rows(records: Sequence[dict]) -> list[list]:
    """A row for each budget: root mean square standard deviations now, as expected, and as found."""
    rows = []
    for budget, own in pd.DataFrame(records).groupby("budget"):
        now, expected, found = (np.sqrt((own[name] ** 2).mean()) for name in ("now", "expected", "found"))
        numbers = [f"{now:.4f}", f"{expected:.4f}", f"{found:.4f}", f"{found / expected:.2f}"]
        rows.append([f"{budget:.0e}", len(own), f"{own['runs'].mean():.0f}", *numbers, f"{own['covers'].mean():.2f}"])
    return rows


def rows_of_page(stored: Path = STORED) -> tuple[list[str], str]:
    """The conclusion, and the table of ScaleBench."""
    records, whole, sweeps = (known(stored / f"{name}.jsonl") for name in ("scalebench", "whole", "design"))
    heads = ["pool", "fit", "budget", "repeats", "runs", "spent", "R², mean ± sd", "best published", "R², all runs"]
    heads += ["all runs, published", "within one sd", "in 90 %"]
    return conclusion(records, sweeps), table(heads, scalebench_rows(records, whole), left=2)


def sections(stored: Path = STORED) -> list[str]:
    """The sections on the next runs, from the stored records."""
    sweeps, plans, speed = (known(stored / f"{name}.jsonl") for name in ("design", "promises", "speed"))
    text = ["## Next runs: ScaleBench", ABOUT]
    if sweeps:
        rows = [
            [name, len(sweeps), count, f"{middle:.2f}", f"{low:.2f} to {high:.2f}"]
            for name, (middle, low, high, count) in factors(sweeps).items()
        ]
        covers = np.mean([record["covers"] for record in sweeps])
        text += [
            "## Next runs: compute for a given width, simulated",
            table(["way", "sweeps", "as narrow as the grid", "grid's compute over its own, median", "quartiles"], rows),
            f"{SIMULATED} The interval of the grid covered the truth in {covers:.0%} of the sweeps.",
        ]
    if plans:
        heads = ["budget [FLOP]", "plans", "runs", "sd now [nats]", "expected after", "found after", "found / expected"]
        text += ["## Next runs: what a plan expects", table([*heads, "truth in 90 %"], plan_rows(plans)), PLANS]
    for record in speed[-1:]:
        text += [
            "## Next runs: time",
            f"{record['candidates']} candidates, {record['chosen']} chosen: {record['seconds']:.1f} s after the fit "
            f"({record['cpu']:.1f} s of processor time, on a machine with two cores whose load averages over the last "
            f"1, 5 and 15 minutes were {record['machine']}).",
        ]
    return text


ABOUT = (
    "Pools, costs, target regions and budgets are those of Spend Less, Fit Better (arXiv:2604.22753), in the "
    "version of the tables in its repository. Each group of a pool has a budget of its own, a share of the cost "
    "of all its runs; the column spent is the share of the budget that was used. A path starts from a random "
    "pilot for a fifth of the budget (the two cheapest runs where that pays for fewer; six of the ten "
    f"mixtures), then chooses at most {BATCHES} batches with `bs.design` for the target region and fits after "
    f"each: at most {BATCHES + 1} fits by Laplace. R² is that of the median forecast over all targets of a pool, "
    "clipped at -1. The published figure is the best mean of six methods over several laws each and ten "
    "repeats, with their standard deviation; ours is of one law, so the two differ in more than the choice of "
    "runs. Two fits were tried for each pool: the law alone, and the law with a discrepancy of one amplitude "
    "(`bs.Discrepancy`); the table has both. Mixtures have the law alone, because a discrepancy is a function "
    "of the size of a run. Both fits were tried on all runs of each pool first, with the targets in view, and "
    "not changed after that. The laws: Muennighoff 2023 (data_con), Clark 2022 (moe), Chen 2025 (parallel), "
    "Liew 2025 (sparsity), Ye 2024 (domain)."
)
SIMULATED = (
    "The truth is Chinchilla's law with parameters near published ones and noise of 0.3 %. The grid has five "
    "budgets from 1e18 to 1e20 FLOP with five sizes each. All ways start from the same six runs of at most 3e17 "
    "FLOP, whose cost is not counted. The goal is the width of the grid's 90 % interval for the loss of the "
    "optimal run of 1e22 FLOP. The other ways choose from 77 runs of 1e20 FLOP at most, at growing "
    "budgets, and fit at each. Compute between two fits is interpolated. 0 stands for a sweep in which a way "
    "was never as narrow. V-optimality is greedy, with the law linearised at the posterior mean."
)
PLANS = (
    "The same sweeps: a plan from the six cheap runs alone, then a fit to these and the chosen runs. Standard "
    "deviations are root mean squares over plans. The last column is the share of the fits whose 90 % interval has "
    "the true loss of the target, whose compute is 100 times that of the largest run of the pool. Such long plans "
    "expect too little: after the first few runs the estimate is linear, with the mean variance of a noise that six "
    "runs hardly determine."
)
