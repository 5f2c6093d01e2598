"""The page of the approaches to the frontier."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from bayescale.frontiers.approaches.distance import SURE
from benchmarks.approaches.curves import CASES
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
    "N* at the middle budget, of a, and of L* at the middle and at 10 and 100 times the largest budget. The "
    "frontiers of these sweeps are exact power laws with a floor; the fits allow for a discrepancy, so that their "
    "intervals far beyond the budgets contain more than 90 % here."
)

#: What the table of envelopes shows.
CURVES = (
    "The lowest of several noisy losses is too low (the winner's curse), and the best of a few sizes is above the loss "
    "of the optimal size. Errors are those of the loss at 1e20 FLOP against the exact smallest loss, and for the "
    "lowest losses the mean over all budgets."
)
#: Published sweeps whose larger models have the recipe of the runs and are close to compute-optimal.
SAME = ("delphi", "known_entropy", "brandfonbrener2024")
#: What it means if a model lies below the line.
BELOW = (
    "A line that models cannot cross is the line of one recipe and one data set. A model below it has a better recipe "
    "or other data, or the line is too high where it is extrapolated. Where only the line of a law without discrepancy "
    "is crossed, the law is wrong and not the line of the others: the tables below say so for Chinchilla's law."
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


def _percent(cells: pd.Series, digits: int = 1) -> str:
    """Mean relative error with its standard error."""
    errors = np.array([error for error, _ in cells])
    return f"{np.expm1(errors.mean()):+.{digits}%} ± {errors.std() / np.sqrt(len(errors)):.{digits}%}"


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


def conclusion(records: Sequence[dict], envelopes: Sequence[dict], results: Sequence[dict]) -> list[str]:
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
    noisy = next(iter(CASES))
    few = pd.DataFrame(envelopes).query("case == @noisy")
    said.append(
        f"The lowest of simulated curves ({noisy}) is {few['naive'].mean():+.2%} from the smallest loss, and the "
        f"envelope {_percent(few['loss'], 2)}."
    )
    return [*said, _contained(results)]


def _contained(results: Sequence[dict]) -> str:
    """For how many models of the same recipe as the runs, but beyond them, the interval of each line has the loss."""
    rows = [
        {"how": how, "inside": row["low"] <= 0 <= row["high"]}
        for result in results
        if result["name"] in SAME
        for how, found in result["distances"].items()
        for row in found
        if row["beyond"]
    ]
    shares = [f"{sum(part)} by {how}" for how, part in pd.DataFrame(rows).groupby("how", sort=False)["inside"]]
    count = len(rows) // len(shares)
    return (
        f"Of {count} larger, nearly compute-optimal models with the recipe of the runs ({', '.join(SAME)}), "
        f"the 90 % interval of the line contains the loss of {', '.join(shares)}."
    )


def envelope_rows(envelopes: Sequence[dict]) -> list[list]:
    """A row for each case of curves: the lowest loss as it is, and the envelope."""
    rows = []
    for case, part in pd.DataFrame(envelopes).groupby("case", sort=False):
        naive = [[error, True] for error in part["naive"]]
        cells = [
            _percent(pd.Series(naive), 2),
            *(_percent(part[key], 2 if key == "loss" else 1) for key in ("loss", "N")),
        ]
        rows.append([case, len(part), *cells, *(_covered(part[key]) for key in ("loss", "N", "a"))])
    return rows


def _counts(results: Sequence[dict]) -> list[str]:
    """How many models lie below, at and above the lines of each approach."""
    frame = pd.DataFrame([{"how": how, **row} for r in results for how, rows in r["distances"].items() for row in rows])
    said = []
    for how, rows in frame.groupby("how", sort=False):
        below, above = (rows["below"] >= SURE).sum(), (rows["below"] <= 1 - SURE).sum()
        models = f"{len(rows)} model{'s' * (len(rows) > 1)}"
        said.append(
            f"{how}: of {models}, {below} lie below the line and {above} above it with a probability of at least "
            f"{SURE}, and {len(rows) - below - above} cannot be distinguished from it."
        )
    return said


def agreement_rows(result: dict) -> list[list]:
    """Rows of the comparison of IsoFLOP valleys with each other approach: a once, N and loss at every budget."""
    table = pd.DataFrame(result["agreement"])
    kept = (table["first"] == "IsoFLOP") & ((table["quantity"] != "a") | (table["C"] == table["C"].max()))
    return [
        [
            row["second"], row["quantity"], f"{row['C']:.2e}", number(row["first_median"], 4),
            number(row["second_median"], 4), f"{row['difference']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]",
            f"{row['agree']:.2f}", bool(row["inside"]),
        ]
        for row in table[kept].to_dict("records")
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


def report(path: Path, simulated: tuple, results: Sequence[dict], found: Sequence[dict], measured: str) -> None:
    """Write the page; `simulated` has the records of valleys and of envelopes."""
    records, envelopes = simulated
    head = ["truth, reach of the grid", "valley", "sweeps", "error of N*", "expected", "N* in 90 %", "a in 90 %"]
    head += [f"L* in 90 %, {target}" for target in TARGETS]
    rows = table(head, bias_rows(records), left=2)
    sections = opening(conclusion(records, envelopes, results), rows, COMMAND, measured)
    sections += [SIMULATED, "## Envelopes of simulated curves", CURVES]
    head = ["scatter of checkpoints", "sweeps", "lowest loss as it is", "envelope, error of L*", "error of N*"]
    sections.append(table([*head, "L* in 90 %", "N* in 90 %", "a in 90 %"], envelope_rows(envelopes)))
    sections += ["## Is any model below the line?", "\n".join(f"- {words}" for words in _counts(results)), BELOW]
    names = ["sweep", "runs", "budgets", "largest [FLOP]", "a, law's shape", "a, parabola", "N*, law's shape"]
    if found:
        sections += ["## Published IsoFLOP sweeps", "N* is that of the largest budget; medians and 90 % intervals."]
        sections.append(table([*names, "N*, parabola", "largest Pareto k"], exponent_rows(found)))
    for result in results:
        if "agreement" in result:
            sections.append(f"## {result['name']}: agreement of approaches")
            sections += ["\n".join(f"- {words}" for words in result["sentences"])]
            names = ["IsoFLOP and", "quantity", "C [FLOP]", "IsoFLOP's", "the other's", "difference, 90 %"]
            names += ["P(agree)", "within the runs"]
            sections.append(table(names, agreement_rows(result), left=2))
        sections.append(f"## {result['name']}: distance of models from the line")
        sections += [result["note"]] if "note" in result else []
        names = ["model", "line by", "C [FLOP]", "line", "distance [nats]", "in sd", "P(below)", "beyond"]
        sections.append(table(names, distance_rows(result), left=2))
    write(path, "Approaches to the frontier", sections)
