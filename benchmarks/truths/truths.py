"""Truths: the law that a simulated sweep follows, and the errors of its runs.

A sweep is a function of the name of its truth and of a seed. Sweeps of one seed share their design, their parameters
and the random numbers behind their errors, so that truths are compared on equal terms.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.truths.designs import RATIO, Design, design, targets

#: Degrees of freedom of the Student-t noise of single runs, as in the laws of the package.
NU = 4
#: Simulated new runs of each target, over which a forecast's coverage and CRPS are averaged.
NEW = 200
#: Exponents of the reducible loss in N and in D. Published: .34 and .28 (Hoffmann et al. 2022), .348 and .366
#: (Besiroglu et al. 2024), .353 twice (Muennighoff et al. 2023), .29 and .23 (MiniCPM), .41 and .43 (Busbridge et al.).
ALPHA_N, ALPHA_D = (0.25, 0.50), (0.22, 0.45)
#: The same without a floor. L ~ C^-.050 (Kaplan et al. 2020) and C^-.048 (GPT-3) need .10 for both.
WITHOUT_FLOOR = (0.08, 0.16)
#: Reducible share of the loss at the largest compute. Besiroglu's law has .48, .29 and .15 at 1e18, 1e20, 1e22 FLOP.
REDUCIBLE = (0.12, 0.45)
#: Share of the term in N in the reducible loss of the compute-optimal run.
SHARE_N = (0.35, 0.65)
#: Loss of the compute-optimal run at the largest compute [nats/token].
LEVEL = (2.0, 3.5)
#: Interaction: change of the exponent of D for each decade of N, up or down. Farseer (arXiv:2506.10972) has one; this
#: range is ours.
INTERACTION = (0.02, 0.05)
#: Size effects: standard deviation of the error that runs of one size share [log loss]. Residuals of a smooth law have
#: a spread between sizes of .17 % on Delphi and .41 % on known_entropy.
SIZE_ERROR = (0.002, 0.004)
#: Noisy small runs: noise of the smallest run over that of the largest.
SMALL = (5.0, 20.0)
#: Break: its compute over the largest fitted one, and its sharpness (1 / width in e-folds of compute).
BREAK, SHARP = (2.0, 5.0), 4.0


class Truth(NamedTuple):
    """What a sweep follows.

    Attributes
    ----------
    words : what the page says of it.
    noise : scale of the Student-t noise of single runs [log loss].
    kappa : exponent of the bracket of the terms in N and D; 1 for a sum of power laws.
    floor, interaction, sizes, small, broken : whether there is a floor; an exponent of D that changes with N; an error
        that runs of one size share; noise that grows toward small compute; a break beyond the runs.
    """

    words: str
    noise: float = 0.003
    kappa: float = 1.0
    floor: bool = True
    interaction: bool = False
    sizes: bool = False
    small: bool = False
    broken: bool = False


TRUTHS = {
    "additive": Truth("E + A N^-alpha + B D^-beta, noise of .5 %", noise=0.005),
    "additive .2 %": Truth("the same, noise of .2 %", noise=0.002),
    "kappa .6": Truth("E + (A N^(-alpha/.6) + B D^(-beta/.6))^.6, noise of .3 %", kappa=0.6),
    "no floor": Truth("A N^-alpha + B D^-beta, noise of .3 %", floor=False),
    "interaction": Truth(
        "additive, but beta changes by .02 to .05 for each decade of N, noise of .3 %", interaction=True
    ),
    "size effects": Truth(
        "additive; runs of one size share a normal error of .2 to .4 %, independent for a new size; noise of .1 %",
        noise=0.001,
        sizes=True,
    ),
    "noisy small runs": Truth(
        "additive; noise of .15 % at the largest compute grows as a power of 1/C, to 5 to 20 times at the smallest",
        noise=0.0015,
        small=True,
    ),
    "break": Truth(
        "additive up to 2 to 5 times the largest compute, where the reducible loss begins to fall half as fast or half "
        "as fast again, noise of .3 %",
        broken=True,
    ),
}


class Sweep(NamedTuple):
    """A simulated sweep.

    Attributes
    ----------
    design : its kind and its runs.
    runs : N [parameters], D [tokens] and loss [nats/token] of the runs to fit.
    targets : N, D, C [FLOP] and name of the runs to forecast.
    expected : array of shape (target,), log of their loss without errors.
    new : array of shape (new, target), log losses of simulated new runs, errors included.
    """

    design: Design
    runs: pd.DataFrame
    targets: pd.DataFrame
    expected: np.ndarray
    new: np.ndarray


def sweep(name: str, seed: int) -> Sweep:
    """The sweep of a truth and a seed."""
    truth, runs = TRUTHS[name], design(seed)
    ahead = targets(runs)
    law, errors = parameters(truth, runs, seed), np.random.default_rng([seed, 2])
    spread = errors.uniform(*SIZE_ERROR) * truth.sizes
    growth = np.log(errors.uniform(*SMALL)) * truth.small / runs.decades  # of the noise, for each decade down
    scale = truth.noise * np.exp(growth * np.log10(runs.compute.max() / runs.compute))
    noise = scale * errors.standard_t(NU, len(scale))
    of_size = np.unique(runs.N, return_inverse=True)[1]
    shared = spread * errors.standard_normal(of_size.max() + 1)[of_size]
    expected = log_loss(law, ahead["N"].to_numpy(), ahead["D"].to_numpy())
    shape = (NEW, len(ahead))
    new = expected + spread * errors.standard_normal(shape) + truth.noise * errors.standard_t(NU, shape)
    loss = np.exp(log_loss(law, runs.N, runs.D) + shared + noise)
    return Sweep(runs, pd.DataFrame({"N": runs.N, "D": runs.D, "loss": loss}), ahead, expected, new)


def parameters(truth: Truth, runs: Design, seed: int) -> dict[str, float]:
    """Parameters of the law of a sweep, at the compute-optimal run of its largest compute (``N_top``, ``D_top``)."""
    rng = np.random.default_rng([seed, 1])
    u = rng.uniform(size=8)
    drawn = {
        "level": _within(LEVEL, u[0]),
        "reducible": _within(REDUCIBLE, u[1]) if truth.floor else 1.0,
        "share_N": _within(SHARE_N, u[2]),
        "alpha_N": _within(ALPHA_N if truth.floor else WITHOUT_FLOOR, u[3]),
        "alpha_D": _within(ALPHA_D if truth.floor else WITHOUT_FLOOR, u[4]),
        "kappa": truth.kappa,
        "interaction": _within(INTERACTION, u[5]) * (1 if u[6] < 0.5 else -1) * truth.interaction,
        "N_top": np.sqrt(runs.compute.max() / (6.0 * RATIO)),
    }
    gamma = drawn["alpha_N"] * drawn["alpha_D"] / (drawn["alpha_N"] + drawn["alpha_D"])
    change = 0.5 * gamma * (1 if u[6] < 0.5 else -1) * truth.broken  # of the exponent of the reducible loss in compute
    return drawn | {"D_top": RATIO * drawn["N_top"], "change": change, "break": np.exp(_within(np.log(BREAK), u[7]))}


def _within(ends, share: float) -> float:
    return float(ends[0] + share * (ends[1] - ends[0]))


def log_loss(p: dict[str, float], N: np.ndarray, D: np.ndarray) -> np.ndarray:
    """Log of the expected loss [log nats/token] of runs of N parameters and D tokens."""
    n, d = N / p["N_top"], D / p["D_top"]
    alpha_D = p["alpha_D"] + p["interaction"] * np.log10(n)
    bracket = p["share_N"] * n ** (-p["alpha_N"] / p["kappa"]) + (1 - p["share_N"]) * d ** (-alpha_D / p["kappa"])
    after = (1.0 + (n * d / p["break"]) ** SHARP) ** (p["change"] / SHARP)
    return np.log(p["level"] * (1.0 - p["reducible"] + p["reducible"] * bracket ** p["kappa"] * after))
