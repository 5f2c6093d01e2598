"""backtests: would the law have forecast the runs that we have?"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.data.read import complete
from bayescale.forecasting import scores
from bayescale.forecasting.log_scores import log_predictive
from bayescale.forecasting.predict import predict
from bayescale.inference.executors import progress, spread
from bayescale.inference.fit import draw
from bayescale.modelling.law import Law

#: (train, test, seed) -> draws of the test runs' losses [nats/token], of shape (draw, run).
Forecaster = Callable[[pd.DataFrame, pd.DataFrame, int], np.ndarray]
#: Shares of the runs, in order of size, that cuts are laid behind if none are given.
SHARES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
#: What is kept of each run: name -> dims beside run.
SCORES = {
    **dict.fromkeys(("error", "crps", "interval_score", "log_score", "pit"), ()),
    **dict.fromkeys(("covered", "width"), ("level",)),
}
#: Fewest runs to fit.
FEWEST = 4


def backtest(
    forecaster: Law | Forecaster | Mapping[str, Law | Forecaster],
    runs: pd.DataFrame,
    *,
    by: str = "C",
    cuts: Sequence[float] | None = None,
    method: str = "laplace",
    seed: int | None = None,
    executor: Executor | None = None,
    progressbar: bool = True,
) -> xr.Dataset:
    """Fit the runs up to a cut, forecast all that lie beyond it, and score the forecasts; for every cut.

    Parameters
    ----------
    forecaster : Law, or a function ``(train, test, seed) -> draws`` of new runs' losses, of shape (draw, run), such as
        those of `bayescale.forecasting.baselines`; or a mapping from a name to one of them, which gives a dim ``forecaster``.
    runs : DataFrame, one row a run: the law's columns, `by`, and `loss` [nats/token].
    by : str
        The column that orders the runs: ``"C"`` (6ND where there is none), ``"N"``, ``"D"``, a date, ….
    cuts : sequence of numbers, optional
        Values of `by`: runs up to it are fitted. By default so laid that 0.4, 0.5, … 0.9 of the runs are, and at least
        four.
    method : {"laplace", "nuts"}, how a law is fitted; NUTS where Laplace does not hold.
    seed : int, optional
        The scores depend on it and on the place of the cut, not on the executor.
    executor : concurrent.futures.Executor, optional
        Where the cuts are done, as in `fit_many`; in this process if absent.
    progressbar : bool

    Returns
    -------
    Dataset : dims (cut, run), NaN where a run was fitted: ``error``, ``crps``, ``interval_score`` (of 90 %) [% of the
        loss], ``log_score`` (of the log loss; exact for a law, a kernel estimate for a function), ``pit``, ``ratio``
        (`by` over the largest fitted), ``covered`` and ``width`` [%] (with dim level: 0.5, 0.8, 0.9, 0.95); and by cut
        ``trained`` (number of runs), ``converged`` (1, 0; NaN for a function), ``failed`` and ``reason`` (why there is
        no forecast). Means over runs, and then over cuts, are the scores: `board` has them. A cut that failed is NaN
        and not in them, so look at ``failed``, and compare forecasters on the cuts where none did.

    Raises
    ------
    ValueError
        If the runs leave nothing to fit or to forecast at any cut.

    Warns
    -----
    UserWarning
        If some of the cuts that were given leave nothing to fit or to forecast; they are left out.
    """
    if isinstance(forecaster, Mapping):
        options: dict = {"by": by, "cuts": cuts, "method": method, "seed": seed}
        options |= {"executor": executor, "progressbar": progressbar}
        several = [backtest(one, runs, **options) for one in forecaster.values()]
        return xr.concat(several, pd.Index(forecaster, name="forecaster"), combine_attrs="drop").assign_attrs(by=by)
    table = complete(runs, [by])
    if by not in table or not pd.api.types.is_numeric_dtype(table[by]) or table[by].isna().any():
        raise ValueError(f"The runs have no numbers '{by}' to be ordered by; their columns are {list(runs.columns)}.")
    size = table[by].to_numpy(dtype=float)
    tried = _cuts(size) if cuts is None else np.asarray(cuts, dtype=float)
    usable = [cut for cut in tried if FEWEST <= (size <= cut).sum() < len(size)]
    if not usable:
        raise ValueError(
            f"Of {len(size)} runs, no cut of '{by}' leaves {FEWEST} or more to fit and any to forecast "
            f"(cuts: {tried.tolist()})."
        )
    if cuts is not None and len(usable) < len(tried):
        useless = [float(cut) for cut in tried if cut not in usable]
        warnings.warn(
            f"the cuts {useless} of '{by}' are left out: fewer than {FEWEST} runs to fit, or none to forecast.",
            UserWarning,
            stacklevel=2,
        )
    seeds = np.random.SeedSequence(seed).generate_state(len(usable))
    name = getattr(forecaster, "name", getattr(forecaster, "__name__", "forecaster"))
    jobs = {
        k: (forecaster, table, size <= cut, int(own), method)
        for k, (cut, own) in enumerate(zip(usable, seeds, strict=True))
    }
    done: dict[int, xr.Dataset] = {}
    with progress(progressbar) as bar:
        task = bar.add_task(f"{name}, {len(usable)} cuts", total=len(usable))
        for k, one in spread(_one, jobs, executor, lambda reason: _kept(len(table), {}, None, reason=reason)):
            done[k] = one
            bar.advance(task)
    found = []
    for k, cut in enumerate(usable):
        ratio = np.where(size > cut, size / size[size <= cut].max(), np.nan)
        found.append(done[k].assign(ratio=("run", ratio), trained=int((size <= cut).sum())))
    result = xr.concat(found, dim="cut").assign_coords(cut=usable, run=np.arange(len(size)), level=list(scores.LEVELS))
    result[by] = ("run", size)
    result.attrs |= {"by": by, "forecaster": name}
    return result


def _cuts(size: np.ndarray) -> np.ndarray:
    ordered = np.sort(size)
    last = np.maximum(FEWEST, np.ceil(np.array(SHARES) * len(size)).astype(int)) - 1
    return np.unique(ordered[np.minimum(last, len(size) - 1)])


def _one(forecaster: Law | Forecaster, table: pd.DataFrame, fitted: np.ndarray, seed: int, method: str) -> xr.Dataset:
    """The scores of one cut, NaN for the runs that were fitted."""
    train, test = table[fitted], table[~fitted]
    reason, converged, values, density = "", np.nan, {}, None
    try:
        if isinstance(forecaster, Law):
            post = draw(forecaster, train, method=method, seed=seed, progressbar=False)
            converged = float(post.attrs["converged"])
            drawn = predict(forecaster, post, test, seed=seed)["loss"].stack(sample=("chain", "draw"))
            draws = drawn.transpose("sample", "run").to_numpy()
            density = log_predictive(forecaster, post, test, seed=seed).to_numpy()
        else:
            draws = np.asarray(forecaster(train, test.drop(columns="loss"), seed))  # it must not see the answer
        values = _scored(draws, test["loss"].to_numpy(dtype=float))
        if density is not None:
            values["log_score"] = density
    except Exception as error:  # one cut that fails does not stop the others
        reason = f"{type(error).__name__}: {error}"
    return _kept(len(table), values, ~fitted, converged, reason)


def _kept(
    runs: int, values: dict[str, np.ndarray], held: np.ndarray | None, converged: float = np.nan, reason: str = ""
) -> xr.Dataset:
    """What is kept of a cut: scores of the runs held out, NaN elsewhere."""
    data: dict = {"converged": converged, "failed": bool(reason), "reason": reason}
    for name, dims in SCORES.items():
        array = np.full((*(len(scores.LEVELS) for _ in dims), runs), np.nan)
        if values:
            array[..., held] = values[name]
        data[name] = ((*dims, "run"), array)
    return xr.Dataset(data)


def _scored(draws: np.ndarray, observed: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "error": scores.errors(draws, observed),
        "crps": scores.crps(draws, observed),
        "interval_score": scores.interval_score(draws, observed),
        "log_score": scores.log_score(draws, observed),
        "pit": scores.pit(draws, observed),
        "covered": scores.covered(draws, observed),
        "width": scores.widths(draws),
    }


def board(found: xr.Dataset) -> pd.DataFrame:
    """The scores of a back-test, a row a forecaster: means over runs, then over the cuts at which none failed.

    Parameters
    ----------
    found : Dataset of `backtest`.

    Returns
    -------
    DataFrame : ``cuts``, ``failed`` and ``unconverged`` (number of cuts); ``covered_0.5`` … ``covered_0.95``, shares of
        held-out runs; ``width`` of 90 % intervals, ``crps``, ``interval_score``, ``error`` and ``rmsle`` [% of the
        loss]; ``log_score``.
    """
    if "forecaster" not in found.dims:
        found = found.expand_dims(forecaster=[str(found.attrs.get("forecaster", "forecast"))])
    good = ~found["failed"].astype(bool).any("forecaster")
    kept = found.isel(cut=good.to_numpy())
    rows = {}
    for name in found["forecaster"].values.tolist():
        one = kept.sel(forecaster=name)
        covered = one["covered"].mean("run").mean("cut")
        means = {key: float(one[key].mean("run").mean("cut")) for key in ("crps", "interval_score", "error")}
        every = found.sel(forecaster=name)
        rows[name] = {
            "cuts": int(good.sum()),
            "failed": int(every["failed"].astype(bool).sum()),
            "unconverged": int((every["converged"] == 0).sum()),
            **{f"covered_{level}": float(covered.sel(level=level)) for level in scores.LEVELS},
            "width": float(one["width"].sel(level=0.9).mean("run").mean("cut")),
            **means,
            "rmsle": float(np.sqrt((one["error"] ** 2).mean("run")).mean("cut")),
            "log_score": float(one["log_score"].mean("run").mean("cut")),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("forecaster")
