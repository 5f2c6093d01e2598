"""Shapes: six laws that differ only in the shape of their frontier.

All share a bracket of powers of N and D, whose frontier is an exact power of compute, R(C) ~ C^-gamma:

- straight: L = R. The frontier is a straight line in log-log.
- floor: L = E + R. It bends towards the entropy E.
- slow: L = A C^-omega + R, with a small omega. It bends towards a slower power law, without a floor.
- free: log L is quadratic in log compute along the frontier. Its curvature may have either sign.
- curved_floor, curved_slow: as floor and slow, but log R is quadratic in log compute. Where the reducible loss is no
  exact power, floor puts E too low or too high; curved_floor estimates the curvature of R with E.

The exponent kappa of the bracket is free in each of them, so that the widths of IsoFLOP valleys do not decide whether
the frontier bends. For tables without a spread in N and D, the same laws are in C alone.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from bayescale.laws._coordinates import BracketSlope
from bayescale.laws._priors import EXCESS, LOSS
from bayescale.laws.busbridge2025 import BALANCE, FLOOR, KAPPA, LOCAL
from bayescale.modelling.coordinates import Coordinates, Slope, Term
from bayescale.modelling.discrepancy import LOCAL_AMPLITUDE, Discrepancy
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

#: Exponents of N and D without a floor: median 0.15, so that the frontier's has the median 0.07, as published slopes.
LINE = Prior("LogNormal", mu=-1.9, sigma=0.6)
#: Exponent of the bracket without a floor: median 0.3. With `LINE`, valleys are about as wide as those of a floor law.
LINE_KAPPA = Prior("LogNormal", mu=-1.2, sigma=0.9)
#: Exponent of the frontier without a floor: median 0.07, 90 % 0.03 to 0.2. Published: 0.05 (Kaplan et al. 2020).
LINE_C = Prior("LogNormal", mu=-2.6, sigma=0.6)
#: Exponent of the reducible loss on the frontier: median 0.17, 90 % 0.08 to 0.4. Published: 0.15 to 0.18.
GAMMA = Prior("LogNormal", mu=-1.75, sigma=0.5)
#: Exponent of the slow term: median 0.02, 90 % 0.0075 to 0.054, or a decline of 1.7 to 12 % a decade of compute.
OMEGA = Prior("LogNormal", mu=-3.9, sigma=0.6)
#: Curvature d2 ln L / d(ln C)2 of the free law: of either sign. Besiroglu's frontier has 0.005 at 1e21 FLOP.
BEND = Prior("Normal", mu=0.0, sigma=0.005)
#: Curvature d2 ln R / d(ln C)2 of the curved laws: 90 % change the exponent of R by less than 0.04 a decade of compute.
BEND_R = Prior("Normal", mu=0.0, sigma=0.01)

#: Errors that runs of similar size share, with no smooth part: a smooth part would itself bend the frontier.
SIZES = Discrepancy({"tau": 0.0, "tau_local": LOCAL_AMPLITUDE}, name="errors of sizes")


def bracket(n, d, share_N, alpha_N, alpha_D, kappa):
    """Reducible loss at n times the reference N and d times the reference D, over that of the reference run."""
    return (share_N * n ** -(alpha_N / kappa) + (1 - share_N) * d ** -(alpha_D / kappa)) ** kappa


def straight(N, D, N0, D0, *, loss_ND, share_N, alpha_N, alpha_D, kappa):
    return loss_ND * bracket(N / N0, D / D0, share_N, alpha_N, alpha_D, kappa)


def floor(N, D, N0, D0, *, E, excess_ND, share_N, alpha_N, alpha_D, kappa):
    return E + excess_ND * bracket(N / N0, D / D0, share_N, alpha_N, alpha_D, kappa)


def slow(N, D, N0, D0, N_top, D_top, *, E, omega, excess_ND, share_N, alpha_N, alpha_D, kappa):
    excess = excess_ND * bracket(N / N0, D / D0, share_N, alpha_N, alpha_D, kappa)
    return E * (N / N_top * (D / D_top)) ** -omega + excess


def curved(n, d, share_N, alpha_N, alpha_D, kappa, bend):
    """As `bracket`, with a frontier whose log is quadratic in log compute."""
    log = np.log(bracket(n, d, share_N, alpha_N, alpha_D, kappa))
    u = log * (1 / alpha_N + 1 / alpha_D)  # minus the log of the compute that the frontier needs for this loss
    return np.exp(log + 0.5 * bend * u * u)


def free(N, D, N0, D0, *, loss_ND, share_N, alpha_N, alpha_D, kappa, bend):
    return loss_ND * curved(N / N0, D / D0, share_N, alpha_N, alpha_D, kappa, bend)


def curved_floor(N, D, N0, D0, *, E, excess_ND, share_N, alpha_N, alpha_D, kappa, bend):
    return E + excess_ND * curved(N / N0, D / D0, share_N, alpha_N, alpha_D, kappa, bend)


def curved_slow(N, D, N0, D0, N_top, D_top, *, E, omega, excess_ND, share_N, alpha_N, alpha_D, kappa, bend):
    excess = excess_ND * curved(N / N0, D / D0, share_N, alpha_N, alpha_D, kappa, bend)
    return E * (N / N_top * (D / D_top)) ** -omega + excess


def straight_C(C, C0, *, loss_C, alpha_C):
    return loss_C * (C / C0) ** -alpha_C


def floor_C(C, C0, *, E, excess_C, alpha_C):
    return E + excess_C * (C / C0) ** -alpha_C


def slow_C(C, C0, C_top, *, E, omega, excess_C, alpha_C):
    return E * (C / C_top) ** -omega + excess_C * (C / C0) ** -alpha_C


def curved_C(c, alpha_C, bend):
    """As `curved`, at c times the reference compute."""
    u = np.log(c)
    return np.exp(-alpha_C * u + 0.5 * bend * u * u)


def free_C(C, C0, *, loss_C, alpha_C, bend):
    return loss_C * curved_C(C / C0, alpha_C, bend)


def curved_floor_C(C, C0, *, E, excess_C, alpha_C, bend):
    return E + excess_C * curved_C(C / C0, alpha_C, bend)


def curved_slow_C(C, C0, C_top, *, E, omega, excess_C, alpha_C, bend):
    return E * (C / C_top) ** -omega + excess_C * curved_C(C / C0, alpha_C, bend)


def _slopes(*excess: str) -> tuple[BracketSlope, BracketSlope]:
    return (
        BracketSlope("alpha_N", ("N",), "share_N", True, excess),
        BracketSlope("alpha_D", ("D",), "share_N", False, excess),
    )


_LINE = {"loss_ND": LOSS, "share_N": BALANCE, "alpha_N": LINE, "alpha_D": LINE, "kappa": LINE_KAPPA}
_CURVE = {"E": FLOOR, "excess_ND": EXCESS, "share_N": BALANCE, "alpha_N": LOCAL, "alpha_D": LOCAL, "kappa": KAPPA}
_TERM = (Term("excess_ND", ("N", "D")),)
_TERM_C, _SLOPE_C = (Term("excess_C", ("C",)),), (Slope("alpha_C", ("C",), ("excess_C",)),)
#: The laws in N and D.
IN_N_AND_D = {
    "straight": Law(straight, _LINE, coordinates=Coordinates(slopes=_slopes())),
    "floor": Law(floor, _CURVE, coordinates=Coordinates("E", terms=_TERM, slopes=_slopes("excess_ND"))),
    "slow": Law(
        slow,
        {**_CURVE, "omega": OMEGA},
        coordinates=Coordinates("E", decline="omega", terms=_TERM, slopes=_slopes("excess_ND")),
    ),
    "free": Law(free, {**_LINE, "bend": BEND}, coordinates=Coordinates(slopes=_slopes())),
    "curved_floor": Law(
        curved_floor,
        {**_CURVE, "bend": BEND_R},
        coordinates=Coordinates("E", terms=_TERM, slopes=_slopes("excess_ND")),
    ),
    "curved_slow": Law(
        curved_slow,
        {**_CURVE, "omega": OMEGA, "bend": BEND_R},
        coordinates=Coordinates("E", decline="omega", terms=_TERM, slopes=_slopes("excess_ND")),
    ),
}
#: The laws in C.
IN_C = {
    "straight": Law(straight_C, {"loss_C": LOSS, "alpha_C": LINE_C}),
    "floor": Law(floor_C, {"E": FLOOR, "excess_C": EXCESS, "alpha_C": GAMMA}),
    "slow": Law(
        slow_C,
        {"E": FLOOR, "omega": OMEGA, "excess_C": EXCESS, "alpha_C": GAMMA},
        coordinates=Coordinates("E", decline="omega", terms=_TERM_C, slopes=_SLOPE_C),
    ),
    "free": Law(free_C, {"loss_C": LOSS, "alpha_C": LINE_C, "bend": BEND}),
    "curved_floor": Law(
        curved_floor_C,
        {"E": FLOOR, "excess_C": EXCESS, "alpha_C": GAMMA, "bend": BEND_R},
        coordinates=Coordinates("E", terms=_TERM_C, slopes=_SLOPE_C),
    ),
    "curved_slow": Law(
        curved_slow_C,
        {"E": FLOOR, "omega": OMEGA, "excess_C": EXCESS, "alpha_C": GAMMA, "bend": BEND_R},
        coordinates=Coordinates("E", decline="omega", terms=_TERM_C, slopes=_SLOPE_C),
    ),
}
#: Names of the laws, in the order of every result.
NAMES = tuple(IN_C)
#: The laws that end in a floor, and those that end in a slow power of compute.
WITH_FLOOR, WITH_SLOW = ("floor", "curved_floor"), ("slow", "curved_slow")
#: Prior probability of each law, by default: a quarter for each of straight, floor, slow and free, where floor and slow
#: share theirs with their curved variants.
EQUAL = {name: 0.125 if name in (*WITH_FLOOR, *WITH_SLOW) else 0.25 for name in NAMES}


def shapes(inputs: tuple[str, ...], discrepancy: Discrepancy | None) -> dict[str, Law]:
    """The laws in these inputs, ``("N", "D")`` or ``("C",)``, with a discrepancy."""
    laws: Mapping[str, Law] = IN_C if inputs == ("C",) else IN_N_AND_D
    return {name: replace(law, discrepancy=discrepancy) for name, law in laws.items()}
