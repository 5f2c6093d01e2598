"""Twelve fits that touch every path of the sampler: laws, methods, groups, discrepancy, checkpoints, fallbacks.

``python -m tests.twelve_fits FILE.npz`` stores their draws, and with ``--against OTHER.npz`` it says where two files
differ. ``python -m tests.twelve_fits --summaries FILE.json`` stores their summaries, which
`tests/inference/test_twelve_fits.py` compares with new draws.
"""

import json
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr

import bayescale as bs
from bayescale import Law, Noise, Prior
from bayescale.laws import chinchilla, gadre2024, henighan2020, kaplan2020
from bayescale.laws.busbridge2025 import generalised

NUTS = {"draws": 500, "tune": 400, "chains": 2, "cores": 2}
LAPLACE = {"method": "laplace", "draws": 1000, "chains": 2}


def simulated(n: int, seed: int) -> pd.DataFrame:
    """A sweep of n runs by an additive law (Besiroglu et al. 2024, rounded), with 0.5 % log-normal noise."""
    rng = np.random.default_rng(seed)
    N, D = np.exp(rng.uniform(np.log([[6e7], [1e9]]), np.log([[1e10], [3e11]]), size=(2, n)))
    loss = (1.82 + 482.0 * N**-0.348 + 2085.0 * D**-0.366) * np.exp(0.005 * rng.standard_normal(n))
    return pd.DataFrame(
        {"N": N, "D": D, "C": 6.0 * N * D, "loss": loss, "family": np.where(rng.random(n) < 0.4, "a", "b")}
    )


def pooled(**options) -> Law:
    """The Chinchilla law with an entropy for each family and partially pooled exponents in N."""
    mu, sigma = Prior("Normal", mu=-1.2, sigma=0.8), Prior("HalfNormal", sigma=0.3)
    own = {
        "E": Prior("Uniform", lower=0, upper=1, unit="loss_min", dims="family"),
        "alpha_N": Prior("LogNormal", mu=mu, sigma=sigma, dims="family", **options),
    }
    return replace(chinchilla, priors={**chinchilla.priors, **own})


def grid(name: str) -> pd.DataFrame:
    """The runs of a bundled sweep that were not held out."""
    table = bs.load(name)
    return table[table["split"] != "heldout"].drop(columns="run").reset_index(drop=True)


def curves(name: str, every: int) -> pd.DataFrame:
    """Checkpoints of every k-th run of a bundled sweep."""
    table = bs.load(name)
    kept = sorted(table["run"].unique())[::every]
    return table[table["run"].isin(kept)].astype({"run": int}).reset_index(drop=True)


def scale(C, C0, *, sigma, sigma_slope):
    """A scale of the log loss that is a power of compute."""
    return sigma * (C / C0) ** sigma_slope


def noisy(law: Law) -> Law:
    """The law with normal noise whose scale depends on compute."""
    slope, sigma = Prior("Normal", mu=0.0, sigma=0.2), Prior("LogNormal", mu=-4.6, sigma=1.5)
    return replace(law, noise=Noise("normal", scale, {"sigma": sigma, "sigma_slope": slope}, name="scaled"))


def foreign(law: Law) -> Law:
    """The law with a prior family that only PyMC knows, so that PyMC has to sample it."""
    return replace(law, priors={**law.priors, "alpha_N": Prior("Weibull", alpha=2.0, beta=0.4)})


#: Name -> (law, runs, options of `fit`).
FITS: dict[str, Callable[[], tuple[Law, pd.DataFrame, dict]]] = {
    "additive_nuts": lambda: (chinchilla, simulated(60, 3), NUTS),
    "additive_laplace": lambda: (chinchilla, simulated(60, 3), LAPLACE),
    "additive_nine_runs": lambda: (chinchilla, simulated(9, 5), LAPLACE),
    "groups_centred": lambda: (pooled(), simulated(60, 3), NUTS),
    "groups_offset": lambda: (pooled(centered=False), simulated(60, 3), NUTS),
    "discrepancy_nuts": lambda: (generalised, grid("known_entropy"), NUTS),
    "discrepancy_laplace": lambda: (generalised, grid("text_sweep"), LAPLACE),
    "checkpoints": lambda: (generalised, curves("text_sweep_curves", 6), LAPLACE),
    "one_column": lambda: (henighan2020.L_C, grid("known_entropy"), LAPLACE),
    "no_floor": lambda: (kaplan2020.L_ND, simulated(60, 3), LAPLACE),
    "tied_exponents_scaled_noise": lambda: (noisy(gadre2024.overtrained), simulated(60, 3), LAPLACE),
    "by_pymc": lambda: (foreign(henighan2020.L_N), simulated(40, 7), {**NUTS, "draws": 300}),
}


