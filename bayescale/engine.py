"""Engine: the one place where posteriors are drawn.

NUTS by nutpie, on a compiled tape (`bayescale.native`) or, for what a tape cannot hold, by PyMC (`bayescale.charted`);
or the Laplace approximation corrected by importance sampling (`bayescale.laplace`). All of it in the chart
(`bayescale.chart`).
"""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from bayescale.checked import Checked
from bayescale.conditional import as_group, increments
from bayescale.density import Density, as_posterior
from bayescale.ground import Ground
from bayescale.law import SAMPLE_DIMS, Law
from bayescale.prepared import prepare
from bayescale.psis import MIN_ESS
from bayescale.tape import Untraceable

METHODS = ("nuts", "laplace")
DEFAULTS: dict[str, Any] = {"draws": 1000, "tune": 600, "chains": 4}
LAPLACE_DEFAULTS: dict[str, Any] = {"draws": 1000, "chains": 4}
#: Parameters that are not centred mix better, if slower, with a diagonal adaptation (docs/decisions.md).
OFFSET_DEFAULTS: dict[str, Any] = {"draws": 2000, "tune": 1000, "chains": 4}
TARGET_ACCEPT = 0.95
# Vehtari et al. 2021 (arXiv:1903.08008): R-hat above which a posterior is not reported.
MAX_RHAT = 1.01
#: Chains that diverge or have not mixed are drawn anew so often, with these targets; those that have not mixed so many
#: times longer, thinned to as many draws,
AGAIN, CAREFUL, LONGER = 2, (0.98, 0.995), 4
#: as long as that takes no more leapfrog steps times runs than these (some ten seconds).
MOST_WORK = 3e8
#: Options of `pymc.sample` that nutpie on a tape takes too; any other goes to PyMC.
_OPTIONS = {"draws", "tune", "chains", "cores", "progressbar", "nuts", "nuts_sampler", "quiet"}
_NUTS = {"target_accept": "target_accept", "max_treedepth": "maxdepth", "adaptation": "adaptation"}


def sample(law: Law, table: Checked, seed: int, method: str, options: Mapping[str, Any]) -> xr.DataTree:
    """Draw from the posterior of a law.

    Parameters
    ----------
    law : Law
    table : Checked
    seed : int
    method : {"nuts", "laplace"}
    options : arguments of `pymc.sample`; they go before our defaults. The Laplace approximation heeds draws and chains.

    Returns
    -------
    DataTree : groups posterior (parameters, hyperparameters and derived quantities), sample_stats and, where the law
        has one, discrepancy (`bayescale.conditional.increments`); ``attrs`` hold the method that was used, and the
        Pareto k and effective sample size of importance sampling.

    Raises
    ------
    ValueError
        If the method is unknown; for ``nuts_sampler="blackjax"``, which pymc 6.4 cannot drive.
    KeyboardInterrupt
        If sampling is interrupted; what was drawn till then is not a posterior.

    Warns
    -----
    RuntimeWarning
        If the Laplace approximation has no licence, and NUTS is used in its place; or if chains do not mix however long
        they are drawn, and importance sampling has a licence.
    """
    if method not in METHODS:
        raise ValueError(f"The method {method!r} is unknown; choose one of {list(METHODS)}.")
    try:
        density = prepare(law, table, seed)
        density.program  # noqa: B018 (a derivative may be out of reach too)
    except Untraceable as step:
        density, untraceable = None, str(step)
    size = {}
    if method == "laplace":
        size = LAPLACE_DEFAULTS  # as many draws, whichever way they are drawn
        if density is None:
            post, refusal = None, f"the Laplace approximation cannot take {untraceable}"
        else:
            post, refusal = _laplace(density, seed, {**size, **options})
        if post is not None:
            return post
        warnings.warn(f"{law.name}: {refusal}; drawn by NUTS instead.", RuntimeWarning, stacklevel=4)  # who called fit
    post = _nuts(law, table, density, seed, options, size)
    post.attrs["method"] = "nuts"
    rhat, ess = (post.attrs.get(name) for name in ("rhat", "ess"))
    if method == "laplace" or density is None or rhat is None or _chosen(options) or _mixed(rhat, ess):
        return post
    other, _ = _laplace(density, seed, {**LAPLACE_DEFAULTS, **options})
    if other is None:
        return post
    warnings.warn(
        f"{law.name}: the chains do not mix (R-hat {rhat:.2f}, ESS {ess:.0f}), as where a posterior has several modes; "
        "drawn by importance sampling instead, which holds.",
        RuntimeWarning,
        stacklevel=4,
    )
    return other


def _laplace(density: Density, seed: int, options: Mapping[str, Any]) -> tuple[xr.DataTree | None, str]:
    """The approximation, or why it must not be used."""
    from bayescale.laplace import approximate

    chains, draws = options["chains"], options["draws"]
    found = approximate(density, seed, chains * draws)
    if not found.licensed:
        return None, f"the Laplace approximation does not hold (Pareto k {found.k:.2f}, importance ESS {found.ess:.0f})"
    posterior = as_posterior(density, found.points.reshape(chains, draws, -1))
    log_density = density.value(found.points).reshape(chains, draws)
    coords = {dim: posterior[dim] for dim in SAMPLE_DIMS}
    stats = xr.Dataset({"lp": (SAMPLE_DIMS, log_density)}, coords)
    post = xr.DataTree.from_dict({"posterior": posterior, "sample_stats": stats})
    _discrepancy(density, post, seed)
    post.attrs |= {"method": "laplace", "pareto_k": found.k, "importance_ess": found.ess}
    return post, ""


