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
from bayescale.density import Density
from bayescale.law import SAMPLE_DIMS, Law
from bayescale.prior import Prior
from bayescale.psis import MIN_ESS
from bayescale.signature import call
from bayescale.tape import Untraceable

METHODS = ("nuts", "laplace")
DEFAULTS: dict[str, Any] = {"draws": 1000, "tune": 600, "chains": 4}
LAPLACE_DEFAULTS: dict[str, Any] = {"draws": 1000, "chains": 4}
#: Parameters that are not centred mix better, if slower, with a diagonal adaptation (docs/decisions.md).
OFFSET_DEFAULTS: dict[str, Any] = {"draws": 2000, "tune": 1000, "chains": 4}
TARGET_ACCEPT = 0.95
# Vehtari et al. 2021 (arXiv:1903.08008): R-hat above which a posterior is not reported.
MAX_RHAT = 1.01
#: Chains that have not mixed, or diverge, are drawn anew with this target, so many times longer, and thinned to as
#: many draws,
CAREFUL, LONGER = 0.99, 4
#: as long as that takes no more leapfrog steps times runs than these (some ten seconds).
MOST_WORK = 3e8
#: A chain starts at the most probable of so many draws from the prior.
STARTS = 64
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
    DataTree : groups posterior (parameters, hyperparameters and derived quantities) and sample_stats; ``attrs`` hold
        the method that was used, and the Pareto k and effective sample size of importance sampling.

    Raises
    ------
    ValueError
        If the method is unknown; for ``nuts_sampler="blackjax"``, which pymc 6.4 cannot drive.
    KeyboardInterrupt
        If sampling is interrupted; what was drawn till then is not a posterior.

    Warns
    -----
    RuntimeWarning
        If the Laplace approximation has no licence, and NUTS is used in its place.
    """
    if method not in METHODS:
        raise ValueError(f"The method {method!r} is unknown; choose one of {list(METHODS)}.")
    size = {}
    if method == "laplace":
        size = LAPLACE_DEFAULTS  # as many draws, whichever way they are drawn
        post, refusal = _laplace(law, table, seed, {**size, **options})
        if post is not None:
            return post
        warnings.warn(f"{law.name}: {refusal}; drawn by NUTS instead.", RuntimeWarning, stacklevel=4)  # who called fit
    post = _nuts(law, table, seed, options, size)
    post.attrs["method"] = "nuts"
    return post


def _laplace(law: Law, table: Checked, seed: int, options: Mapping[str, Any]) -> tuple[xr.DataTree | None, str]:
    """The approximation, or why it must not be used."""
    from bayescale.laplace import approximate

    try:
        density = Density(law, table)
        density.program  # noqa: B018 (a derivative may be out of reach too)
    except Untraceable as step:
        return None, f"the Laplace approximation cannot take {step}"
    chains, draws = options["chains"], options["draws"]
    found = approximate(density, seed, chains * draws)
    if not found.licensed:
        return None, f"the Laplace approximation does not hold (Pareto k {found.k:.2f}, importance ESS {found.ess:.0f})"
    posterior = as_posterior(density, found.points.reshape(chains, draws, -1))
    log_density = density.value(found.points).reshape(chains, draws)
    coords = {dim: posterior[dim] for dim in SAMPLE_DIMS}
    stats = xr.Dataset({"lp": (SAMPLE_DIMS, log_density)}, coords)
    post = xr.DataTree.from_dict({"posterior": posterior, "sample_stats": stats})
    post.attrs |= {"method": "laplace", "pareto_k": found.k, "importance_ess": found.ess}
    return post, ""


def _nuts(law: Law, table: Checked, seed: int, options: Mapping[str, Any], size: Mapping[str, Any]) -> xr.DataTree:
    """NUTS with the user's options, before `size`, before our defaults."""
    sampler = options.get("nuts_sampler", "nutpie")
    if sampler == "blackjax":
        raise ValueError(
            "nuts_sampler='blackjax' fails in pymc 6.4 (pymc issue 8367); use 'nutpie', 'pymc' or 'numpyro'."
        )
    fixed = bool({"draws", "tune", "nuts"} & set(options))
    offset = any(not prior.centered for prior in law.every_prior)
    options = {**(OFFSET_DEFAULTS if offset else DEFAULTS), **size, **options, "nuts_sampler": sampler}
    nuts: dict[str, Any] = {"target_accept": TARGET_ACCEPT}
    if sampler == "nutpie" and not offset:
        nuts["adaptation"] = "low_rank"
    options["nuts"] = {**nuts, **(options.get("nuts") or {})}
    if sampler == "nutpie" and set(options) <= _OPTIONS and set(options["nuts"]) <= set(_NUTS):
        try:
            density = Density(law, table)
            code = density.program.for_one
        except Untraceable:
            pass
        else:
            return _native(density, code, seed, options, fixed)
    return _by_pymc(law, table, seed, options, offset)


