"""The page of the approaches to the frontier."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.approaches.simulated import EXPONENTS, REACHES, TARGETS
from benchmarks.evidence import opening
from benchmarks.table import number, table, write

#: What `python -m benchmarks approaches` says of itself.
COMMAND = "python -m benchmarks approaches"


def bias_rows(records: Sequence[dict]) -> list[list]:
    """A row for each truth, reach and shape: median error and coverage of N* and L*."""
    frame, rows = pd.DataFrame(records), []
    for truth, (alpha, beta) in EXPONENTS.items():
        for reach in REACHES:
            for valley in ("law", "parabola"):
                part = frame.query("truth == @truth and reach == @reach and valley == @valley")
                if part.empty:
                    continue
                wanted = (alpha - beta) * np.log(reach) ** 2 / 10 if valley == "parabola" else 0.0
                cells = [_percent(part["N middle"]), f"{np.expm1(wanted):+.1%}", _covered(part["N middle"])]
                cells += [_covered(part["a"]), *(_covered(part[f"loss {target}"]) for target in TARGETS)]
                rows.append([f"{truth}, x{reach:g}", valley, len(part), *cells])
    return rows


def _percent(cells: pd.Series) -> str:
    """Mean relative error with its standard error."""
    errors = np.array([error for error, _ in cells])
    return f"{np.expm1(errors.mean()):+.1%} ± {errors.std() / np.sqrt(len(errors)):.1%}"


def _covered(cells: pd.Series) -> str:
    return f"{np.mean([inside for _, inside in cells]):.2f}"


def distance_rows(result: dict) -> list[list]:
    """A row for each model and approach of one sweep."""
    return [
        [
            row["model"], how, f"{row['C']:.2e}", number(row["loss"], 4), number(row["line"], 4),
            f"{row['distance']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]", f"{row['sds']:+.1f}",
            f"{row['below']:.2f}", bool(row["beyond"]),
        ]
        for how, rows in result["distances"].items()
        for row in rows
    ]  # fmt: skip


def report(path: Path, records: Sequence[dict], results: Sequence[dict], conclusion: Sequence[str], measured: str):
    """Write the page."""
    head = ["truth, reach of the grid", "valley", "sweeps", "error of N*", "expected", "N* in 90 %", "a in 90 %"]
    head += [f"L* in 90 %, {target}" for target in TARGETS]
    sections = opening(conclusion, table(head, bias_rows(records), left=2), COMMAND, measured)
    for result in results:
        sections.append(f"## {result['name']}: distance of models from the line")
        sections += [f"- {words}" for words in result.get("sentences", [])]
        names = ["model", "line by", "C [FLOP]", "loss", "line", "distance [nats]", "in sd", "P(below)", "beyond"]
        sections.append(table(names, distance_rows(result), left=2))
    write(path, "Approaches to the frontier", sections)
