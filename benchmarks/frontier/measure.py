"""Measure: curvature and entropy of simulated sweeps, kept as lines of JSON."""

import json
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

import bayescale as bs
from benchmarks.frontier.truths import TRUTHS, sweep


def one(name: str, seed: int) -> dict[str, Any]:
    """The answers for one sweep, with independent errors, as it was simulated."""
    made = sweep(name, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bend = bs.curvature(made.runs, discrepancy=None, seed=seed)
        E = bs.entropy(made.runs, discrepancy=None, seed=seed)
    probability = dict(zip(bend["law"].to_numpy().tolist(), bend["probability"].to_numpy().tolist(), strict=True))
    quantiles = [float(q) for q in E["average"].quantile([0.05, 0.95])]
    curved = [float(q) for q in E["E"].sel(law="curved_floor").quantile([0.05, 0.95])]
    of_floor = [float(q) for q in E["E"].sel(law="floor").quantile([0.05, 0.95])]
    keep = ("bends_up", "bends_down", "direction", "curvature_error", "floor_over_slow")
    return {
        "truth": name,
        "seed": seed,
        "q": made.curvature,
        "floor": None if np.isnan(made.floor) else made.floor,
        "probability": probability,
        "E": quantiles,
        "E_floor_law": of_floor,
        "E_curved_floor": curved,
        "told": E.attrs["told"],
        **{key: bend.attrs[key] for key in keep},
    }


def measure(sweeps: int, kept: Path | None, say: Callable[[str], None], names: Iterable[str] = TRUTHS) -> list[dict]:
    """Answers for this many sweeps of each truth; finished ones are read from `kept`."""
    lines = [] if kept is None or not kept.exists() else kept.read_text(encoding="utf-8").splitlines()
    done = {(r["truth"], r["seed"]): r for r in map(json.loads, lines)}
    for seed in range(sweeps):
        for name in names:
            if (name, seed) in done:
                continue
            done[name, seed] = one(name, seed)
            if kept is not None:
                with kept.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(done[name, seed]) + "\n")
        say(f"{seed + 1} of {sweeps} sweeps of each truth")
    return [record for (name, seed), record in done.items() if name in set(names) and seed < sweeps]
