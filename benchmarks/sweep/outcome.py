"""What came out of the sweeps: ``python -m benchmarks.sweep.outcome`` writes it to docs/evidence/sweeps.md."""

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

import bayescale as bs
from bayescale.data.literature.known_entropy import ENTROPY
from bayescale.laws import chinchilla
from bayescale.laws.busbridge2025 import generalised
from benchmarks.evidence import DOCS, EVIDENCE, opening, stamp
from benchmarks.table import table

SEED = 1
#: The conclusion and its table are between the first two of these lines of the page, all tables between the others.
FIRST, LAST = "<!-- conclusion -->", "<!-- end of conclusion -->"
BEGIN, END = "<!-- outcome -->", "<!-- end of outcome -->"
LAWS = {"Chinchilla's law": (chinchilla, "#0072B2", 0.9), "generalised law": (generalised, "#009E73", 1.1)}
SWEEPS = ("known_entropy", "text_sweep")
_ENDS = [0.05, 0.25, 0.5, 0.75, 0.95]


def by_range() -> tuple[dict[float, xr.DataArray], list[str]]:
    """The posterior of E under Chinchilla's law, of the runs up to each budget; and the verdicts of the fits."""
    runs = bs.load("known_entropy")
    runs = runs[runs["split"] != "heldout"]
    results, verdicts = {}, []
    for budget in sorted(runs["budget"].unique())[2:]:
        post = bs.fit(chinchilla, runs[runs["budget"] <= 1.01 * budget], seed=SEED, progressbar=False)
        results[float(budget)] = post["posterior"]["E"]
        verdicts.append(f"- E, runs up to {budget:.2g} FLOP: {post.attrs['verdict']}")
    return results, verdicts


def held_out() -> tuple[dict[tuple[str, str], xr.Dataset], list[str]]:
    """(sweep, law) -> draws of the held-out losses, with what was observed; and the verdicts of the fits."""
    results, verdicts = {}, []
    for sweep in SWEEPS:
        runs = bs.load(sweep)
        large = runs["split"] == "heldout"
        fitted, held = (runs[mask].reset_index(drop=True) for mask in (~large, large))
        for name, (law, *_) in LAWS.items():
            post = bs.fit(law, fitted, seed=SEED, progressbar=False)
            drawn = bs.predict(law, post, held, seed=SEED)
            results[sweep, name] = drawn.assign(observed=("run", held["loss"]), C=("run", held["C"]))
            E = np.quantile(post["posterior"]["E"], _ENDS)
            verdicts.append(f"- {sweep}, {name}: E {E[2]:.3f} [{E[0]:.3f}, {E[-1]:.3f}]; {post.attrs['verdict']}")
    return results, verdicts


def inside(forecasts: dict[tuple[str, str], xr.Dataset]) -> list[list[str]]:
    """Sweep, law, and how many of its held-out runs are inside 50 and 90 % intervals."""
    rows = []
    for (sweep, name), drawn in forecasts.items():
        low, lower, _, upper, high = drawn["loss"].quantile(_ENDS, dim=("chain", "draw")).to_numpy()
        seen = drawn["observed"].to_numpy()
        counts = [int(((a <= seen) & (seen <= b)).sum()) for a, b in ((lower, upper), (low, high))]
        rows.append([sweep, name, *(f"{count} of {len(seen)}" for count in counts)])
    return rows


def text(ranges: dict[float, xr.DataArray], forecasts: dict[tuple[str, str], xr.Dataset], verdicts: list[str]) -> str:
    """The tables, in Markdown."""
    rows = []
    for budget, E in ranges.items():
        low, *_, high = ends = np.quantile(E, _ENDS)
        inside = float((E > ENTROPY).mean())
        rows.append([f"{budget:.2g}", f"{ends[2]:.3f}", f"{low:.3f} to {high:.3f}", f"{inside:.3f}"])
    estimates = table(["runs up to [FLOP]", "E, median", "90 % interval", f"P(E > {ENTROPY:.3f})"], rows)
    rows = []
    for (sweep, name), drawn in forecasts.items():
        low, _, middle, _, high = drawn["loss"].quantile(_ENDS, dim=("chain", "draw")).to_numpy()
        seen = drawn["observed"].to_numpy()
        for i, compute in enumerate(drawn["C"].to_numpy()):
            error = 100 * np.log(middle[i] / seen[i])
            numbers = [f"{middle[i]:.3f} [{low[i]:.3f}, {high[i]:.3f}]", f"{error:+.1f} %"]
            rows.append([sweep, f"{compute:.2g}", f"{seen[i]:.4f}", name, *numbers])
    head = ["sweep", "C [FLOP]", "observed", "law", "forecast, 90 %", "error"]
    parts = [
        estimates,
        table(head, rows, left=4),
        "Fits\n\n" + "\n".join(verdicts),
    ]
    return "\n\n".join(part.strip() for part in parts)


