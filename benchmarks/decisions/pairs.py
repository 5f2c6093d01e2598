"""Pairs of simulated recipes: Chinchilla's law with normal noise, a known multiplier, and one design for both."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

import bayescale as bs
from bayescale.laws import chinchilla
from bayescale.modelling.law import Law
from bayescale.modelling.noises import lognormal
from bayescale.modelling.prior import Prior
from benchmarks.truths.designs import RATIO, design
from benchmarks.truths.truths import TRUTHS, parameters

#: Noise of single runs [log loss].
NOISE = 0.005
#: Standard deviations of B's differences from A: log of both excess losses, log of both exponents, and the floor as a
#: share of A's.
EXCESS, EXPONENT, FLOOR = 0.05, 0.05, 0.01
#: Kind of pair -> what it means.
KINDS = {
    "shared floor": "terms and exponents differ, E is the same, and both recipes are fitted together with one E",
    "own floors": "terms, exponents and E differ, and each recipe is fitted alone",
    "equal": "B is A, and each is fitted alone",
    "pooled": "the pairs of own floors, fitted together with partial pooling of all parameters",
}
#: The law of the fits.
LAW: Law = replace(chinchilla, name="normal", noise=lognormal)


class Pair(NamedTuple):
    """Two recipes: their runs, with a column ``recipe``, and their true parameters as posteriors of one draw."""

    kind: str
    runs: pd.DataFrame
    truths: dict[str, xr.DataTree]

    @property
    def compute(self) -> float:
        """6ND of the largest run [FLOP]."""
        return float((6.0 * self.runs["N"] * self.runs["D"]).max())


def pair(kind: str, seed: int) -> Pair:
    """The pair of a kind and a seed; pairs of one seed share their design and recipe A."""
    runs = design(seed)
    of_A = parameters(TRUTHS["additive"], runs, seed)
    rng = np.random.default_rng([seed, 7])
    z = rng.standard_normal(5) * (kind != "equal")
    N0 = of_A["N_top"]
    reducible = of_A["level"] * of_A["reducible"]
    A = {
        "E": of_A["level"] - reducible,
        "excess_N": reducible * of_A["share_N"],
        "excess_D": reducible * (1.0 - of_A["share_N"]),
        "alpha_N": of_A["alpha_N"],
        "alpha_D": of_A["alpha_D"],
    }
    moves = {"excess_N": EXCESS, "excess_D": EXCESS, "alpha_N": EXPONENT, "alpha_D": EXPONENT}
    B = {name: A[name] * np.exp(size * z[i]) for i, (name, size) in enumerate(moves.items())}
    B["E"] = A["E"] * (1.0 + FLOOR * z[4] * (kind in ("own floors", "pooled")))
    reference = {"N0": N0, "D0": RATIO * N0, "loss_min": 2.0}
    truths = {name: _one(values, reference) for name, values in (("A", A), ("B", B))}
    tables = []
    for name, truth in truths.items():
        expected = LAW(truth, N=runs.N, D=runs.D).to_numpy().ravel()
        loss = expected * np.exp(NOISE * rng.standard_normal(len(expected)))
        tables.append(pd.DataFrame({"N": runs.N, "D": runs.D, "loss": loss, "recipe": name}))
    return Pair(kind, pd.concat(tables, ignore_index=True), truths)


def together() -> Law:
    """The law of both recipes in one fit: one E, and own terms and exponents."""
    excess = Prior("LogNormal", mu=-1, sigma=1, unit="loss_min", dims="recipe")
    exponent = Prior("LogNormal", mu=-1.2, sigma=0.8, dims="recipe")
    own = {"excess_N": excess, "excess_D": excess, "alpha_N": exponent, "alpha_D": exponent}
    return replace(LAW, name="together", priors={**LAW.priors, **own})


def _one(values: dict[str, float], reference: dict[str, float]) -> xr.DataTree:
    """True parameters as a posterior of one draw."""
    draws = xr.Dataset({name: (("chain", "draw"), [[value]]) for name, value in {**values, "sigma": NOISE}.items()})
    return xr.DataTree.from_dict({"posterior": draws, "constant_data": xr.Dataset(reference)})


def pooled() -> Law:
    """The law of both recipes in one fit: every parameter has a value for each recipe, about a common one."""
    return bs.pooled(LAW, "recipe", "partial")
