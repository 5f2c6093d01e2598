"""Simulation-based calibration: fit data simulated from the prior, where the parameters are known."""

from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.data.check import check
from bayescale.forecasting.predict import predict
from bayescale.inference.door import arguments as door
from bayescale.inference.fit import draw
from bayescale.inference.many import run_many
from bayescale.inference.sample_prior import sample_prior
from bayescale.modelling.law import Law

#: Posterior draws among which a parameter is ranked: few enough to be independent, and enough to detect a bias of a
#: tenth of a standard deviation.
RANKED = 100
#: Most simulations, as a guard against a slip.
MOST_FITS = 10**6
#: Options of NUTS, which gives 1000 draws with four chains.
SAMPLER = {"draws": 250, "tune": 500}


def sbc(
    law: Law,
    runs: pd.DataFrame,
    *,
    fits: int = 200,
    method: str = "nuts",
    seed: int | None = None,
    executor: Executor | None = None,
    **sampler,
) -> xr.DataTree:
    """Simulation-based calibration: draw parameters from the prior, simulate runs, and fit them.

    The rank of each drawn parameter among its posterior draws is uniform if the model and the sampler are correct
    (Talts et al. 2018, arXiv:1804.06788).

    Parameters
    ----------
    law : Law
    runs : DataFrame, the design: its columns are kept, and its losses are replaced by simulated ones. The reference run
        and the smallest loss, on which priors depend, are those of `runs` in every simulation.
    fits : int, number of simulations.
    method, seed, executor, **sampler : as in `fit_many`, but NUTS by default draws 250 a chain after 500 tuning steps,
        which is enough for ranks.

    Returns
    -------
    DataTree : groups

        - prior_sbc: ranks divided by their number, between 0 and 1, dims (chain of length 1, draw: the simulation), for
          ``az.plot_ecdf_pit``;
        - prior: the parameters that were drawn;
        - fits: as in `fit_many`. Simulations that failed are not in prior_sbc; ``fits["reason"]`` says why.

    Raises
    ------
    TypeError, ValueError
        As `fit_many`; if a prior is in units of each group's smallest loss, which differs between simulations; or if
        every fit fails.

    Examples
    --------
    Three simulations, to see what comes back; ranks need 100 or more:

    >>> import bayescale as bs
    >>> from bayescale.laws.henighan2020 import L_N
    >>> ranks = bs.sbc(L_N, bs.load("pythia"), fits=3, method="laplace", seed=1, progressbar=False)
    >>> ranks["prior_sbc"]["alpha_N"].sizes["draw"]
    3
    """
    door.check_law(law, runs)
    fits = door.whole("fits", fits, 1, MOST_FITS)
    door.check_method(method)
    door.check_seed(seed)
    door.checked_options(sampler)
    moved = [str(prior) for prior in law.variables.values() if prior.unit == "loss_min" and prior.dims]
    if moved:
        raise ValueError(f"The priors {moved} move with the simulated losses; state them without unit='loss_min'.")
    seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else int(seed)
    law = replace(law, reference=dict(check(law, runs).reference))
    # A stream for each step: ranks jittered by the numbers that drew the prior would not be uniform.
    streams = [int(state) for state in np.random.SeedSequence(seed).generate_state(4)]
    prior = sample_prior(law, runs, draws=fits, seed=streams[0])
    simulated = predict(law, prior, runs, seed=streams[1])["loss"].isel(chain=0)
    tables = {str(k): runs.assign(loss=simulated.isel(draw=k).to_numpy()) for k in range(fits)}
    sampler = {**(SAMPLER if method == "nuts" else {}), **sampler}
    many = run_many(draw, law, tables, method=method, seed=streams[2], executor=executor, **sampler)
    if "posterior" not in many.children:
        raise ValueError(f"None of the {fits} simulations could be fitted: {many['fits']['reason'].to_numpy()[0]}")
    drawn = prior["prior"].to_dataset().isel(chain=0)
    good = np.flatnonzero(many["fits"]["reason"].to_numpy() == "")
    ranks = _ranks(many["posterior"].to_dataset(), drawn, good, np.random.default_rng(streams[3]))
    groups = {"prior_sbc": ranks, "prior": prior["prior"].to_dataset(), "fits": many["fits"].to_dataset()}
    return xr.DataTree.from_dict(groups)


def _ranks(posterior: xr.Dataset, drawn: xr.Dataset, good: np.ndarray, rng: np.random.Generator) -> xr.Dataset:
    """Jittered ranks of the drawn parameters among their posterior draws, of the simulations `good`."""
    draws = posterior.stack(sample=("chain", "draw"))
    size = draws.sizes["sample"]
    thinned = draws.isel(sample=np.linspace(0, size - 1, min(RANKED, size)).astype(int))
    ranks = {}
    for name in (n for n in drawn.data_vars if n in thinned):
        after = thinned[name].isel(fit=good).transpose("fit", "sample", ...)
        truth = drawn[name].isel(draw=good).transpose("draw", ...)
        rank = (after.to_numpy() < truth.to_numpy()[:, None]).sum(axis=1)
        pit = (rank + rng.uniform(size=rank.shape)) / (after.sizes["sample"] + 1)
        ranks[name] = truth.copy(data=pit).expand_dims(chain=[0])
    return xr.Dataset(ranks).assign_coords(draw=np.arange(len(good)))