def fitted(name: str, seed: int = 11) -> xr.DataTree:
    """The posterior of one fit."""
    law, runs, options = FITS[name]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bs.fit(law, runs, seed=seed, progressbar=False, **options)


def draws(name: str) -> dict[str, np.ndarray]:
    """The draws of one fit, each variable of shape (chain, draw, …)."""
    post = fitted(name)
    groups = {"": post["posterior"], "loglik_": post["log_likelihood"]}
    if "discrepancy" in post.children:
        groups["discrepancy_"] = post["discrepancy"].to_dataset()[["coefficients"]]
    return {
        f"{prefix}{key}": value.to_numpy() for prefix, group in groups.items() for key, value in group.data_vars.items()
    }


def quantities(name: str, seed: int = 11) -> dict[str, tuple[np.ndarray, float]]:
    """Draws of each scalar of one fit, flat, and how many independent draws they are worth.

    Derived quantities are given by their logarithm, since amplitudes at one parameter have tails too heavy for a mean.
    """
    post = fitted(name, seed)
    derived, found = FITS[name]()[0].derived, {}
    for key, value in post["posterior"].to_dataset().data_vars.items():
        for where in np.ndindex(value.shape[2:]):
            one = value[(slice(None), slice(None), *where)]
            if post.attrs["method"] == "laplace":  # a sample of independent draws from weighted ones
                worth = 1.0 / (1.0 / one.size + 1.0 / post.attrs["importance_ess"])
            else:
                worth = min(float(az.ess(one, method=method)) for method in ("bulk", "tail"))
            label = f"log {key}" if key in derived else str(key)
            values = np.log(one.to_numpy().ravel()) if key in derived else one.to_numpy().ravel()
            found[label + "".join(f"[{i}]" for i in where)] = values, worth
    return found


def summary(values: np.ndarray, worth: float) -> dict[str, float]:
    """Mean, standard deviation, 5 %, 50 % and 95 % quantile, and the effective number of draws."""
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    numbers = {"mean": values.mean(), "sd": values.std(), "q5": low, "q50": middle, "q95": high, "ess": worth}
    return {key: float(f"{number:.7g}") for key, number in numbers.items()}


def summaries(path: str) -> None:
    """Store the summaries of all fits as JSON, a line a quantity."""
    fits = []
    for name in FITS:
        rows = [f"  {json.dumps(key)}: {json.dumps(summary(*found))}" for key, found in quantities(name).items()]
        fits.append(f"{json.dumps(name)}: {{\n" + ",\n".join(rows) + "\n}")
    Path(path).write_text("{\n" + ",\n".join(fits) + "\n}\n", encoding="utf-8")


def main(path: str, *rest: str) -> None:
    """Store the draws of all fits, or compare them with stored ones, or store their summaries."""
    if path == "--summaries":
        return summaries(*rest)
    done = {f"{name}/{key}": value for name in FITS for key, value in draws(name).items()}
    np.savez_compressed(path, **done)  # pyright: ignore[reportArgumentType]
    if rest[:1] == ("--against",):
        other = np.load(rest[1])
        for key in sorted({*done, *other.files}):
            if key not in done or key not in other.files:
                print(f"{key}: only in one of the files")
            elif not np.array_equal(done[key], other[key]):
                print(f"{key}: differs, largest relative difference {np.max(np.abs(done[key] / other[key] - 1)):.2g}")


if __name__ == "__main__":
    main(*sys.argv[1:])
