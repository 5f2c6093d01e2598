"""Back-tests: would a law have forecast the larger of the runs that we have from the smaller ones?"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.executors import spread
from bayescale.base.progress import progress
from bayescale.forecasting import scores
from bayescale.forecasting.log_scores import log_predictive
from bayescale.forecasting.predict import predict
from bayescale.forecasting.trust.cuts import Plan, planned
from bayescale.inference.door import arguments as door
from bayescale.inference.fit import draw
from bayescale.modelling.law import Law

#: (train, test, seed) -> draws of the test runs' losses [nats/token], of shape (draw, run).
Forecaster = Callable[[pd.DataFrame, pd.DataFrame, int], np.ndarray]
#: Scores of each run: name -> dims in addition to run.
SCORES = {
    **dict.fromkeys(("error", "crps", "interval_score", "log_score", "pit"), ()),
    **dict.fromkeys(("covered", "width"), ("level",)),
}


def backtest(
    forecaster: Law | Forecaster | Mapping[str, Law | Forecaster],
    runs: pd.DataFrame,
    *,
    by: str | None = None,
    cuts: Sequence[float] | None = None,
    towards: pd.DataFrame | None = None,
    method: str = "laplace",
    seed: int | None = None,
    executor: Executor | None = None,
    progressbar: bool = True,
) -> xr.Dataset:
    """For every cut, fit the runs up to it, forecast the runs beyond it, and score the forecasts.

    Parameters
    ----------
    forecaster : Law, function or mapping
        A function is ``(train, test, seed) -> draws`` of the test runs' losses [nats/token], of shape (draw, run), as
        in `bayescale.forecasting.baselines`. A mapping from names to laws or functions adds the dim ``forecaster``.
    runs : DataFrame, one row a run, with the law's columns, `by`, and ``loss`` [nats/token].
    by : str, optional
        Column that orders the runs: ``"C"`` (6ND if there is none; the default), ``"N"``, ``"D"``, a date as a number,
        ….
    cuts : sequence of numbers, optional
        Values of `by`; runs up to a cut are fitted. By default 0.4, 0.5, …, 0.9 of the runs are fitted, and at least
        four.
    towards : DataFrame, optional
        Runs that are to be forecast, with N, D or C: the back-test then resembles that forecast. The cuts are by the
        column in which a target exceeds the largest run most, unless `by` says otherwise. Only those held-out runs
        are scored that exceed the largest fitted one by about the same factor (within a factor of 2), or by the
        largest that the runs allow. `evidence` says on how many distinct sizes the scores rest.
    method : {"laplace", "nuts"}, how a law is fitted, as in `fit`.
    seed : int, optional
        Scores depend on the seed and on the position of the cut, not on the executor.
    executor : concurrent.futures.Executor, optional
        Where the cuts are computed, as in `fit_many`; in this process by default.
    progressbar : bool

    Returns
    -------
    Dataset : dims (cut, run), NaN where a run was fitted or, with `towards`, is not scored.

        - ``error``, ``crps``, ``interval_score`` (of the 90 % interval) [% of the loss];
        - ``log_score``, of the log loss (exact for a law, a kernel estimate for a function);
        - ``pit``, and ``ratio``: `by` over its largest fitted value;
        - ``covered`` and ``width`` [% of the loss], with dim level: 0.5, 0.8, 0.9, 0.95;
        - of each cut, ``trained`` (number of runs), ``converged`` (1 or 0; NaN for a function), ``failed`` and
          ``reason`` (why there is no forecast);
        - ``attrs``: ``by``, and with `towards` ``times``, the farthest target over the largest run.

        `board` averages the scores. A cut that failed is NaN and does not enter them, so look at ``failed``, and
        compare forecasters on the cuts at which none failed.

    Raises
    ------
    TypeError, ValueError
        If the forecaster, the method or the seed is of a wrong kind; if `by` is not a numeric column, or no cut leaves
        four runs to fit and one to forecast.

    Warns
    -----
    UserWarning
        If some of the given cuts leave fewer than four runs to fit or none to forecast; they are left out.

    See Also
    --------
    board : average scores as a table.
    evidence : what the scores say about a forecast.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> forecasters = {"chinchilla": chinchilla, "power_law": bs.baselines.power_law}
    >>> tests = bs.backtest(forecasters, runs, cuts=[1.1e10, 1.1e11], seed=1, progressbar=False)
    >>> dict(tests["crps"].sizes)
    {'forecaster': 2, 'cut': 2, 'run': 49}
    >>> tests["failed"].sum().item()
    0
    """
    door.check_method(method)
    door.check_seed(seed)
    if isinstance(forecaster, Mapping):
        if not forecaster:
            raise ValueError("There are no forecasters; wanted a mapping from a name to a law or a function.")
        options: dict = {"by": by, "cuts": cuts, "towards": towards, "method": method, "seed": seed}
        options |= {"executor": executor, "progressbar": progressbar}
        tests = [backtest(each, runs, **options) for each in forecaster.values()]
        joined = xr.concat(tests, pd.Index(forecaster, name="forecaster"), combine_attrs="drop")
        return joined.assign_attrs({name: v for name, v in tests[0].attrs.items() if name != "forecaster"})
    if not callable(forecaster) or isinstance(runs, Law):  # a law is callable too
        door.check_law(forecaster, runs)
    if not isinstance(runs, pd.DataFrame):
        raise TypeError(f"runs is a {type(runs).__name__}; wanted a pandas.DataFrame with one row for each run.")
    plan = planned(runs, by, cuts, towards, getattr(forecaster, "inputs", None))
    name = getattr(forecaster, "name", getattr(forecaster, "__name__", "forecaster"))
    return _carried_out(forecaster, name, plan, method, seed, executor, progressbar)


def _carried_out(
    forecaster: Law | Forecaster, name: str, plan: Plan, method: str, seed, executor, progressbar: bool
) -> xr.Dataset:
    """The result of `backtest` for one forecaster, with checked arguments."""
    size, table = plan.size, plan.table
    seeds = np.random.SeedSequence(seed).generate_state(len(plan.scored))
    jobs = {
        k: (forecaster, table, size <= cut, held, int(own), method)
        for k, ((cut, held), own) in enumerate(zip(plan.scored.items(), seeds, strict=True))
    }
    results: dict[int, xr.Dataset] = {}
    with progress(progressbar) as bar:
        task = bar.add_task(f"{name}, {len(jobs)} cuts", total=len(jobs))
        for k, result in spread(_at_cut, jobs, executor, lambda reason: _dataset(len(table), {}, None, reason=reason)):
            results[k] = result
            bar.advance(task)
    by_cut = []
    for k, cut in enumerate(plan.scored):
        ratio = np.where(size > cut, size / size[size <= cut].max(), np.nan)
        by_cut.append(results[k].assign(ratio=("run", ratio), trained=int((size <= cut).sum())))
    at = {"cut": list(plan.scored), "run": np.arange(len(size)), "level": list(scores.LEVELS)}
    test = xr.concat(by_cut, dim="cut").assign_coords(at)
    for column in dict.fromkeys((plan.by, "N")):  # N too, to count the sizes behind the scores
        if column in table:
            test[column] = ("run", table[column].to_numpy(dtype=float))
    times = {} if plan.times is None else {"times": plan.times}
    return test.assign_attrs({"by": plan.by, "forecaster": name, **times})


def _at_cut(
    forecaster: Law | Forecaster, table: pd.DataFrame, fitted: np.ndarray, held: np.ndarray, seed: int, method: str
) -> xr.Dataset:
    """The scores of one cut, NaN for the runs that are not held."""
    train, test = table[fitted], table[held]
    reason, converged, values, density = "", np.nan, {}, None
    try:
        if isinstance(forecaster, Law):
            post = draw(forecaster, train, method=method, seed=seed, progressbar=False)
            converged = float(post.attrs["converged"])
            drawn = predict(forecaster, post, test, seed=seed)["loss"].stack(sample=("chain", "draw"))
            draws = drawn.transpose("sample", "run").to_numpy()
            density = log_predictive(forecaster, post, test, seed=seed).to_numpy()
        else:
            draws = np.asarray(forecaster(train, test.drop(columns="loss"), seed))  # the losses stay hidden
        values = _scored(draws, test["loss"].to_numpy(dtype=float))
        if density is not None:
            values["log_score"] = density
    except Exception as error:  # a cut that fails must not stop the others
        reason = f"{type(error).__name__}: {error}"
    return _dataset(len(table), values, held, converged, reason)


def _dataset(
    runs: int, values: dict[str, np.ndarray], held: np.ndarray | None, converged: float = np.nan, reason: str = ""
) -> xr.Dataset:
    """The scores of one cut as a Dataset: those of the runs that are held, NaN elsewhere."""
    data: dict = {"converged": converged, "failed": bool(reason), "reason": reason}
    for name, dims in SCORES.items():
        array = np.full((*(len(scores.LEVELS) for _ in dims), runs), np.nan)
        if values:
            array[..., held] = values[name]
        data[name] = ((*dims, "run"), array)
    return xr.Dataset(data)


def _scored(draws: np.ndarray, observed: np.ndarray) -> dict[str, np.ndarray]:
    """Every score of SCORES, by name."""
    return {
        "error": scores.errors(draws, observed),
        "crps": scores.crps(draws, observed),
        "interval_score": scores.interval_score(draws, observed),
        "log_score": scores.log_score(draws, observed),
        "pit": scores.pit(draws, observed),
        "covered": scores.covered(draws, observed),
        "width": scores.widths(draws),
    }


def board(tests: xr.Dataset) -> pd.DataFrame:
    """Average the scores of a back-test: over runs, then over the cuts at which no forecaster failed.

    Parameters
    ----------
    tests : Dataset of `backtest`.

    Returns
    -------
    DataFrame : one row per forecaster. ``cuts``, ``failed`` and ``unconverged`` (numbers of cuts); ``covered_0.5`` …
        ``covered_0.95`` (shares of held-out runs); ``width`` of the 90 % interval, ``crps``, ``interval_score``,
        ``error`` and ``rmsle`` [% of the loss]; ``log_score``.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.forecasting.backtest import board
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> tests = bs.backtest(bs.baselines.power_law, runs, cuts=[1.1e11], seed=1, progressbar=False)
    >>> board(tests)[["cuts", "failed"]].values.tolist()
    [[1, 0]]
    """
    if "forecaster" not in tests.dims:
        tests = tests.expand_dims(forecaster=[str(tests.attrs.get("forecaster", "forecast"))])
    good = ~tests["failed"].astype(bool).any("forecaster")
    compared = tests.isel(cut=good.to_numpy())
    rows = {}
    for name in tests["forecaster"].values.tolist():
        own = compared.sel(forecaster=name)
        covered = own["covered"].mean("run").mean("cut")
        means = {key: float(own[key].mean("run").mean("cut")) for key in ("crps", "interval_score", "error")}
        every = tests.sel(forecaster=name)
        rows[name] = {
            "cuts": int(good.sum()),
            "failed": int(every["failed"].astype(bool).sum()),
            "unconverged": int((every["converged"] == 0).sum()),
            **{f"covered_{level}": float(covered.sel(level=level)) for level in scores.LEVELS},
            "width": float(own["width"].sel(level=0.9).mean("run").mean("cut")),
            **means,
            "rmsle": float(np.sqrt((own["error"] ** 2).mean("run")).mean("cut")),
            "log_score": float(own["log_score"].mean("run").mean("cut")),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("forecaster")
