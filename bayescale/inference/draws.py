"""Draws: from points in the sampling coordinates to a posterior, and how well its chains mixed."""

import numpy as np
import xarray as xr

from bayescale.density.conditional import coefficients
from bayescale.density.log_density import LogDensity, as_posterior
from bayescale.inference.laplace.psis import MIN_ESS

#: Largest R-hat of chains that have mixed (Vehtari et al. 2021, arXiv:1903.08008).
MAX_RHAT = 1.01


def chain_posterior(
    density: LogDensity, points: np.ndarray, stats: xr.Dataset, thin: int, complete: bool = True
) -> xr.DataTree:
    """The posterior of chains, with R-hat and ESS in its ``attrs``.

    Parameters
    ----------
    density : LogDensity
    points : array of shape (chain, draw, size), in the sampling coordinates.
    stats : the sampler's statistics, dims (chain, draw).
    thin : int, one of this many draws is kept. It counts as divergent if any of them diverged.
    complete : False if the chains miss a mode. R-hat is then infinite.
    """
    posterior = as_posterior(density, points[:, ::thin])
    thinned = stats.isel(draw=slice(None, None, thin)).assign_coords(draw=posterior["draw"])
    if thin > 1:
        thinned["diverging"] = stats["diverging"].coarsen(draw=thin).max().assign_coords(draw=posterior["draw"])
    rhat, ess = quality(posterior)
    post = xr.DataTree.from_dict({"posterior": posterior, "sample_stats": thinned})
    post.attrs |= {"rhat": rhat if complete else np.inf, "ess": ess, "method": "nuts"}
    return post


def add_discrepancy(density: LogDensity, post: xr.DataTree, seed: int) -> None:
    """Draw the discrepancy and add its group, if the law has one."""
    if density.law.discrepancy is not None:
        rng = np.random.default_rng(np.random.SeedSequence([seed, 1]))
        draws = post["posterior"].to_dataset()
        post["discrepancy"] = xr.DataTree(coefficients(density.bound, draws, rng, prior=False))


def mixed(post: xr.DataTree) -> bool:
    """Whether R-hat and ESS are good enough: at most `MAX_RHAT`, at least `MIN_ESS`."""
    return post.attrs["rhat"] <= MAX_RHAT and post.attrs["ess"] >= MIN_ESS


def quality(posterior: xr.Dataset) -> tuple[float, float]:
    """The largest R-hat and the smallest effective sample size, bulk or tail, over all variables."""
    import arviz as az

    rhat = _extreme(az.rhat(posterior), np.max)
    ess = min(_extreme(az.ess(posterior, method=method), np.min) for method in ("bulk", "tail"))
    return rhat if np.isfinite(rhat) else np.inf, ess if np.isfinite(ess) else 0.0


def _extreme(values: xr.Dataset, pick) -> float:
    return float(pick([float(pick(value)) for value in values.data_vars.values()]))
