"""Modalities: the entropies of images, video, captions and mathematics, from N and from C, as one model.

Henighan et al. 2020 print fitted laws and no runs (Table 1, arXiv:2010.14701). Each printed curve is read at `SIZES`
sizes, and each reading has a stated error. The compute of a size is that at which it is optimal, by the printed
N_opt(C). All posteriors depend on the stated error and on the range of sizes, which are assumptions of ours.

The model is ``log loss ~ Normal(log(E + excess x^-alpha), error)`` for each domain and axis, with the package's
priors. E lies on a grid. Given E, log excess and log alpha are close to normal and are integrated out. Gibbs sampling
alternates between the entropies and the centre and spread of the exponents of each axis.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.laws._priors import EXCESS, EXPONENT

#: Sizes at which curves are read [parameters without embeddings]: an assumption, since the printed laws have no range.
SIZES = np.geomspace(1e5, 1e9, 9)
#: Stated errors of a reading [log loss]. The second is that of the main table.
ERRORS = (0.002, 0.005, 0.01)
MAIN = 0.005
#: The axes of the printed laws.
AXES = ("N", "C")
#: Models: exponents of each curve its own; partially pooled over domains; and pooled, with one entropy a domain.
MODELS = ("own", "pooled", "one entropy")
#: Priors of log alpha, and of log excess over the smallest loss, as of the package's laws: mean, standard deviation.
ALPHA, SIZE = (EXPONENT.args["mu"], EXPONENT.args["sigma"]), (EXCESS.args["mu"], EXCESS.args["sigma"])
#: Points of E between zero and the larger of the smallest readings; steps of the search for excess and exponent.
POINTS, STEPS = 1500, 25
#: Grid of the centre of log alpha and of its spread between domains. The spread has the prior of `bayescale.pooled`.
CENTRES, SPREADS = np.linspace(-3.5, 0.5, 81), np.geomspace(0.02, 1.5, 40)
SPREAD = (np.log(0.3 * EXPONENT.args["sigma"]), 0.7)
#: Draws. A tenth as many come before them and are dropped.
DRAWS = 4000


def curves() -> pd.DataFrame:
    """Readings of the printed curves: domain, axis (N or C), x (size over the middle one) and loss [nats/token].

    Domains whose printed laws have no floor (language, and text in multimodal models) are left out.
    """
    table = bs.load("henighan2020_table1").pivot(index="domain", columns="law")
    parts = []
    for domain, row in table.iterrows():
        if not (row["L_inf", "L(N)"] > 0 and row["L_inf", "L(C)"] > 0):
            continue
        compute = row["x0", "N_opt(C)"] * SIZES ** (1 / row["alpha", "N_opt(C)"])
        for axis, sizes in (("N", SIZES), ("C", compute)):
            law = f"L({axis})"
            loss = row["L_inf", law] + (sizes / row["x0", law]) ** -row["alpha", law]
            x = sizes / np.exp(np.log(sizes).mean())
            parts.append(pd.DataFrame({"domain": domain, "axis": axis, "x": x, "loss": loss}))
    return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True)
class Curve:
    """What the readings of a curve say at each entropy of a grid, with the excess integrated out.

    Attributes
    ----------
    height : log density at the best exponent, of shape (point,).
    centre, precision : normal approximation of log alpha given E, without its prior, of shape (point,).
    """

    height: np.ndarray
    centre: np.ndarray
    precision: np.ndarray

    def given(self, mu: float, sd: float) -> np.ndarray:
        """Log density of E, of shape (point,), for log alpha ~ Normal(mu, sd)."""
        variance = sd**2 + 1 / self.precision
        return self.height - 0.5 * np.log(variance * self.precision) - 0.5 * (self.centre - mu) ** 2 / variance

    def exponent(self, at: int, mu: float, sd: float, rng: np.random.Generator) -> float:
        """A draw of log alpha at a point of the grid."""
        precision = self.precision[at] + sd**-2
        middle = (self.precision[at] * self.centre[at] + mu / sd**2) / precision
        return float(rng.normal(middle, precision**-0.5))


def read_curve(x: np.ndarray, loss: np.ndarray, E: np.ndarray, error: float) -> Curve:
    """A `Curve` from its readings, by Gauss-Newton steps in log excess and log alpha at every entropy.

    An entropy above the smallest reading has no density.
    """
    impossible, E = E >= loss.min(), np.minimum(E, 0.999999 * loss.min())
    u, y = np.log(x), np.log(loss)
    above = np.log(loss - E[:, None])
    slope = -(above @ (u - u.mean())) / ((u - u.mean()) @ (u - u.mean()))
    a, k = np.log(np.clip(slope, 0.005, 3.0)), above.mean(1)
    prior = SIZE[0] + np.log(loss.min())
    for _ in range(STEPS):
        part = np.exp(k[:, None] - np.exp(a)[:, None] * u)
        mu = E[:, None] + part
        left, by_k = (y - np.log(mu)) / error, part / mu / error
        by_a = -by_k * np.exp(a)[:, None] * u
        kk, aa, ka = (by_k**2).sum(1) + SIZE[1] ** -2, (by_a**2).sum(1), (by_k * by_a).sum(1)
        to_k, to_a = (by_k * left).sum(1) - (k - prior) / SIZE[1] ** 2, (by_a * left).sum(1)
        determinant = kk * aa - ka**2
        k = k + np.clip((aa * to_k - ka * to_a) / determinant, -0.5, 0.5)
        a = np.clip(a + np.clip((kk * to_a - ka * to_k) / determinant, -0.5, 0.5), -6.0, 1.5)
    height = -0.5 * (left**2).sum(1) - 0.5 * ((k - prior) / SIZE[1]) ** 2 - 0.5 * np.log(kk)
    return Curve(np.where(impossible, -np.inf, height), a, aa - ka**2 / kk)


def sample(model: str, error: float, seed: int = 1) -> dict[str, dict[str, Any]]:
    """Draws under one model: domain -> E and alpha by axis, of shape (draw,), and how far the axes are apart."""
    rng, table = np.random.default_rng(seed), curves()
    grids, read = {}, {}
    for domain, part in table.groupby("domain", sort=False):
        most = part.groupby("axis")["loss"].min().max()
        grids[domain] = most * (np.arange(POINTS) + 0.5) / POINTS
        for axis, rows in part.groupby("axis"):
            x, loss = rows["x"].to_numpy(), rows["loss"].to_numpy()
            read[domain, axis] = read_curve(x, loss, grids[domain], error)
    hyper = dict.fromkeys(AXES, ALPHA)
    kept = {key: np.empty((2, DRAWS)) for key in read}
    for turn in range(-DRAWS // 10, DRAWS):
        at = {}
        for domain in grids:
            logs = {axis: read[domain, axis].given(*hyper[axis]) for axis in AXES}
            if model == "one entropy":
                logs = dict.fromkeys(AXES, logs["N"] + logs["C"])
            chosen = {axis: _one_of(logs[axis], rng) for axis in AXES}
            at |= {(domain, axis): chosen["N"] if model == "one entropy" else chosen[axis] for axis in AXES}
        for axis in AXES if model != "own" else ():
            hyper[axis] = _hyper([(read[d, axis], at[d, axis]) for d in grids], rng)
        for (domain, axis), place in at.items() if turn >= 0 else ():
            log_alpha = read[domain, axis].exponent(place, *hyper[axis], rng)
            kept[domain, axis][:, turn] = grids[domain][place], np.exp(log_alpha)
    return {
        str(domain): {
            "E": {axis: kept[domain, axis][0] for axis in AXES},
            "alpha": {axis: kept[domain, axis][1] for axis in AXES},
            "apart": _apart(*(read[domain, axis].height for axis in AXES)),
        }
        for domain in grids
    }


def _one_of(logs: np.ndarray, rng: np.random.Generator) -> int:
    """A point of a grid, drawn from its log densities."""
    cumulated = np.cumsum(np.exp(logs - logs.max()))
    return int(np.searchsorted(cumulated, rng.uniform() * cumulated[-1]))


def _hyper(curves: list[tuple[Curve, int]], rng: np.random.Generator) -> tuple[float, float]:
    """Centre and spread of the exponents of an axis, given the entropies of its curves."""
    mu, sd = (grid.ravel() for grid in np.meshgrid(CENTRES, SPREADS, indexing="ij"))
    logs = -0.5 * ((mu - ALPHA[0]) / ALPHA[1]) ** 2 - 0.5 * ((np.log(sd) - SPREAD[0]) / SPREAD[1]) ** 2
    for curve, at in curves:
        variance = sd**2 + 1 / curve.precision[at]
        logs = logs - 0.5 * np.log(variance) - 0.5 * (curve.centre[at] - mu) ** 2 / variance
    chosen = _one_of(logs, rng)
    return float(mu[chosen]), float(sd[chosen])


def _apart(first: np.ndarray, second: np.ndarray) -> float:
    """Distance of two entropies in standard errors: the root of twice the log likelihood that one entropy costs."""
    return float(np.sqrt(2 * max(0.0, first.max() + second.max() - (first + second).max())))


def modalities(kept: Path) -> list[dict[str, Any]]:
    """Quantiles of entropies and exponents under each model and stated error, written to `kept` as lines of JSON."""
    rows = [
        {"model": model, "error": error, "domains": {d: _numbers(found) for d, found in sample(model, error).items()}}
        for error in ERRORS
        for model in MODELS
    ]
    kept.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return rows


def _numbers(found: dict[str, Any]) -> dict[str, Any]:
    E, alpha = found["E"], found["alpha"]
    return {
        "E": {axis: _quantiles(E[axis]) for axis in AXES},
        "alpha": {axis: _quantiles(alpha[axis]) for axis in AXES},
        "ratio": _quantiles(E["C"] / E["N"]),
        "apart": round(found["apart"], 2),
    }


def _quantiles(values: np.ndarray) -> list[float]:
    """5, 50 and 95 %."""
    return [float(f"{q:.5g}") for q in np.quantile(values, [0.05, 0.5, 0.95])]
