"""Clark et al. 2022, Unified Scaling Laws for Routed Language Models, arXiv:2202.01169.

N counts the parameters that one token uses, num_experts the experts of a routed layer (1 in a dense model). All runs
see the same number of tokens. The loss is in nats/token.

Examples
--------
>>> from bayescale.laws.clark2022 import routed
>>> routed.inputs
('N', 'num_experts')
"""

import numpy as np

from bayescale.base.columns import Column
from bayescale.laws._priors import LOSS, SLOPE
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior


def effective(experts, start, spread):
    """Effective number of experts over that of a dense model: 1 at one expert, 1 + spread in the limit of many.

    With E_start = start and E_max = start * (1 + spread), 1/E = 1/(experts - 1 + 1/(1/E_start - 1/E_max)) + 1/E_max.
    """
    most = start * (1 + spread)
    return 1 / (start / (experts - 1 + most / spread) + start / most)


def formula(N, num_experts, N0, *, loss_N, alpha_N, alpha_E, bend, start, spread):
    """Median loss [nats/token] of a routed model with `num_experts` experts."""
    log_N, log_E = np.log(N / N0), np.log(effective(num_experts, start, spread))
    return loss_N * np.exp(-alpha_N * log_N - alpha_E * log_E + bend * log_N * log_E)


#: log L = a log N + b log E + c log N log E + d, E the effective number of experts. loss_N is the loss of a dense
#: model of size N0, alpha_N is -a, alpha_E is -b at N0, bend is c for natural logarithms.
routed = Law(
    formula,
    {
        "loss_N": LOSS,
        "alpha_N": SLOPE,
        "alpha_E": SLOPE,
        "bend": Prior("Normal", mu=0.0, sigma=0.01),
        "start": Prior("LogNormal", mu=0.5, sigma=0.5),
        "spread": Prior("LogNormal", mu=5.0, sigma=1.2),
    },
    columns={"num_experts": Column("num_experts", label="Experts", span=(1.0, 1024.0))},
    may_rise={
        "N": "with many experts, a larger model may gain nothing",
        "num_experts": "above some size of the model, experts gain nothing",
    },
    name="clark2022.routed",
    source="Clark et al. 2022, Sec 3, arXiv:2202.01169",
)
