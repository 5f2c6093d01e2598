"""Gadre et al. 2024, Language models scale reliably with over-training and on downstream tasks, arXiv:2403.08540.

N counts all parameters, D tokens, M = D/N is the token multiplier, C = 6ND [FLOP], the loss is in nats/token.

Examples
--------
>>> from bayescale.laws.gadre2024 import overtrained
>>> overtrained.parameters, sorted(overtrained.derived)
(('E', 'excess_N', 'excess_D', 'eta'), ['a', 'b'])
"""

from bayescale.base.columns import training_flop
from bayescale.laws._priors import ENTROPY, EXCESS, EXPONENT
from bayescale.modelling.law import Law


def formula(N, D, N0, D0, *, E, excess_N, excess_D, eta):
    """Median loss [nats/token] in units of the reference run's C and M (Eq 4)."""
    C = (N / N0) * (D / D0)
    M = (D / D0) / (N / N0)
    return E + (excess_N * M**eta + excess_D * M**-eta) * C**-eta


def a(N0, D0, *, excess_N, eta):
    """The paper's a, the coefficient of M^eta C^-eta (Eq 4)."""
    return excess_N * training_flop(N0, D0) ** eta * (D0 / N0) ** -eta


def b(N0, D0, *, excess_D, eta):
    """The paper's b, the coefficient of M^-eta C^-eta (Eq 4)."""
    return excess_D * training_flop(N0, D0) ** eta * (D0 / N0) ** eta


#: L(C, M) = E + (a M^eta + b M^-eta) C^-eta (Eq 4): the Chinchilla law with both exponents equal to 2 eta.
overtrained = Law(
    formula,
    {"E": ENTROPY, "excess_N": EXCESS, "excess_D": EXCESS, "eta": EXPONENT},
    derived={"a": a, "b": b},
    name="gadre2024.overtrained",
    source="Gadre et al. 2024, Eq 4, arXiv:2403.08540",
)
