"""Posterior predictive checks, in the groups that ArviZ plots."""

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.forecasting.predict import _losses, predict
from bayescale.modelling.law import Law


def ppc(law: Law, post: xr.DataTree, runs: pd.DataFrame, *, seed: int | None = None) -> xr.DataTree:
    """Draw from the posterior predictive distribution at the fitted runs, or at others, for the checks of ArviZ.

    Parameters
    ----------
    law, post, seed : as in `predict`.
    runs : DataFrame as in `predict`, with ``loss`` [nats/token].

    Returns
    -------
    DataTree : groups posterior_predictive (``loss``, dims chain, draw, run) and observed_data (``loss``, dim run). For
        the runs that were fitted also all groups of `post`, so that it serves every function of ArviZ
        (docs/howto/arviz.md). `post` is not changed.

    Raises
    ------
    TypeError, ValueError
        As `predict`; and if a loss is not a positive number.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1)
    >>> checks = bs.ppc(chinchilla, post, runs, seed=1)  # for az.plot_ppc_dist(checks), az.plot_loo_pit(checks), …
    >>> {"posterior_predictive", "observed_data", "log_likelihood", "log_prior"} <= set(checks.children)
    True
    """
    drawn = predict(law, post, runs, seed=seed)
    observed = drawn["loss"].isel(chain=0, draw=0, drop=True).copy(data=_losses(runs))
    groups = {"posterior_predictive": drawn[["loss"]], "observed_data": observed.to_dataset(name="loss")}
    tree = xr.DataTree.from_dict({name: group.reset_coords(drop=True) for name, group in groups.items()})
    if "observed_data" not in post.children or not _fitted(post["observed_data"]["loss"], observed):
        return tree
    run = post["observed_data"]["loss"].coords["run"].to_numpy()
    whole = post.copy()
    for name in groups:
        whole[name] = xr.DataTree(tree[name].to_dataset().assign_coords(run=run))
    return whole


def _fitted(fitted: xr.DataArray, observed: xr.DataArray) -> bool:
    """Whether these are the losses that were fitted, in the same order."""
    return fitted.shape == observed.shape and np.allclose(fitted, observed, rtol=1e-9, atol=0)
