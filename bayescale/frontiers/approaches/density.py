"""Density: log posterior of IsoFLOP valleys, with the scatter of budgets integrated out."""

from typing import Any

import numpy as np
import pandas as pd

from bayescale.base.columns import training_flop
from bayescale.frontiers.approaches.parameters import Coordinates, valley

#: Degrees of freedom of the noise, as of `bayescale.noises.student`.
NU = 4.0
#: Steps of the search for the most likely scatter of each budget.
STEPS = 5
#: Points evaluated at once.
BLOCK = 1500


class Valleys:
    """Log posterior of the parameters, for many points at once.

    Each budget k has its own shift s_k of ln N* and lift l_k of ln L*, normal with the standard deviations ``sd_N`` and
    ``sd_loss``. They are integrated out by Laplace's approximation, about their mode given the parameters.

    Parameters
    ----------
    table : DataFrame of `grouped`.
    parabola : bool, whether valleys are parabolas in ln N.
    """

    def __init__(self, table: pd.DataFrame, parabola: bool):
        self.coordinates = Coordinates(parabola)
        self.size, self.scale = self.coordinates.size, self.coordinates.scale
        self.N0, self.C0 = np.exp(np.log(table["N"]).mean()), np.exp(np.log(table["budget"].unique()).mean())
        self.unit = float(table["loss"].min())
        self.n = np.log(table["N"].to_numpy() / self.N0)
        self.c = np.log(training_flop(table["N"], table["D"]).to_numpy() / self.C0)
        self.y = np.log(table["loss"].to_numpy() / self.unit)
        self.code = pd.factorize(table["budget"])[0]
        self.edges = np.flatnonzero(np.diff(self.code, prepend=-1))

    def value(self, points: np.ndarray) -> np.ndarray:
        """Log posterior of points of shape (point, size), of shape (point,), up to a constant; -inf where it is NaN."""
        parts = [self._value(points[i : i + BLOCK]) for i in range(0, len(points), BLOCK)]
        return np.concatenate(parts)

    def _value(self, points: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            p = self.coordinates.natural(points)
            effects, hessian, likelihood = self.effects(p)
            sd = np.stack([p["sd_N"], p["sd_loss"]], -1)[:, None]
            prior = -0.5 * (effects / sd) ** 2 - np.log(sd)
            determinant = hessian[..., 0] * hessian[..., 2] - hessian[..., 1] ** 2
            total = likelihood + prior.sum((1, 2)) - 0.5 * np.log(determinant).sum(1)
            return np.nan_to_num(total + self.coordinates.log_prior(points), nan=-np.inf, posinf=-np.inf)

    def effects(self, p: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Shifts and lifts at their mode, the Hessian there, and the log likelihood.

        Returns
        -------
        effects : array of shape (point, budget, 2).
        hessian : array of shape (point, budget, 3), the entries (s, s), (s, l) and (l, l) of minus the Hessian.
        likelihood : array of shape (point,).
        """
        q: dict[str, Any] = {name: value[:, None] for name, value in p.items()}
        u0 = self.n - q["log_N"] - q["a"] * self.c
        top = q["E"] + q["excess_C"] * np.exp(-q["alpha_C"] * self.c)
        steep = q["curve"] * np.exp(-q["fade"] * self.c)
        precision = np.stack([q["sd_N"], q["sd_loss"]], -1) ** -2
        effects = np.zeros((len(u0), len(self.edges), 2))
        for step in range(STEPS):
            shift, lift = effects[:, self.code, 0], effects[:, self.code, 1]
            h, slope = valley(u0 - shift, q["alpha_N"], q["alpha_D"])
            base = top * np.exp(lift)
            loss = base + steep * h
            residual = (self.y - np.log(loss)) / q["sigma"]
            tail = NU + residual**2
            weight = (NU + 1) / tail / q["sigma"] ** 2
            by_shift, by_lift = -steep * slope / loss, base / loss
            if step == STEPS - 1:  # the curvature of the Student-t density itself, at least a tenth of the weight
                weight = np.maximum(weight * (NU - residual**2) / tail, 0.1 * weight)
            pull = weight * residual * q["sigma"]
            gradient = np.stack([self._sum(pull * by_shift), self._sum(pull * by_lift)], -1) - effects * precision
            cross = self._sum(weight * by_shift * by_lift)
            first = self._sum(weight * by_shift**2) + precision[..., 0]
            second = self._sum(weight * by_lift**2) + precision[..., 1]
            hessian = np.stack([first, cross, second], -1)
            if step == STEPS - 1:
                log_t = -0.5 * (NU + 1) * np.log1p(residual**2 / NU) - np.log(q["sigma"])
                return effects, hessian, log_t.sum(1)
            determinant = first * second - cross**2
            effects = effects + np.stack([
                second * gradient[..., 0] - cross * gradient[..., 1],
                first * gradient[..., 1] - cross * gradient[..., 0],
            ], -1) / determinant[..., None]  # fmt: skip
        raise AssertionError("unreachable")

    def _sum(self, values: np.ndarray) -> np.ndarray:
        """Sums over the runs of each budget, of shape (point, budget)."""
        return np.add.reduceat(values, self.edges, axis=1)

    def start(self) -> np.ndarray:
        """Coordinates near the mode: the lowest run of each budget, and lines through them."""
        table = pd.DataFrame({"k": self.code, "n": self.n, "c": self.c, "y": self.y})
        best = table.loc[table.groupby("k")["y"].idxmin()]
        a, log_N = np.polyfit(best["c"], best["n"], 1)
        slope, level = np.polyfit(best["c"], best["y"], 1)
        known = {"a": float(np.clip(a, 0.1, 0.9)), "log_N": log_N, "log_level": level}
        return self.coordinates.start(known | {"log_slope": float(np.log(np.clip(-slope, 0.01, 0.5)))})
