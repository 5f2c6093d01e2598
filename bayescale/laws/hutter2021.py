"""Hutter 2021, Learning Curve Theory, arXiv:2102.04074.

A memoriser meets countably many inputs, the k-th with probability ~ k^-(1 + alpha), and is right about those that it
has seen. D counts the samples, the loss is the chance of an input that was never seen; it falls as
D^-(alpha / (1 + alpha)).

Examples
--------
>>> from bayescale.laws.hutter2021 import memoriser
>>> memoriser.parameters, sorted(memoriser.derived)
(('E', 'excess_D', 'alpha'), ['alpha_D'])
"""

from bayescale.laws._priors import ENTROPY, EXCESS, EXPONENT
from bayescale.modelling.law import Law


def formula(D, D0, *, E, excess_D, alpha):
    """Median loss: a floor and a power law in D, with the exponent of the tail of the inputs."""
    return E + excess_D * (D / D0) ** -(alpha / (1 + alpha))


def alpha_D(*, alpha):
    """Exponent in D, below 1 for every tail."""
    return alpha / (1 + alpha)


#: Loss - E ~ D^-(alpha / (1 + alpha)); in the paper E = 0, and the exponent is called beta.
memoriser = Law(
    formula,
    {"E": ENTROPY, "excess_D": EXCESS, "alpha": EXPONENT},
    derived={"alpha_D": alpha_D},
    name="hutter2021.memoriser",
    source="Hutter 2021, arXiv:2102.04074",
)
