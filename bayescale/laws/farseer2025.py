"""Li et al. 2025, Predictable Scale: Part II, Farseer, arXiv:2506.10972.

N counts parameters without embeddings, D tokens. The paper writes

    L(N, D) = exp(a3 N^gamma + b3) + exp(a2 N^beta + b2) D^(-exp(a1 N^alpha + b1)).

Here each of the three functions of N is given by its value at N0, the change of its logarithm, and the power of N by
which that changes. excess_D is the data term at the reference run.

Examples
--------
>>> from bayescale.laws.farseer2025 import farseer
>>> farseer.inputs, len(farseer.parameters)
(('N', 'D'), 9)
"""

import numpy as np

from bayescale.laws._priors import ENTROPY, EXCESS, EXPONENT
from bayescale.modelling.coordinates import Coordinates, Slope, Term
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior


def formula(N, D, N0, D0, *, E, drop, drop_power, excess_D, fall, fall_power, alpha_D, slow, slow_power):
    """Median loss [nats/token], with a floor and an exponent in D that depend on N."""
    n = N / N0
    floor = E * np.exp(-drop * (n**drop_power - 1))
    exponent = alpha_D * np.exp(-slow * (n**slow_power - 1))
    return floor + excess_D * np.exp(fall * (n**-fall_power - 1) + alpha_D * np.log(D0) - exponent * np.log(D))


#: Log of the floor at N = 0 over the floor at N0: median 0.7, 90 % within a factor of 3.
DROP = Prior("LogNormal", mu=-0.35, sigma=0.7)
#: Log of the exponent at N = 0 over the exponent at N0: median 1.5, 90 % within a factor of 3.
SLOW = Prior("LogNormal", mu=0.4, sigma=0.7)
#: Log of the data term's factor at N0 over that of an infinite model: median 7, 90 % within a factor of 2.3.
FALL = Prior("LogNormal", mu=2.0, sigma=0.5)
#: Powers of N: median 0.14, 90 % 0.08 to 0.22.
POWER = Prior("LogNormal", mu=-2.0, sigma=0.3)

#: The loss at infinite data falls with N, and so does the exponent in D.
farseer = Law(
    formula,
    {
        "E": ENTROPY,
        "drop": DROP,
        "drop_power": POWER,
        "excess_D": EXCESS,
        "fall": FALL,
        "fall_power": POWER,
        "alpha_D": EXPONENT,
        "slow": SLOW,
        "slow_power": POWER,
    },
    coordinates=Coordinates(
        "E", limit=False, terms=(Term("excess_D", ("D",)),), slopes=(Slope("alpha_D", ("D",), ("excess_D",)),)
    ),
    may_rise={"N": "the exponent in D falls with N"},
    name="farseer2025.farseer",
    source="Li et al. 2025, arXiv:2506.10972",
)
