"""Muennighoff et al. 2023, Scaling Data-Constrained Language Models, arXiv:2305.16264.

N counts parameters, D tokens seen, U unique tokens among them; the loss is in nats/token.

Examples
--------
>>> from bayescale.laws.muennighoff2023 import data_constrained
>>> data_constrained.inputs
('N', 'D', 'U')
"""

import numpy as np

from bayescale.laws._priors import ENTROPY, EXCESS, EXPONENT
from bayescale.modelling.coordinates import Coordinates
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

#: Repetitions after which their worth has decayed by 1/e: central 95 % is 1.4 to 71; published 15.4 (data), 5.3 (N).
REPEATS = Prior("LogNormal", mu=2.3, sigma=1.0)


def smaller(x, y):
    """The smaller of two numbers, with operators only."""
    return (x + y - abs(x - y)) / 2


def worth(unique, total, decay):
    """Effective amount, in which every further repetition counts less (Eqs 5 and 6)."""
    repeats = total / unique - 1
    return unique + unique * decay * (1 - np.exp(-repeats / decay))


def formula(N, D, U, N0, D0, *, E, excess_N, alpha_N, excess_D, alpha_D, R_N, R_D):
    """Median loss [nats/token] with repeated tokens and excess parameters discounted (Eq 5)."""
    unique_D = np.exp(smaller(np.log(D), np.log(U)))  # in logs, since D + U - |D - U| is 0 for U = 1e30
    # The N that is compute-optimal for the unique tokens. Parameters beyond it count as repeated (App A).
    ratio = alpha_N * excess_N / (alpha_D * excess_D)
    log_optimal = np.log(N0) + (np.log(ratio) + alpha_D * np.log(unique_D / D0)) / alpha_N
    N_eff = worth(np.exp(smaller(np.log(N), log_optimal)), N, R_N)
    D_eff = worth(unique_D, D, R_D)
    return E + excess_N * (N_eff / N0) ** -alpha_N + excess_D * (D_eff / D0) ** -alpha_D


def A(N0, *, excess_N, alpha_N):
    """The paper's A: the term in N' at N' = 1 [nats/token]."""
    return excess_N * N0**alpha_N


def B(D0, *, excess_D, alpha_D):
    """The paper's B: the term in D' at D' = 1 [nats/token]."""
    return excess_D * D0**alpha_D


#: L(N, D, U) = E + A N'^-alpha + B D'^-beta (Eq 5), R_N and R_D for the paper's R*_N and R*_D.
data_constrained = Law(
    formula,
    {
        "E": ENTROPY,
        "excess_N": EXCESS,
        "alpha_N": EXPONENT,
        "excess_D": EXCESS,
        "alpha_D": EXPONENT,
        "R_N": REPEATS,
        "R_D": REPEATS,
    },
    derived={"A": A, "B": B},
    coordinates=Coordinates.additive("E", excess_N=("alpha_N", "N"), excess_D=("alpha_D", "D")),
    name="muennighoff2023.data_constrained",
    source="Muennighoff et al. 2023, Eqs 5 and 6, arXiv:2305.16264",
)
