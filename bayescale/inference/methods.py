"""Methods: draws from a posterior by the method asked for, or by its fallback with a warning.

"nuts" is NUTS by nutpie or PyMC (`bayescale.inference.nuts`). "laplace" is the Laplace approximation corrected by
importance sampling (`bayescale.inference.importance`). Each is the fallback of the other.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import xarray as xr

from bayescale.autodiff.node import Untraceable
from bayescale.density.bound import Bound
from bayescale.inference import importance
from bayescale.inference.laplace.sites import prepare
from bayescale.inference.nuts import by_nuts
from bayescale.modelling.law import Law

METHODS = ("nuts", "laplace")


def sample(bound: Bound, seed: int, method: str, options: Mapping[str, Any]) -> xr.DataTree:
    """Draw from the posterior of a law.

    Parameters
    ----------
    bound : Bound
    seed : int
    method : {"nuts", "laplace"}
    options : arguments of `pymc.sample` that replace the defaults. The Laplace approximation uses draws and chains.

    Returns
    -------
    DataTree : groups posterior (parameters, hyperparameters and derived quantities), sample_stats and, where the law
        has one, discrepancy (`bayescale.density.conditional.coefficients`). ``attrs`` hold the method that was used.
        For importance sampling they hold Pareto k and the effective sample size of the weights; for chains, R-hat and
        the effective sample size.

    Raises
    ------
    ValueError
        If the method is unknown, or for ``nuts_sampler="blackjax"``, with which pymc 6.4 fails.
    KeyboardInterrupt
        If sampling is interrupted. Partial draws are not returned.

    Warns
    -----
    RuntimeWarning
        If NUTS replaces the Laplace approximation, if importance sampling replaces chains, or if errors of checkpoints
        are treated as independent although the law has a discrepancy.
    """
    if method not in METHODS:
        raise ValueError(f"The method {method!r} is unknown; choose one of {list(METHODS)}.")
    law, density, untraceable = bound.law, None, ""
    try:
        density = prepare(bound)
        density.program  # noqa: B018 (a step without a derivative raises here)
    except Untraceable as error:
        density, untraceable = None, str(error)
        if law.discrepancy is not None and bound.checkpoints is not None:
            _warn(law, f"checkpoints of one run are treated as independent, since only PyMC can take {untraceable}")
    defaults, reasons = {}, []
    if method == "laplace":
        defaults = importance.DEFAULTS
        post, reason = None, f"the Laplace approximation cannot evaluate {untraceable}"
        if density is not None:
            post, unreliable = importance.by_importance(density, seed, {**defaults, **options})
            reason = f"the Laplace approximation is not accepted ({unreliable})"
        if post is not None:
            return post
        reasons.append(reason)
    post, reason = by_nuts(bound if density is None else density.bound, density, seed, options, defaults)
    used = "NUTS"
    if reason:
        reasons.append(f"{reason}, as with several modes or narrow regions")
        used = f"importance sampling{' from mixtures fitted to these chains' if reasons[1:] else ''}"
    if reasons:  # one sentence, whatever was tried on the way
        _warn(law, f"{', and then '.join(reasons)}; drawn by {used} instead")
    return post


def _warn(law: Law, message: str) -> None:
    warnings.warn(f"{law.name}: {message}.", RuntimeWarning, stacklevel=5)  # points to the caller of fit
