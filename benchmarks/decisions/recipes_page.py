"""The sections on recipes of docs/evidence/decisions.md: simulated pairs, published pairs, and mixtures."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from benchmarks.decisions.measure import report
from benchmarks.decisions.pairs import KINDS
from benchmarks.decisions.real import TIMES
from benchmarks.table import table

#: Index of the largest compute, or size, that both recipes had.
AT = TIMES.index(1.0)
#: What the letter of a pair's growth means in words.
GROWS = {"C": "compute", "N": "parameters"}


def simulated(records: list[dict]) -> str:
    """Coverage of the multiplier and calibration of P(A better) on simulated pairs."""
    kinds = "\n".join(f"- {kind}: {words}." for kind, words in KINDS.items())
    return f"""
## Simulated recipes

Two recipes follow Chinchilla's law with normal noise of .5 %. They differ by about 5 % in both terms and exponents, and
with own floors by 1 % in E. The multiplier is known exactly.

{kinds}

{report(records)}
"""


def sentence(pair: dict) -> str:
    """What may be concluded of a published pair, at the largest compute or size that both recipes had."""
    (low, middle, high), better = pair["multiplier"][AT], pair["better"][AT]
    A, B = pair["words"]
    size = f"{_number(middle)} times [{_number(low)}, {_number(high)}] the {GROWS[pair['by']]}"
    at = f"{pair['at'][AT]:.2g} {'FLOP' if pair['by'] == 'C' else 'parameters'}"
    if 0.05 < better < 0.95:
        end = "so the runs cannot tell which is better"
    else:
        end = f"so {A if better >= 0.95 else B} is better (probability {max(better, 1 - better):.2f})"
    return f"**{pair['name']}**: for the loss that {A} reaches at {at}, {B} needs {size}, {end}."


def published(pairs: Sequence[dict]) -> str:
    """Sentences and a table of published pairs; empty without any."""
    if not pairs:
        return ""
    said = "\n".join(f"- {sentence(pair)}" for pair in pairs)
    rows = [
        [
            pair["name"], " and ".join(map(str, pair["runs"])),
            *(_cell(pair["multiplier"][i]) for i in (AT, len(TIMES) - 1)),
            *(f"{pair['better'][i]:.2f}" for i in (AT, len(TIMES) - 1)), all(pair["converged"]),
        ]
        for pair in pairs
    ]  # fmt: skip
    head = ["pair", "runs of A and B", "multiplier, largest of both", f"{TIMES[-1]:g} times as large"]
    head += ["P(A better)", f"{TIMES[-1]:g} times as large", "converged"]
    return f"""## Published recipes

Each recipe has a fit of its own, of `generalised` or `generalised_N`, both with discrepancy. Where compute grows, both
recipes are compute-optimal by their own law. Medians and 90 % intervals.

![Multiplier of each pair against compute or parameters](../figures/pairs.png)

{said}

{table(head, rows, left=1)}
"""


def mixtures(found: Sequence[dict]) -> str:
    """Ranks of mixtures; empty without any."""
    if not found:
        return ""
    rows = [
        [r["name"], r["mixtures"], f"{r['right']:.2f}", *(f"{b:.3f}" for b in r["brier"]), r["converged"]]
        for r in found
    ]
    head = ["suite", "mixtures", "pairs that the plain rank has right", "Brier score, probabilities", "plain rank"]
    return f"""## Ranks of mixtures

Mixtures of Ye et al. 2024 are ranked at 410M from checkpoints at 70M. The fit shares E and both exponents, and each
mixture has its own terms. Runs of one size say nothing of exponents in N, so the prior decides how ranks change.

{table([*head, "converged"], rows, left=1)}
"""


def draw(pairs: Sequence[dict], path: Path) -> None:
    """The figure of published pairs: multiplier with its 90 % interval against compute or parameters."""
    figure = Figure(figsize=(7.0, 1.9 * np.ceil(len(pairs) / 3)), layout="constrained")
    axes = np.atleast_1d(figure.subplots(int(np.ceil(len(pairs) / 3)), 3)).ravel()
    for ax, pair in zip(axes, pairs, strict=False):
        low, middle, high = np.clip(np.array(pair["multiplier"]).T, 1e-2, 1e2)
        ax.fill_between(pair["at"], low, high, color="#0072B2", alpha=0.2, linewidth=0)
        ax.plot(pair["at"], middle, color="#0072B2")
        ax.axhline(1.0, color="0.4", linewidth=0.7)
        ax.axvline(pair["at"][AT], color="0.4", linewidth=0.7, linestyle=":")
        ax.set(xscale="log", yscale="log", ylim=(0.05, 20))
        ax.set_yticks([0.1, 1, 10], ["0.1", "1", "10"])
        ax.set_xlabel("C of A [FLOP]" if pair["by"] == "C" else "N of A", fontsize=7)
        ax.set_title(f"{pair['words'][1]}\nv {pair['words'][0]}", fontsize=7)
        ax.tick_params(labelsize=7)
    for ax in axes[len(pairs) :]:
        ax.remove()
    for ax in axes[::3]:
        ax.set_ylabel("times as much for\nthe same loss", fontsize=7)
    figure.savefig(path, dpi=200)


def _number(x: float) -> str:
    return "above 1,000" if x > 1000 else f"{x:.2f}" if x < 10 else f"{x:.0f}"


def _cell(values: Sequence[float]) -> str:
    """Median and interval."""
    low, middle, high = map(_number, values)
    return f"{middle} [{low}, {high}]"
