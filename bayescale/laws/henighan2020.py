"""Henighan et al. 2020, Scaling Laws for Autoregressive Generative Modeling, arXiv:2010.14701.

N counts non-embedding parameters, D tokens; C is in FLOP (the paper: PF-days, 8.64e19 FLOP); the loss is in nats per
token of the domain.

Examples
--------
>>> from bayescale.laws.henighan2020 import L_C
>>> L_C.parameters, sorted(L_C.derived)
(('E', 'excess_C', 'alpha_C'), ['x0_C'])
"""

from bayescale.laws._priors import ENTROPY, EXCESS, EXPONENT
from bayescale.modelling.law import Law


def formula(N, N0, *, E, excess_N, alpha_N):
    """Median loss [nats/token]: a floor and a power law in N (Eq 1.1)."""
    return E + excess_N * (N / N0) ** -alpha_N


def x0_N(N0, *, excess_N, alpha_N):
    """The paper's x0: the N at which the reducible loss is 1 nat/token."""
    return N0 * excess_N ** (1 / alpha_N)


#: L(N) = L_inf + (x0/N)^alpha (Eq 1.1, Table 1); E is L_inf.
L_N = Law(
    formula,
    {"E": ENTROPY, "excess_N": EXCESS, "alpha_N": EXPONENT},
    derived={"x0_N": x0_N},
    name="henighan2020.L_N",
    source="Henighan et al. 2020, Eq 1.1, arXiv:2010.14701",
)
#: L(D) = L_inf + (x0/D)^alpha.
L_D = L_N.rename("henighan2020.L_D", N="D")
#: L(C) = L_inf + (x0/C)^alpha.
L_C = L_N.rename("henighan2020.L_C", N="C")
