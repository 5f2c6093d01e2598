"""Fit: from a law and a table of runs to a posterior with its verdict."""

import contextlib
import hashlib
import json
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.private import lend_home
from bayescale.data.check import check
from bayescale.data.table import RunTable
from bayescale.density.bound import Bound
from bayescale.density.check_formula import check_formula
from bayescale.density.expected import expected, in_sequence, labels_of
from bayescale.density.model import assemble
from bayescale.density.parallel import shared
from bayescale.inference import methods
from bayescale.inference.diagnostics.judge import judge
from bayescale.inference.diagnostics.noise_free import rounded
from bayescale.inference.diagnostics.verdict import PosteriorWarning, render
from bayescale.inference.door import arguments as door
from bayescale.inference.door.formula import check_result
from bayescale.inference.impossible import refuse_impossible
from bayescale.inference.log_prior import log_prior
from bayescale.inference.sample_prior import PRIOR_DRAWS, draw_prior
from bayescale.modelling.law import Law

#: Version of the layout of a posterior; `bayescale.inference.storage.load` refuses later ones.
SCHEMA = 2
#: Largest number of values (160 MB) in a variable with dims (chain, draw, run). Longer tables keep every second draw
#: there, or every third, ….
PER_RUN = 20_000_000


def fit(law: Law, runs: pd.DataFrame, *, method: str = "nuts", seed: int | None = None, **sampler) -> xr.DataTree:
    """Draw from the posterior of a law, given runs.

    Parameters
    ----------
    law : Law
    runs : DataFrame, one row a run, with the law's columns (N [parameters], D [tokens], C [FLOP]) and ``loss``
        [nats/token]. With a column ``run`` in which names repeat, rows are checkpoints of training runs
        (docs/explain/conventions.md).
    method : {"nuts", "laplace"}
        "nuts" is the No-U-Turn sampler. "laplace" is the Laplace approximation, corrected by Pareto-smoothed importance
        sampling: it takes a fraction of a second, and falls back to NUTS if its weights are unreliable.
    seed : int, optional
        The same seed gives the same draws on the same machine (docs/explain/conventions.md). Without one, a random
        seed is used and stored.
    **sampler
        Passed to `pymc.sample` unchanged: ``draws=``, ``chains=``, ``nuts_sampler="nutpie" | "pymc" | "numpyro"``,
        ``progressbar=``, ``nuts={"target_accept": 0.99}``, ….

    Returns
    -------
    DataTree : groups

        - posterior and prior: parameters and derived quantities;
        - sample_stats, and discrepancy if the law has one;
        - observed_data: loss;
        - constant_data: columns, and the reference run;
        - log_likelihood: log density of each loss; log_prior: that of each parameter's prior;
        - fitted: ``mu`` [nats/token] and ``scale`` (of the log loss) of each run.

        log_likelihood and fitted keep fewer draws if draws times runs exceed 2e7. ``attrs`` hold the law as text, the
        method, the seed, versions, the hash of the data, name, source, citation and units of the table (``data_…``,
        from ``runs.attrs``), how its C relates to 6ND (``cost_ratio``, JSON), and the verdict: as numbers, as lists in
        JSON, and as a sentence (`Verdict`).

    Raises
    ------
    TypeError, ValueError
        If the table does not suit the law; see `bayescale.data.check.check`. If the law, the method, the seed or an
        option is of a wrong kind (`bayescale.inference.door.arguments`), or the formula cannot be fitted
        (`bayescale.density.check_formula`). If no run can agree with a prior or a fixed value
        (`bayescale.inference.impossible`).

    Warns
    -----
    UserWarning
        If the data are suspicious; see `bayescale.data.check.check`.
    RuntimeWarning
        If NUTS replaces the Laplace approximation, or importance sampling replaces chains. As its subclass
        `PosteriorWarning`, if the posterior has not converged, the data do not identify a parameter, or single runs
        stand out.

    See Also
    --------
    fit_many : one law on many tables.
    predict, forecast : losses of new runs.
    sample_prior : draws from the prior alone.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1)
    >>> post["posterior"]["E"].dims
    ('chain', 'draw')
    >>> post.attrs["verdict"].startswith("Laplace approximation accepted")
    True
    """
    sampler = _entered(law, runs, method, seed, sampler)
    bound = _bound(law, check(law, runs))
    post = _drawn(bound, method, seed, sampler)
    _complete(bound, post)
    verdict = judge(law, post, bound.table.others)
    post.attrs |= _provenance(bound) | _origin(runs) | verdict.attrs()
    for problem in verdict.problems():
        warnings.warn(f"{law.name}: {render(problem)}.", PosteriorWarning, stacklevel=2)
    return post


def draw(law: Law, runs: pd.DataFrame, *, method: str = "nuts", seed: int | None = None, **sampler) -> xr.DataTree:
    """`fit` for use within loops: without warnings about the posterior, and with less to store.

    Returns
    -------
    DataTree : groups posterior, sample_stats, constant_data (the reference run only) and, if the law has one,
        discrepancy. The verdict is on the draws alone.
    """
    sampler = _entered(law, runs, method, seed, sampler)
    bound = _bound(law, check(law, runs))
    post = _drawn(bound, method, seed, sampler)
    post["constant_data"] = xr.DataTree(xr.Dataset(dict(bound.table.reference)))
    post.attrs |= judge(law, post).attrs()
    return post


