"""Ye et al. 2024, Data Mixing Laws, arXiv:2403.16952.

share_1, share_2, … are the shares of the domains in the training data; they are positive and add up to 1. The loss is
that on one domain, in nats/token, for one model size and number of tokens. For a domain that is left out, give a small
share such as 1e-6.

Examples
--------
>>> from bayescale.laws.ye2024 import five_domains
>>> five_domains.inputs
('share_1', 'share_2', 'share_3', 'share_4', 'share_5')
"""

import numpy as np

from bayescale.base.columns import Column
from bayescale.laws._priors import ENTROPY, EXCESS
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

#: Change of the log excess loss for a share that goes from 0 to 1: published values are within 10 of zero.
EFFECT = Prior("Normal", mu=0.0, sigma=4.0)
#: Symbols of the shares.
SHARES = tuple(f"share_{i}" for i in range(1, 6))


def formula(
    share_1, share_2, share_3, share_4, share_5, share_10, share_20, share_30, share_40, share_50,
    *, E, excess, t_1, t_2, t_3, t_4, t_5,
):  # fmt: skip
    """Median loss [nats/token] on a domain, from the shares of all domains (Eq 6)."""
    effect = t_1 * (share_1 - share_10) + t_2 * (share_2 - share_20) + t_3 * (share_3 - share_30)
    return E + excess * np.exp(effect + t_4 * (share_4 - share_40) + t_5 * (share_5 - share_50))


#: L_i = c_i + k_i exp(sum_j t_ij r_j) (Eq 6), E for the paper's c and excess for its term at equal shares. Adding one
#: number to all t changes nothing, as the shares add up to 1: only their differences are identified.
five_domains = Law(
    formula,
    {"E": ENTROPY, "excess": EXCESS, **{f"t_{i}": EFFECT for i in range(1, 6)}},
    reference={f"{name}0": 0.2 for name in SHARES},
    columns={name: Column(name, label=f"Share of domain {name[-1]}", span=(1e-6, 1.0)) for name in SHARES},
    may_rise={name: "data of one domain may worsen the loss on another" for name in SHARES},
    name="ye2024.five_domains",
    source="Ye et al. 2024, Eq 6, arXiv:2403.16952",
)
