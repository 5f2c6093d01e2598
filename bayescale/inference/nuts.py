"""NUTS: chains by nutpie on the compiled density, or by PyMC; and what to do when they fail."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from bayescale.density.bound import Bound
from bayescale.density.conditional import as_group, with_ends
from bayescale.density.log_density import LogDensity
from bayescale.inference import nutpie
from bayescale.inference.draws import add_discrepancy, kept, mixed, quality
from bayescale.inference.importance import by_importance
from bayescale.inference.laplace.start import Ground
from bayescale.modelling.draws import SAMPLE_DIMS

#: Length of the chains unless the user sets it.
DEFAULTS: dict[str, Any] = {"draws": 1000, "tune": 600, "chains": 4}
#: The same with parameters that are not centred, which need longer chains (docs/decisions.md).
OFFSET_DEFAULTS: dict[str, Any] = {"draws": 2000, "tune": 1000, "chains": 4}
#: The same with a discrepancy, whose gradients are expensive; 400 steps adapt as well as 600 (docs/decisions.md).
INTEGRATED_DEFAULTS: dict[str, Any] = {"draws": 1000, "tune": 400, "chains": 4}
#: Target acceptance rate.
TARGET_ACCEPT = 0.95
#: Target acceptance rate with a discrepancy, whose posterior has narrow corners (docs/decisions.md).
TARGET_ACCEPT_INTEGRATED = 0.97
#: Posteriors with at most this many coordinates (all centred) fall back to importance sampling before chains are
#: redrawn; others only as the last resort.
FEW = 20
#: Chains count as unmixed if the modes that they miss hold more than this share of the mass.
MISSED = 0.01
#: Chains that diverge or do not mix are redrawn at most this often.
AGAIN = 2
#: Target acceptance rate of each redraw.
CAREFUL = (0.98, 0.995)
#: Factor by which redrawn chains are longer if they did not mix. They are thinned to the number of draws asked for.
LONGER = 4
#: Chains are not redrawn if that would take more work than this, in leapfrog steps times runs (about ten seconds).
MOST_WORK = 3e8
#: Options of `pymc.sample` that nutpie on the compiled density takes too; with any other, PyMC samples.
_OPTIONS = {"draws", "tune", "chains", "cores", "progressbar", "nuts", "nuts_sampler", "quiet"}
#: Options of ``nuts=``, and their names in nutpie.
_NUTS = {"target_accept": "target_accept", "max_treedepth": "maxdepth", "adaptation": "adaptation"}


def by_nuts(
    bound: Bound, density: LogDensity | None, seed: int, options: Mapping[str, Any], size: Mapping[str, Any]
) -> tuple[xr.DataTree, str]:
    """Draw by NUTS.

    Parameters
    ----------
    bound : Bound, what is fitted.
    density : LogDensity, or None where only PyMC can evaluate it.
    seed : int
    options : the user's, as of `pymc.sample`.
    size : defaults of draws and chains that replace ours.

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
        return _by_nuts(bound, density, seed, options, size)
    except nutpie.Unavailable as error:
        nutpie.warn_once("pymc", f"{error}; PyMC's own NUTS is used, which is slower")
    nuts = {key: value for key, value in (options.get("nuts") or {}).items() if key != "adaptation"}  # nutpie's alone
    return _by_nuts(bound, density, seed, {**options, "nuts": nuts, "nuts_sampler": "pymc"}, size)


def _by_nuts(
    bound: Bound, density: LogDensity | None, seed: int, options: Mapping[str, Any], size: Mapping[str, Any]
) -> tuple[xr.DataTree, str]:
    """As `by_nuts`, without its fallback."""
    sampler = options.get("nuts_sampler", "nutpie")
    if sampler == "blackjax":
        raise ValueError(
            "nuts_sampler='blackjax' fails in pymc 6.4 (pymc issue 8367); use 'nutpie', 'pymc' or 'numpyro'."
        )
    nuts = options.get("nuts") or {}
    as_asked = bool({"draws", "tune", "nuts"} & set(options))
    offset = any(not prior.centered for prior in bound.law.variables.values())
    compiled = density is not None and sampler == "nutpie" and set(options) <= _OPTIONS and set(nuts) <= set(_NUTS)
    integrated = compiled and bound.law.discrepancy is not None
    defaults = OFFSET_DEFAULTS if offset else INTEGRATED_DEFAULTS if integrated else DEFAULTS
    options = {**defaults, **size, **options, "nuts_sampler": sampler}
    adaptation = {"adaptation": "low_rank"} if sampler == "nutpie" and not offset else {}
    target = TARGET_ACCEPT_INTEGRATED if integrated else TARGET_ACCEPT
    options["nuts"] = {"target_accept": target, **adaptation, **nuts}
    if density is not None and compiled:
        return _by_nutpie(density, seed, options, as_asked)
    if sampler == "nutpie":
        nutpie.require()
    return _by_pymc(bound, seed, options, offset), ""


