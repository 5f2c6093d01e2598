"""Sections of the report on the engine itself."""

import numpy as np

from benchmarks import table
from benchmarks.speed import quality
from benchmarks.speed.run import Measured


def batches(measured: Measured) -> str:
    """Many fits: learning curves and simulation-based calibration."""
    curves, sbc = measured.engine.get("curves"), measured.engine.get("calibration")
    if curves is None or sbc is None:
        return ""
    worst = min(sbc["p"].values())
    rows = [
        ["92 learning curves (`alabdulmohsin2022`), M2 law, NUTS", curves["seconds"], "< 60 s", curves["seconds"] < 60],
        ["their worst R-hat", f"{curves['rhat']:.4f}", "≤ 1.01", curves["rhat"] <= 1.01],
        ["their smallest ESS", curves["ess"], None, None],
        ["their fits with a divergence", str(curves["diverging"]), None, None],
        ["SBC, 200 tables of 60 runs, NUTS", sbc["seconds"], "< 60 s", sbc["seconds"] < 60],
        ["smallest p-value of uniform ranks, six parameters", worst, "> 0.001", worst > 0.001],
    ]
    return f"""## Many fits

After compiling, in one process. The settings are the defaults: 4 chains, drawn again for longer if they do not mix.

{table.table(("what", "measured", "wanted", "met"), rows)}"""


def scale(measured: Measured) -> str:
    """Cost of a gradient by rows."""
    measures = measured.engine.get("scale")
    if measures is None:
        return ""
    rows = [
        [f"{int(n):,}", 1e6 * entry["gradient"], 1e9 * entry["gradient"] / int(n), entry["gradient"] / entry["numpy"]]
        + [entry["data_bytes"] / int(n), entry["peak_bytes"] / int(n)]
        for n, entry in measures.items()
    ]
    header = ("rows", "gradient [µs]", "per row [ns]", "over NumPy's value", "data [B/row]", "peak to set up [B/row]")
    return f"""## Rows

Value and gradient of the Chinchilla law's log density (Student-t), on one core, over the time that NumPy takes for the
value alone of the log likelihood, written by hand; wanted: at most 3, and linear.

{table.table(header, rows)}"""


def sampling(measured: Measured) -> str:
    """Sampling quality by law."""
    measures = measured.engine.get("sampling")
    if measures is None:
        return ""
    rows = [
        [f"`{law}`", str(entry["fits"]), f"{entry['clean']:.1%}", _three(entry["rhat"]), *_weighed(entry)]
        + [f"{entry['good']:.1%}", entry["ess"], f"{entry['good_ess']:.1%}", entry["median_ess"], entry["seconds"]]
        for law, entry in measures.items()
    ]
    first = ("law", "tables", "no divergence", "NUTS: worst R-hat", "weighed", "their worst k", "their least ESS")
    missing = [f"`{law}`" for law in quality.LAWS if law not in measures]
    missed = f"\nNot measured in this run: {', '.join(missing)}.\n" if missing else ""
    header = (*first, "accepted", "least ESS", "≥ 400", "median ESS", "fit [s]")
    return f"""## Sampling quality

Simulated tables of 6, 10, 20, 60 and 245 runs and curves of 30 points, the truth of each a draw from the law's prior,
noise of 0.5 %. ESS is the smaller of bulk and tail, the smallest of all parameters and derived quantities, of 4000
draws. Weighed are the fits in which importance sampling replaced chains that failed; they have a Pareto k, and the ESS
of their weights. A fit is accepted by its own diagnostic, R-hat at most 1.02 or k at most 0.7. Wanted: no divergence in
95 % of the fits, all accepted, each with an ESS of 400. Charts and sampler were settled on tables of other seeds.

{table.table(header, rows)}{missed}"""


def _three(value: float) -> str | None:
    return f"{value:.3f}" if np.isfinite(value) else None