def picture(ranges: dict[float, xr.DataArray], forecasts: dict[tuple[str, str], xr.Dataset], stem: Path) -> None:
    """Left: E by growing range of compute. Right: the runs held out of the language."""
    from bayescale.plots import DOUBLE, save

    figure = Figure(figsize=(DOUBLE[0], 2.9), layout="constrained")
    left, right = figure.subplots(1, 2)
    for budget, E in ranges.items():
        _bars(left, budget, E, "#0072B2")
    left.axhline(ENTROPY, color="#D55E00", linewidth=1.2, label="exact entropy rate")
    left.set(xscale="log", xlabel="largest compute fitted [FLOP]", ylabel="E [nats/symbol]")
    left.set_title("posterior of E, Chinchilla's law", fontsize=8)
    for name, (_, colour, shift) in LAWS.items():
        drawn = forecasts["known_entropy", name]
        for i, compute in enumerate(drawn["C"].to_numpy()):
            _bars(right, compute * shift, drawn["loss"].isel(run=i), colour, name if i == 0 else None)
    seen = forecasts["known_entropy", "generalised law"]
    right.plot(seen["C"], seen["observed"], "D", color="black", markersize=4, label="observed", zorder=3)
    right.axhline(ENTROPY, color="#D55E00", linewidth=1.2)
    right.set(xscale="log", xlabel="compute [FLOP]", ylabel="loss [nats/symbol]")
    right.set_title("forecasts of the runs held out, from 1e12 FLOP", fontsize=8)
    for ax in (left, right):
        ax.legend(fontsize=7, frameon=False)
        ax.tick_params(labelsize=7)
        ax.xaxis.label.set_size(8)
        ax.yaxis.label.set_size(8)
    save(figure, stem)


def _bars(ax, x: float, draws: xr.DataArray, colour: str, label: str | None = None) -> None:
    """Median, 50 and 90 % interval as a point and two lines."""
    low, lower, middle, upper, high = np.quantile(draws, _ENDS)
    ax.plot([x, x], [low, high], color=colour, linewidth=1)
    ax.plot([x, x], [lower, upper], color=colour, linewidth=3)
    ax.plot(x, middle, "o", color=colour, markersize=4, label=label)


def conclusion(estimate: tuple[float, float, float], rows: list[list[str]], measured: str, note: str = "") -> list[str]:
    """The opening of the page.

    Parameters
    ----------
    estimate : 5 %, 50 % and 95 % quantiles of E [nats/symbol] of Chinchilla's law on all fitted runs.
    rows : sweep, law, and how many held-out runs are inside 50 and 90 % intervals.
    measured : date and commit.
    note : what else is said of the measurement.
    """
    low, middle, high = estimate
    where = "contains" if low <= ENTROPY <= high else "excludes"
    inside = {(sweep, law): ninety for sweep, law, _, ninety in rows}
    language, text_ = ([inside[sweep, law] for law in LAWS] for sweep in SWEEPS)
    said = [
        f"On a language whose entropy is known exactly ({ENTROPY:.3f} nats/symbol), E of Chinchilla's law is "
        f"{middle:.3f} [{low:.3f}, {high:.3f}] from all fitted runs, an interval that {where} the truth.",
        f"90 % intervals of Chinchilla's law contain {language[0]} held-out runs of the language and {text_[0]} of the "
        f"Bible text; those of the generalised law contain {language[1]} and {text_[1]}.",
        "Six held-out runs are an example and no measure of calibration, which [forecasts](forecasts.md) gives.",
    ]
    head = ["sweep", "law", "inside 50 %", "inside 90 %"]
    return opening(said, table(head, rows, left=2), "python -m benchmarks.sweep.outcome", measured, note)


def between(page: str, first: str, last: str, body: str) -> str:
    """A page with `body` between two lines."""
    before, rest = page.split(first)
    return f"{before}{first}\n\n{body}\n\n{last}{rest.split(last)[1]}"


def main() -> None:
    """Fit, and write."""
    path = EVIDENCE / "sweeps.md"
    (ranges, first), (forecasts, second) = by_range(), held_out()
    low, *_, high = ends = np.quantile(list(ranges.values())[-1], _ENDS)
    opened = "\n\n".join(conclusion((low, ends[2], high), inside(forecasts), stamp()))
    page = between(path.read_text(encoding="utf-8"), FIRST, LAST, opened)
    page = between(page, BEGIN, END, text(ranges, forecasts, [*first, *second]))
    path.write_text(page, encoding="utf-8")
    picture(ranges, forecasts, DOCS / "figures" / "known_entropy")


if __name__ == "__main__":
    main()
