"""Signs: warnings, read from a fit, that its forecasts may be bad.

Each sign is kept because of how often forecasts went wrong where it appeared, on published tables
(docs/evidence/signs.md).
"""

import xarray as xr

from bayescale.density.coordinates.structure import coordinates_of
from bayescale.forecasting.trust.evidence import Evidence, evidence
from bayescale.inference.door.posterior import check_posterior
from bayescale.modelling.law import Law

#: A hard floor above this share of the smallest loss is a sign.
FLOOR = 0.8


def signs(law: Law, post: xr.DataTree, backtest: xr.Dataset | Evidence | None = None) -> dict[str, str]:
    """Signs that forecasts from this fit may be bad.

    Parameters
    ----------
    law, post : as in `predict`.
    backtest : Dataset of `backtest` for one forecaster, or its `evidence`, optional. Made with ``towards=`` the runs to
        be forecast it resembles that forecast.

    Returns
    -------
    dict : name of a sign -> what it says and what to do about it; empty if there is none.

        - ``floor``: the law has no discrepancy, its floor does not decline, and the floor's median is above 80 % of
          the smallest loss.
        - ``backtest``: the 90 % intervals of the back-test contained less than 70 % of the larger runs. The absence of
          this sign is reassuring only if ``evidence(backtest).reassures`` is true.
        - The law's own signs, if it has any (`Law`, ``signs``).

    Raises
    ------
    TypeError, ValueError
        If `law` is not a Law, `post` not the DataTree of `fit`, or the posterior is of another law.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1)
    >>> sorted(bs.signs(chinchilla, post))
    ['floor']
    """
    check_posterior(law, post, "posterior", "observed_data")
    draws, losses = post["posterior"].to_dataset(), post["observed_data"]["loss"]
    told = {"floor": _high_floor(law, draws, float(losses.min()))}
    told |= {name: sign(draws) for name, sign in law.signs.items()}
    if backtest is not None:
        told["backtest"] = _poor(backtest if isinstance(backtest, Evidence) else evidence(backtest))
    return {name: text for name, text in told.items() if text}


def _poor(tested: Evidence) -> str:
    if not tested.poor:
        return ""
    return f"in the back-test by {tested.by} the 90 % intervals held {tested.covered[0.9]:.0%} of the larger runs."


def _high_floor(law: Law, draws: xr.Dataset, smallest: float) -> str:
    floor = coordinates_of(law).hard_floor
    if law.discrepancy is not None or floor not in draws or draws[floor].dims[2:]:
        return ""
    share = float(draws[floor].median()) / smallest
    if share <= FLOOR:
        return ""
    return (
        f"{floor} is {share:.0%} of the smallest loss. Where it was above {FLOOR:.0%}, the intervals of additive laws "
        "were far too narrow; fit laws.generalised."
    )
