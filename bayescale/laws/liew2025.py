"""Liew et al. 2025, Scaling Laws for Upcycling Mixture-of-Experts Language Models, arXiv:2502.03009.

N counts the parameters that one token uses, sparsity is all parameters over these (1 in a dense model). Runs see the
same numbers of tokens. The loss is in nats/token.

Examples
--------
>>> from bayescale.laws.liew2025 import sparse
>>> sparse.inputs
('N', 'sparsity')
"""

import numpy as np

from bayescale.base.columns import Column
from bayescale.laws._priors import ENTROPY, EXCESS, EXPONENT, SLOPE
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior


def formula(N, sparsity, N0, sparsity0, *, E, excess, alpha_N, alpha_P, bend):
    """Median loss [nats/token] of a model with experts, at fixed numbers of tokens."""
    log_N, log_P = np.log(N / N0), np.log(sparsity / sparsity0)
    return E + excess * np.exp(-alpha_N * log_N - alpha_P * log_P + bend * log_N * log_P)


#: L(P, N) = A P^-a N^-b exp(c log P log N) + E, with sparsity for the paper's P, alpha_P for a and alpha_N for b at the
#: reference run, and bend for c, in natural logarithms.
sparse = Law(
    formula,
    {
        "E": ENTROPY,
        "excess": EXCESS,
        "alpha_N": EXPONENT,
        "alpha_P": SLOPE,
        "bend": Prior("Normal", mu=0.0, sigma=0.05),
    },
    columns={"sparsity": Column("sparsity", label="All over active parameters", span=(1.0, 128.0))},
    may_rise={
        "N": "at some sparsity, a larger model may gain nothing",
        "sparsity": "above some size of the model, experts may gain nothing",
    },
    name="liew2025.sparse",
    source="Liew et al. 2025, Sec 4, arXiv:2502.03009",
)
