"""infer: from a law and its runs to a posterior."""

import contextlib
import hashlib
import json
import warnings
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.data.check import check
from bayescale.data.table import Checked
from bayescale.density.expected import expected, in_sequence, labels_of
from bayescale.density.model import assemble
from bayescale.density.parallel import shared
from bayescale.inference import methods as engine
from bayescale.inference.diagnostics import Verdict, judge
from bayescale.inference.sample_prior import PRIOR_DRAWS, _draw_prior
from bayescale.modelling.law import Law

SCHEMA = 1
#: Most numbers of a group with one a draw and run (160 MB); beyond that, it holds every second draw, or third, …
PER_RUN = 20_000_000


def fit(law: Law, runs: pd.DataFrame, *, method: str = "nuts", seed: int | None = None, **sampler) -> xr.DataTree:
    """Draw from the posterior of a law, given runs.

    Parameters
    ----------
    law : Law
    runs : DataFrame, one row a run: the law's columns (N [parameters], D [tokens], C [FLOP]), `loss` [nats/token]. A
        column ``run`` in which names repeat says that rows are checkpoints of training runs (docs/conventions.md).
    method : {"nuts", "laplace"}
        How to draw: by the No-U-Turn sampler; or in a fraction of a second by the Laplace approximation, corrected by
        Pareto-smoothed importance sampling, and by NUTS where that does not hold.
    seed : int, optional
        Same seed, same draws on a machine (docs/conventions.md says where last bits may differ). If absent, one is
        made up and stored.
    **sampler
        Handed to `pymc.sample` unchanged: ``draws=``, ``chains=``, ``nuts_sampler="nutpie" | "pymc" | "numpyro"``,
        ``progressbar=``, ``nuts={"target_accept": 0.99}``, …

    Returns
    -------
    DataTree : groups posterior and prior (parameters and derived quantities), sample_stats, observed_data,
        constant_data (columns and reference run), log_likelihood, and fitted (mu [nats/token] and the scale of the
        log loss for each run; of fewer draws where draws times runs exceed 2e7). ``attrs`` hold the law as text, the
        method, the verdict, seed, versions and the hash of the data.

    Raises
    ------
    TypeError, ValueError
        If the table is not fit for the law; see `bayescale.data.check.check`.

    Warns
    -----
    UserWarning
        Of suspicious data; see `bayescale.data.check.check`.
    RuntimeWarning
        If the Laplace approximation does not hold, the chains have not converged, the data do not identify a parameter,
        or single runs stand out.
    """
    table = check(law, runs)
    post = _drawn(law, table, method, seed, sampler)
    _complete(law, post, table)
    verdict = judge(law, post)
    post.attrs |= _provenance(law, table) | _judged(verdict)
    for problem in verdict.problems():
        warnings.warn(f"{law.name}: {problem}.", RuntimeWarning, stacklevel=2)
    return post


def draw(law: Law, runs: pd.DataFrame, *, method: str = "nuts", seed: int | None = None, **sampler) -> xr.DataTree:
    """As `fit`, for machines: the groups posterior, sample_stats and constant_data (the reference run) only, and a
    verdict on the draws alone, without warnings."""
    table = check(law, runs)
    post = _drawn(law, table, method, seed, sampler)
    post["constant_data"] = xr.DataTree(xr.Dataset(dict(table.reference)))
    post.attrs |= _judged(judge(law, post))
    return post


def _drawn(law: Law, table: Checked, method: str, seed: int | None, sampler: dict[str, Any]) -> xr.DataTree:
    if "random_seed" in sampler:
        raise TypeError("fit takes seed=, which goes to pm.sample as random_seed; pass only seed.")
    if not len(table.loss):
        raise ValueError("There are no runs to fit; for the prior alone use sample_prior, or model and PyMC.")
    seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else int(seed)
    with shared():
        post = engine.sample(law, table, seed, method, sampler)
    post.attrs["seed"] = seed
    return post


def _judged(verdict: Verdict) -> dict[str, Any]:
    numbers = {"rhat": verdict.rhat, "ess": verdict.ess, "divergences": verdict.divergences}
    return {"verdict": str(verdict), "converged": int(verdict.converged), **numbers}


def _complete(law: Law, post: xr.DataTree, table: Checked) -> None:
    """Add every group but posterior and sample_stats; all of it in NumPy, so nothing is compiled."""
    run = xr.DataArray(labels_of(table.columns), dims="run")
    columns = {name: ("run", table.columns[name].to_numpy()) for name in table.columns}
    labels = {name: ("run", table.groups[name].to_numpy()) for name in table.groups}
    post["observed_data"] = xr.DataTree(xr.Dataset({"loss": ("run", table.loss)}, coords={"run": run}))
    constants = {f"{name}_of_run": value for name, value in labels.items()} | dict(table.reference)
    post["constant_data"] = xr.DataTree(xr.Dataset(columns | constants, coords={"run": run}))
    given = {name: xr.DataArray(values, dims=dim) for name, (dim, values) in (columns | labels).items()}
    posterior = post["posterior"].to_dataset()
    step = int(np.ceil(posterior.sizes["chain"] * posterior.sizes["draw"] * len(run) / PER_RUN))
    some = xr.DataTree.from_dict({"posterior": posterior.isel(draw=slice(None, None, max(1, step)))})
    some["constant_data"] = post["constant_data"]
    if law.discrepancy is not None:
        some["discrepancy"] = post["discrepancy"].isel(draw=slice(None, None, max(1, step)))
    mu, scale, shape = expected(law, some, given, np.random.default_rng(0))  # nothing lies beyond the runs
    given_earlier = in_sequence(some, table.checkpoints, table.loss, mu.to_numpy(), scale.to_numpy())
    density = law.noise.logpdf(table.loss, *given_earlier, shape)
    fitted = xr.Dataset({"mu": mu, "scale": scale}).drop_vars(law.groups, errors="ignore").assign_coords(run=run.values)
    post["fitted"] = xr.DataTree(fitted)
    post["log_likelihood"] = xr.DataTree(xr.Dataset({"loss": fitted["mu"].copy(data=density)}))
    try:
        post["prior"] = xr.DataTree(_draw_prior(law, table, PRIOR_DRAWS, np.random.default_rng(post.attrs["seed"])))
    except ValueError:
        import pymc as pm

        with assemble(law, table):
            drawn = pm.sample_prior_predictive(
                PRIOR_DRAWS, var_names=list(post["posterior"].data_vars), random_seed=post.attrs["seed"]
            )
        post["prior"] = xr.DataTree(drawn["prior"].to_dataset())


def _provenance(law: Law, table: Checked) -> dict[str, Any]:
    data = hashlib.sha256()
    runs = {} if table.checkpoints is None else {"run": table.checkpoints.of_run}
    for name, values in {**table.columns, **table.groups, "loss": table.loss, **runs}.items():
        array = np.asarray(values)
        data.update(name.encode() + (array.tobytes() if array.dtype != object else repr(array.tolist()).encode()))
    return {
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


def _versions() -> dict[str, str]:
    """Versions of what a posterior depends on, by package, where it is installed."""
    found = {}
    for name in ("bayescale", "pymc", "nutpie", "arviz", "numpy"):
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
