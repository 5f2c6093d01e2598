"""Methods: the one place where posteriors are drawn; it chooses how, and says when it falls back.

NUTS by nutpie or PyMC (`bayescale.inference.nuts`), or the Laplace approximation corrected by
importance sampling (`bayescale.inference.importance`).
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
    bound : Bound, what is fitted.
    seed : int
    method : {"nuts", "laplace"}
    options : arguments of `pymc.sample`, which replace our defaults. The Laplace approximation uses draws and chains.

    Returns
    -------
    DataTree : groups posterior (parameters, hyperparameters and derived quantities), sample_stats and, where the law
        has one, discrepancy (`bayescale.density.conditional.increments`). ``attrs`` hold the method that was used, and
        the Pareto k and effective sample size of importance sampling, or R-hat and ESS of chains.

    Raises
    ------
    ValueError
        If the method is unknown; for ``nuts_sampler="blackjax"``, which pymc 6.4 cannot drive.
    KeyboardInterrupt
        If sampling is interrupted; the draws so far are not a posterior.

    Warns
    -----
    RuntimeWarning
        If NUTS replaces the Laplace approximation; if importance sampling replaces chains; if checkpoints are treated
        as independent although the law has a discrepancy.
    """
    if method not in METHODS:
        raise ValueError(f"The method {method!r} is unknown; choose one of {list(METHODS)}.")
    law, density, untraceable = bound.law, None, ""
    try:
        density = prepare(bound)
        density.program  # noqa: B018 (a derivative may be out of reach too)
    except Untraceable as step:
        density, untraceable = None, str(step)
        if law.discrepancy is not None and bound.checkpoints is not None:
            _warn(law, f"checkpoints of one run are treated as independent, since only PyMC can take {untraceable}")
    size, reasons = {}, []
    if method == "laplace":
        size = importance.DEFAULTS  # as many draws by either method
        post, refusal = None, f"the Laplace approximation cannot take {untraceable}"
        if density is not None:
            post, doubt = importance.by_importance(density, seed, {**size, **options})
            refusal = f"the Laplace approximation is not accepted ({doubt})"
        if post is not None:
            return post
        reasons.append(refusal)
    post, failure = by_nuts(bound if density is None else density.bound, density, seed, options, size)
    used = "NUTS"
    if failure:
        reasons.append(f"{failure}, as with several modes or narrow corners")
        used = f"importance sampling{' from mixtures fitted to these chains' if reasons[1:] else ''}"
    if reasons:  # one sentence, whatever was tried on the way
        _warn(law, f"{', and then '.join(reasons)}; drawn by {used} instead")
    return post


def _warn(law: Law, message: str) -> None:
    warnings.warn(f"{law.name}: {message}.", RuntimeWarning, stacklevel=5)  # who called fit
