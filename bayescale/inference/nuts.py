"""NUTS: chains by nutpie on the compiled density, or by PyMC, and what replaces chains that fail.

Chains of nutpie fail if they diverge or do not mix. Evidence for what follows: docs/project/decisions/12-nuts.md.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from bayescale.density.bound import Bound
from bayescale.density.conditional import as_group, with_ends
from bayescale.density.log_density import LogDensity
from bayescale.inference import nutpie
from bayescale.inference.draws import add_discrepancy, chain_posterior, mixed, quality
from bayescale.inference.importance import by_importance
from bayescale.inference.laplace.whitening import Whitening
from bayescale.modelling.draws import SAMPLE_DIMS

#: Length of the chains unless the user sets it.
DEFAULTS: dict[str, Any] = {"draws": 1000, "tune": 600, "chains": 4}
#: The same if parameters are not centred, which takes longer chains (docs/project/decisions/03-default-priors.md).
OFFSET_DEFAULTS: dict[str, Any] = {"draws": 2000, "tune": 1000, "chains": 4}
#: The same with a discrepancy, whose gradients are expensive; 400 steps adapt as well as 600.
INTEGRATED_DEFAULTS: dict[str, Any] = {"draws": 1000, "tune": 400, "chains": 4}
#: Target acceptance rate.
TARGET_ACCEPT = 0.95
#: Target acceptance rate with a discrepancy. Its posterior has narrow regions, where longer steps diverge.
TARGET_ACCEPT_INTEGRATED = 0.97
#: Posteriors with at most this many coordinates (all centred) fall back to importance sampling before chains are
#: redrawn; others only as the last resort.
FEW_COORDINATES = 20
#: Chains count as unmixed if the modes that they miss hold more than this share of the mass.
MOST_MISSED = 0.01
#: Chains that diverge or do not mix are redrawn at most this often.
REDRAWS = 2
#: Least target acceptance rate of each redraw.
REDRAW_TARGETS = (0.98, 0.995)
#: Factor by which redrawn chains tune longer. If they did not mix, they draw longer too, by this factor each time, and
#: are thinned to the number of draws asked for.
LONGER = 4
#: Chains are not redrawn if that would take more work than this, in leapfrog steps times runs (about ten seconds).
MOST_WORK = 3e8
#: Options of `pymc.sample` that nutpie on the compiled density takes too; with any other, PyMC samples.
_OPTIONS = {"draws", "tune", "chains", "cores", "progressbar", "nuts", "nuts_sampler", "quiet"}
#: Options of ``nuts=``, and their names in nutpie.
_NUTS = {"target_accept": "target_accept", "max_treedepth": "maxdepth", "adaptation": "adaptation"}


def by_nuts(
    bound: Bound, density: LogDensity | None, seed: int, options: Mapping[str, Any], defaults: Mapping[str, Any]
) -> tuple[xr.DataTree, str]:
    """Draw by NUTS.

    Parameters
    ----------
    bound : Bound
    density : LogDensity, or None if only PyMC can evaluate it.
    seed : int
    options : what the user set, arguments of `pymc.sample`.
    defaults : numbers of draws and chains that replace the defaults of NUTS.

    Returns
    -------
    DataTree : the posterior.
    str : why importance sampling replaced the chains; empty if it did not.

    Warns
    -----
    RuntimeWarning
        Once per process, if PyMC's NUTS replaces nutpie, which cannot be used.
    """
    try:
        return _by_nuts(bound, density, seed, options, defaults)
    except nutpie.Unavailable as error:
        nutpie.warn_once("pymc", f"{error}; PyMC's own NUTS is used, which is slower")
    # "adaptation" is an option of nutpie only
    nuts = {key: value for key, value in (options.get("nuts") or {}).items() if key != "adaptation"}
    return _by_nuts(bound, density, seed, {**options, "nuts": nuts, "nuts_sampler": "pymc"}, defaults)


def _by_nuts(
    bound: Bound, density: LogDensity | None, seed: int, options: Mapping[str, Any], defaults: Mapping[str, Any]
) -> tuple[xr.DataTree, str]:
    """As `by_nuts`, without the fallback from nutpie to PyMC."""
    sampler = options.get("nuts_sampler", "nutpie")
    if sampler == "blackjax":
        raise ValueError(
            "nuts_sampler='blackjax' fails in pymc 6.4 (pymc issue 8367); use 'nutpie', 'pymc' or 'numpyro'."
        )
    nuts = options.get("nuts") or {}
    user_set = bool({"draws", "tune", "nuts"} & set(options))
    offset = any(not prior.centered for prior in bound.law.variables.values())
    compiled = density is not None and sampler == "nutpie" and set(options) <= _OPTIONS and set(nuts) <= set(_NUTS)
    integrated = compiled and bound.law.discrepancy is not None
    ours = OFFSET_DEFAULTS if offset else INTEGRATED_DEFAULTS if integrated else DEFAULTS
    options = {**ours, **defaults, **options, "nuts_sampler": sampler}
    adaptation = {"adaptation": "low_rank"} if sampler == "nutpie" and not offset else {}
    target = TARGET_ACCEPT_INTEGRATED if integrated else TARGET_ACCEPT
    options["nuts"] = {"target_accept": target, **adaptation, **nuts}
    if density is not None and compiled:
        return _by_nutpie(density, seed, options, user_set)
    if sampler == "nutpie":
        nutpie.require()
    return _by_pymc(bound, seed, options, offset), ""


def _by_nutpie(density: LogDensity, seed: int, options: Mapping[str, Any], user_set: bool) -> tuple[xr.DataTree, str]:
    """NUTS by nutpie, and what replaces chains that fail; nothing does if the user has set draws, tune or nuts."""
    whitening = Whitening.of(density, seed)
    target = nutpie.Target(density, whitening.center, whitening.root, whitening.initial_point)
    thin, nuts = 1, {_NUTS[key]: value for key, value in options["nuts"].items()}
    for redraw in range(REDRAWS + 1):
        length = {"draws": options["draws"] * thin, "tune": options["tune"] * (1 if redraw == 0 else LONGER)}
        u, stats = nutpie.draw(target, {**options, **length}, nuts, seed + redraw)
        points = whitening.points(u)
        # chains that agree with each other but miss a mode have not mixed
        complete = whitening.missed_mass(points) <= MOST_MISSED
        post = chain_posterior(density, points, stats, thin, complete)
        well_mixed, diverged = mixed(post), bool(stats["diverging"].any())
        work = float(stats["n_steps"].sum()) * density.work * (1 if well_mixed else LONGER)
        last = redraw == REDRAWS or work > MOST_WORK
        if (well_mixed and not diverged) or user_set:
            break
        if last or (density.size <= FEW_COORDINATES and whitening.modes):
            weighted, reason = _by_weights(density, seed, options, post, points)
            if weighted is not None:
                return weighted, reason
        if last:
            break
        if not well_mixed:
            thin *= LONGER
            nuts["adaptation"] = "diag"  # heavy tails mislead the low-rank adaptation
        nuts["target_accept"] = max(nuts["target_accept"], REDRAW_TARGETS[redraw])
    add_discrepancy(density, post, seed)
    return post, ""


def _by_weights(
    density: LogDensity, seed: int, options: Mapping[str, Any], post: xr.DataTree, points: np.ndarray
) -> tuple[xr.DataTree | None, str]:
    """Importance sampling from mixtures fitted to chains that failed, and why they did; None if it is not accepted."""
    weighted, _ = by_importance(density, seed, options, points.reshape(-1, density.size))
    if weighted is None:
        return None, ""
    rhat, ess = quality(weighted["posterior"].to_dataset())
    weighted.attrs |= {"rhat": rhat, "ess": min(ess, weighted.attrs["importance_ess"])}
    count = int(post["sample_stats"]["diverging"].sum())
    reason = (
        f"have {count} divergence{'s' if count > 1 else ''}"
        if mixed(post)
        else f"do not mix (R-hat {post.attrs['rhat']:.2f}, ESS {post.attrs['ess']:.0f})"
    )
    return (weighted if mixed(weighted) else None), f"the chains {reason}"


def _by_pymc(bound: Bound, seed: int, options: dict[str, Any], offset: bool) -> xr.DataTree:
    """NUTS by `pymc.sample`; `offset` says that parameters are not centred."""
    from bayescale.inference.pymc_sampler import sample

    if options["nuts_sampler"] == "pymc" and not offset:
        options.setdefault("init", "jitter+adapt_full")
    with warnings.catch_warnings():
        # PyMC calls its full mass matrix experimental; correlated parameters need it
        warnings.filterwarnings("ignore", message=".*QuadPotentialFullAdapt.*")
        post = sample(bound, seed, options)
    if bound.law.discrepancy is not None:
        draws = post["posterior"].to_dataset()
        z = draws["z"].transpose(*SAMPLE_DIMS, "coefficient").to_numpy()
        post["posterior"] = xr.DataTree(draws.drop_vars(["z", "coefficient"]))
        post["discrepancy"] = xr.DataTree(with_ends(bound, draws, as_group(bound, draws, z)))
    post.attrs["method"] = "nuts"
    return post
