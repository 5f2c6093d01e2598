"""Dimensions that published exponents of language models imply, against measured ones."""

import warnings
from functools import lru_cache

import numpy as np
import xarray as xr

import bayescale as bs
from benchmarks.table import table

#: Exponent -> value, standard error (None: none is published), and where it is from.
PUBLISHED = {
    "Kaplan et al. 2020, N": (0.076, None, "Eq 1.1, no floor"),
    "Kaplan et al. 2020, D": (0.095, None, "Eq 1.2, no floor"),
    "Hoffmann et al. 2022, N": (0.33917, None, "Eq 10 with a floor, TeX source"),
    "Hoffmann et al. 2022, D": (0.28491, None, "the same"),
    "Besiroglu et al. 2024, N": (0.3478, 0.0154, "with a floor, bootstrap"),
    "Besiroglu et al. 2024, D": (0.3658, 0.0206, "the same"),
}
#: Our own sweeps, and which of their runs are fitted.
SWEEPS = ("known_entropy", "text_sweep")
#: Measured dimensions of the last hidden layer of language models, within one passage and across passages (Sharma and
#: Kaplan 2020; the value is quoted from a note about the paper, and across passages it is a lower bound).
WITHIN, ACROSS = 7.0, 90.0
DRAWS = 4000


@lru_cache(maxsize=1)
def exponents() -> dict[str, tuple[xr.DataArray, str]]:
    """Draws of every exponent, and its source."""
    rng = np.random.default_rng(1)
    found = {}
    for name, (value, se, source) in PUBLISHED.items():
        drawn = np.array([value]) if se is None else rng.normal(value, se, DRAWS)
        found[name] = (xr.DataArray(drawn, dims="draw"), source)
    for sweep in SWEEPS:
        runs = bs.load(sweep).query("split == 'grid'").drop(columns="run")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            post = bs.fit(bs.laws.chinchilla, runs, method="laplace", seed=1, progressbar=False)["posterior"]
        for column in ("N", "D"):
            found[f"{sweep}, {column}"] = (post[f"alpha_{column}"], "our sweep, Chinchilla's law")
    return found


def implied() -> str:
    """The table: 4/alpha, and the probability of alpha >= 4/d at the measured dimensions."""
    rows = []
    for name, (alpha, source) in exponents().items():
        low, middle, high = (4 / alpha).quantile([0.05, 0.5, 0.95]).values
        said = f"{middle:.1f}" + (f" [{low:.1f}, {high:.1f}]" if alpha.size > 1 else "")
        chances = [f"{float(bs.meets_bound(alpha, d)):.2f}" for d in (WITHIN, ACROSS)]
        rows.append([name, f"{float(alpha.median()):.3f}", said, *chances, source])
    head = [
        "exponent",
        "alpha",
        "d = 4/alpha",
        f"P(alpha >= 4/d), d = {WITHIN:g}",
        f"the same, d = {ACROSS:g}",
        "source",
    ]
    return table(head, rows)
