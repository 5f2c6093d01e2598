"""signs: what the runs that are fitted tell of a forecast that is going to be bad, before it is made.

Each sign is there because of what happened where it appeared, on published tables (docs/signs.md).
"""

import xarray as xr

from bayescale.modelling.law import Law

#: The share of the smallest loss above which the floor of a law that has a hard one is suspect.
FLOOR = 0.8


def signs(law: Law, post: xr.DataTree) -> dict[str, str]:
    """What the fit tells of forecasts from it.

    Parameters
    ----------
    law, post : as in `predict`.

    Returns
    -------
    dict : name of a sign -> what it says and what to do about it; empty if there is none. ``floor``: the floor of a law
        that has a hard one lies above 80 % of the smallest loss. ``kappa``: the 90 % interval of the generalised law's
        kappa is without 1.
    """
    found = {}
    draws, losses = post["posterior"].to_dataset(), post["observed_data"]["loss"]
    hard = "E" in draws and "omega" not in draws and law.discrepancy is None and not draws["E"].dims[2:]
    share = float(draws["E"].median()) / float(losses.min()) if hard else 0.0
    if share > FLOOR:
        found["floor"] = (
            f"E is {share:.0%} of the smallest loss. Where it was above {FLOOR:.0%}, the intervals of additive laws "
            "were far too narrow; fit laws.generalised."
        )
    if "kappa" in draws and draws["kappa"].dims[2:] == ():
        low, middle, high = draws["kappa"].quantile([0.05, 0.5, 0.95]).to_numpy()
        if high < 1 or low > 1:
            found["kappa"] = (
                f"kappa is {middle:.2f} [{low:.2f}, {high:.2f}], without 1: an additive law does not hold on these "
                "runs, its E is not to be trusted, and forecasts erred more, of this law too."
            )
    return found
