"""Published: curvature and entropy of published tables and of the sweeps of this package."""

import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.data.literature.known_entropy import ENTROPY

#: Columns that a frontier needs.
NEEDED = ["N", "D", "loss"]
#: Ranges of known_entropy: its largest budgets [FLOP].
TOPS = (1e10, 1e11, 1e12, 2e14)


def tables() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Name and reader of each table, small ones first."""
    yield "GPT-3, last validation losses", _gpt3
    yield "Pythia", lambda: bs.load("pythia")[NEEDED]
    yield "Cerebras-GPT, SP", lambda: bs.load("cerebras_gpt").query("family == 'SP'")[NEEDED]
    yield "Kaplan's range, C with embeddings (simulated, 1 %)", lambda: _kaplan(True)
    yield "Kaplan's range, C without (simulated, 1 %)", lambda: _kaplan(False)
    for top in TOPS:
        yield f"known_entropy, to {top:.0e} FLOP", lambda top=top: sweep_to("known_entropy", top)
    yield "text_sweep, grid", lambda: sweep_to("text_sweep", 1e11)
    yield "Delphi, IsoFLOP runs", lambda: bs.load("delphi").query("group == 'isoflop'")[NEEDED]
    yield "Llama 3 IsoFLOP runs", lambda: bs.load("isoflop").query("group == 'llama_3__raw_loss'")[NEEDED]
    yield "Gemstones, last cool-downs", _gemstones
    yield "besiroglu2024, 240 runs", lambda: bs.load("besiroglu2024").query("excluded == 0")[NEEDED]


def _gpt3() -> pd.DataFrame:
    curves = bs.load("gpt3_curves").query("split == 'val'")
    return curves.loc[curves.groupby("run")["D"].idxmax(), ["C", "loss"]].reset_index(drop=True)


def _gemstones() -> pd.DataFrame:
    runs = bs.load("gemstones2025").query("group == 'main_cooldown'")
    return runs.loc[runs.groupby("run")["D"].idxmax(), NEEDED].reset_index(drop=True)


def sweep_to(name: str, top: float) -> pd.DataFrame:
    """The runs of a sweep of this package up to a budget [FLOP]."""
    runs = bs.load(name)
    return runs.loc[runs["budget"] <= 1.01 * top, NEEDED].reset_index(drop=True).copy()


def _kaplan(embeddings: bool) -> pd.DataFrame:
    """20 runs on Besiroglu's frontier over Kaplan's sizes; embeddings after Pearce & Song 2024, arXiv:2406.12907."""
    M = np.geomspace(768, 1.5e9, 20)
    N = M + 47491 * M ** (1 / 3)
    D = _optimal(N)
    loss = 1.82 + 482.0 * N**-0.348 + 2085.0 * D**-0.366
    noise = np.exp(0.01 * np.random.default_rng(1).standard_normal(20))
    return pd.DataFrame({"C": 6 * (N if embeddings else M) * D, "loss": loss * noise})


def _optimal(N: np.ndarray) -> np.ndarray:
    """Tokens at which N is optimal under Besiroglu's law: alpha A N^-alpha = beta B D^-beta."""
    return (0.348 * 482.0 * N**-0.348 / (0.366 * 2085.0)) ** (-1 / 0.366)


def judge(name: str, read: Callable[[], Any]) -> dict[str, Any]:
    """What the two functions say of a table."""
    runs = read()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bend, E = bs.curvature(runs, seed=1), bs.entropy(runs, seed=1)
    near = np.abs(E["average"].to_numpy() - ENTROPY) < 0.02
    return {
        "table": name,
        "runs": len(runs),
        "decades": float(np.log10(bend.attrs["between"][1] / bend.attrs["between"][0])),
        "probability": dict(zip(bend["law"].to_numpy().tolist(), bend["probability"].to_numpy().tolist(), strict=True)),
        "bends_up": bend.attrs["bends_up"],
        "curvature": [float(q) for q in bend["curvature"].isel(C=20).quantile([0.05, 0.5, 0.95])],
        "floor_smooth": E.attrs["floor"],
        "E": [float(q) for q in E["average"].quantile([0.05, 0.5, 0.95])],
        "near_truth": float(near.mean()) if name.startswith("known_entropy") else None,
        "told": E.attrs["told"],
        "curvature_says": bend.attrs["conclusion"],
        "entropy_says": E.attrs["conclusion"],
        "warnings": json.loads(bend.attrs["warnings"]),
    }


def published(kept: Path | None, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Every table; finished ones are read from `kept`."""
    lines = [] if kept is None or not kept.exists() else kept.read_text(encoding="utf-8").splitlines()
    done = {record["table"]: record for record in map(json.loads, lines)}
    for name, read in tables():
        if name in done:
            continue
        done[name] = judge(name, read)
        say(name)
        if kept is not None:
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps(done[name]) + "\n")
    return list(done.values())
