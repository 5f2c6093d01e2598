"""Hoffmann et al. 2022, Training Compute-Optimal Large Language Models, arXiv:2203.15556.

N counts all parameters, D tokens, the loss is in nats/token.

Examples
--------
>>> from bayescale.laws.hoffmann2022 import chinchilla
>>> chinchilla.parameters
('E', 'excess_N', 'alpha_N', 'excess_D', 'alpha_D')
"""

from bayescale.laws._priors import ENTROPY, EXCESS, EXPONENT
from bayescale.modelling.law import Law


def formula(N, D, N0, D0, *, E, excess_N, alpha_N, excess_D, alpha_D):
    """Median loss [nats/token]: a floor and power laws in N and D (Eq 10)."""
    return E + excess_N * (N / N0) ** -alpha_N + excess_D * (D / D0) ** -alpha_D


def A(N0, *, excess_N, alpha_N):
    """The paper's A: the term in N at N = 1 [nats/token]."""
    return excess_N * N0**alpha_N


def B(D0, *, excess_D, alpha_D):
    """The paper's B: the term in D at D = 1 [nats/token]."""
    return excess_D * D0**alpha_D


def a(*, alpha_N, alpha_D):
    """Exponent of the frontier, N* ~ C^a (Eq 4)."""
    return alpha_D / (alpha_N + alpha_D)


def gamma(*, alpha_N, alpha_D):
    """Exponent of the reducible loss on the frontier, L* - E ~ C^-gamma."""
    return alpha_N * alpha_D / (alpha_N + alpha_D)


#: L(N, D) = E + A N^-alpha + B D^-beta (Eq 10), with alpha_N, alpha_D for the paper's alpha, beta.
chinchilla = Law(
    formula,
    {"E": ENTROPY, "excess_N": EXCESS, "alpha_N": EXPONENT, "excess_D": EXCESS, "alpha_D": EXPONENT},
    derived={"A": A, "B": B, "a": a, "gamma": gamma},
    name="hoffmann2022.chinchilla",
    source="Hoffmann et al. 2022, Eq 10, arXiv:2203.15556",
)
