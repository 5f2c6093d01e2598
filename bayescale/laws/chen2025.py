"""Chen et al. 2025, Parallel Scaling Law for Language Models, arXiv:2505.10475.

N counts parameters, streams the parallel streams that share them (1 in a plain model). All runs see the same number of
tokens. The loss is in nats/token.

Examples
--------
>>> from bayescale.laws.chen2025 import parallel
>>> parallel.inputs
('N', 'streams')
"""

import numpy as np

from bayescale.base.columns import Column
from bayescale.laws._priors import ENTROPY, EXCESS, EXPONENT
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

#: Growth of the effective N for each factor e of streams: central 95 % is 0.04 to 2.2; published 0.33 and 0.39.
GAIN = Prior("LogNormal", mu=-1.2, sigma=1.0)


def formula(N, streams, N0, streams0, *, E, excess_N, alpha_N, gain):
    """Median loss [nats/token] of a model with so many parallel streams (Eq 5)."""
    size = (N / N0) * (1 + gain * np.log(streams)) / (1 + gain * np.log(streams0))
    return E + excess_N * size**-alpha_N


def A(N0, streams0, *, excess_N, alpha_N, gain):
    """The paper's A: the N at which a plain model has a loss of one nat above the floor [parameters]."""
    return excess_N ** (1 / alpha_N) * N0 * (1 + gain * np.log(streams0))


#: L(N, P) = E + (A / (N (k log P + 1)))^alpha (Eq 5), streams for the paper's P and gain for its k.
parallel = Law(
    formula,
    {"E": ENTROPY, "excess_N": EXCESS, "alpha_N": EXPONENT, "gain": GAIN},
    derived={"A": A},
    columns={"streams": Column("streams", label="Parallel streams", span=(1.0, 64.0))},
    name="chen2025.parallel",
    source="Chen et al. 2025, Eq 5, arXiv:2505.10475",
)
