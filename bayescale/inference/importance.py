"""Importance sampling: a posterior without chains, or in place of chains that failed."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from bayescale.density.log_density import LogDensity, as_posterior
from bayescale.inference.draws import add_discrepancy
from bayescale.inference.laplace.approximate import approximate
from bayescale.modelling.draws import SAMPLE_DIMS

#: Numbers of draws and chains unless the user sets them. They are those of NUTS.
DEFAULTS: dict[str, Any] = {"draws": 1000, "chains": 4}


def by_importance(
    density: LogDensity, seed: int, options: Mapping[str, Any], chain_points: np.ndarray | None = None
) -> tuple[xr.DataTree | None, str]:
    """Draw by the Laplace approximation, corrected by importance sampling.

    Parameters
    ----------
    density : LogDensity
    seed : int
    options : mapping with ``chains`` and ``draws``.
    chain_points : array of shape (point, size), optional
        Draws of chains that failed, in the sampling coordinates.

    Returns
    -------
    DataTree or None : the posterior; None if the importance weights are not accepted.
    str : why they are not accepted; empty if they are.
    """
    chains, draws = options["chains"], options["draws"]
    approximation = approximate(density, seed, chains, draws, chain_points)
    if not approximation.accepted:
        return None, approximation.reason
    points = approximation.points
    posterior = as_posterior(density, points)
    log_density = density.value(points.reshape(chains * draws, -1)).reshape(chains, draws)
    stats = xr.Dataset({"lp": (SAMPLE_DIMS, log_density)}, {dim: posterior[dim] for dim in SAMPLE_DIMS})
    post = xr.DataTree.from_dict({"posterior": posterior, "sample_stats": stats})
    add_discrepancy(density, post, seed)
    post.attrs |= {
        "method": "laplace",
        "pareto_k": approximation.k,
        "importance_ess": approximation.ess,
        "log_evidence": approximation.log_evidence,
    }
    return post, ""