def _nuts(
    law: Law, table: Checked, density: Density | None, seed: int, options: Mapping[str, Any], size: Mapping[str, Any]
) -> xr.DataTree:
    """NUTS with the user's options, before `size`, before our defaults."""
    sampler = options.get("nuts_sampler", "nutpie")
    if sampler == "blackjax":
        raise ValueError(
            "nuts_sampler='blackjax' fails in pymc 6.4 (pymc issue 8367); use 'nutpie', 'pymc' or 'numpyro'."
        )
    fixed = _chosen(options)
    offset = any(not prior.centered for prior in law.every_prior)
    options = {**(OFFSET_DEFAULTS if offset else DEFAULTS), **size, **options, "nuts_sampler": sampler}
    nuts: dict[str, Any] = {"target_accept": TARGET_ACCEPT}
    if sampler == "nutpie" and not offset:
        nuts["adaptation"] = "low_rank"
    options["nuts"] = {**nuts, **(options.get("nuts") or {})}
    if density is not None and sampler == "nutpie" and set(options) <= _OPTIONS and set(options["nuts"]) <= set(_NUTS):
        return _native(density, seed, options, fixed)
    return _by_pymc(law, table, seed, options, offset)


def _native(density: Density, seed: int, options: Mapping[str, Any], fixed: bool) -> xr.DataTree:
    """NUTS by nutpie on the compiled tape; again, longer and with smaller steps, while it fails, unless `fixed`."""
    import nutpie

    from bayescale.native import nutpie_model, packed

    ground = Ground.of(density, seed)
    data = packed(density.program.constants, ground.center, ground.root)
    model = nutpie_model(density.program.for_one, data, density.size, ground.start)
    thin, nuts = 1, {_NUTS[key]: value for key, value in options["nuts"].items()}
    for again in range(AGAIN + 1):
        drawn = nutpie.sample(
            model,
            draws=options["draws"] * thin,
            tune=options["tune"] * (1 if again == 0 else LONGER),
            chains=options["chains"],
            cores=options.get("cores"),
            seed=seed + again,
            progress_bar=bool(options.get("progressbar", True)) and not options.get("quiet", False),
            save_warmup=False,
            **nuts,
        )
        points = drawn["posterior"]["chart"].to_numpy()
        if points.shape[:2] != (options["chains"], options["draws"] * thin):
            raise KeyboardInterrupt(f"sampling was interrupted after {points.shape[1]} of {options['draws']} draws.")
        stats = drawn["sample_stats"].to_dataset().drop_vars("divergence_message", errors="ignore")
        posterior = as_posterior(density, ground.points(points[:, ::thin]))
        rhat, ess = quality(posterior)
        mixed, steady = _mixed(rhat, ess), not stats["diverging"].any()
        work = float(stats["n_steps"].sum()) * density.work * (1 if mixed else LONGER)
        if (mixed and steady) or fixed or again == AGAIN or work > MOST_WORK:
            break
        if not mixed:
            thin *= LONGER
            nuts["adaptation"] = "diag"  # the low-rank one is led astray by long tails
        nuts["target_accept"] = max(nuts["target_accept"], CAREFUL[again])
    kept = stats.isel(draw=slice(None, None, thin)).assign_coords(draw=posterior["draw"])
    if thin > 1:  # a divergence counts, whether its draw was kept or not
        kept["diverging"] = stats["diverging"].coarsen(draw=thin).max().assign_coords(draw=posterior["draw"])
    post = xr.DataTree.from_dict({"posterior": posterior, "sample_stats": kept})
    _discrepancy(density, post, seed)
    post.attrs |= {"rhat": rhat, "ess": ess}
    return post


def _chosen(options: Mapping[str, Any]) -> bool:
    """Whether the user says how long to draw, or how: then that is what is done."""
    return bool({"draws", "tune", "nuts"} & set(options))


def _mixed(rhat: float, ess: float) -> bool:
    return rhat <= MAX_RHAT and ess >= MIN_ESS


def _discrepancy(density: Density, post: xr.DataTree, seed: int) -> None:
    """Add the group of the discrepancy, if the law has one."""
    if density.law.discrepancy is not None:
        rng = np.random.default_rng(np.random.SeedSequence([seed, 1]))
        draws = post["posterior"].to_dataset()
        post["discrepancy"] = xr.DataTree(increments(density.law, density.table, draws, rng, prior=False))


def quality(posterior: xr.Dataset) -> tuple[float, float]:
    """The worst R-hat and the smallest effective sample size, bulk or tail, of all variables."""
    import arviz as az

    worst = lambda found, pick: float(pick([float(pick(v)) for v in found.data_vars.values()]))  # noqa: E731
    rhat = worst(az.rhat(posterior), np.max)
    ess = min(worst(az.ess(posterior, method=method), np.min) for method in ("bulk", "tail"))
    return rhat if np.isfinite(rhat) else np.inf, ess if np.isfinite(ess) else 0.0


def _by_pymc(law: Law, table: Checked, seed: int, options: dict[str, Any], offset: bool) -> xr.DataTree:
    from bayescale import charted
    from bayescale.build import assemble

    if options["nuts_sampler"] == "pymc" and not offset:
        options.setdefault("init", "jitter+adapt_full")
    with warnings.catch_warnings():
        # a full mass matrix is what the chart's correlations need; it is experimental in name for years
        warnings.filterwarnings("ignore", message=".*QuadPotentialFullAdapt.*")
        post = charted.sample(assemble(law, table), table.middle, seed, options)
    if law.discrepancy is not None:
        draws = post["posterior"].to_dataset()
        z = draws["increment"].transpose(*SAMPLE_DIMS, "cell").to_numpy()
        post["posterior"] = xr.DataTree(draws.drop_vars(["increment", "cell"]))
        post["discrepancy"] = xr.DataTree(as_group(law, table, draws, z))
    return post
