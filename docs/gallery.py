"""Draw the figures of the documentation from real fits: ``python docs/gallery.py docs/figures``.

GPT-3 is the bundled table; the sweep in N and D is simulated from Besiroglu's parameters with a fixed seed, so that its
truth is known.
"""

import sys
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import arviz as az
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr

import bayescale as bs
from bayescale import laws, plots
from bayescale.laws import chinchilla
from bayescale.laws.henighan2020 import L_C
from bayescale.modelling.noises import student

TRUTH = {"E": 1.8169, "alpha_N": 0.3478, "alpha_D": 0.3658}


def simulated_sweep(n: int = 120, seed: int = 0) -> pd.DataFrame:
    """Runs of Besiroglu's law with N and D spread apart, and Student-t noise of 0.5 %."""
    rng = np.random.default_rng(seed)
    N, D = np.exp(rng.uniform(np.log([[6e7], [1e9]]), np.log([[1e10], [3e11]]), size=(2, n)))
    mu = TRUTH["E"] + 482.01 * N ** -TRUTH["alpha_N"] + 2085.43 * D ** -TRUTH["alpha_D"]
    return pd.DataFrame({"N": N, "D": D, "C": 6 * N * D, "loss": student.draw(rng, mu, 0.005, {"nu": 4.0})})


def along(name: str, low: float, high: float, n: int = 60) -> xr.DataArray:
    """A grid of one input, as a dim of that name."""
    values = np.geomspace(low, high, n)
    return xr.DataArray(values, dims=name, coords={name: values})


def gpt3(folder: Path) -> None:
    """The README's example: the fit, the forecast, E."""
    runs = bs.load("gpt3")
    small, large = runs[runs["N"] < 1e11], runs[runs["N"] > 1e11]
    post = bs.fit(L_C, small, seed=1, progressbar=False)
    draw(folder / "curves", plots.curves, runs, L_C(post, C=along("C", 1e20, 5e23)))
    draw(folder / "forecast", plots.forecast, bs.predict(L_C, post, large, seed=1), large)
    draw(
        folder / "residuals",
        plots.residuals,
        np.log(post["observed_data"]["loss"] / post["fitted"]["mu"]),
        small,
        x="C",
    )
    draw(folder / "prior_posterior", plots.prior_posterior, post, "E")


def sweep(folder: Path) -> None:
    """The frontier of a sweep in N and D, and what ArviZ draws of its posterior."""
    runs = simulated_sweep()
    post = bs.fit(chinchilla, runs, seed=1, progressbar=False)
    best = bs.frontier(chinchilla, post, np.geomspace(1e18, 1e25, 40))
    _, panels = plt.subplots(1, 2, figsize=plots.DOUBLE, layout="constrained")
    plots.frontier(best, "loss", runs=runs, ax=panels[0])
    plots.frontier(best, "curvature", ax=panels[1])
    plots.save(panels[0].figure, folder / "frontier")
    levels = chinchilla(
        post, N=along("N", 6e7, 1e10), D=xr.DataArray([1e9, 1e10, 1e11], dims="D", coords={"D": [1e9, 1e10, 1e11]})
    )
    draw(folder / "curves_N", plots.curves, runs, levels, x="N", color_by="D")
    exponents = ["alpha_N", "alpha_D", "a", "gamma"]
    for name, drawn in {
        "forest": az.plot_forest(post, var_names=exponents, combined=True),
        "pair": az.plot_pair(post, var_names=["E", "alpha_N", "alpha_D"]),
    }.items():
        plots.save(drawn.viz["figure"].item(), folder / name)


def priors(folder: Path) -> None:
    """Prior predictive curves of the laws, scaled by Cerebras-GPT's runs as any data would scale them."""
    runs = bs.load("cerebras_gpt").query("family == 'SP'")
    runs.attrs = {}
    table = runs.assign(S=runs["D"] / 1e6, U=runs["D"].median())
    C = along("C", 1e17, 1e25)
    N = np.sqrt(C / 120)  # twenty tokens per parameter
    inputs = {"C": C, "N": N, "D": 20 * N, "S": 20 * N / 1e6, "U": xr.full_like(C, float(table["U"].iloc[0]))}
    shown = [
        ("E + powers of N and D", chinchilla),
        ("E + a power of C", L_C),
        ("a power of C", laws.kaplan2020.L_C),
        ("joint law in N and D", laws.kaplan2020.L_ND),
        ("law in N and steps", laws.kaplan2020.L_NS),
        ("repeated data, fixed U", laws.muennighoff2023.data_constrained),
        ("one break in C", laws.caballero2022.L_C),
        ("floor and ceiling in C", laws.alabdulmohsin2022.M4_C),
    ]
    width, _ = plots.DOUBLE
    _, panels = plt.subplots(2, 4, figsize=(width, 4.4), layout="constrained", sharex=True)
    warnings.simplefilter("ignore", UserWarning)  # seven runs on one line; here they only set the scale
    for ax, (title, law) in zip(panels.flat, shown, strict=True):
        prior = bs.sample_prior(law, table, draws=2000, seed=1)
        loss = law(prior, **{name: inputs[name] for name in law.inputs})
        plots.prior_predictive(loss, table, ax=ax)
        ax.get_legend().remove()
        ax.set_title(title, fontsize=7)
        ax.set_ylim(0.1, 100)
        ax.set_xlabel("C [FLOP]" if ax in panels[1] else "")
        ax.set_ylabel("Loss [nats/token]" if ax in panels[:, 0] else "")
    plots.save(panels[0, 0].figure, folder / "prior_predictive")


def draw(stem: Path, function, *args, **options) -> None:
    """One single-column figure."""
    _, ax = plt.subplots(figsize=plots.SINGLE, layout="constrained")
    plots.save(function(*args, ax=ax, **options), stem)
    plt.close(ax.figure)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python docs/gallery.py DIRECTORY")
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for part in (priors, gpt3, sweep):
        part(target)
