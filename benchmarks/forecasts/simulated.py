"""Forecasts where the truth is known: simulated sweeps, learning curves, and the calibration of the whole model."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import kstest

import bayescale as bs
from bayescale.forecasting.backtest import board
from bayescale.laws.busbridge2025 import generalised, generalised_D
from bayescale.modelling.formula import call
from bayescale.modelling.noises import lognormal
from benchmarks.evidence import figures
from benchmarks.table import table, write
from benchmarks.truths import page
from benchmarks.truths.measure import measure
from benchmarks.truths.truths import TRUTHS

#: Title of the page, and the command that writes it.
TITLE, COMMAND = "Forecasts where the truth is known", "python -m benchmarks simulated"
#: A p-value of uniform ranks below this is named in the text.
SMALLEST = 0.01
#: Simulations of the calibration.
FITS = 200
#: Simulated learning curves of each correlation.
LEARNING_CURVES = 20
#: Correlations of the errors of neighbouring points.
CORRELATIONS = (0.0, 0.5, 0.85)
#: Standard deviation of these errors [log loss].
WANDER = 0.006


def learning_curves(say: Callable) -> list[list[Any]]:
    """Rows of the correlation of neighbours' errors, what rows are taken for, and scores: means over curves."""
    rows = []
    for correlation in CORRELATIONS:
        scores: dict[str, list[pd.Series]] = {"one run": [], "independent": []}
        for seed in range(LEARNING_CURVES):
            say(f"learning curve {seed}, correlation of neighbours {correlation:g}")
            curve, cut = learning_curve(np.random.default_rng(1000 + seed), correlation)
            for name, runs in (("one run", curve.assign(run="one")), ("independent", curve)):
                found = bs.backtest(generalised_D, runs, by="D", cuts=[cut], seed=seed, progressbar=False)
                scores[name].append(board(found).iloc[0])
        for name, ones in scores.items():
            one = pd.DataFrame(ones).mean()
            numbers = [float(one[key]) for key in ("covered_0.5", "covered_0.9", "width", "crps", "rmsle")]
            rows.append([f"{correlation:g}", name, *numbers])
    return rows


def learning_curve(rng: np.random.Generator, correlation: float) -> tuple[pd.DataFrame, float]:
    """A curve of 15, 30 or 60 points over one to two decades, six more up to three times beyond, and where to cut.

    The law is drawn from about the default's prior; errors are those of an Ornstein-Uhlenbeck process.
    """
    n, decades = int(rng.choice([15, 30, 60])), rng.uniform(1.0, 2.0)
    log_D = 8.0 + np.append(np.linspace(0.0, decades, n), decades + np.log10(np.geomspace(1.1, 3.0, 6)))
    p = {"E": np.clip(rng.normal(0.6, 0.25), 0.1, 0.95), "excess_D": 0.6, "rest": rng.beta(1.2, 1.2)}
    p |= {"alpha_D": 0.35 * np.exp(rng.normal(0.0, 0.5)), "kappa": 0.5 * np.exp(rng.normal(0.0, 0.6))}
    p |= {"omega": 0.01 * np.exp(rng.normal())}
    mean = call(generalised_D.formula, p, {"D": 10**log_D, "D0": 10 ** log_D[:n].mean(), "D_top": 10 ** log_D[n - 1]})
    length = -decades / (n - 1) / np.log(correlation) if correlation else 1e-9
    covariance = WANDER**2 * np.exp(-np.abs(log_D - log_D[:, None]) / length)
    error = rng.multivariate_normal(np.zeros(len(log_D)), covariance, method="cholesky")
    return pd.DataFrame({"D": 10**log_D, "loss": mean * np.exp(error)}), float(10 ** log_D[n - 1] * 1.001)


def calibration(say: Callable) -> dict[str, xr.DataTree]:
    """Simulation-based calibration of the whole generalised law, by its noise."""
    runs = bs.load("known_entropy")
    design = runs.loc[runs["split"] == "grid", ["N", "D", "loss"]].reset_index(drop=True)
    priors = {"sigma": generalised.noise.priors["sigma"]}
    laws = {"normal": replace(generalised, noise=replace(lognormal, priors=priors)), "Student-t": generalised}
    found = {}
    for name, law in laws.items():
        say(f"calibration, {name} noise")
        found[name] = bs.sbc(law, design, fits=FITS, method="laplace", seed=1)
    return found


