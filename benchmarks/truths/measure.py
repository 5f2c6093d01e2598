"""Forecast simulated sweeps; finished records are kept, so the work can be interrupted."""

import hashlib
import json
import os
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread

import numpy as np

from bayescale.base.executors import spread
from bayescale.forecasting import scores
from bayescale.forecasting.backtest import Forecaster
from bayescale.forecasting.predict import predict
from bayescale.inference.fit import draw
from bayescale.laws import chinchilla
from bayescale.laws.busbridge2025 import generalised
from bayescale.modelling.law import Law
from benchmarks.truths.truths import sweep

#: The law that widths are compared with.
ADDITIVE = "additive"
#: The default of the package.
DEFAULT = "default"
FORECASTERS: dict[str, Law | Forecaster] = {ADDITIVE: chinchilla, DEFAULT: generalised}
#: Central intervals that are scored.
LEVELS = (0.5, 0.9)
#: Most draws of a forecast that are scored.
DRAWS = 2000
#: Most processes at once.
PROCESSES = 2


def measure(
    truths: Iterable[str],
    sweeps: int,
    forecasters: Mapping[str, Law | Forecaster] = FORECASTERS,
    kept: Path | None = None,
    say: Callable = lambda text: None,
    processes: int = PROCESSES,
) -> list[dict]:
    """One record for each truth, each of the first `sweeps` seeds and each forecaster.

    Parameters
    ----------
    truths : names in `benchmarks.truths.truths.TRUTHS`.
    sweeps : number of sweeps of each truth.
    forecasters : laws, fitted by Laplace's method, or functions ``(train, test, seed) -> draws``, as in
        `bayescale.backtest`.
    kept : path, optional, of a file with one JSON record a line. Records of the same law (by its text) are not made
        again; new ones are added. Use another file, or another name, after a change of the code that a law's text
        does not show.
    say : called with a line of text for each new record.
    processes : 1 (this process) or 2.

    Returns
    -------
    list of dict, as in `record`.
    """
    truths = list(truths)
    wanted = {
        (truth, seed, name, fingerprint(law)): law
        for seed in range(sweeps)
        for truth in truths
        for name, law in forecasters.items()
    }
    old = [json.loads(line) for line in kept.read_text().splitlines()] if kept and kept.is_file() else []
    known = {key(record): record for record in old}
    jobs = {job: (*job, law) for job, law in wanted.items() if job not in known}
    pool = None
    if processes > 1 and jobs:
        pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_end_with_parent)
    with pool or nullcontext():
        for job, new in spread(record, jobs, pool, lambda reason: {"reason": reason}):
            new = dict(zip(KEY, job, strict=True)) | new
            known[job] = new
            if kept:
                with kept.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(new) + "\n")
            say(
                f"{', '.join(map(str, job[:3]))}: {new['reason'] or 'done'} ({len(wanted.keys() - known.keys())} to go)"
            )
    return [known[job] for job in wanted]


def _end_with_parent() -> None:
    """End this worker when the process that started it has ended, also if that was killed."""
    parent = parent_process()

    def watch():
        if parent is not None:
            parent.join()
            os._exit(1)

    Thread(target=watch, daemon=True).start()


#: What identifies a record.
KEY = ("truth", "seed", "forecaster", "law")


def key(record: Mapping) -> tuple:
    """What identifies a record."""
    return tuple(record[name] for name in KEY)


def fingerprint(forecaster: Law | Forecaster) -> str:
    """Eight hexadecimal digits that change with the text of a law, or with the name of a function."""
    text = str(forecaster) if isinstance(forecaster, Law) else getattr(forecaster, "__qualname__", "function")
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def record(truth: str, seed: int, name: str, law: str, forecaster: Law | Forecaster) -> dict:
    """The record of a forecaster on a sweep.

    Returns
    -------
    dict : ``truth``, ``seed``, ``forecaster``, ``law`` (`fingerprint`), ``design``, ``runs``, ``reason`` (why there is
        no forecast, else ""), ``converged`` and ``method`` (of the fit of a law), ``seconds``, ``targets`` (names) and,
        for each target,

        - ``bias``: log of the median forecast less log of the expected loss [%];
        - ``inside_0.5``, ``inside_0.9``: share of simulated new runs inside the central interval;
        - ``width_0.5``, ``width_0.9`` of that interval, and ``crps`` averaged over the new runs [% of the loss].
    """
    simulated, start = sweep(truth, seed), time.perf_counter()
    made = dict(zip(KEY, (truth, seed, name, law), strict=True))
    made |= {
        "design": simulated.design.kind,
        "runs": len(simulated.runs),
        "reason": "",
        "converged": True,
        "method": "",
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the record says whether the fit converged
            if isinstance(forecaster, Law):
                post = draw(forecaster, simulated.runs, method="laplace", seed=seed, progressbar=False)
                made |= {"converged": bool(post.attrs["converged"]), "method": str(post.attrs["method"])}
                drawn = predict(forecaster, post, simulated.targets, seed=seed)["loss"].stack(sample=("chain", "draw"))
                draws = drawn.transpose("sample", "run").to_numpy()
            else:
                draws = np.asarray(forecaster(simulated.runs, simulated.targets, seed))
        made |= scored(draws, simulated.expected, simulated.new)
    except Exception as error:  # one sweep must not stop the others
        made["reason"] = f"{type(error).__name__}: {error}"
    made["targets"] = simulated.targets["target"].tolist()
    return made | {"seconds": round(time.perf_counter() - start, 2)}


def scored(draws: np.ndarray, expected: np.ndarray, new: np.ndarray) -> dict[str, list[float]]:
    """Scores of the draws of losses, of shape (draw, target), as in `record`."""
    draws = draws[:: max(1, len(draws) // DRAWS)]
    found = {"bias": scores.errors(draws, np.exp(expected))}
    widths = scores.widths(draws, LEVELS)
    inside = np.mean([scores.covered(draws, np.exp(losses), LEVELS) for losses in new], axis=0)
    for k, level in enumerate(LEVELS):
        found |= {f"inside_{level}": inside[k], f"width_{level}": widths[k]}
    found["crps"] = np.mean([scores.crps(draws, np.exp(losses)) for losses in new], axis=0)
    return {name: np.round(values, 5).tolist() for name, values in found.items()}
