"""Pooling: do groups of runs share parameters, judged by left-out runs and by the evidence."""

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.density.coordinates.structure import coordinates_of
from bayescale.forecasting.groups.common_error import CommonError
from bayescale.inference.door.arguments import check_law, check_method, check_seed
from bayescale.inference.fit import draw
from bayescale.inference.laplace import psis
from bayescale.modelling.draws import draws_of, picked
from bayescale.modelling.law import Law
from bayescale.modelling.noises import SIGMA
from bayescale.modelling.pooled import HOW, pooled

#: A difference of elpd counts if it is at least this many of its standard errors, and this large: for smaller ones the
#: normal approximation of its error is poor (Sivula, Magnusson & Vehtari 2020, arXiv:2008.10296).
CLEAR, LARGE = 2.0, 4.0


def pooling(
    law: Law,
    runs: pd.DataFrame,
    by: str,
    parameters: Sequence[str] | None = None,
    *,
    method: str = "laplace",
    seed: int | None = None,
) -> xr.DataTree:
    """Compare complete, partial and no pooling of parameters over groups of runs, by left-out runs and evidence.

    The law is fitted three times: the parameters in question are shared, partially pooled, or each group's own
    (`bayescale.pooled`). The other parameters, and the scale of the noise, are each group's own in all fits.

    Where rows of several groups are losses of one training run (`bayescale.losses`), their errors are correlated: the
    errors are normal, with one factor for each run and a loading of it for each loss (``loading``, 0 to 1). One run
    with all its losses is left out at a time. Other tables keep the noise of the law. A discrepancy is left out, so the
    intervals are those of a law that is right.

    Parameters
    ----------
    law : Law
    runs : DataFrame, as in `fit`, with the column `by`; and ``run``, if rows are losses of one run.
    by : str, the column that names the group of a row.
    parameters : sequence of str, the parameters in question. By default the exponents of the law.
    method : {"laplace", "nuts"}, as in `fit`.
    seed : int, optional, of the fits.

    Returns
    -------
    DataTree : its root is a Dataset of the comparison, dims (pooling), with pooling "shared", "partial" and "own":

        - ``elpd``: expected log predictive density of a left-out run, summed over the runs; ``elpd_se``;
        - ``difference``: elpd minus that of the best fit; ``difference_se``;
        - ``effective``: effective number of parameters;
        - ``unreliable``: number of runs with Pareto k above 0.7;
        - ``log_evidence``: log probability of the losses under law and priors, where importance sampling was accepted;
          else NaN.

        Its children ``shared``, ``partial`` and ``own`` are posteriors: ``found["own/posterior"]["E"]``. ``attrs``:
        ``conclusion``, a sentence; ``warnings``, a JSON list.

    Raises
    ------
    TypeError, ValueError
        As `fit` and `bayescale.pooled`; if there are fewer than two groups, or several rows of one run in a group.

    References
    ----------
    Vehtari, Gelman & Gabry 2017, doi:10.1007/s11222-016-9696-4 (leave-one-out by importance sampling).

    Warns
    -----
    UserWarning, RuntimeWarning
        As `fit`: if the table is suspicious, or NUTS replaces the Laplace approximation.

    Examples
    --------
    >>> import numpy as np, pandas as pd, bayescale as bs
    >>> from bayescale.laws.henighan2020 import L_C
    >>> C, rng = np.geomspace(1e17, 1e21, 10), np.random.default_rng(0)
    >>> luck = 0.01 * rng.standard_normal(10)
    >>> wide = pd.DataFrame({"C": C})
    >>> for name, alpha in (("text", 0.1), ("code", 0.3)):
    ...     wide[name] = (1.5 + 2 * (C / 1e19) ** -alpha) * np.exp(luck + 0.004 * rng.standard_normal(10))
    >>> found = bs.pooling(L_C, bs.losses(wide, ["text", "code"]), "evaluation", seed=1)
    >>> found.attrs["conclusion"].partition(":")[0]
    'Each evaluation has its own alpha_C'
    """
    asked = _asked(law, runs, by, parameters, method, seed)
    runs = runs.drop(columns="loss_se", errors="ignore")
    error = _common_error(runs, by)
    base = _base(law, error, by)
    table = runs.drop(columns="run") if "run" in runs else runs
    seed = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else int(seed)
    posts, compared = {}, []
    for how in HOW:
        fitted = pooled(base, by, "own", **dict.fromkeys(asked, how))
        with warnings.catch_warnings():
            if posts:  # the table is the same, and so is what is suspicious about it
                warnings.simplefilter("ignore", UserWarning)
            posts[how] = draw(fitted, table, method=method, seed=seed, progressbar=False)
        posts[how].attrs |= {"law": f"{law.name} by {by}"}
        compared.append(_left_out(fitted, posts[how], table, error))
    return _result(compared, posts, asked, by, error is not None, law.discrepancy is not None)


def _asked(law, runs, by, parameters, method, seed) -> tuple[str, ...]:
    """The parameters in question, once all arguments are checked."""
    check_law(law, runs)
    check_method(method)
    check_seed(seed)
    if not isinstance(runs, pd.DataFrame):
        raise TypeError(f"runs is a {type(runs).__name__}; wanted a pandas.DataFrame with one row for each run.")
    if by not in runs or runs[by].nunique() < 2:
        raise ValueError(f"by is {by!r}; wanted a column of runs with two or more groups. It has {list(runs.columns)}.")
    if isinstance(parameters, str):
        raise TypeError(f"parameters is {parameters!r}; wanted names: [{parameters!r}].")
    slopes = [slope.parameter for slope in coordinates_of(law).slopes]
    asked = tuple(dict.fromkeys(slopes if parameters is None else parameters))
    if not asked:
        raise ValueError(
            f"Law '{law.name}' declares no exponents; name the parameters in question, of {list(law.parameters)}."
        )
    return asked


