"""Parameters: those that IsoFLOP valleys and envelopes share, with their priors and their sampling coordinates.

The optimal N is a power law in compute, ln N* = log_N + a c, where c is the log of compute over that of the middle of
the runs. The smallest loss is L* = E + excess_C exp(-alpha_C c). About the optimum, with u = ln N - ln N*,

    L = L* + curve exp(-fade c) h(u),  h(u) = [g(-alpha_N u)/alpha_N + g(alpha_D u)/alpha_D] / (alpha_N + alpha_D),

with g(x) = exp(x) - 1 - x. This is the exact form of E + A N^-alpha_N + B D^-alpha_D along D = C/6N (Hoffmann et al.
2022, Eq 4), but its steepness, its exponents and the frontier are free of each other. h is u^2/2 near the optimum.
"""

from collections.abc import Mapping

import numpy as np

#: Sampling coordinate -> mean and standard deviation of its normal prior. Losses are in units of the smallest.
PRIORS = {
    "log_N": (0.0, 2.0),  # ln N* at the middle of the runs, over the geometric mean of N
    "a": (0.5, 0.2),  # published exponents lie between .4 and .85
    "log_level": (0.1, 0.4),  # ln L* at the middle of the runs
    "logit_floor": (0.0, 1.6),  # E over that L*; nearly uniform between 0 and 1
    "log_slope": (0.0, 0.0),  # shifted below: its prior is that of alpha_C
    "log_curve": (-3.5, 1.2),  # curvature of the valley [nats]; .1 to .3 nats in published sweeps
    "fade": (0.15, 0.15),  # the reducible loss of published frontiers falls with exponents of .05 to .24
    "log_alpha_N": (-1.2, 0.8),  # as of bayescale.laws.chinchilla
    "log_alpha_D": (-1.2, 0.8),
    "log_sigma": (-4.6, 1.5),  # scatter of the log loss, as of bayescale.noises.student
    "log_sd_N": (float(np.log(0.04)), 0.7),  # scatter of ln N* of budgets: central 95 % .01 to .16
    "log_sd_loss": (float(np.log(0.002)), 0.7),  # scatter of ln L* of budgets: central 95 % .0005 to .008
    "log_tau": (float(np.log(0.01)), 0.7),  # bend of ln L*, as of bayescale.laws' discrepancy
    "log_tau_N": (float(np.log(0.05)), 0.7),  # bend of ln N*: it changes a by .02 in a decade, as published a differ
}
#: Prior of ln alpha_C: central 95 % of alpha_C is .04 to .6.
LOG_ALPHA_C = (-1.9, 0.7)
#: Standard deviations of budgets about the power laws, and amplitudes of the discrepancy of the power laws.
SCATTER = ("sd_N", "sd_loss", "tau", "tau_N")
#: Parameters that are losses.
LOSSES = ("E", "excess_C", "curve")
#: Below this exponent the valley counts as a parabola.
TINY = 1e-4


class Coordinates:
    """Names of the sampling coordinates, and what they mean.

    Attributes
    ----------
    names : tuple of str.
    scale : array of shape (size,), typical widths.
    """

    def __init__(self, parabola: bool, unused: tuple[str, ...] = ()):
        left_out = ("log_alpha_N", "log_alpha_D") if parabola else ()
        self.names = tuple(name for name in PRIORS if name not in (*left_out, *unused))
        self.scale = np.array([PRIORS[name][1] or LOG_ALPHA_C[1] for name in self.names])

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return len(self.names)

    def log_prior(self, points: np.ndarray) -> np.ndarray:
        """Log density of the priors in the sampling coordinates, of shape (point,), up to a constant."""
        total = np.zeros(len(points))
        for at, name in enumerate(self.names):
            mean, sd = PRIORS[name] if name != "log_slope" else LOG_ALPHA_C
            value = points[:, at] if name != "log_slope" else np.log(self.natural(points)["alpha_C"])
            total -= 0.5 * ((value - mean) / sd) ** 2
        return total

    def natural(self, points: np.ndarray) -> dict[str, np.ndarray]:
        """Parameters of points of shape (point, size), each of shape (point,); losses in units of the smallest."""
        z = dict(zip(self.names, points.T, strict=True))
        floor = 1 / (1 + np.exp(-z["logit_floor"]))
        level = np.exp(z["log_level"])
        return {
            "log_N": z["log_N"],
            "a": z["a"],
            "E": floor * level,
            "excess_C": (1 - floor) * level,
            "alpha_C": np.exp(z["log_slope"]) / (1 - floor),  # the slope of ln L* is alpha_C times the reducible share
            "curve": np.exp(z["log_curve"]),
            "fade": z["fade"],
            "alpha_N": np.exp(z["log_alpha_N"]) if "log_alpha_N" in z else np.zeros(len(points)),
            "alpha_D": np.exp(z["log_alpha_D"]) if "log_alpha_D" in z else np.zeros(len(points)),
            "sigma": np.exp(z["log_sigma"]),
            **{name: np.exp(z[f"log_{name}"]) for name in SCATTER if f"log_{name}" in z},
        }

    @staticmethod
    def reported(p: Mapping[str, np.ndarray], N0: float, unit: float) -> dict[str, np.ndarray]:
        """The parameters of `natural` in nats and parameters, with the optimum ``N_mid``, ``L_mid`` at the middle."""
        values = {name: value * (unit if name in LOSSES else 1.0) for name, value in p.items() if name != "log_N"}
        return values | {"N_mid": N0 * np.exp(p["log_N"]), "L_mid": values["E"] + values["excess_C"]}

    def start(self, known: Mapping[str, float]) -> np.ndarray:
        """The means of the priors, but for the coordinates in `known`."""
        means = {name: PRIORS[name][0] for name in self.names} | {"log_slope": -3.0, "log_sigma": -5.0}
        return np.array([{**means, **known}[name] for name in self.names])


def valley(u, alpha_N, alpha_D):
    """h(u) and its derivative: the shape of a valley about its optimum; u^2/2 where both exponents are 0."""
    if not np.any(alpha_N):
        return 0.5 * u * u, u
    left, right = np.clip(alpha_N, TINY, None), np.clip(alpha_D, TINY, None)
    fall, rise = np.expm1(np.clip(-left * u, -60, 60)), np.expm1(np.clip(right * u, -60, 60))
    total = left + right
    return ((fall + left * u) / left + (rise - right * u) / right) / total, (rise - fall) / total
