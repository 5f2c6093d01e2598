"""One cut of a task: fit the runs up to it, forecast those beyond, and keep what the page needs to know."""

import warnings
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bayescale.forecasting import scores
from bayescale.forecasting.backtest import Forecaster
from bayescale.forecasting.log_scores import log_predictive
from bayescale.forecasting.predict import predict
from bayescale.forecasting.trust.cuts import FEWEST
from bayescale.inference.fit import draw
from bayescale.modelling.law import Law
from benchmarks.forecasts.splits import Task

#: Draws of a forecast that are taken for the truth, to simulate the coverage of a perfectly calibrated forecaster.
SIMULATED = 200
#: Of these draws, every so many is also judged by how much 90 % intervals must be scaled to hold its runs.
SPARSE = 5
#: The factors that are tried: from 1/8 to 4, in steps of a factor of sqrt(2).
SCALES = tuple(2.0 ** (k / 2) for k in range(-6, 5))
#: Levels of the intervals whose coverage is simulated.
JUDGED = (0.5, 0.9)
#: Digits that are kept of numbers of single runs.
DIGITS = 4
#: Columns whose distance beyond the fitted runs is kept -> its name in a record.
DISTANCES = {"N": "n", "D": "d", "C": "c"}


class Forecast(NamedTuple):
    """Draws (draw, run) of the held-out losses [nats/token]; for a law also its log score of each run, and if it
    converged.
    """

    draws: np.ndarray
    log_score: np.ndarray | None = None
    converged: bool | None = None


def record(
    method: str, forecaster: Law | Forecaster, task: Task, cut: float, seed: int, given: Task | None = None
) -> dict[str, Any]:
    """The record of a method at a cut. What fails is a record too, with its reason.

    `given` has the same rows with the N of the table, in which distances are measured, where `task` has another count.
    """
    held = task.runs[task.by].to_numpy() > cut
    train, test = task.runs[~held], task.runs[held]
    about = {"data": task.data, "group": task.group, "method": method, "cut": float(cut)}
    about |= {"trained": len(train), "held_out": len(test), "failed": False, "converged": None, "reason": ""}
    try:
        if len(train) < FEWEST or test.empty:
            raise ValueError(f"{len(train)} runs to fit and {len(test)} to forecast; wanted {FEWEST} and 1, or more.")
        sizes = (given or task).runs
        beyond = distances(sizes[~held], sizes[held])
        found = forecast(forecaster, train, test, seed)
        values = scored(found, test["loss"].to_numpy(dtype=float), beyond)
    except Exception as error:  # a cut that fails must not stop the others
        return about | {"failed": True, "reason": f"{type(error).__name__}: {error}"}
    return about | {"converged": found.converged} | values


def forecast(forecaster: Law | Forecaster, train: pd.DataFrame, test: pd.DataFrame, seed: int) -> Forecast:
    """Fit and forecast as `bayescale.backtest` does; the draws of a law are joint over the held-out runs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tables that are as they are
        if not isinstance(forecaster, Law):
            return Forecast(np.asarray(forecaster(train, test.drop(columns="loss"), seed)))  # the losses stay hidden
        post = draw(forecaster, train, method="laplace", seed=seed, progressbar=False)
        drawn = predict(forecaster, post, test, seed=seed)["loss"].stack(sample=("chain", "draw"))
        density = log_predictive(forecaster, post, test, seed=seed).to_numpy()
    return Forecast(drawn.transpose("sample", "run").to_numpy(), density, bool(post.attrs["converged"]))


def distances(train: pd.DataFrame, test: pd.DataFrame) -> dict[str, np.ndarray]:
    """log10 of each held-out run's N, D and C over the largest fitted; along a learning curve, C goes with D."""
    sizes = {name: name for name in DISTANCES if name in train}
    if "D" in sizes and "C" not in sizes:
        sizes["C"] = "D"
    return {
        DISTANCES[name]: np.log10(test[column].to_numpy(float) / train[column].max()) for name, column in sizes.items()
    }


def scored(found: Forecast, observed: np.ndarray, beyond: dict[str, np.ndarray]) -> dict[str, Any]:
    """Means over the held-out runs, numbers of each run, and simulated coverages.

    Of each run are kept: its distances, pit, crps, error, how many of the four intervals hold it (they are nested), and
    the ends of the 90 % interval less the median [% of the loss].
    """
    draws = found.draws
    inside, widths = scores.covered(draws, observed), scores.widths(draws)
    error, crps = scores.errors(draws, observed), scores.crps(draws, observed)
    log_score = scores.log_score(draws, observed) if found.log_score is None else found.log_score
    low, middle, high = np.quantile(100.0 * np.log(draws), [0.05, 0.5, 0.95], axis=0)
    each = {
        "pit": scores.pit(draws, observed),
        "error": error,
        "crps": crps,
        "low": low - middle,
        "high": high - middle,
    }
    means = {"error": error, "crps": crps, "log_score": log_score, "log_loss": np.log(observed)}
    means["interval_score"] = scores.interval_score(draws, observed)
    return {
        "ratio": float(10.0 ** beyond["c"].max()) if "c" in beyond else None,
        "covered": inside.mean(axis=1).tolist(),
        "width": widths.mean(axis=1).tolist(),
        **{name: float(np.mean(value)) for name, value in means.items()},
        "rmsle": float(np.sqrt((error**2).mean())),
        "runs": {name: _short(value) for name, value in (beyond | each).items()}
        | {"inside": inside.sum(axis=0).tolist()},
        **simulated(np.log(draws)),
    }


def simulated(logs: np.ndarray) -> dict[str, list[list[int]]]:
    """How many held-out runs intervals hold, with each of some joint draws taken for the truth.

    Draws are in the order of their mean distance from the median, in units of the intervals: a draw in which runs have
    a high loss together comes late. Cuts that share runs can thus be paired by position.

    Parameters
    ----------
    logs : array of shape (draw, run), log losses.

    Returns
    -------
    dict : lists of lists of numbers of held-out runs.

        - ``simulated``: for each level of `JUDGED`, for each draw;
        - ``scaled``: for each factor of `SCALES` by which 90 % intervals are scaled about the median, for every fifth
          draw.
    """
    low, middle, high = np.quantile(logs, [0.05, 0.5, 0.95], axis=0)
    truths = logs[np.linspace(0, len(logs) - 1, SIMULATED).astype(int)]
    truths = truths[np.argsort(((truths - middle) / (high - low)).mean(axis=1))]
    counts = []
    for level in JUDGED:
        lower, upper = np.quantile(logs, [(1.0 - level) / 2.0, (1.0 + level) / 2.0], axis=0)
        counts.append(((lower <= truths) & (truths <= upper)).sum(axis=1).tolist())
    some = truths[SPARSE // 2 :: SPARSE] - middle
    needed = some / np.where(some < 0, low - middle, high - middle)
    return {"simulated": counts, "scaled": [(needed <= scale).sum(axis=1).tolist() for scale in SCALES]}


def _short(values: np.ndarray) -> list[float]:
    """Rounded, so that a line of the kept file stays short."""
    return [float(f"{value:.{DIGITS}g}") for value in values]
