"""Power: the chance that runs on a frontier show its curvature, by the rule of a quadratic fit."""

import math

#: Curvature d2 ln L / d(ln C)2 that a design is judged by. Besiroglu's frontier has 0.0053 at 1e21 FLOP.
TYPICAL = 0.005
#: Standard deviations of a one-sided test at 5 %.
ONE_SIDED = 1.645


def spread_of_curvature(sigma: float, n: int, decades: float) -> float:
    """Standard error of the curvature from n runs spread evenly over some decades of compute.

    A quadratic in ln C is fitted to log losses with noise `sigma` [log loss]: sd = sigma sqrt(45 / n) / h^2, where h is
    half the range of ln C.

    Examples
    --------
    >>> round(spread_of_curvature(0.005, 20, 2.0), 5)
    0.00141
    """
    if not (sigma > 0 and n > 2 and decades > 0):
        raise ValueError(f"sigma={sigma}, n={n}, decades={decades}; wanted sigma > 0, n of 3 or more and decades > 0.")
    return sigma * math.sqrt(45.0 / n) / (0.5 * decades * math.log(10)) ** 2


def power(spread: float, q: float = TYPICAL, z: float = ONE_SIDED) -> float:
    """Chance that an estimate of the curvature with this standard error is more than z of them above zero.

    Examples
    --------
    >>> round(power(spread_of_curvature(0.005, 20, 1.47), q=0.0065), 2)
    0.8
    """
    return 0.5 * math.erfc((z - q / spread) / math.sqrt(2.0))


def decades_needed(sigma: float, n: int, q: float = TYPICAL, z: float = ONE_SIDED, chance: float = 0.8) -> float:
    """Decades of compute over which n runs show the curvature q with this chance.

    Examples
    --------
    >>> round(decades_needed(0.005, 20, q=0.0065), 2)
    1.47
    """
    from statistics import NormalDist

    total = z + NormalDist().inv_cdf(chance)
    return 2.0 / math.log(10) * math.sqrt(math.sqrt(45.0 / n) * total * sigma / q)


def threshold(spread: float, prior: float, odds: float) -> float:
    """Standard errors above zero at which the odds of a curvature against none reach `odds` times its prior odds.

    By the ratio of Savage and Dickey, for a normal prior about zero with standard deviation `prior`.
    """
    occam = 0.5 * math.log1p((prior / spread) ** 2)
    return math.sqrt(2.0 * (math.log(odds) + occam) * (1.0 + (spread / prior) ** 2))
