"""Chains: drawn by nutpie in the chart, and how well they mixed."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from bayescale.density import Density, as_posterior
from bayescale.psis import MIN_ESS

# Vehtari et al. 2021 (arXiv:1903.08008): R-hat above which a posterior is not reported.
MAX_RHAT = 1.01


def draw(model: Any, options: Mapping[str, Any], nuts: Mapping[str, Any], seed: int) -> tuple[np.ndarray, xr.Dataset]:
    """Points of shape (chain, draw, size), and the sampler's statistics."""
    import nutpie

    drawn = nutpie.sample(
        model,
        draws=options["draws"],
        tune=options["tune"],
        chains=options["chains"],
        cores=options.get("cores"),
        seed=seed,
        progress_bar=bool(options.get("progressbar", True)) and not options.get("quiet", False),
        save_warmup=False,
        **nuts,
    )
    points = drawn["posterior"]["chart"].to_numpy()
    if points.shape[:2] != (options["chains"], options["draws"]):
        raise KeyboardInterrupt(f"sampling was interrupted after {points.shape[1]} of {options['draws']} draws.")
    return points, drawn["sample_stats"].to_dataset().drop_vars("divergence_message", errors="ignore")


def kept(density: Density, points: np.ndarray, stats: xr.Dataset, thin: int) -> xr.DataTree:
    """The posterior of chains in the chart, every `thin`-th draw kept, and how well they mixed."""
    posterior = as_posterior(density, points[:, ::thin])
    thinned = stats.isel(draw=slice(None, None, thin)).assign_coords(draw=posterior["draw"])
    if thin > 1:  # a divergence counts, whether its draw was kept or not
        thinned["diverging"] = stats["diverging"].coarsen(draw=thin).max().assign_coords(draw=posterior["draw"])
    post = xr.DataTree.from_dict({"posterior": posterior, "sample_stats": thinned})
    post.attrs |= dict(zip(("rhat", "ess"), quality(posterior), strict=True)) | {"method": "nuts"}
    return post


def mixed(post: xr.DataTree) -> bool:
    """Whether R-hat and ESS allow draws to be used."""
    return post.attrs["rhat"] <= MAX_RHAT and post.attrs["ess"] >= MIN_ESS


def quality(posterior: xr.Dataset) -> tuple[float, float]:
    """The worst R-hat and the smallest effective sample size, bulk or tail, of all variables."""
    import arviz as az

    worst = lambda found, pick: float(pick([float(pick(v)) for v in found.data_vars.values()]))  # noqa: E731
    rhat = worst(az.rhat(posterior), np.max)
    ess = min(worst(az.ess(posterior, method=method), np.min) for method in ("bulk", "tail"))
    return rhat if np.isfinite(rhat) else np.inf, ess if np.isfinite(ess) else 0.0
