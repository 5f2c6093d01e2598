"""Sharma and Kaplan 2020, A Neural Scaling Law from the Dimension of the Data Manifold, arXiv:2004.10802.

N counts parameters, D training examples or tokens; dimension is the intrinsic dimension d of the data, known for each
run (`bayescale.dimension` estimates it). The theory says c = 4 and p = 1, as a lower bound of the exponent. Several
data sets need an amplitude each: give E and excess_N a prior with ``dims="task"``, as in the example.

Examples
--------
>>> from dataclasses import replace
>>> from bayescale import Prior
>>> from bayescale.laws.sharma2020 import L_N
>>> L_N.inputs, L_N.parameters
(('N', 'dimension'), ('E', 'excess_N', 'c', 'p'))
>>> excess = Prior("LogNormal", mu=-1, sigma=1, unit="loss_min", dims="task")
>>> pooled = replace(L_N, priors={**L_N.priors, "E": 0.0, "excess_N": excess}, name="pooled")
"""

import numpy as np

from bayescale.base.columns import Column
from bayescale.laws._priors import ENTROPY, EXCESS
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

#: Product of exponent and dimension: central 95 % is 1.5 to 11; theory 4, measured 3.4 to 8.
PRODUCT = Prior("LogNormal", mu=1.386, sigma=0.5)
#: Power of the dimension: central 95 % is 0.4 to 1.6; theory 1.
POWER = Prior("Normal", mu=1.0, sigma=0.3)
#: Where the intrinsic dimension of data plausibly lies.
DIMENSION = Column("dimension", label="Intrinsic dimension d", span=(1.0, 100.0))


def formula(N, dimension, N0, *, E, excess_N, c, p):
    """Median loss: a floor and a power law whose exponent falls with the dimension of the data."""
    return E + excess_N * (N / N0) ** -(c * np.exp(-p * np.log(dimension)))


#: L = E + A N^-alpha with alpha = c / d^p. At N0 the loss does not depend on the dimension.
L_N = Law(
    formula,
    {"E": ENTROPY, "excess_N": EXCESS, "c": PRODUCT, "p": POWER},
    columns={"dimension": DIMENSION},
    may_rise={"dimension": "data of a higher dimension are learnt more slowly"},
    name="sharma2020.L_N",
    source="Sharma & Kaplan 2020, arXiv:2004.10802",
)
#: The same in D.
L_D = L_N.rename("sharma2020.L_D", N="D")
