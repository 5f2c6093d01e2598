"""Draw the gallery: ``python docs/gallery.py DIRECTORY`` writes every figure as PDF and PNG.

The runs and the draws are synthetic, made here from a seed: a Chinchilla-like law, its least-squares fit, and normal
draws around it.
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import arviz as az
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import curve_fit

from bayescale import plots

N0, D0 = 3e8, 8e9  # the reference run
TRUTH = {"E": 1.82, "excess_N": 0.46, "excess_D": 0.54, "alpha_N": 0.35, "alpha_D": 0.37}
SD_PRIOR = {"excess_N": 0.4, "excess_D": 0.4, "alpha_N": 0.4, "alpha_D": 0.4}
SIGMA = 0.012  # sd of ln loss


def law(N, D, *, E, excess_N, excess_D, alpha_N, alpha_D):
    """Loss [nats/token] of N parameters after D tokens."""
    return E + excess_N * (N / N0) ** -alpha_N + excess_D * (D / D0) ** -alpha_D


def sweep(rng, N, ratio, E=TRUTH["E"]):
    """A table of runs: all N, each with all tokens per parameter."""
    n, r = (grid.ravel() for grid in np.meshgrid(N, ratio))
    runs = pd.DataFrame({"N": n, "D": n * r, "C": 6 * n**2 * r})
    noise = SIGMA * rng.standard_t(5, len(runs))
    return runs.assign(loss=law(runs.N, runs.D, **{**TRUTH, "E": E}) * np.exp(noise))


def sample(rng, runs, names, shape=(4, 500)):
    """Dataset of draws, dims (chain, draw), around the least-squares fit of ln loss."""

    def log_loss(inputs, *values):
        return np.log(law(*inputs, **{**TRUTH, **dict(zip(names, values, strict=True))}))

    start = [TRUTH[name] for name in names]
    mean, cov = curve_fit(log_loss, (runs.N.to_numpy(), runs.D.to_numpy()), np.log(runs.loss), start)
    return as_dataset(names, rng.multivariate_normal(mean, cov, shape))


def as_dataset(names, values):
    """Values of shape (chain, draw, name) as one variable each."""
    return xr.Dataset({name: (("chain", "draw"), values[..., i]) for i, name in enumerate(names)}).assign_coords(
        chain=range(values.shape[0]), draw=range(values.shape[1])
    )


def sample_prior(rng, shape=(1, 2000)):
    """Draws of the prior: uniform E below 2.2, lognormal excesses and exponents."""
    draws = {name: TRUTH[name] * np.exp(rng.normal(0, sd, shape)) for name, sd in SD_PRIOR.items()}
    draws["E"] = rng.uniform(0, 2.2, shape)
    return as_dataset(list(TRUTH), np.stack([draws[name] for name in TRUTH], axis=-1))


def grid(name, low, high):
    """A coordinate with equal ratios."""
    values = np.geomspace(low, high, 60)
    return xr.DataArray(values, dims=name, coords={name: values})


def allocate(p, C):
    """The compute-optimal frontier in closed form, dims (chain, draw, C)."""
    a, b = p.alpha_N, p.alpha_D
    ratio = a * p.excess_N * N0**a / (b * p.excess_D * D0**b)
    N = ratio ** (1 / (a + b)) * (C / 6) ** (b / (a + b))
    best = xr.Dataset({"N": N, "D": C / 6 / N})
    best["loss"] = law(best.N, best.D, **p)
    slope = np.log(best.loss).assign_coords(C=np.log(C.values)).differentiate("C")
    curvature = slope.differentiate("C")
    return (
        best.assign(slope=slope.assign_coords(C=C), curvature=curvature.assign_coords(C=C))
        .transpose("chain", "draw", "C")
        .isel(C=slice(2, -2))
    )


def fit_figures(rng, runs, post):
    """Runs against the fitted law, and what the law leaves over."""
    p = post["posterior"].to_dataset()
    sizes = xr.DataArray(np.unique(runs.N)[[0, 3, 6]], dims="N", coords={"N": np.unique(runs.N)[[0, 3, 6]]})
    yield "curves", plots.curves(runs, law(sizes, grid("D", 3e8, 3e11), **p), x="D", color_by="N")
    chosen = runs[np.isclose(runs.D / runs.N, 20)]
    N = grid("N", 2e7, 3e9)
    yield "curves_one", plots.curves(chosen, law(N, 20 * N, **p))
    families = {"code": 1.2, "books": 1.9, "web": 2.3}
    tables = {name: sweep(rng, np.geomspace(3e7, 2e9, 8), [20], E) for name, E in families.items()}
    table = pd.concat([t.assign(family=name) for name, t in tables.items()], ignore_index=True)
    fits = {name: law(N, 20 * N, **{**TRUTH, **sample(rng, t, ["E", "alpha_N"])}) for name, t in tables.items()}
    yield "curves_families", plots.curves(table, xr.Dataset(fits).to_dataarray("family"))
    x = {k: xr.DataArray(runs[k].to_numpy(), dims="run") for k in ("N", "D", "loss")}
    yield "residuals", plots.residuals(np.log(x["loss"] / law(x["N"], x["D"], **p)), runs)


def frontier_figures(runs, best):
    """The frontier and its curvature."""
    yield "frontier_loss", plots.frontier(best, runs=runs)
    yield "frontier_N", plots.frontier(best, "N", runs=runs)
    yield "frontier_ratio", plots.frontier(best, "tokens_per_param", runs=runs)
    yield "frontier_slope", plots.frontier(best, "slope")
    figure, axes = plt.subplots(1, 2, figsize=plots.DOUBLE, layout="constrained")
    plots.frontier(best, "slope", ax=axes[0])
    plots.frontier(best, "curvature", ax=axes[1])
    yield "frontier_double", figure


def forecast_figures(rng, post):
    """Held-out large runs."""
    p = post["posterior"].to_dataset()
    large = sweep(rng, np.geomspace(4e9, 4e10, 6), [20, 60])
    x = {k: xr.DataArray(large[k].to_numpy(), dims="run") for k in ("N", "D")}
    mu = law(x["N"], x["D"], **p)
    loss = mu * np.exp(SIGMA * rng.standard_t(5, mu.shape))
    yield "forecast", plots.forecast(xr.Dataset({"mu": mu, "loss": loss}), large)


def parameter_figures(runs, post):
    """Prior against posterior, before and after; forest and pair plots are ArviZ's own."""
    yield "prior_posterior", plots.prior_posterior(post, "E", published={"Hoffmann 2022": 1.69, "Besiroglu 2024": 1.82})
    yield "prior_posterior_alpha", plots.prior_posterior(post, "alpha_N")
    chosen = runs[np.isclose(runs.D / runs.N, 20)]
    C = grid("C", 1e17, 1e24)
    N = (C / 120) ** 0.5
    yield "prior_predictive", plots.prior_predictive(law(N, 20 * N, **post["prior"].to_dataset()), chosen)
    names, size = ["alpha_N", "alpha_D"], {"figsize": plots.DOUBLE}
    yield "arviz_forest", az.plot_forest(post, var_names=names, combined=True, figure_kwargs=size).viz["figure"].item()
    yield (
        "arviz_pair",
        az.plot_pair(post, var_names=["E", *names], figure_kwargs={"figsize": (6.9, 6), "layout": "constrained"})
        .viz["figure"]
        .item(),
    )


def main(directory: Path, seed: int = 1) -> None:
    """Write every figure into `directory`."""
    rng = np.random.default_rng(seed)
    runs = sweep(rng, np.geomspace(3e7, 2e9, 7), [5, 10, 20, 40, 80])
    groups = {"posterior": sample(rng, runs, list(TRUTH)), "prior": sample_prior(rng)}
    post = xr.DataTree.from_dict(groups)
    best = allocate(groups["posterior"], grid("C", 1e17, 1e25))
    for figures in (
        fit_figures(rng, runs, post),
        frontier_figures(runs, best),
        forecast_figures(rng, post),
        parameter_figures(runs, post),
    ):
        for name, drawing in figures:
            print(*plots.save(drawing, directory / name))
            plt.close("all")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