def _common_error(runs: pd.DataFrame, by: str) -> CommonError | None:
    """The error that rows of one run share; None if each row is a run of its own."""
    if "run" not in runs or not runs["run"].duplicated().any():
        return None
    twice = runs.duplicated(["run", by])
    if twice.any():
        name, group = runs.loc[twice, ["run", by]].iloc[0]
        raise ValueError(
            f"Run {name!r} has several rows in group {group!r}; wanted one. Keep the last checkpoint: "
            f"runs.drop_duplicates(['run', '{by}'], keep='last')."
        )
    return CommonError.of(runs["run"])


def _base(law: Law, error: CommonError | None, by: str) -> Law:
    """The law with a noise whose scale is each group's own, and without a discrepancy."""
    law = replace(law, discrepancy=None)
    if error is not None:
        own = pooled(replace(law, noise=error.noise(SIGMA, by)), by, sigma="own")
        return replace(law, noise=own.noise)
    free = {name: "own" for name, prior in law.noise.priors.items() if not isinstance(prior, int | float)}
    return replace(law, noise=pooled(law, by, **free).noise)


@dataclass(frozen=True)
class _Compared:
    """Leave-one-run-out of a fit: arrays of shape (run,), and the log evidence."""

    elpd: np.ndarray
    k: np.ndarray
    effective: float
    log_evidence: float


def _left_out(law: Law, post: xr.DataTree, table: pd.DataFrame, error: CommonError | None) -> _Compared:
    """Log predictive density of each run given all others."""
    given = {name: xr.DataArray(table[name].to_numpy(), dims="run") for name in (*law.inputs, *law.groups)}
    loss = table["loss"].to_numpy(dtype=float)
    mu = law.evaluate(law.formula, post, given)
    scale = law.evaluate(law.noise.scale, post, {**given, "mu": mu})
    draws, _ = draws_of(law, post)
    picks = {name: given[name] for name in law.groups}
    shape = {name: picked(draws[name], picks) for name in law.noise.shape}
    mu, scale, *rest = (_rows(value, mu) for value in (mu, scale, *shape.values()))
    if error is None:
        logs = law.noise.logpdf(loss, mu, scale, dict(zip(shape, rest, strict=True))) + np.log(loss)
    else:
        logs = error.by_run((np.log(loss) - np.log(mu)) / scale, rest[0])
        logs = logs - np.log(scale) @ error.indicators.T
    smoothed, k = psis.smooth(-logs.T)
    top = logs.max(axis=0)
    elpd = np.log(np.sum(smoothed * np.exp(logs.T - top[:, None]), axis=1)) + top
    full = np.logaddexp.reduce(logs, axis=0) - np.log(len(logs))
    return _Compared(elpd, k, float((full - elpd).sum()), float(post.attrs.get("log_evidence", np.nan)))


def _rows(value, like: xr.DataArray) -> np.ndarray:
    """Draws for each row as an array of shape (draw, row)."""
    array = xr.broadcast(value, like)[0] if isinstance(value, xr.DataArray) else xr.full_like(like, value)
    return array.transpose("chain", "draw", "run").to_numpy().reshape(-1, like.sizes["run"])


def _result(compared, posts, asked, by: str, common: bool, bent: bool) -> xr.DataTree:
    """The comparison with its conclusion, and the posteriors."""
    elpd = np.array([c.elpd for c in compared])
    count, best = elpd.shape[1], int(elpd.sum(1).argmax())
    apart = elpd - elpd[best]
    columns = {
        "elpd": elpd.sum(1),
        "elpd_se": np.sqrt(count * elpd.var(1, ddof=1)),
        "difference": apart.sum(1),
        "difference_se": np.sqrt(count * apart.var(1, ddof=1)),
        "effective": [c.effective for c in compared],
        "unreliable": [int((c.k > psis.MAX_K).sum()) for c in compared],
        "log_evidence": [c.log_evidence for c in compared],
    }
    root = xr.Dataset({name: ("pooling", values) for name, values in columns.items()}, {"pooling": list(HOW)})
    said = [f"The fit '{n}': {p.attrs['verdict']}." for n, p in posts.items() if not p.attrs.get("converged", True)]
    if bent:
        said.append("The discrepancy of the law was left out, so intervals are those of a law that is right.")
    few = max(columns["unreliable"])
    if few:
        said.append(f"Pareto k is above 0.7 for up to {few} of {count} runs, so their elpd is rough.")
    found = xr.DataTree.from_dict({"/": root, **posts})
    found.attrs |= {
        "by": by,
        "parameters": json.dumps(list(asked)),
        "common_error": int(common),
        "conclusion": _conclusion(elpd[HOW.index("own")] - elpd[HOW.index("shared")], asked, by),
        "warnings": json.dumps(said),
    }
    return found


def _conclusion(apart: np.ndarray, asked: Sequence[str], by: str) -> str:
    """What leave-one-run-out says about shared and own parameters, given elpd of own minus shared for each run."""
    names = ", ".join(asked)
    gap, error = float(apart.sum()), float(np.sqrt(len(apart) * apart.var(ddof=1)))
    words = f"elpd of own minus shared is {gap:+.1f} (standard error {error:.1f})"
    if abs(gap) < max(CLEAR * error, LARGE):
        return f"Left-out runs cannot tell whether each {by} has its own {names}: {words}."
    if gap > 0:
        return f"Each {by} has its own {names}: {words}."
    return f"Every {by} has the same {names}: {words}."
