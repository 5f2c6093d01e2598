"""Claims: published numbers, our posteriors of them, and the rule that compares the two."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from scipy.stats import norm

#: Two-sided tail probability below which a posterior and a published value disagree. Of a hundred true claims, one
#: would.
TAIL = 0.01
#: A published interval is too narrow if ours, of the same level on the same runs, is wider by more than this.
WIDER = 2.0
VERDICTS = ("agrees", "disagrees", "published interval too narrow", "not reproducible")
#: How far a published number has been traced.
TAGS = {
    "T": "the paper's text",
    "N": "the authors' code, notebook or data",
    "S": "a note that quotes the paper",
    "A": "the abstract page",
    "C": "computed from published numbers; the formula is in the module",
}


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A published number and ours.

    Attributes
    ----------
    quantity : str
    published : str
        As printed; the last digit gives its rounding.
    here : array of draws, a number without uncertainty, or None if it cannot be computed.
    where : str
        Table, equation or section.
    tag : str
        A key of `TAGS`.
    interval, level : the published interval and its probability.
    same_runs : bool
        Whether we use the runs that the published number is from, so that the widths can be compared.
    expect : str
        The expected verdict; if another one comes out, the command fails.
    note : str
        The reason for the verdict, if it is not obvious.
    """

    quantity: str
    published: str
    here: np.ndarray | float | None
    where: str
    tag: str
    interval: tuple[float, float] | None = None
    level: float = 0.95
    same_runs: bool = False
    expect: str = "agrees"
    note: str = ""

    def __post_init__(self):
        if self.expect not in VERDICTS or self.tag not in TAGS:
            raise ValueError(f"{self.quantity}: expect={self.expect!r}, tag={self.tag!r}; wanted {VERDICTS}, {TAGS}.")

    @property
    def value(self) -> float:
        """The published number."""
        return float(self.published)

    @property
    def rounding(self) -> float:
        """Half a unit of its last digit."""
        exponent = Decimal(self.published).as_tuple().exponent
        return 0.5 * 10.0 ** int(exponent)


def verdict(claim: Claim) -> str:
    """Whether a posterior and a published number can both be right.

    The published number stands for a normal distribution with the spread that its interval tells (none if there is no
    interval), and is uncertain by its rounding. It disagrees if zero lies outside the central 99 % of the difference
    from our draws. If it does not, but its interval is less than half as wide as ours on the same runs, the interval is
    too narrow. A number of ours without uncertainty agrees within the rounding, or within the interval.
    """
    if claim.here is None:
        return "not reproducible"
    draws = np.ravel(np.asarray(claim.here, dtype=float))
    if not np.isfinite(draws).all():
        raise ValueError(f"{claim.quantity}: some of our numbers are not finite.")
    low, high = claim.interval or (claim.value, claim.value)
    if draws.size == 1:
        slack = claim.rounding * (1.0 + 1e-9)
        return "agrees" if min(low, claim.value) - slack <= draws[0] <= max(high, claim.value) + slack else "disagrees"
    rng = np.random.default_rng(20_200_123)  # a stream that no draws of ours come from
    spread = (high - low) / (2.0 * norm.ppf(0.5 + claim.level / 2.0))
    published = claim.value + spread * rng.standard_normal(draws.size)
    published = published + rng.uniform(-claim.rounding, claim.rounding, draws.size)
    below = (draws < published).mean()
    if 2.0 * min(below, 1.0 - below) < TAIL:
        return "disagrees"
    ends = np.quantile(draws, [0.5 - claim.level / 2.0, 0.5 + claim.level / 2.0])
    if claim.same_runs and claim.interval and np.ptp(ends) > WIDER * (high - low):
        return "published interval too narrow"
    return "agrees"


def summary(claim: Claim) -> str:
    """Median and 90 % interval of ours, or the number."""
    if claim.here is None:
        return "–"
    draws = np.ravel(np.asarray(claim.here, dtype=float))
    if draws.size == 1:
        return f"{draws[0]:.6g}"
    low, middle, high = np.quantile(draws, [0.05, 0.5, 0.95])
    return f"{middle:.4g} [{low:.4g}, {high:.4g}]"


def printed(claim: Claim) -> str:
    """The published number and its interval."""
    if claim.interval is None:
        return claim.published
    low, high = claim.interval
    return f"{claim.published} [{low:g}, {high:g}]" + (f" ({claim.level:.0%})" if claim.level != 0.95 else "")


def unexpected(claims: Sequence[Claim]) -> list[Claim]:
    """Claims whose verdict is not the expected one."""
    return [claim for claim in claims if verdict(claim) != claim.expect]