def _entered(law: Law, runs: pd.DataFrame, method: str, seed: int | None, sampler: dict[str, Any]) -> dict[str, Any]:
    """The options of the sampler, once all arguments are checked."""
    door.check_law(law, runs)
    door.check_method(method)
    door.check_seed(seed)
    options = door.checked_options(sampler)
    door.check_starts(law, options.get("initvals"))
    return options


def _bound(law: Law, table: RunTable) -> Bound:
    """The law on the table, once its formula is checked."""
    if not len(table.loss):
        raise ValueError("There are no runs to fit; for draws from the prior use bayescale.sample_prior.")
    bound = Bound(law, table)
    check_formula(bound)
    check_result(law, table)
    refuse_impossible(bound)
    return rounded(bound)


def _drawn(bound: Bound, method: str, seed: int | None, sampler: dict[str, Any]) -> xr.DataTree:
    seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else int(seed)
    lend_home()
    with shared():
        post = methods.sample(bound, seed, method, sampler)
    post.attrs["seed"] = seed
    return post


def _complete(bound: Bound, post: xr.DataTree) -> None:
    """Add every group but posterior, sample_stats and discrepancy, in NumPy, so that nothing is compiled."""
    law, table = bound.law, bound.table
    run = xr.DataArray(labels_of(table.columns), dims="run")
    columns = {name: ("run", table.columns[name].to_numpy()) for name in table.columns}
    labels = {name: ("run", table.groups[name].to_numpy()) for name in table.groups}
    post["observed_data"] = xr.DataTree(xr.Dataset({"loss": ("run", table.loss)}, coords={"run": run}))
    constants = {f"{name}_of_run": value for name, value in labels.items()} | dict(table.reference)
    post["constant_data"] = xr.DataTree(xr.Dataset(columns | constants, coords={"run": run}))
    given = {name: xr.DataArray(values, dims=dim) for name, (dim, values) in (columns | labels).items()}
    posterior = post["posterior"].to_dataset()
    step = int(np.ceil(posterior.sizes["chain"] * posterior.sizes["draw"] * len(run) / PER_RUN))
    thinned = xr.DataTree.from_dict({"posterior": posterior.isel(draw=slice(None, None, max(1, step)))})
    thinned["constant_data"] = post["constant_data"]
    if law.discrepancy is not None:
        thinned["discrepancy"] = post["discrepancy"].isel(draw=slice(None, None, max(1, step)))
    mu, scale, shape = expected(law, thinned, given, np.random.default_rng(0))  # any seed: no run is beyond the runs
    given_earlier = in_sequence(thinned, table.checkpoints, table.loss, mu.to_numpy(), scale.to_numpy())
    density = law.noise.logpdf(table.loss, *given_earlier, shape)
    fitted = xr.Dataset({"mu": mu, "scale": scale}).drop_vars(law.groups, errors="ignore").assign_coords(run=run.values)
    post["fitted"] = xr.DataTree(fitted)
    post["log_likelihood"] = xr.DataTree(xr.Dataset({"loss": fitted["mu"].copy(data=density)}))
    with contextlib.suppress(ValueError):  # only PyMC knows the family of a prior
        post["log_prior"] = xr.DataTree(log_prior(bound, posterior))
    try:
        post["prior"] = xr.DataTree(draw_prior(bound, PRIOR_DRAWS, np.random.default_rng(post.attrs["seed"])))
    except ValueError:
        import pymc as pm

        with assemble(bound):
            drawn = pm.sample_prior_predictive(
                PRIOR_DRAWS, var_names=list(post["posterior"].data_vars), random_seed=post.attrs["seed"]
            )
        post["prior"] = xr.DataTree(drawn["prior"].to_dataset())


def _provenance(bound: Bound) -> dict[str, Any]:
    law, table = bound.law, bound.table
    data = hashlib.sha256()
    runs = {} if table.checkpoints is None else {"run": table.checkpoints.of_run}
    for name, values in {**table.columns, **table.groups, "loss": table.loss, **runs}.items():
        array = np.asarray(values)
        data.update(name.encode() + (array.tobytes() if array.dtype != object else repr(array.tolist()).encode()))
    cost = {} if table.cost is None else {"cost_ratio": json.dumps(table.cost.attrs())}
    return cost | {
        "schema": SCHEMA,
        "law": law.name,
        "law_text": str(law),
        "noise": law.noise.name,
        "source": law.source,
        "reference": json.dumps(dict(table.reference)),
        "data_sha256": data.hexdigest(),
        "runs": len(table.loss),
        "versions": json.dumps(_versions()),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _origin(runs: pd.DataFrame) -> dict[str, str]:
    """Where the runs come from, and their units, as the attributes of the table say: those of data sets and of logs."""
    known = {f"data_{key}": str(runs.attrs[key]).strip() for key in ("name", "source", "cite") if runs.attrs.get(key)}
    if isinstance(found := runs.attrs.get("found"), list | tuple):  # what was read from logs, in words
        known["data_found"] = json.dumps([str(line) for line in found])
    if isinstance(units := runs.attrs.get("units"), Mapping) and units:
        known["data_units"] = json.dumps({str(name): str(unit) for name, unit in units.items()})
    return known


def _versions() -> dict[str, str]:
    """Versions of what a posterior depends on, by package, where it is installed."""
    found = {}
    for name in ("bayescale", "pymc", "nutpie", "arviz", "numpy"):
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