def _weighed(entry: dict) -> list:
    """Of the fits by importance sampling: how many, worst k, least ESS."""
    return [str(entry["weighed"]), *((f"{entry['k']:.2f}", entry["weighed_ess"]) if entry["weighed"] else (None, None))]


def laplace(measured: Measured) -> str:
    """Laplace against NUTS."""
    measures = measured.engine.get("laplace")
    if measures is None:
        return ""
    rows = [
        [f"`{name}`", str(entry["fits"]), str(entry["licensed"])]
        + [*_worst(entry["means"], 0.05), *_worst(entry["ends"], 0.1)]
        + [entry["seconds"]["nuts"] / entry["fits"], entry["seconds"]["laplace"] / entry["fits"]]
        for name, entry in measures.items()
    ]
    header = ("data set", "fits", "Laplace accepted", "mean off by [sd]", "≤ 0.05", "5 % and 95 % off by [sd]", "≤ 0.1")
    return f"""## Laplace against NUTS

Every bundled and every published table, 160,000 draws of NUTS (its chains seldom reach the tails of small tables) and
16,000 of Laplace. If the approximation is not accepted (Pareto k above 0.65 or fewer than 400 effective draws), `fit`
draws by NUTS and warns. The differences are those of the accepted fits: the largest, and the share that is within the
tolerance, or beyond it by less than 2.6 Monte Carlo standard errors (one in a hundred is larger by chance). When to
stop fitting proposals was chosen on `cerebras_gpt`, `porian2024`, `alabdulmohsin2022` and simulated tables of five to
seven runs, so those rows confirm nothing. Of `alabdulmohsin2022` every third curve, of `gpt3_curves` every tenth
point.

{table.table((*header, "NUTS [s]", "Laplace [s]"), rows)}"""


def _worst(measures: list[list[float]], tolerance: float) -> list:
    if not measures:
        return [None, None]
    values, chance = np.transpose(measures)
    return [max(values), f"{np.mean(values <= tolerance + chance):.1%}"]


def default(measured: Measured) -> str:
    """The default of forecasts."""
    measures = measured.engine.get("default")
    if measures is None:
        return ""
    rows = []
    for entry in measures["tables"]:
        by = "chains" if entry["method"] == "nuts" else "weights"
        off = [None if entry["off"] is None else f"{entry['k']:.2f}", entry["off"]]
        drawn = [by, f"{entry['rhat']:.3f}", entry["ess"], f"{entry['divergences']:.0f}", entry["seconds"]]
        rows.append([entry["data"], entry["group"], str(entry["runs"]), *drawn, *off])
    times = []
    for method, entry in measures["seconds"].items():
        again = np.array(entry["again"])
        met = entry["cold"] < 30 and bool(np.median(again) < 5)
        times.append(
            [method, entry["cold"], np.median(again), "< 30 s, < 5 s", met, f"{np.mean(again < 5):.0%}", again.max()]
        )
    timed = ("method", "cold [s]", "again, median [s]", "wanted", "met", "of the seeds", "largest [s]")
    header = ("data set", "group", "runs", "by", "R-hat", "ESS", "divergences", "fit [s]", "Laplace: k", "off by [sd]")
    return f"""## The default of forecasts

`busbridge2025.generalised` with its discrepancy. Fit and forecast of the 245 simulated runs, from the start of a
process, and again in one with other seeds:

{table.table(timed, times)}
On every table of the [scoreboard](forecasts.md), runs up to the last cut, N as the tables have it; wanted: R-hat at
most 1.01, ESS at least 400, no divergence. By: chains of NUTS or, where they failed, the weights of importance
sampling; its R-hat is of four chains, each of its own proposals. Laplace: its Pareto k, and the largest distance of a
mean from the fit's; 0 if it is not accepted and the fit is drawn in its place (the k is then that of the fit).

{table.table(header, rows, 2)}"""


SECTIONS = [batches, scale, laplace, sampling, default]
