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

from bayescale import chains
from bayescale.checked import Checked
from bayescale.conditional import as_group, increments, with_ends
from bayescale.density import Density, as_posterior
from bayescale.ground import Ground
from bayescale.law import SAMPLE_DIMS, Law
from bayescale.prepared import prepare
from bayescale.tape import Untraceable

METHODS = ("nuts", "laplace")
DEFAULTS: dict[str, Any] = {"draws": 1000, "tune": 600, "chains": 4}
LAPLACE_DEFAULTS: dict[str, Any] = {"draws": 1000, "chains": 4}
#: Parameters that are not centred mix better, if slower, with a diagonal adaptation (docs/decisions.md).
OFFSET_DEFAULTS: dict[str, Any] = {"draws": 2000, "tune": 1000, "chains": 4}
#: Where a discrepancy is integrated out, a step is dear, and four hundred of them adapt as well (docs/decisions.md).
INTEGRATED_DEFAULTS: dict[str, Any] = {"draws": 1000, "tune": 400, "chains": 4}
#: Target acceptance, and where a discrepancy is integrated out, whose corners are narrow (docs/decisions.md).
TARGET_ACCEPT, TARGET_ACCEPT_INTEGRATED = 0.95, 0.97
#: Where chains diverge or have not mixed, there are no more coordinates than this, and none is an offset, importance
#: sampling is tried before other chains; everywhere when there is nothing else left to try.
FEW = 20
#: Modes of a larger share of the mass than this that no chain visits: the chains have not mixed.
MISSED = 0.01
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
        has one, discrepancy (`bayescale.conditional.increments`); ``attrs`` hold the method that was used, the Pareto k
        and effective sample size of importance sampling, R-hat and ESS of chains; each chain of importance sampling is
        of proposals of its own.

    Raises
    ------
    ValueError
        If the method is unknown; for ``nuts_sampler="blackjax"``, which pymc 6.4 cannot drive.
    KeyboardInterrupt
        If sampling is interrupted; what was drawn till then is not a posterior.

    Warns
    -----
    RuntimeWarning
        If the Laplace approximation has no licence, and NUTS is used in its place; if chains do not mix or diverge,
        and importance sampling has a licence; if checkpoints are taken as independent, beside a discrepancy.
    """
    if method not in METHODS:
        raise ValueError(f"The method {method!r} is unknown; choose one of {list(METHODS)}.")
    try:
        density = prepare(law, table)
        density.program  # noqa: B018 (a derivative may be out of reach too)
    except Untraceable as step:
        density, untraceable = None, str(step)
        if law.discrepancy is not None and table.checkpoints is not None:
            doubt = (
                f"{law.name}: checkpoints of one run are taken as independent, since only PyMC can take {untraceable}."
            )
            warnings.warn(doubt, RuntimeWarning, stacklevel=4)
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
    post = _nuts(law, table if density is None else density.table, density, seed, options, size)
    if doubt := post.attrs.pop("doubt", ""):
        doubt = f"{law.name}: {doubt}; drawn by importance sampling instead, which holds."
        warnings.warn(doubt, RuntimeWarning, stacklevel=4)
    return post


def _laplace(
    density: Density, seed: int, options: Mapping[str, Any], seen: np.ndarray | None = None
) -> tuple[xr.DataTree | None, str]:
    """The approximation, or why it must not be used."""
    from bayescale.laplace import approximate

    many, draws = options["chains"], options["draws"]
    found = approximate(density, seed, many, draws, seen)
    if not found.licensed:
        return None, f"the Laplace approximation does not hold ({found.doubt})"
    posterior = as_posterior(density, found.points)
    log_density = density.value(found.points.reshape(many * draws, -1)).reshape(many, draws)
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
    fixed, nuts = _chosen(options), options.get("nuts") or {}
    offset = any(not prior.centered for prior in law.every_prior)
    taped = density is not None and sampler == "nutpie" and set(options) <= _OPTIONS and set(nuts) <= set(_NUTS)
    integrated = taped and law.discrepancy is not None
    defaults = OFFSET_DEFAULTS if offset else INTEGRATED_DEFAULTS if integrated else DEFAULTS
    options = {**defaults, **size, **options, "nuts_sampler": sampler}
    adaptation = {"adaptation": "low_rank"} if sampler == "nutpie" and not offset else {}
    target = TARGET_ACCEPT_INTEGRATED if integrated else TARGET_ACCEPT
    options["nuts"] = {"target_accept": target, **adaptation, **nuts}
    if density is not None and taped:
        return _native(density, seed, options, fixed)
    return _by_pymc(law, table, seed, options, offset)


def _native(density: Density, seed: int, options: Mapping[str, Any], fixed: bool) -> xr.DataTree:
    """NUTS by nutpie on the compiled tape.

    Where it fails, unless `fixed`: importance sampling, if that holds, or chains again, longer, with smaller steps.
    """
    from bayescale.native import nutpie_model, packed

    ground = Ground.of(density, seed)
    data = packed(density.program.constants, ground.center, ground.root)
    model = nutpie_model(density.program.for_one, data, density.size, ground.start)
    thin, nuts = 1, {_NUTS[key]: value for key, value in options["nuts"].items()}
    for again in range(AGAIN + 1):
        length = {"draws": options["draws"] * thin, "tune": options["tune"] * (1 if again == 0 else LONGER)}
        u, stats = chains.draw(model, {**options, **length}, nuts, seed + again)
        points = ground.points(u)
        post = chains.kept(density, points, stats, thin)
        if ground.missed(points) > MISSED:  # chains about one of several modes agree, which says nothing
            post.attrs["rhat"] = np.inf
        mixed, steady = chains.mixed(post), not stats["diverging"].any()
        work = float(stats["n_steps"].sum()) * density.work * (1 if mixed else LONGER)
        last = again == AGAIN or work > MOST_WORK
        if (mixed and steady) or fixed:
            break
        if last or (density.size <= FEW and ground.modes):
            other = _instead(density, seed, options, post, points)
            if other is not None:
                return other
        if last:
            break
        if not mixed:
            thin *= LONGER
            nuts["adaptation"] = "diag"  # the low-rank one is led astray by long tails
        nuts["target_accept"] = max(nuts["target_accept"], CAREFUL[again])
    _discrepancy(density, post, seed)
    return post


def _instead(
    density: Density, seed: int, options: Mapping[str, Any], post: xr.DataTree, points: np.ndarray
) -> xr.DataTree | None:
    """Importance sampling by mixtures fitted to what chains that failed have seen, if that holds."""
    other, _ = _laplace(density, seed, options, points.reshape(-1, density.size))
    if other is None:
        return None
    other.attrs["rhat"], ess = chains.quality(other["posterior"].to_dataset())
    other.attrs["ess"] = min(ess, other.attrs["importance_ess"])
    rhat, ess, count = post.attrs["rhat"], post.attrs["ess"], int(post["sample_stats"]["diverging"].sum())
    doubt = (
        f"have {count} divergence{'s' if count > 1 else ''}"
        if chains.mixed(post)
        else f"do not mix (R-hat {rhat:.2f}, ESS {ess:.0f})"
    )
    other.attrs["doubt"] = f"the chains {doubt}, as where a posterior has several modes or narrow corners"
    return other if chains.mixed(other) else None


def _chosen(options: Mapping[str, Any]) -> bool:
    """Whether the user says how long to draw, or how: then that is what is done."""
    return bool({"draws", "tune", "nuts"} & set(options))


def _discrepancy(density: Density, post: xr.DataTree, seed: int) -> None:
    """Add the group of the discrepancy, if the law has one."""
    if density.law.discrepancy is not None:
        rng = np.random.default_rng(np.random.SeedSequence([seed, 1]))
        draws = post["posterior"].to_dataset()
        post["discrepancy"] = xr.DataTree(increments(density.law, density.table, draws, rng, prior=False))


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
        post["discrepancy"] = xr.DataTree(with_ends(law, table, draws, as_group(law, table, draws, z)))
    post.attrs["method"] = "nuts"
    return post
