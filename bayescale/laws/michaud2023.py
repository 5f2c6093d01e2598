"""Michaud et al. 2023, The Quantization Model of Neural Scaling, arXiv:2303.13506.

N counts parameters, D tokens or samples. Skills ("quanta") are needed with probabilities p_k ~ k^-(1 + alpha) and are
learnt in this order: a model of N parameters has about N of them, and data teach those that occur often enough. So one
exponent gives both: alpha in N, and alpha / (1 + alpha) in D.

Examples
--------
>>> from bayescale.laws.michaud2023 import quanta
>>> quanta.parameters, sorted(quanta.derived)
(('E', 'excess_N', 'excess_D', 'alpha'), ['alpha_D'])
"""

from bayescale.laws._priors import ENTROPY, EXCESS, EXPONENT
from bayescale.laws.hutter2021 import alpha_D
from bayescale.modelling.law import Law


def formula(N, D, N0, D0, *, E, excess_N, excess_D, alpha):
    """Median loss: a floor, what the model has no room for, and what the data do not teach."""
    return E + excess_N * (N / N0) ** -alpha + excess_D * (D / D0) ** -(alpha / (1 + alpha))


#: L(N, D) = E + A N^-alpha + B D^-(alpha / (1 + alpha)). The paper states the two limits; their sum is Chinchilla's.
quanta = Law(
    formula,
    {"E": ENTROPY, "excess_N": EXCESS, "excess_D": EXCESS, "alpha": EXPONENT},
    derived={"alpha_D": alpha_D},
    name="michaud2023.quanta",
    source="Michaud et al. 2023, arXiv:2303.13506",
)
