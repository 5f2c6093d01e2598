"""Density: log posterior of IsoFLOP valleys, with what sets budgets off from the frontier integrated out."""

from typing import Any

import numpy as np
import pandas as pd

from bayescale.base.columns import training_flop
from bayescale.frontiers.approaches.parameters import Coordinates, valley
from bayescale.modelling.discrepancy import smooth

#: Degrees of freedom of the noise, as of `bayescale.noises.student`.
NU = 4.0
#: Steps of the search for the most likely scatter of each budget.
STEPS = 5
#: Points evaluated at once.
BLOCK = 500
#: Scatter, and amplitude of the discrepancy, of ln N* and of ln L*.
PAIRS = (("sd_N", "sd_loss"), ("tau_N", "tau"))


class Valleys:
    """Log posterior of the parameters, for many points at once.

    Budget k has a shift of ln N* and a lift of ln L*, about the power laws of the frontier. Each is the sum of a
    scatter that is independent from budget to budget (``sd_N``, ``sd_loss``) and of a discrepancy that bends the
    power law smoothly (``tau_N``, ``tau``), as `bayescale.Discrepancy` bends a law. Shifts and lifts are integrated
    out by Laplace's approximation, about their mode given the parameters.

    Parameters
    ----------
    table : DataFrame of `grouped`.
    parabola : bool, whether valleys are parabolas in ln N.
    """

    def __init__(self, table: pd.DataFrame, parabola: bool):
        self.coordinates = Coordinates(parabola)
        self.size, self.scale = self.coordinates.size, self.coordinates.scale
        budgets = table["budget"].unique()
        self.N0, self.C0 = np.exp(np.log(table["N"]).mean()), np.exp(np.log(budgets).mean())
        self.unit = float(table["loss"].min())
        self.n = np.log(table["N"].to_numpy() / self.N0)
        self.c = np.log(training_flop(table["N"], table["D"]).to_numpy() / self.C0)
        self.y = np.log(table["loss"].to_numpy() / self.unit)
        self.code = pd.factorize(table["budget"])[0]
        self.edges = np.flatnonzero(np.diff(self.code, prepend=-1))
        self.bend, self.axes = np.linalg.eigh(bend(budgets, budgets, self.C0, budgets.max()))

    def value(self, points: np.ndarray) -> np.ndarray:
        """Log posterior of points of shape (point, size), of shape (point,), up to a constant; -inf where it is NaN."""
        parts = [self._value(points[i : i + BLOCK]) for i in range(0, len(points), BLOCK)]
        return np.concatenate(parts)

    def _value(self, points: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            p = self.coordinates.natural(points)
            scores, hessian, likelihood = self.scores(p)
            integral = likelihood - 0.5 * (scores**2).sum(1) - 0.5 * np.linalg.slogdet(hessian)[1]
            total = integral + self.coordinates.log_prior(points)
            return np.nan_to_num(total, nan=-np.inf, posinf=-np.inf)

    def root(self, p: dict[str, np.ndarray]) -> np.ndarray:
        """Effect of each standard normal score on shifts and lifts, of shape (point, 2, budget, budget)."""
        scatter, tau = (np.stack([p[name] for name in pair], -1)[..., None] for pair in PAIRS)
        sd = np.sqrt(scatter**2 + tau**2 * np.maximum(self.bend, 0.0))
        return self.axes * sd[:, :, None]

    def scores(self, p: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Scores of shifts and lifts at their mode, minus the Hessian there, and the log likelihood.

        Returns
        -------
        scores : array of shape (point, 2 * budget), standard normal a priori; `root` makes shifts and lifts of them.
        hessian : array of shape (point, 2 * budget, 2 * budget), of the log posterior of the scores.
        likelihood : array of shape (point,).
        """
        q: dict[str, Any] = {name: value[:, None] for name, value in p.items()}
        u0 = self.n - q["log_N"] - q["a"] * self.c
        top = q["E"] + q["excess_C"] * np.exp(-q["alpha_C"] * self.c)
        steep = q["curve"] * np.exp(-q["fade"] * self.c)
        root, b = self.root(p), len(self.edges)
        scores = np.zeros((len(u0), 2 * b))
        for step in range(STEPS):
            shift, lift = (root @ scores.reshape(-1, 2, b, 1))[:, :, self.code, 0].transpose(1, 0, 2)
            h, slope = valley(u0 - shift, q["alpha_N"], q["alpha_D"])
            base = top * np.exp(lift)
            loss = base + steep * h
            residual = (self.y - np.log(loss)) / q["sigma"]
            tail = NU + residual**2
            weight = (NU + 1) / tail / q["sigma"] ** 2
            by = np.stack([-steep * slope / loss, base / loss], 1)
            if step == STEPS - 1:  # the curvature of the Student-t density itself, at least a tenth of the weight
                weight = np.maximum(weight * (NU - residual**2) / tail, 0.1 * weight)
            hessian = self._hessian(root, weight, by)
            if step == STEPS - 1:
                log_t = -0.5 * (NU + 1) * np.log1p(residual**2 / NU) - np.log(q["sigma"])
                return scores, hessian, log_t.sum(1)
            pull = self._sum((weight * residual * q["sigma"])[:, None] * by)
            gradient = (root.swapaxes(2, 3) @ pull[..., None]).reshape(len(u0), -1) - scores
            scores = scores + np.linalg.solve(hessian, gradient[..., None])[..., 0]
        raise AssertionError("unreachable")

    def _hessian(self, root: np.ndarray, weight: np.ndarray, by: np.ndarray) -> np.ndarray:
        """Minus the Hessian in the scores, from the weights of the runs and their derivatives by shift and lift."""
        n, b = len(weight), len(self.edges)
        blocks = np.empty((n, 2, b, 2, b))
        for i, j in ((0, 0), (0, 1), (1, 1)):
            curvature = self._sum(weight * by[:, i] * by[:, j])
            blocks[:, i, :, j] = root[:, i].swapaxes(1, 2) @ (curvature[..., None] * root[:, j])
        blocks[:, 1, :, 0] = blocks[:, 0, :, 1].swapaxes(1, 2)
        return blocks.reshape(n, 2 * b, 2 * b) + np.eye(2 * b)

    def _sum(self, values: np.ndarray) -> np.ndarray:
        """Sums over the runs of each budget, along the last axis."""
        return np.add.reduceat(values, self.edges, axis=-1)

    def start(self) -> np.ndarray:
        """Coordinates near the mode: the lowest run of each budget, and lines through them."""
        table = pd.DataFrame({"k": self.code, "n": self.n, "c": self.c, "y": self.y})
        best = table.loc[table.groupby("k")["y"].idxmin()]
        a, log_N = np.polyfit(best["c"], best["n"], 1)
        slope, level = np.polyfit(best["c"], best["y"], 1)
        known = {"a": float(np.clip(a, 0.1, 0.9)), "log_N": log_N, "log_level": level}
        return self.coordinates.start(known | {"log_slope": float(np.log(np.clip(-slope, 0.01, 0.5)))})


def bend(first: np.ndarray, second: np.ndarray, middle: float, top: float) -> np.ndarray:
    """Covariance of the discrepancy of a power law in compute between budgets, for an amplitude of one.

    It is that of a law in C: one smooth part from the middle budget, and one from the largest.

    Parameters
    ----------
    first, second : arrays of shape (a,) and (b,), budgets [FLOP].
    middle, top : the middle and the largest of the fitted budgets [FLOP].

    Returns
    -------
    array of shape (a, b).
    """
    return sum((smooth(np.log10(first / at), np.log10(second / at)) for at in (middle, top)), np.zeros(()))
