"""Choice: the rule by which scores of several laws become advice."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from bayescale.forecasting.trust.evidence import FEWEST_SIZES, POOR
from bayescale.forecasting.trust.units import DECISIVE, ERRORS, Units, behind

#: Why a law with a discrepancy is taken in a tie.
SAFER = "its intervals contained new runs more often where the truth was known (docs/evidence/simulated.md)"


class Choice(NamedTuple):
    """A law, how far the table decided, and why.

    Attributes
    ----------
    take : str, the law.
    told : str, "differ" (the table decides), "tie", or "cannot tell" (too little is held out).
    reasons : list of str, sentences.
    """

    take: str
    told: str
    reasons: list[str]


def chosen(
    facts: pd.DataFrame,
    left_out: Mapping[str, np.ndarray],
    future: Mapping[str, np.ndarray] | None = None,
    of: Units | None = None,
    untested: str = "too few runs can be held out for a back-test",
) -> Choice:
    """Choose a law by the rule that `bayescale.advise` states.

    Parameters
    ----------
    facts : DataFrame indexed by law: ``discrepancy`` (bool), and with a back-test ``covered`` (share inside the 90 %
        intervals) and ``width`` (of these intervals).
    left_out : mapping from a law to log densities of left-out runs, of shape (run,); empty if there are none.
    future : mapping from a law to its log scores, of shape (unit,); None without a back-test.
    of : Units of the back-test.
    untested : str, why there is no back-test.
    """
    rivals, reasons = [str(name) for name in facts.index], list[str]()
    enough = future is not None and of is not None and of.number >= FEWEST_SIZES
    if future is not None and of is not None and enough:
        rivals = _kept(rivals, future, f"Forecasts of the larger runs ({of}; log score)", reasons)
        rivals = _not_poor(rivals, facts, reasons)
    elif of is not None:
        untested = f"the back-test rests on {of}, and at least {FEWEST_SIZES} are needed"
    if not enough:
        reasons.append(f"The table cannot tell which law extrapolates best: {untested}.")
    if left_out and len(rivals) > 1:
        rivals = _kept(rivals, left_out, "Left-out runs (elpd)", reasons)
    told = "cannot tell" if not enough else "differ" if len(rivals) == 1 else "tie"
    return Choice(_settled(rivals, facts, reasons), told, reasons)


def _kept(rivals: Sequence[str], scores: Mapping[str, np.ndarray], what: str, reasons: list[str]) -> list[str]:
    """The laws that are not decidedly behind the best of them."""
    found = behind({name: scores[name] for name in rivals}).sort_values("diff", ascending=False, kind="stable")
    kept = [str(name) for name in found.index[~found["decided"]]]
    best, others = found.index[0], found.iloc[1:]
    told = [
        f"{name} is {-line['diff']:.1f} ± {line['se']:.1f} behind{'' if line['decided'] else ' (a tie)'}"
        for name, line in others.iterrows()
    ]
    if told:
        reasons.append(f"{what}: {best} is best; {', '.join(told)}.")
    return kept


def _not_poor(rivals: list[str], facts: pd.DataFrame, reasons: list[str]) -> list[str]:
    """The laws whose 90 % intervals contained enough of the larger runs; all of them if none did."""
    good = [name for name in rivals if facts.loc[name, "covered"] >= POOR]
    if not good or len(good) == len(rivals):
        return rivals
    bad = [f"{name} ({facts.loc[name, 'covered']:.0%})" for name in rivals if name not in good]
    reasons.append(
        f"Left out because 90 % intervals contained less than {POOR:.0%} of the larger runs: {', '.join(bad)}."
    )
    return good


def _settled(rivals: list[str], facts: pd.DataFrame, reasons: list[str]) -> str:
    """The law to take of several that tie."""
    if len(rivals) == 1:
        return rivals[0]
    rule = f"differences below {ERRORS:g} standard errors or {DECISIVE:g} nats"
    able = [name for name in rivals if facts.loc[name, "discrepancy"]]
    if able:
        reasons.append(f"{', '.join(rivals)} tie ({rule}). {able[0]} has a discrepancy, so {SAFER}.")
        return able[0]
    if "width" not in facts or facts.loc[rivals, "width"].isna().all():
        reasons.append(f"{', '.join(rivals)} tie ({rule}), and no law of them has a discrepancy.")
        return rivals[0]
    widest = str(facts.loc[rivals, "width"].idxmax())
    reasons.append(f"{', '.join(rivals)} tie ({rule}). {widest} has the widest intervals, so it claims least.")
    return widest
