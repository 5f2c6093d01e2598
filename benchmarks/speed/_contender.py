"""What every contender does: fit, forecast, fit again, and print what it took as one line of JSON.

A contender is a process, so its first wall time counts from the start of the process: imports and compiling are part of
what a user waits for. Effective sample sizes are computed after the last reading of a clock.
"""

import contextlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

BORN = time.perf_counter()
#: The run to forecast [parameters, tokens]: Chinchilla itself.
AT = {"N": 70e9, "D": 1.4e12}
#: The parameters whose effective sample size counts, and those whose posteriors are compared.
SAMPLED = ("E", "alpha_N", "alpha_D", "sigma")
COMPARED = ("E", "alpha_N", "alpha_D")


def main(
    fit: Callable[[np.ndarray, int], Any],
    forecast: Callable[[Any], np.ndarray],
    posterior: Callable[[Any], Mapping[str, np.ndarray]],
    extras: Callable[[Any], Mapping[str, float]] = lambda fitted: {},
) -> None:
    """Run a contender on the table that the command line names.

    Parameters
    ----------
    fit : (runs, seed) -> a fit; `runs` is a structured array with the columns N [parameters], D [tokens], loss.
    forecast : (fit) -> draws of the expected loss at `AT`, of any shape.
    posterior : (fit) -> draws of each parameter, of shape (chain, draw); (1, draw) for a bootstrap, and no ``sigma``.
    extras : (fit) -> optionally ``sampling``, the wall seconds spent drawing, and ``ess_limit``, an upper bound on the
        effective sample size that the draws themselves do not show.
    """
    with contextlib.redirect_stdout(sys.stderr):  # what a library prints is not the result
        runs = np.genfromtxt(sys.argv[1], delimiter=",", names=True)
        fitted = fit(runs, 1)
        first = {"wall": _age(), "cpu": _cpu()}
        quantiles = np.quantile(np.asarray(forecast(fitted), dtype=float), [0.05, 0.5, 0.95])
        first["to_forecast"] = _age()
        wall, cpu = time.perf_counter(), _cpu()
        refitted = fit(runs, 2)
        again = {"wall": time.perf_counter() - wall, "cpu": _cpu() - cpu}
        result = {"first": first, "again": again, "forecast": quantiles.tolist()}
        for timed, found in ((first, fitted), (again, refitted)):
            timed["sampling"] = extras(found).get("sampling")
        draws = posterior(fitted)
        result |= _quality(draws, extras(fitted)) | {"ess_min_again": _ess(posterior(refitted), extras(refitted))}
        result["posterior"] = {name: [float(np.mean(draws[name])), float(np.std(draws[name]))] for name in COMPARED}
    print(json.dumps(result), flush=True)


def expected_loss(draws: Mapping[str, np.ndarray]) -> np.ndarray:
    """Expected loss at `AT` [nats/token] from draws of E, A, alpha_N, B, alpha_D, written out by hand."""
    power = draws["A"] * AT["N"] ** -draws["alpha_N"] + draws["B"] * AT["D"] ** -draws["alpha_D"]
    return draws["E"] + power


def _quality(draws: Mapping[str, np.ndarray], extras: Mapping[str, float]) -> dict[str, Any]:
    quality: dict[str, Any] = {"ess_min": _ess(draws, extras), "draws": int(np.size(draws["E"])), "rhat": None}
    if quality["ess_min"] is not None:
        from arviz_stats.base import array_stats

        quality["rhat"] = max(float(array_stats.rhat(np.asarray(draws[name]))) for name in SAMPLED)
    return quality


def _ess(draws: Mapping[str, np.ndarray], extras: Mapping[str, float]) -> float | None:
    """Smallest bulk effective sample size; None for a bootstrap, whose draws are independent but no posterior."""
    if "sigma" not in draws:
        return None
    from arviz_stats.base import array_stats

    smallest = min(float(array_stats.ess(np.asarray(draws[name]), method="bulk")) for name in SAMPLED)
    return min(smallest, extras.get("ess_limit", np.inf))


def _age() -> float:
    """Seconds since the process was started; where there is no /proc, since this module was imported."""
    try:
        return time.clock_gettime(time.CLOCK_BOOTTIME) - int(_stat("self")[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError):
        return time.perf_counter() - BORN


def _cpu() -> float:
    """CPU seconds of this process and of its children, since the start; of living children, where there is a /proc."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = time.process_time() + children.ru_utime + children.ru_stime
    for listed in Path("/proc/self/task").glob("*/children"):
        for child in listed.read_text().split():
            with contextlib.suppress(OSError):
                spent += sum(map(int, _stat(child)[11:15])) / os.sysconf("SC_CLK_TCK")
    return spent


def _stat(process: str) -> list[str]:
    """The fields of /proc/<process>/stat from the third on."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
