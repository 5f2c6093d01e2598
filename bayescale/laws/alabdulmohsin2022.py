"""Alabdulmohsin, Neyshabur & Zhai 2022, Revisiting Neural Scaling Laws in Language and Vision, arXiv:2209.06640.

x is any one of N [parameters], D [tokens or examples seen], C [FLOP]; the loss is any error that falls with x. M1 is
kaplan2020's power law, M2 is henighan2020's.

Examples
--------
>>> from bayescale.laws.alabdulmohsin2022 import M4_N
>>> M4_N.parameters
('E', 'ceiling', 'odds', 'alpha_N', 'shape')
"""

import numpy as np

from bayescale.laws._coordinates import Bounded, ShiftedSlope
from bayescale.laws._priors import ENTROPY, EXPONENT, LOSS
from bayescale.modelling.coordinates import Coordinates
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior


def m3(D, D0, *, loss_D, alpha_D, gamma):
    """Median loss of M3 in D; `loss_D` is the loss at D0, `gamma` is in units of 1/D0."""
    return loss_D * ((D0 / D + gamma) / (1 + gamma)) ** alpha_D


def m3_E(*, loss_D, alpha_D, gamma):
    """The limit of M3 for infinite D, in the unit of the loss."""
    return loss_D * (gamma / (1 + gamma)) ** alpha_D


#: M3: loss = beta (1/x + gamma)^alpha (Sec 3), in D. gamma is in units of 1/D0, loss_D is the loss at D0, E the limit.
M3_D = Law(
    m3,
    {"loss_D": LOSS, "alpha_D": EXPONENT, "gamma": Prior("LogNormal", mu=-2.0, sigma=2.0)},
    derived={"E": m3_E},
    coordinates=Coordinates(slopes=(ShiftedSlope("alpha_D", ("D",), "gamma"),)),
    name="alabdulmohsin2022.M3_D",
    source="Alabdulmohsin et al. 2022, M3, arXiv:2209.06640",
)
#: M3 in N.
M3_N = M3_D.rename("alabdulmohsin2022.M3_N", D="N")
#: M3 in C.
M3_C = M3_D.rename("alabdulmohsin2022.M3_C", D="C")


def m4(D, D0, *, E, ceiling, odds, alpha_D, shape):
    # With v = (loss - E)/(ceiling - loss) and t = log v, the law reads t + (shape - 1) log(1 + e^t) = y, where y is
    # linear in log x. The start has both asymptotes; after three Halley steps the error is 1e-14 for shapes 0.2 to 5.
    """Median loss of M4 in D, between `E` and `ceiling`, solved by three Halley steps."""
    y = np.log(odds) - alpha_D * np.log(D / D0)
    t = y - (1 - 1 / shape) * np.log1p(np.exp(y))
    for _ in range(3):
        sigmoid = (1 + np.tanh(t / 2)) / 2
        miss = t + (shape - 1) * np.log1p(np.exp(t)) - y
        slope = 1 + (shape - 1) * sigmoid
        t = t - miss / (slope - miss * (shape - 1) * sigmoid * (1 - sigmoid) / (2 * slope))
    return E + (ceiling - E) / (1 + np.exp(-t))


#: M4: (loss - E)/(ceiling - loss)^shape = beta x^-alpha (Sec 3), in D: a power law between a floor and a ceiling, the
#: loss of random guessing. odds is v (1 + v)^(shape - 1) at D0, with v = (loss - E)/(ceiling - loss).
M4_D = Law(
    m4,
    {
        "E": ENTROPY,
        "ceiling": Prior("TruncatedNormal", mu=2.0, sigma=2.0, lower=1.0, unit="loss_min"),
        "odds": Prior("LogNormal", mu=0.0, sigma=2.0),
        "alpha_D": EXPONENT,
        "shape": Prior("LogNormal", mu=0.0, sigma=0.5),
    },
    coordinates=Coordinates(
        "E",
        slopes=(Bounded("alpha_D", ("D",), "E", "ceiling", "shape"),),
        levels=(Bounded("odds", (), "E", "ceiling", "shape"),),
    ),
    name="alabdulmohsin2022.M4_D",
    source="Alabdulmohsin et al. 2022, M4, arXiv:2209.06640",
)
#: M4 in N.
M4_N = M4_D.rename("alabdulmohsin2022.M4_N", D="N")
#: M4 in C.
M4_C = M4_D.rename("alabdulmohsin2022.M4_C", D="C")
