"""Many: one law fitted to many tables, in this process or on others."""

import time
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.executors import spread
from bayescale.base.progress import progress
from bayescale.data.check import check
from bayescale.density.bound import Bound
from bayescale.density.check_formula import check_formula
from bayescale.inference.door import arguments as door
from bayescale.inference.door.formula import check_result
from bayescale.inference.fit import SCHEMA, fit
from bayescale.modelling.law import Law


def fit_many(
    law: Law,
    tables: Mapping[str, pd.DataFrame],
    *,
    method: str = "nuts",
    seed: int | None = None,
    executor: Executor | None = None,
    **sampler,
) -> xr.DataTree:
    """Draw from the posteriors of one law, one for each table.

    The law is compiled once. A fit that fails is kept with its reason and does not stop the others.

    Parameters
    ----------
    law : Law
    tables : mapping from the name of a fit to its runs.
    method : {"nuts", "laplace"}, as in `fit`.
    seed : int, optional
        A table's draws depend on it and on the table's place, not on the executor.
    executor : concurrent.futures.Executor, optional
        Where the fits are done, such as a ``ProcessPoolExecutor`` or a Dask client's ``get_executor()``; in this
        process if absent. If a worker process of a ``ProcessPoolExecutor`` dies, the fits that were lost are tried once
        more, each in a process of its own. An interrupt (Ctrl-C) ends its workers.
    **sampler
        As in `fit`; ``progressbar=False`` silences the progress bar.

    Returns
    -------
    DataTree : groups posterior (chain, draw, fit), constant_data (the reference run of each fit), and fits: converged,
        rhat, ess, divergences, pareto_k, seconds, and as text method, verdict, warnings (of the data) and reason (why
        a fit failed; its draws are NaN). ``law(many, N=…)`` gives the losses of every fit.

        The group each has a child for every fit with a posterior, by the name of its table ("/" in a name becomes
        "_"): the DataTree of `fit` without log_likelihood and fitted, which are large. `predict`, `forecast` and
        `signs` take it: ``bs.predict(law, many["each/NAME"], runs)``.

    Raises
    ------
    TypeError, ValueError
        If there are no tables, one is not a DataFrame, or two names print as one; if the law, the seed, the method
        or an option is of a wrong kind.

    See Also
    --------
    fit : one table.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> tables = {"all": runs, "small": runs.query("C < 1e11")}
    >>> many = bs.fit_many(chinchilla, tables, method="laplace", seed=1, progressbar=False)
    >>> many["posterior"]["alpha_N"].sizes["fit"], many["fits"]["reason"].values.tolist()
    (2, ['', ''])
    """
    return run_many(fit, law, tables, method=method, seed=seed, executor=executor, whole=True, **sampler)


def run_many(
    one: Callable[..., xr.DataTree],
    law: Law,
    tables: Mapping[str, pd.DataFrame],
    *,
    method: str,
    seed: int | None,
    executor: Executor | None,
    whole: bool = False,
    **sampler,
) -> xr.DataTree:
    """`fit_many` with another function in the place of `fit`, and the group each only if `whole`."""
    door.check_law(law, tables)
    door.check_tables(tables)
    door.check_method(method)
    door.check_seed(seed)
    visible = sampler.pop("progressbar", True)
    sampler = door.checked_options(sampler)
    door.check_starts(law, sampler.get("initvals"))
    _check_formula(law, tables)
    seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else int(seed)
    seeds = np.random.SeedSequence(seed).generate_state(len(tables))
    jobs = {
        name: (law, runs, one, {"method": method, "seed": int(own), **sampler}, whole)
        for (name, runs), own in zip(tables.items(), seeds, strict=True)
    }
    results = {}
    with progress(visible) as bar:
        task = bar.add_task(f"{law.name}, {len(jobs)} fits", total=len(jobs))
        for name, result in spread(_fitted, jobs, executor, lambda reason: {"reason": reason}):
            results[name] = result
            bar.advance(task)
    tree = _collected({name: results[name] for name in jobs})
    tree.attrs |= {"schema": SCHEMA, "law": law.name, "law_text": str(law), "source": law.source, "seed": seed}
    return tree


def _check_formula(law: Law, tables: Mapping[str, pd.DataFrame]) -> None:
    """Refuse a formula that cannot be fitted; it is tried on the first table that the law can take."""
    for runs in tables.values():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                table = check(law, runs)
            except Exception:  # noqa: S112 (kept as the reason of its own fit)
                continue
        check_formula(Bound(law, table))
        check_result(law, table)
        return


def _fitted(
    law: Law, runs: pd.DataFrame, one: Callable[..., xr.DataTree], options: Mapping[str, Any], whole: bool
) -> dict[str, Any]:
    """What is kept of a fit, or the reason why it failed."""
    began = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            post = one(law, runs, progressbar=False, **options)
        except Exception as error:
            return {"reason": f"{type(error).__name__}: {error}"}
    messages = [str(w.message) for w in caught if w.category is UserWarning]
    facts = {name: post.attrs[name] for name in ("converged", "rhat", "ess", "divergences", "method", "verdict")}
    facts |= {"pareto_k": post.attrs.get("pareto_k", np.nan), "warnings": " ".join(messages), "reason": ""}
    constants = post["constant_data"].to_dataset()
    return {
        "posterior": post["posterior"].to_dataset().load(),
        "constants": {name: float(value) for name, value in constants.data_vars.items() if value.ndim == 0},
        "facts": facts | {"seconds": time.perf_counter() - began},
        "whole": post.filter(lambda node: node.name not in LARGE) if whole else None,
        "reason": "",
    }


#: Groups that are not kept: they have a number for each draw and run.
LARGE = ("log_likelihood", "fitted")
_NOTHING = {
    "converged": 0,
    "rhat": np.nan,
    "ess": np.nan,
    "divergences": 0,
    "method": "",
    "verdict": "no posterior",
    "pareto_k": np.nan,
    "warnings": "",
    "seconds": np.nan,
}


def _collected(results: Mapping[str, dict[str, Any]]) -> xr.DataTree:
    names = pd.Index([str(name) for name in results], name="fit")
    good = {str(name): result for name, result in results.items() if not result["reason"]}
    facts = pd.DataFrame([{**_NOTHING, **r.get("facts", {}), "reason": r["reason"]} for r in results.values()], names)
    groups: dict[str, Any] = {"fits": xr.Dataset.from_dataframe(facts.astype({"converged": bool, "divergences": int}))}
    if good:
        one = pd.Index(good, name="fit")
        posterior = xr.concat([r["posterior"] for r in good.values()], dim=one, join="outer", coords="minimal")
        posterior = posterior.reindex(fit=names).transpose("chain", "draw", "fit", ...)
        constants = pd.DataFrame([r["constants"] for r in good.values()], one).reindex(names)
        groups |= {"posterior": posterior, "constant_data": xr.Dataset.from_dataframe(constants)}
    tree = xr.DataTree.from_dict(groups)
    each = {child_name(name): result["whole"] for name, result in good.items() if result["whole"] is not None}
    if each:
        tree["each"] = xr.DataTree(children=each)
    return tree


def child_name(table: str) -> str:
    """Name of a table's child of the group each: a "/" would make it a path."""
    return table.replace("/", "_")
