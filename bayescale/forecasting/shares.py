"""Shares of the uncertainty of a new run's loss: parameters, discrepancy and noise."""

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.inference.door.posterior import check_posterior, check_predicted
from bayescale.modelling.draws import SAMPLE_DIMS, as_arrays
from bayescale.modelling.law import Law

#: Sources of the uncertainty, in the order of the terms of the log loss.
PARTS = ("parameters", "discrepancy", "noise")


def shares(law: Law, post: xr.DataTree, predicted: xr.Dataset) -> xr.DataArray:
    """Share of each source in the variance of new runs' log losses: parameters, discrepancy, noise.

    The log loss is a sum of three terms, one from each source. A share is the covariance of the term with the sum,
    divided by the variance of the sum (Euler's allocation). Shares add to one. A term that is anticorrelated with the
    others may have a negative share.

    Parameters
    ----------
    law, post : as in `predict`.
    predicted : Dataset of `predict`.

    Returns
    -------
    DataArray : dims (part, run), with parts "parameters", "discrepancy" and "noise".

    Raises
    ------
    TypeError, ValueError
        If `law`, `post` or `predicted` is of a wrong kind, or the posterior is of another law.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy")
    >>> post = bs.fit(chinchilla, runs.query("split == 'grid'"), method="laplace", seed=1)
    >>> drawn = bs.predict(chinchilla, post, runs.query("split == 'heldout'"), seed=1)
    >>> share = bs.shares(chinchilla, post, drawn)
    >>> share["part"].values.tolist()
    ['parameters', 'discrepancy', 'noise']
    >>> share.sum("part").round(6).values.tolist()
    [1.0, 1.0, 1.0]
    """
    check_posterior(law, post)
    check_predicted(predicted)
    at = {name: predicted[name].to_numpy() for name in (*law.inputs, *law.groups)}
    given = as_arrays(law, at, wanted=law.inputs)  # `predict` has checked the values
    curve = np.log(law.evaluate(law.formula, post, given).drop_vars("run", errors="ignore"))
    expected, total = (np.log(predicted[name].drop_vars("run")) for name in ("mu", "loss"))
    parts = xr.concat([curve, expected - curve, total - expected], pd.Index(PARTS, name="part"))
    share = xr.cov(parts, total, dim=SAMPLE_DIMS) / total.var(SAMPLE_DIMS, ddof=1)
    return share.assign_coords(run=predicted["run"]).rename("share").transpose("part", "run")
