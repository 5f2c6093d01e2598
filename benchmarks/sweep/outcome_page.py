"""The measured parts of docs/evidence/sweeps.md, and its figure, from the stored records of the sweeps."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from bayescale.data.literature.known_entropy import ENTROPY
from benchmarks.evidence import opening
from benchmarks.table import table

SWEEPS = ("known_entropy", "text_sweep")
#: Law -> colour, and the factor that moves its bars sideways.
LAWS = {"Chinchilla's law": ("#0072B2", 0.9), "generalised law": ("#009E73", 1.1)}
#: The conclusion and its table are between the first two of these lines of the page, all tables between the others.
FIRST, LAST = "<!-- conclusion -->", "<!-- end of conclusion -->"
BEGIN, END = "<!-- outcome -->", "<!-- end of outcome -->"
COMMAND = "python -m benchmarks.sweep.outcome"
NOTE = (
    "The command keeps its numbers in `benchmarks/sweep/stored`, and writes this page from them; "
    "with `--stored`, without a fit."
)


def of(kind: str, records: Iterable[dict]) -> list[dict]:
    """The records of a kind."""
    return [record for record in records if record["kind"] == kind]


def inside(records: Sequence[dict]) -> list[list[str]]:
    """Sweep, law, and how many of its held-out runs are inside 50 and 90 % intervals."""
    rows = []
    for sweep in SWEEPS:
        for law in LAWS:
            runs = [r for r in of("forecast", records) if (r["sweep"], r["law"]) == (sweep, law)]
            counts = [sum(r["loss"][k] <= r["observed"] <= r["loss"][-1 - k] for r in runs) for k in (1, 0)]
            rows.append([sweep, law, *(f"{count} of {len(runs)}" for count in counts)])
    return rows


def interval(quantiles: Sequence[float]) -> str:
    """Median and 90 % interval."""
    return f"{quantiles[2]:.3f} [{quantiles[0]:.3f}, {quantiles[-1]:.3f}]"


def text(records: Sequence[dict]) -> str:
    """The tables, in Markdown."""
    ranges = of("range", records)
    rows = [
        [f"{r['budget']:.2g}", f"{r['E'][2]:.3f}", f"{r['E'][0]:.3f} to {r['E'][-1]:.3f}", f"{r['above']:.3f}"]
        for r in ranges
    ]
    estimates = table(["runs up to [FLOP]", "E, median", "90 % interval", f"P(E > {ENTROPY:.3f})"], rows)
    rows = [
        [r["sweep"], f"{r['C']:.2g}", f"{r['observed']:.4f}", r["law"], interval(r["loss"]), f"{_off(r):+.1f} %"]
        for r in of("forecast", records)
    ]
    forecasts = table(["sweep", "C [FLOP]", "observed", "law", "forecast, 90 %", "error"], rows, left=4)
    fits = [f"- E, runs up to {r['budget']:.2g} FLOP: {r['verdict']}" for r in ranges]
    fits += [f"- {r['sweep']}, {r['law']}: E {interval(r['E'])}; {r['verdict']}" for r in of("fit", records)]
    return "\n\n".join([estimates.strip(), forecasts.strip(), "Fits\n\n" + "\n".join(fits)])


def _off(record: dict) -> float:
    """Error of the median in % of the observed loss."""
    return 100 * math.log(record["loss"][2] / record["observed"])


def conclusion(records: Sequence[dict]) -> list[str]:
    """The opening of the page."""
    E, rows = of("range", records)[-1]["E"], inside(records)
    where = "contains" if E[0] <= ENTROPY <= E[-1] else "excludes"
    count = {(sweep, law): ninety for sweep, law, _, ninety in rows}
    language, other = ([count[sweep, law] for law in LAWS] for sweep in SWEEPS)
    said = [
        f"On a language whose entropy is known exactly ({ENTROPY:.3f} nats/symbol), E of Chinchilla's law is "
        f"{interval(E)} from all fitted runs, an interval that {where} the truth.",
        f"90 % intervals of Chinchilla's law contain {language[0]} held-out runs of the language and {other[0]} of the "
        f"Bible text; those of the generalised law contain {language[1]} and {other[1]}.",
        "Six held-out runs are an example and no measure of calibration, which [forecasts](forecasts.md) gives.",
    ]
    head = ["sweep", "law", "inside 50 %", "inside 90 %"]
    return opening(said, table(head, rows, left=2), COMMAND, of("measured", records)[0]["when"], NOTE)


def between(page: str, first: str, last: str, body: str) -> str:
    """A page with `body` between two lines."""
    before, rest = page.split(first)
    return f"{before}{first}\n\n{body}\n\n{last}{rest.split(last)[1]}"


def filled(page: str, records: Sequence[dict]) -> str:
    """The page with its measured parts written from the records."""
    page = between(page, FIRST, LAST, "\n\n".join(part.strip() for part in conclusion(records)))
    return between(page, BEGIN, END, text(records))


def write(path: Path, stem: Path, records: Sequence[dict]) -> None:
    """Write the measured parts of the page, and draw its figure to `stem`.png."""
    path.write_text(filled(path.read_text(encoding="utf-8"), records), encoding="utf-8")
    picture(records).savefig(stem.with_suffix(".png"), dpi=200)


def picture(records: Sequence[dict]) -> Figure:
    """Left: E by growing range of compute. Right: the held-out runs of the language."""
    from bayescale.plots import DOUBLE

    figure = Figure(figsize=(DOUBLE[0], 2.9), layout="constrained")
    left, right = figure.subplots(1, 2)
    for record in of("range", records):
        _bars(left, record["budget"], record["E"], "#0072B2")
    left.set(xscale="log", xlabel="Largest compute fitted [FLOP]", ylabel="E [nats/symbol]")
    left.set_title("Posterior of E, Chinchilla's law", fontsize=8)
    runs = [r for r in of("forecast", records) if r["sweep"] == "known_entropy"]
    for name, (colour, shift) in LAWS.items():
        for i, record in enumerate(r for r in runs if r["law"] == name):
            _bars(right, record["C"] * shift, record["loss"], colour, name if i == 0 else None)
    seen = [r for r in runs if r["law"] == "Chinchilla's law"]
    right.plot(
        [r["C"] for r in seen], [r["observed"] for r in seen], "D", color="black", ms=4, label="observed", zorder=3
    )
    right.set(xscale="log", xlabel="Training compute C [FLOP]", ylabel="Loss [nats/symbol]")
    right.set_title("Held-out runs, forecast from up to 1e12 FLOP", fontsize=8)
    for ax in (left, right):
        ax.axhline(ENTROPY, color="#D55E00", linewidth=1.2, label="exact entropy")
        ax.legend(fontsize=7, frameon=False)
        ax.tick_params(labelsize=7)
        ax.xaxis.label.set_size(8)
        ax.yaxis.label.set_size(8)
    return figure


def _bars(ax, x: float, ends: Sequence[float], colour: str, label: str | None = None) -> None:
    """Median, 50 and 90 % interval as a point and two lines."""
    low, lower, middle, upper, high = ends
    ax.plot([x, x], [low, high], color=colour, linewidth=1)
    ax.plot([x, x], [lower, upper], color=colour, linewidth=3)
    ax.plot(x, middle, "o", color=colour, markersize=4, label=label)
