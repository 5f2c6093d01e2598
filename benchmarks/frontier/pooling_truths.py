"""Pooling of simulated sweeps: how often own exponents are declared, and whether shared intervals cover."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.laws.henighan2020 import L_C

#: Exponents of the two losses of each truth.
TRUTHS = {"shared": (0.25, 0.25), "own": (0.15, 0.30)}
#: Floors of the two losses [nats/token]; runs of a sweep and their range of compute [FLOP].
FLOORS, RUNS, RANGE = (1.6, 0.8), 10, (1e17, 1e21)
#: Error that the losses of a run share, and that of each loss [log loss].
LUCK, NOISE = 0.01, 0.003


def sweep(truth: str, seed: int) -> pd.DataFrame:
    """A sweep with two losses, one row for each run and loss."""
    rng = np.random.default_rng([seed, len(truth)])
    C = np.geomspace(*RANGE, RUNS)
    luck, wide = LUCK * rng.standard_normal(RUNS), pd.DataFrame({"C": C})
    for name, E, alpha in zip(("text", "code"), FLOORS, TRUTHS[truth], strict=True):
        loss = E + 1.5 * (C / np.sqrt(RANGE[0] * RANGE[1])) ** -alpha
        wide[name] = loss * np.exp(luck + NOISE * rng.standard_normal(RUNS))
    return bs.losses(wide, ["text", "code"])


def measure(sweeps: int, kept: Path, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """What `bayescale.pooling` says of each sweep; finished ones are read from `kept`."""
    rows = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.exists() else []
    done = {(row["truth"], row["seed"]) for row in rows}
    for seed in range(sweeps):
        for truth in TRUTHS:
            if (truth, seed) in done:
                continue
            rows.append({"truth": truth, "seed": seed, **_one(truth, seed)})
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps(rows[-1]) + "\n")
            say(f"{truth}, sweep {seed}: {rows[-1]['declared'] or 'cannot tell'}")
    return rows


def _one(truth: str, seed: int) -> dict[str, Any]:
    """The verdict on one sweep; and of the model that is true, how many intervals cover."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = bs.pooling(L_C, sweep(truth, seed), "evaluation", seed=seed)
    said = found.attrs["conclusion"]
    right = {name: _ends(found, truth, name) for name in ("E", "alpha_C")}
    exact = {"E": FLOORS, "alpha_C": TRUTHS[truth][: np.shape(right["alpha_C"])[1]]}
    widths = [np.ptp(_ends(found, how, "E"), axis=0) for how in ("shared", "own")]
    gap = {
        name: found[name].sel(pooling="own") - found[name].sel(pooling="shared") for name in ("elpd", "log_evidence")
    }
    return {
        "declared": "own" if said.startswith("Each") else "shared" if said.startswith("Every") else "",
        "covers": {
            name: [bool(low <= value <= high) for low, high, value in zip(*right[name], exact[name], strict=True)]
            for name in right
        },
        "width": float(np.mean(widths[0] / widths[1])),
        **{name: float(value) for name, value in gap.items()},
    }


def _ends(found: Any, how: str, name: str) -> np.ndarray:
    """The 90 % interval of a parameter, of shape (2, loss); (2, 1) if the losses share it."""
    q = found[f"{how}/posterior"][name].quantile([0.05, 0.95], ("chain", "draw")).to_numpy()
    return q.reshape(2, -1)
