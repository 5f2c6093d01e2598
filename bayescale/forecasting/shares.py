"""forecasting.shares"""

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.law import Law

#: Where the uncertainty of a new run's loss comes from.
PARTS = ("parameters", "discrepancy", "noise")


def shares(law: Law, post: xr.DataTree, predicted: xr.Dataset) -> xr.DataArray:
    """Where the uncertainty of new runs' losses comes from: the law's parameters, its discrepancy, or the noise.

    The log loss is a sum of three parts; the share of each is its covariance with the sum over the variance of the sum
    (Euler's allocation). Shares add to one; a part that makes up for another has a negative share.

    Parameters
    ----------
    law, post : as in `predict`.
    predicted : Dataset of `predict`.

    Returns
    -------
    DataArray : dims (part, run).
    """
    at = {name: predicted[name].to_numpy() for name in (*law.inputs, *law.groups)}
    curve = np.log(law(post, **at).drop_vars("run", errors="ignore"))
    expected, total = (np.log(predicted[name].drop_vars("run")) for name in ("mu", "loss"))
    parts = xr.concat([curve, expected - curve, total - expected], pd.Index(PARTS, name="part"))
    share = xr.cov(parts, total, dim=SAMPLE_DIMS) / total.var(SAMPLE_DIMS, ddof=1)
    return share.assign_coords(run=predicted["run"]).rename("share").transpose("part", "run")
