"""The page of the approaches to the frontier."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.approaches.simulated import EXPONENTS, REACHES, TARGETS
from benchmarks.evidence import opening
from benchmarks.table import number, table, write

#: The command that writes the page.
COMMAND = "python -m benchmarks approaches --kept FILE"
#: What the first table shows.
SIMULATED = (
    "Simulated sweeps have seven budgets from 1e18 to 1e21 FLOP and nine sizes at each. ln loss scatters by 0.3 "
    "%, ln N* of budgets by 3 %, and their ln L* by 0.1 %. The first error is that of the median N* at the middle "
    "budget, as a mean over sweeps with its standard error; a parabola's expected error is (alpha - beta) U²/10 "
    "with U the log of the reach. Coverage is the share of sweeps whose central 90 % interval has the truth: of "
    "N* at the middle budget, of a, and of L* at the middle and at 10 and 100 times the largest budget."
)


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
            row["model"], how, f"{row['C']:.2e}", number(row["line"], 4),
            f"{row['distance']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]", f"{row['sds']:+.1f}",
            f"{row['below']:.2f}", bool(row["beyond"]),
        ]
        for how, rows in result["distances"].items()
        for row in rows
    ]  # fmt: skip


def conclusion(records: Sequence[dict], results: Sequence[dict]) -> list[str]:
    """What the page says first."""
    frame = pd.DataFrame(records)
    wide = frame[frame["reach"] == max(REACHES)]
    truth = max(EXPONENTS, key=lambda name: EXPONENTS[name][0] - EXPONENTS[name][1])
    errors = {
        valley: _percent(wide.query("truth == @truth and valley == @valley")["N middle"])
        for valley in ("law", "parabola")
    }
    said = [
        f"On simulated grids of x{max(REACHES):g} with {truth}, a parabola's optimal N is off by {errors['parabola']}, "
        f"and that of the law's own shape by {errors['law']}."
    ]
    for result in results:
        if result["name"] == "delphi" and "joint law" in result["distances"]:
            line, joint = (result["distances"][how][-1] for how in ("IsoFLOP", "joint law"))
            said.append(
                f"On Delphi, a run of {line['C']:.1e} FLOP ended {line['distance']:+.3f} nats from the IsoFLOP line of "
                f"runs up to {result['largest']:.1e} FLOP, 90 % [{line['low']:+.3f}, {line['high']:+.3f}], and "
                f"{joint['distance']:+.3f} from that of the joint law; the two disagreed within the runs already."
            )
        if result["name"] == "known_entropy" and "joint law" in result["distances"]:
            line, joint = (result["distances"][how][-1] for how in ("IsoFLOP", "joint law"))
            said.append(
                f"On known_entropy the reverse is true: at {line['C'] / result['largest']:.0f} times the largest budget"
                f" the run ended {line['distance']:+.3f} nats from the IsoFLOP line [{line['low']:+.3f}, "
                f"{line['high']:+.3f}], and {joint['distance']:+.3f} "
                f"[{joint['low']:+.3f}, {joint['high']:+.3f}] from that of the joint law."
            )
    return said


def agreement_rows(result: dict) -> list[list]:
    """A row for each budget and quantity of the comparison of two approaches."""
    return [
        [
            f"{row['C']:.2e}", row["quantity"], number(row["first_median"], 4), number(row["second_median"], 4),
            f"{row['difference']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]", f"{row['agree']:.2f}",
            bool(row["inside"]),
        ]
        for row in result["agreement"]
    ]  # fmt: skip


def exponent_rows(found: Sequence[dict]) -> list[list]:
    """A row for each published sweep: a and N* at the largest budget, with both shapes."""
    rows = []
    for row in found:
        cells = [_band(row[f"a {valley}"], "{:.3f}") for valley in ("law", "parabola")]
        cells += [_band(row[f"N {valley}"], "{:.2e}") for valley in ("law", "parabola")]
        k = max(row["k law"], row["k parabola"])
        rows.append([row["group"], row["runs"], row["budgets"], f"{row['largest']:.1e}", *cells, f"{k:.2f}"])
    return rows


def _band(values: Sequence[float], form: str) -> str:
    """Median and 90 % interval."""
    low, middle, high = (form.format(value) for value in values)
    return f"{middle} [{low}, {high}]"


def report(path: Path, records: Sequence[dict], results: Sequence[dict], found: Sequence[dict], measured: str) -> None:
    """Write the page."""
    head = ["truth, reach of the grid", "valley", "sweeps", "error of N*", "expected", "N* in 90 %", "a in 90 %"]
    head += [f"L* in 90 %, {target}" for target in TARGETS]
    rows = table(head, bias_rows(records), left=2)
    sections = opening(conclusion(records, results), rows, COMMAND, measured)
    sections.append(SIMULATED)
    names = ["sweep", "runs", "budgets", "largest [FLOP]", "a, law's shape", "a, parabola", "N*, law's shape"]
    if found:
        sections += ["## Published IsoFLOP sweeps", "N* is that of the largest budget; medians and 90 % intervals."]
        sections.append(table([*names, "N*, parabola", "largest Pareto k"], exponent_rows(found)))
    for result in results:
        if "agreement" in result:
            sections.append(f"## {result['name']}: agreement of approaches")
            sections += ["\n".join(f"- {words}" for words in result["sentences"])]
            names = ["C [FLOP]", "quantity", "IsoFLOP", "joint law", "difference, 90 %", "P(agree)", "within the runs"]
            sections.append(table(names, agreement_rows(result), left=2))
        sections.append(f"## {result['name']}: distance of models from the line")
        sections += [result["note"]] if "note" in result else []
        names = ["model", "line by", "C [FLOP]", "line", "distance [nats]", "in sd", "P(below)", "beyond"]
        sections.append(table(names, distance_rows(result), left=2))
    write(path, "Approaches to the frontier", sections)