def _by_nutpie(density: LogDensity, seed: int, options: Mapping[str, Any], as_asked: bool) -> tuple[xr.DataTree, str]:
    """NUTS by nutpie; if the chains fail and the user has not chosen the settings, as FEW and AGAIN say."""
    ground = Ground.of(density, seed)
    target = nutpie.Target(density, ground.center, ground.root, ground.start)
    thin, nuts = 1, {_NUTS[key]: value for key, value in options["nuts"].items()}
    for again in range(AGAIN + 1):
        length = {"draws": options["draws"] * thin, "tune": options["tune"] * (1 if again == 0 else LONGER)}
        u, stats = nutpie.draw(target, {**options, **length}, nuts, seed + again)
        points = ground.points(u)
        # chains that agree with each other but miss a mode have not mixed
        post = kept(density, points, stats, thin, complete=ground.missed(points) <= MISSED)
        good, steady = mixed(post), not stats["diverging"].any()
        work = float(stats["n_steps"].sum()) * density.work * (1 if good else LONGER)
        last = again == AGAIN or work > MOST_WORK
        if (good and steady) or as_asked:
            break
        if last or (density.size <= FEW and ground.modes):
            other, doubt = _instead(density, seed, options, post, points)
            if other is not None:
                return other, doubt
        if last:
            break
        if not good:
            thin *= LONGER
            nuts["adaptation"] = "diag"  # long tails mislead the low-rank adaptation
        nuts["target_accept"] = max(nuts["target_accept"], CAREFUL[again])
    add_discrepancy(density, post, seed)
    return post, ""


def _instead(
    density: LogDensity, seed: int, options: Mapping[str, Any], post: xr.DataTree, points: np.ndarray
) -> tuple[xr.DataTree | None, str]:
    """Importance sampling by mixtures fitted to what failed chains have seen, and why; None if its weights are bad."""
    other, _ = by_importance(density, seed, options, points.reshape(-1, density.size))
    if other is None:
        return None, ""
    rhat, ess = quality(other["posterior"].to_dataset())
    other.attrs |= {"rhat": rhat, "ess": min(ess, other.attrs["importance_ess"])}
    count = int(post["sample_stats"]["diverging"].sum())
    reason = (
        f"have {count} divergence{'s' if count > 1 else ''}"
        if mixed(post)
        else f"do not mix (R-hat {post.attrs['rhat']:.2f}, ESS {post.attrs['ess']:.0f})"
    )
    return (other if mixed(other) else None), f"the chains {reason}"


def _by_pymc(bound: Bound, seed: int, options: dict[str, Any], offset: bool) -> xr.DataTree:
    from bayescale.inference.pymc_sampler import sample

    if options["nuts_sampler"] == "pymc" and not offset:
        options.setdefault("init", "jitter+adapt_full")
    with warnings.catch_warnings():
        # PyMC calls its full mass matrix experimental; correlated parameters need it
        warnings.filterwarnings("ignore", message=".*QuadPotentialFullAdapt.*")
        post = sample(bound, seed, options)
    if bound.law.discrepancy is not None:
        draws = post["posterior"].to_dataset()
        z = draws["increment"].transpose(*SAMPLE_DIMS, "cell").to_numpy()
        post["posterior"] = xr.DataTree(draws.drop_vars(["increment", "cell"]))
        post["discrepancy"] = xr.DataTree(with_ends(bound, draws, as_group(bound, draws, z)))
    post.attrs["method"] = "nuts"
    return post
