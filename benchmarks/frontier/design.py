"""Design: the power of a quadratic fit to show a bend, simulated, against the rule of `bayescale.frontiers.power`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bayescale.frontiers.power import ONE_SIDED, power, spread_of_curvature
from benchmarks.frontier.truths import RUNS, TRUTHS, sweep

#: Sweeps of each truth.
SWEEPS = 400


def shows(log_C: np.ndarray, log_loss: np.ndarray, noise: float) -> bool:
    """Whether a quadratic fit shows a positive curvature: a one-sided test at 5 % with known noise [log loss]."""
    u = log_C - log_C.mean()
    design = np.stack([np.ones_like(u), u, 0.5 * u * u], axis=1)
    inverse = np.linalg.inv(design.T @ design)
    q = inverse[2] @ design.T @ log_loss
    return bool(q > ONE_SIDED * noise * np.sqrt(inverse[2, 2]))


def simulate(name: str, sweeps: int = SWEEPS) -> dict[str, Any]:
    """How often a quadratic fit shows the bend of a truth, and how often it should by the rule."""
    truth, found, rule = TRUTHS[name], [], []
    spread = spread_of_curvature(truth.noise, RUNS, truth.decades)
    for seed in range(sweeps):
        made = sweep(name, seed)
        log_C, log_loss = (np.log(made.runs[column].to_numpy()) for column in ("C", "loss"))
        found.append(shows(log_C, log_loss, truth.noise))
        rule.append(power(spread, made.curvature))
    return {"truth": name, "sweeps": sweeps, "simulated": float(np.mean(found)), "rule": float(np.mean(rule))}


def designs(kept: Path, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """`simulate` for every truth; finished ones are read from `kept`."""
    rows = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.exists() else []
    for name in TRUTHS:
        if any(row["truth"] == name for row in rows):
            continue
        rows.append(simulate(name))
        with kept.open("a", encoding="utf-8") as file:
            file.write(json.dumps(rows[-1]) + "\n")
        say(name)
    return rows
