"""Caballero et al. 2022, Broken Neural Scaling Laws, arXiv:2210.14891.

y = a + b x^-c0 prod_i (1 + (x/d_i)^(1/f_i))^(-c_i f_i), in any one of N [parameters], D [tokens], C [FLOP].

Examples
--------
>>> from bayescale.laws.caballero2022 import L_D
>>> L_D.parameters
('E', 'excess_D', 'alpha_D', 'change_1', 'break_1', 'width_1')
"""

import inspect
from dataclasses import dataclass

import numpy as np

from bayescale.laws._coordinates import BrokenSlope
from bayescale.laws._priors import ENTROPY, EXCESS, EXPONENT
from bayescale.modelling.coordinates import Coordinates, Term
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

#: log(d_i / x0): a break anywhere within about six decades of the middle of the data.
BREAK = Prior("Normal", mu=0.0, sigma=7.0)
#: Change of the exponent at a break, up or down: 95 % between -0.6 and 0.6.
CHANGE = Prior("Normal", mu=0.0, sigma=0.3)
#: Width of a break in e-folds of x: central 95 % is 0.14 to 7; the smaller, the sharper.
WIDTH = Prior("LogNormal", mu=0.0, sigma=1.0)


def softplus(t):
    """log(1 + exp(t)), without overflow."""
    return (t + abs(t)) / 2 + np.log1p(np.exp(-abs(t)))


@dataclass(frozen=True)
class Broken:
    """The formula with `breaks` breaks in the column `x`: a value, so that a law with any number of breaks pickles."""

    x: str
    breaks: int

    def __post_init__(self):
        kinds = inspect.Parameter
        columns = [kinds(name, kinds.POSITIONAL_OR_KEYWORD) for name in (self.x, f"{self.x}0")]
        names = ["E", f"excess_{self.x}", f"alpha_{self.x}"]
        names += [f"{part}_{i}" for i in range(1, self.breaks + 1) for part in ("change", "break", "width")]
        signature = inspect.Signature(columns + [kinds(name, kinds.KEYWORD_ONLY) for name in names])
        object.__setattr__(self, "__name__", "formula")
        object.__setattr__(self, "__signature__", signature)

    def __reduce__(self):
        return Broken, (self.x, self.breaks)

    def __call__(self, column, reference, **p):
        log_x = np.log(column / reference)
        log_y = -p[f"alpha_{self.x}"] * log_x
        for i in range(1, self.breaks + 1):
            change, at, width = p[f"change_{i}"], p[f"break_{i}"], p[f"width_{i}"]
            log_y = log_y - change * width * (softplus((log_x - at) / width) - softplus(-at / width))
        return p["E"] + p[f"excess_{self.x}"] * np.exp(log_y)

    @property
    def text(self) -> str:
        """The formula as it is printed and stored with a posterior."""
        x = self.x
        return (
            f"loss = E + excess_{x} * g({x}) / g({x}0), g = ({x} / {x}0) ** -alpha_{x} * prod_i "
            f"(1 + ({x} / ({x}0 * exp(break_i))) ** (1 / width_i)) ** (-change_i * width_i), i = 1..{self.breaks}"
        )


def broken(x: str, breaks: int, name: str) -> Law:
    """The law with `breaks` breaks in the column `x` (Eq 1).

    Its parameters are, in the paper's letters: E, a; excess_x, b x0^-c0 with the breaks' factors normalised to one at
    the reference run x0; alpha_x, c0; change_i, c_i; break_i, log(d_i/x0); width_i, f_i.

    Parameters
    ----------
    x : the column, such as ``"D"``.
    breaks : number of breaks.
    name : name of the law.

    Raises
    ------
    ValueError
        If `breaks` is negative.

    Returns
    -------
    Law

    Examples
    --------
    >>> from bayescale.laws.caballero2022 import broken
    >>> law = broken("D", breaks=2, name="two_breaks")
    >>> law.inputs, len(law.parameters)
    (('D',), 9)
    """
    if breaks < 0:
        raise ValueError(f"breaks is {breaks}; a law has zero or more breaks.")
    numbers = range(1, breaks + 1)
    each = {"change": CHANGE, "break": BREAK, "width": WIDTH}
    priors = {"E": ENTROPY, f"excess_{x}": EXCESS, f"alpha_{x}": EXPONENT}
    priors |= {f"{part}_{i}": prior for i in numbers for part, prior in each.items()}
    each_break = tuple((f"change_{i}", f"break_{i}", f"width_{i}") for i in numbers)
    slope = BrokenSlope(f"alpha_{x}", (x,), f"excess_{x}", each_break)
    coordinates = Coordinates("E", terms=(Term(f"excess_{x}", (x,)),), slopes=(slope,))
    return Law(
        Broken(x, breaks),
        priors,
        coordinates=coordinates,
        may_rise={x: "a break may bend upwards"},
        name=name,
        source="Caballero et al. 2022, Eq 1, arXiv:2210.14891",
    )


#: One break, in N.
L_N = broken("N", 1, "caballero2022.L_N")
#: One break, in D.
L_D = broken("D", 1, "caballero2022.L_D")
#: One break, in C.
L_C = broken("C", 1, "caballero2022.L_C")
