"""Bahri et al. 2021, Explaining Neural Scaling Laws, arXiv:2102.06701.

N counts parameters, D training examples or tokens. In the resolution-limited regime (D below what the model can use)
the loss falls with an exponent that the data decide, about 4/d for data of dimension d. In the variance-limited regime
(D far above it) the loss approaches its limit as 1/D, whatever the data are. In width the variance-limited exponent is
1 too; at fixed depth N grows as the square of the width, so that it is 1/2 in N. The paper gives both ends; the smooth
crossover is ours.

Examples
--------
>>> from bayescale.laws.bahri2021 import crossover_D, variance_D
>>> crossover_D.parameters
('E', 'excess_D', 'alpha_D', 'crossover', 'variance')
>>> variance_D.parameters
('E', 'excess_D', 'variance')
"""

from bayescale.laws._priors import ENTROPY, EXCESS, EXPONENT
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

#: Where the regimes meet, in units of the reference run's D or N: central 95 % is 0.003 to 350.
CROSSOVER = Prior("LogNormal", mu=0.0, sigma=3.0)


def crossover(D, D0, *, E, excess_D, alpha_D, crossover, variance):
    """Median loss: the exponent is alpha_D far below the crossover, and `variance` far above it."""
    x = D / D0
    rest = (1 + x / crossover) / (1 + 1 / crossover)
    return E + excess_D * x**-alpha_D * rest ** (alpha_D - variance)


def limited(D, D0, *, E, excess_D, variance):
    """Median loss of the variance-limited regime alone."""
    return E + excess_D * (D / D0) ** -variance


def D_crossover(D0, *, crossover):
    """The D at which the regimes meet."""
    return crossover * D0


def d_bound(*, alpha_D):
    """The dimension at which alpha_D = 4/d; by the bound alpha_D >= 4/d, the data have at least this one."""
    return 4 / alpha_D


#: L(D) = E + excess, which falls as D^-alpha_D, then as 1/D. E is the limit of one model for infinite D.
crossover_D = Law(
    crossover,
    {"E": ENTROPY, "excess_D": EXCESS, "alpha_D": EXPONENT, "crossover": CROSSOVER, "variance": 1.0},
    derived={"D_crossover": D_crossover, "d_bound": d_bound},
    name="bahri2021.crossover_D",
    source="Bahri et al. 2021, arXiv:2102.06701",
)
#: L(D) = E + V/D: the variance-limited regime, D far above what the model can use.
variance_D = Law(
    limited,
    {"E": ENTROPY, "excess_D": EXCESS, "variance": 1.0},
    name="bahri2021.variance_D",
    source="Bahri et al. 2021, arXiv:2102.06701",
)
#: L(N) = E + V/sqrt(N): the variance-limited regime in width, at fixed depth and D.
variance_N = Law(
    variance_D.rename("variance_N", D="N").formula,
    {"E": ENTROPY, "excess_N": EXCESS, "variance": 0.5},
    name="bahri2021.variance_N",
    source="Bahri et al. 2021, arXiv:2102.06701",
)