def report(path: Path, say: Callable, sweeps: int, kept: Path | None = None, measured: str = "") -> None:
    """Measure, and write the page; `sweeps` and `kept` as in `benchmarks.truths.measure.measure`."""
    records = measure(TRUTHS, sweeps, kept=kept, say=say)
    found, curves = calibration(say), learning_curves(say)
    picture(found, figures(path) / "calibration.png")
    parts = [*page.sections(records), *curve_sections(curves), *calibration_sections(found)]
    write(path, TITLE, [*page.first(records, COMMAND, measured), *parts])


def calibration_sections(found: dict[str, xr.DataTree]) -> list[str]:
    """The part of the page on calibration by simulation."""
    fits = next(iter(found.values()))["prior_sbc"].sizes["draw"]
    names = [str(name) for name in found["normal"]["prior_sbc"].data_vars]
    values = [
        [name, *(float(kstest(one["prior_sbc"][name].to_numpy().ravel(), "uniform").pvalue) for one in found.values())]
        for name in names
    ]
    failed = {name: int((one["fits"]["reason"].to_numpy() != "").sum()) for name, one in found.items()}
    methods = {name: float((one["fits"]["method"].to_numpy() == "laplace").mean()) for name, one in found.items()}
    about = " ".join(
        f"{name.capitalize()} noise: {failed[name]} of {fits} fits failed, {methods[name]:.0%} by Laplace's method."
        for name in found
    )
    low = [f"{row[0]} ({min(row[1:]):.2g})" for row in values if min(row[1:]) < SMALLEST]
    verdict = f"Ranks are not uniform (p below {SMALLEST:g}) for: {', '.join(low)}." if low else "All are uniform."
    return [
        f"## Calibration of the whole model\n\n{verdict} Parameters, discrepancy and runs are drawn from the prior on "
        f"the grid of `known_entropy` (49 runs), {fits} times. The ranks of the parameters among their posterior draws "
        f"are tested for uniformity (Talts et al. 2018, arXiv:1804.06788). {about} With normal noise the discrepancy "
        "is integrated out exactly, with Student-t noise by Laplace's approximation "
        "([mathematics](../explain/mathematics.md)).",
        table(["parameter", *(f"p, {name} noise" for name in found)], values),
        "![ranks less uniform](../figures/calibration.png)",
    ]


def curve_sections(curves: list[list[Any]]) -> list[str]:
    """The part of the page on learning curves."""
    head = ["neighbours", "taken for", "inside 50 %", "inside 90 %", "width of 90 % [%]", "CRPS [%]", "RMSLE [%]"]
    return [
        f"## Learning curves with autocorrelated errors\n\n{LEARNING_CURVES} simulated curves of 15, 30 or 60 points "
        f"for each correlation of neighbouring errors (normal, standard deviation {WANDER:.1%}); laws are drawn from "
        "about the default's prior. The generalised law with its discrepancy forecasts six points up to three times "
        "beyond each curve: once from a table whose column `run` marks the curve as one run, and once from a table "
        "without that column. The model of checkpoints was chosen on simulations of this kind.",
        table(head, curves, left=2),
    ]


def picture(found: dict[str, xr.DataTree], path: Path) -> None:
    """Share of ranks below a level, less the level, with the band that 99 % of uniform samples stay in at a point."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure
    from scipy.stats import binom

    from bayescale.plots import DOUBLE

    figure = Figure(figsize=(DOUBLE[0], 3.2), layout="constrained")
    for ax, (noise, one) in zip(figure.subplots(1, 2, sharey=True), found.items(), strict=True):
        ranks = one["prior_sbc"].to_dataset()
        count = ranks.sizes["draw"]
        at = np.linspace(0.01, 0.99, 99)
        low, high = (binom.ppf(q, count, at) / count - at for q in (0.005, 0.995))
        ax.fill_between(at, low, high, color="0.85", linewidth=0)
        ax.set_prop_cycle(color=colormaps["turbo"](np.linspace(0.05, 0.95, len(ranks.data_vars))))
        for name in ranks.data_vars:
            ax.plot(at, (ranks[name].to_numpy().ravel()[:, None] <= at).mean(axis=0) - at, linewidth=0.8, label=name)
        ax.set_title(f"{noise} noise", fontsize=8)
        ax.set_xlabel("rank", fontsize=8)
        ax.tick_params(labelsize=7)
        ax.spines[["top", "right"]].set_visible(False)
    figure.axes[0].set_ylabel("share of ranks below, less the rank", fontsize=8)
    figure.legend(
        *figure.axes[1].get_legend_handles_labels(), loc="outside lower center", fontsize=6, frameon=False, ncols=6
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