def _native(density: Density, code: str, seed: int, options: Mapping[str, Any], fixed: bool) -> xr.DataTree:
    """NUTS by nutpie on the compiled tape; again, longer and with smaller steps, while it fails, unless `fixed`."""
    import nutpie

    from bayescale.native import nutpie_model, packed

    data = packed(density.program.constants)
    model = nutpie_model(code, data, density.size, lambda chain_seed: start(density, chain_seed))
    thin, nuts = 1, {_NUTS[key]: value for key, value in options["nuts"].items()}
    while True:
        drawn = nutpie.sample(
            model,
            draws=options["draws"] * thin,
            tune=options["tune"] * (1 if thin == 1 else LONGER),
            chains=options["chains"],
            cores=options.get("cores"),
            seed=seed,
            progress_bar=bool(options.get("progressbar", True)) and not options.get("quiet", False),
            save_warmup=False,
            **nuts,
        )
        points = drawn["posterior"]["chart"].to_numpy()
        if points.shape[:2] != (options["chains"], options["draws"] * thin):
            raise KeyboardInterrupt(f"sampling was interrupted after {points.shape[1]} of {options['draws']} draws.")
        stats = drawn["sample_stats"].to_dataset().drop_vars("divergence_message", errors="ignore")
        work = float(stats["n_steps"].sum()) * max(30, len(density.table.loss))
        posterior = as_posterior(density, points[:, ::thin])
        rhat, ess = quality(posterior)
        good = rhat <= MAX_RHAT and ess >= MIN_ESS and not stats["diverging"].any()
        if good or fixed or work * LONGER > MOST_WORK:
            break
        thin *= LONGER
        nuts["target_accept"] = max(nuts["target_accept"], CAREFUL)
    kept = stats.isel(draw=slice(None, None, thin)).assign_coords(draw=posterior["draw"])
    if thin > 1:  # a divergence counts, whether its draw was kept or not
        kept["diverging"] = stats["diverging"].coarsen(draw=thin).max().assign_coords(draw=posterior["draw"])
    post = xr.DataTree.from_dict({"posterior": posterior, "sample_stats": kept})
    post.attrs |= {"rhat": rhat, "ess": ess}
    return post


def quality(posterior: xr.Dataset) -> tuple[float, float]:
    """The worst R-hat and the smallest effective sample size, bulk or tail, of all variables."""
    import arviz as az

    worst = lambda found, pick: float(pick([float(pick(v)) for v in found.data_vars.values()]))  # noqa: E731
    rhat = worst(az.rhat(posterior), np.max)
    ess = min(worst(az.ess(posterior, method=method), np.min) for method in ("bulk", "tail"))
    return rhat if np.isfinite(rhat) else np.inf, ess if np.isfinite(ess) else 0.0


def start(density: Density, seed: int) -> np.ndarray:
    """Where a chain starts: the most probable of a few draws from the prior, so that chains start far apart."""
    return density.promising(np.random.default_rng(seed), STARTS)[0]


def as_posterior(density: Density, points: np.ndarray) -> xr.Dataset:
    """The posterior of points in the chart, of shape (chain, draw, size)."""
    law, table = density.law, density.table
    chains, draws = points.shape[:2]
    dims = {v.name: v.prior.dims for v in density.variables} | {
        name: prior.dims for name, prior in law.all_priors.items() if isinstance(prior, Prior)
    }
    values = {
        name: xr.DataArray(array.reshape(chains, draws, *array.shape[1:]), dims=(*SAMPLE_DIMS, *dims[name]))
        for name, array in density.physical(points.reshape(chains * draws, -1)).items()
    }
    fixed = {name: prior for name, prior in law.all_priors.items() if not isinstance(prior, Prior)}
    derived = {name: call(function, values, fixed, table.reference) for name, function in law.derived.items()}
    levels = {name: levels for name, levels in table.levels.items()}
    return xr.Dataset({**values, **derived}).assign_coords(chain=range(chains), draw=range(draws), **levels)


def _by_pymc(law: Law, table: Checked, seed: int, options: dict[str, Any], offset: bool) -> xr.DataTree:
    from bayescale import charted
    from bayescale.build import assemble

    if options["nuts_sampler"] == "pymc" and not offset:
        options.setdefault("init", "jitter+adapt_full")
    with warnings.catch_warnings():
        # a full mass matrix is what the chart's correlations need; it is experimental in name for years
        warnings.filterwarnings("ignore", message=".*QuadPotentialFullAdapt.*")
        return charted.sample(assemble(law, table), table.middle, seed, options)
