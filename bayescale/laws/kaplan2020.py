"""Kaplan et al. 2020, Scaling Laws for Neural Language Models, arXiv:2001.08361.

N counts non-embedding parameters, D tokens, S parameter updates, the loss is in nats/token. The paper gives C in
PF-days (1 PF-day = 8.64e19 FLOP); here C is in FLOP, and so is the derived C_c.

Examples
--------
>>> from bayescale.laws.kaplan2020 import L_ND
>>> L_ND.parameters, sorted(L_ND.derived)
(('loss_ND', 'share_N', 'alpha_N', 'alpha_D'), ['D_c', 'N_c'])
"""

from bayescale.laws._coordinates import BracketSlope
from bayescale.laws._priors import EXCESS, EXPONENT, LOSS, SHARE, SLOPE
from bayescale.modelling.coordinates import Coordinates
from bayescale.modelling.law import Law


def power(N, N0, *, loss_N, alpha_N):
    """Median loss [nats/token], a power law in N (Eq 1.1)."""
    return loss_N * (N / N0) ** -alpha_N


def N_c(N0, *, loss_N, alpha_N):
    """The paper's N_c: the N at which the loss is 1 nat/token."""
    return N0 * loss_N ** (1 / alpha_N)


#: L(N) = (N_c/N)^alpha_N (Eq 1.1); loss_N is the loss at N0.
L_N = Law(
    power,
    {"loss_N": LOSS, "alpha_N": SLOPE},
    derived={"N_c": N_c},
    name="kaplan2020.L_N",
    source="Kaplan et al. 2020, Eqs 1.1-1.3, arXiv:2001.08361",
)
#: L(D) = (D_c/D)^alpha_D (Eq 1.2).
L_D = L_N.rename("kaplan2020.L_D", N="D")
#: L(C) = (C_c/C)^alpha_C (Eq 1.3).
L_C = L_N.rename("kaplan2020.L_C", N="C")


def joint(N, D, N0, D0, *, loss_ND, share_N, alpha_N, alpha_D):
    """Median loss [nats/token] in N and D (Eq 1.5)."""
    inside = share_N * (N / N0) ** -(alpha_N / alpha_D) + (1 - share_N) * (D0 / D)
    return loss_ND * inside**alpha_D


def joint_N_c(N0, *, loss_ND, share_N, alpha_N, alpha_D):
    """The paper's N_c of Eq 1.5 [parameters]."""
    return N0 * (share_N * loss_ND ** (1 / alpha_D)) ** (alpha_D / alpha_N)


def joint_D_c(D0, *, loss_ND, share_N, alpha_D):
    """The paper's D_c of Eq 1.5 [tokens]."""
    return D0 * (1 - share_N) * loss_ND ** (1 / alpha_D)


#: L(N, D) = [(N_c/N)^(alpha_N/alpha_D) + D_c/D]^alpha_D (Eq 1.5); share_N is the first term's share at (N0, D0).
L_ND = Law(
    joint,
    {"loss_ND": LOSS, "share_N": SHARE, "alpha_N": SLOPE, "alpha_D": SLOPE},
    derived={"N_c": joint_N_c, "D_c": joint_D_c},
    coordinates=Coordinates(
        slopes=(
            BracketSlope("alpha_N", ("N",), "share_N", True),
            BracketSlope("alpha_D", ("D",), "share_N", False),
        )
    ),
    name="kaplan2020.L_ND",
    source="Kaplan et al. 2020, Eq 1.5, arXiv:2001.08361",
)


def steps(N, S, N0, S0, *, excess_N, alpha_N, excess_S, alpha_S):
    """Median loss [nats/token] in N and S (Eq 5.6)."""
    return excess_N * (N / N0) ** -alpha_N + excess_S * (S / S0) ** -alpha_S


def steps_N_c(N0, *, excess_N, alpha_N):
    """The paper's N_c of Eq 5.6 [parameters]."""
    return N0 * excess_N ** (1 / alpha_N)


def S_c(S0, *, excess_S, alpha_S):
    """The paper's S_c of Eq 5.6 [parameter updates]."""
    return S0 * excess_S ** (1 / alpha_S)


#: L(N, S_min) = (N_c/N)^alpha_N + (S_c/S_min)^alpha_S (Eq 5.6); S is the paper's S_min. There is no floor, so most of
#: the loss is the term in N.
L_NS = Law(
    steps,
    {"excess_N": LOSS, "alpha_N": SLOPE, "excess_S": EXCESS, "alpha_S": EXPONENT},
    derived={"N_c": steps_N_c, "S_c": S_c},
    name="kaplan2020.L_NS",
    source="Kaplan et al. 2020, Eq 5.6, arXiv:2001.08361",
)
