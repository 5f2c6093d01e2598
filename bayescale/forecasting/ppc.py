"""Posterior predictive checks, in the groups that ArviZ plots."""

import pandas as pd
import xarray as xr

from bayescale.forecasting.predict import _losses, predict
from bayescale.modelling.law import Law


def ppc(law: Law, post: xr.DataTree, runs: pd.DataFrame, *, seed: int | None = None) -> xr.DataTree:
    """Draw from the posterior predictive distribution at the fitted runs, or at others, for ``az.plot_ppc_*``.

    Parameters
    ----------
    law, post, seed : as in `predict`.
    runs : DataFrame as in `predict`, with ``loss`` [nats/token].

    Returns
    -------
    DataTree : groups posterior_predictive (``loss``, dims chain, draw, run) and observed_data (``loss``, dim run).

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
    >>> checks = bs.ppc(chinchilla, post, runs, seed=1)  # for az.plot_ppc_dist(checks)
    >>> sorted(checks.children)
    ['observed_data', 'posterior_predictive']
    """
    drawn = predict(law, post, runs, seed=seed)
    observed = drawn["loss"].isel(chain=0, draw=0, drop=True).copy(data=_losses(runs))
    groups = {"posterior_predictive": drawn[["loss"]], "observed_data": observed.to_dataset(name="loss")}
    return xr.DataTree.from_dict({name: group.reset_coords(drop=True) for name, group in groups.items()})
