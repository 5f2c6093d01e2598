"""Population priors: what the sweeps of halves A and C together say of the priors of a new sweep.

The default law is fitted to each sweep with wider priors. A lognormal population of each parameter is then found by
maximum likelihood: draws of a fit are weighted by population over prior (empirical Bayes by importance sampling).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from bayescale.inference.fit import draw
from bayescale.laws.busbridge2025 import generalised
from bayescale.modelling.discrepancy import Discrepancy
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior
from benchmarks.forecasts.report import HALF_A, HALF_C
from benchmarks.forecasts.splits import Task
from benchmarks.table import table

SEED = 1
#: Factor by which the priors of the fits are wider, in standard deviations of the log.
WIDER = 1.5
#: Parameters that have a population.
NAMES = ("tau", "tau_local", "kappa", "omega", "sigma")
#: The default's spread counts as much as this many sweeps, so that a population of few sweeps stays proper.
PRIOR_SWEEPS = 2.0
#: Steps of the maximisation; changes are below 1e-6 after half of them.
STEPS = 200
#: Median of the log and its standard deviation, by parameter.
Population = dict[str, tuple[float, float]]
#: Logs of the draws of each parameter in each fit, by data set.
Draws = Mapping[str, list[dict[str, np.ndarray]]]


def default() -> Population:
    """The priors of the default law."""
    return {
        name: (generalised.all_priors[name].args["mu"], generalised.all_priors[name].args["sigma"]) for name in NAMES
    }


def with_population(law: Law, population: Population) -> Law:
    """The law with lognormal priors of these medians and spreads."""
    prior = {name: Prior("LogNormal", mu=float(m), sigma=float(s)) for name, (m, s) in population.items()}
    tau = {name: prior[name] for name in prior if name.startswith("tau")}
    return replace(
        law,
        priors={**law.priors, **{name: prior[name] for name in prior if name in law.priors}},
        noise=replace(law.noise, priors={**law.noise.priors, "sigma": prior["sigma"]}),
        discrepancy=Discrepancy(tau, name="population"),
    )


def fits(tasks: Iterable[Task], kept: Path, say: Callable) -> dict[str, list[dict[str, np.ndarray]]]:
    """Draws of the fits of every sweep of halves A and C, by data set; those in `kept` are not made again."""
    wide = with_population(generalised, {name: (m, WIDER * s) for name, (m, s) in default().items()})
    found: dict[str, list[dict[str, np.ndarray]]] = {}
    kept.mkdir(parents=True, exist_ok=True)
    for task in tasks:
        if task.curve or task.data not in (*HALF_A, *HALF_C) or task.by == "order" or ", size" in task.group:
            continue
        file = kept / ("".join(c if c.isalnum() else "_" for c in f"{task.data} {task.group}") + ".npz")
        if not file.is_file():
            say(f"{task.data} {task.group}")
            runs = task.runs.drop(columns=["C", "budget"], errors="ignore")
            draws = draw(wide, runs, method="laplace", seed=SEED, progressbar=False)["posterior"].to_dataset()
            np.savez(file, **{name: draws[name].stack(sample=SAMPLE_DIMS).to_numpy() for name in NAMES})
        with np.load(file) as stored:
            found.setdefault(task.data, []).append({name: np.log(stored[name]) for name in NAMES})
    return found


def population(draws: Draws, base: Population, start: Population) -> tuple[Population, float]:
    """The most likely population, and the smallest effective share of the draws of a fit.

    Data sets count once each, their fits in equal parts. `base` are the priors of the fits, `start` the first guess.
    """
    found, least = dict(start), 1.0
    for _ in range(STEPS):
        moments, least = {name: np.zeros(3) for name in start}, 1.0
        for fits_of_one in draws.values():
            for x in fits_of_one:
                log_weight = sum(_normal(x[n], *found[n]) - _normal(x[n], *base[n]) for n in start)
                weight = np.exp(log_weight - np.max(log_weight))
                weight /= weight.sum()
                least = min(least, 1.0 / float(np.sum(weight**2)) / len(weight))
                for n in start:
                    moments[n] += np.array([1.0, weight @ x[n], weight @ x[n] ** 2]) / len(fits_of_one)
        for n, (sets, first, second) in moments.items():
            mean = first / sets
            spread = (second - sets * mean**2 + PRIOR_SWEEPS * start[n][1] ** 2) / (sets + PRIOR_SWEEPS)
            found[n] = (float(mean), float(np.sqrt(spread)))
    return found, least


def report(draws: Draws) -> str:
    """A table: the default's priors, the population, and the range of its median with each data set left out."""
    start = default()
    base = {name: (m, WIDER * s) for name, (m, s) in start.items()}
    whole, least = population(draws, base, start)
    without = [population({k: v for k, v in draws.items() if k != left}, base, start)[0] for left in draws]
    rows = [
        [
            name,
            f"{np.exp(start[name][0]):.3g}, {start[name][1]:.2f}",
            f"{np.exp(whole[name][0]):.3g}, {whole[name][1]:.2f}",
            f"{np.exp(min(p[name][0] for p in without)):.3g} to {np.exp(max(p[name][0] for p in without)):.3g}",
        ]
        for name in NAMES
    ]
    head = ["parameter", "default: median, spread of the log", "population", "median, each data set left out"]
    return f"{table(head, rows)}\n\n{len(draws)} data sets; smallest effective share of a fit's draws {least:.2g}."


def _normal(x: np.ndarray, mean: float, spread: float) -> np.ndarray:
    return -0.5 * ((x - mean) / spread) ** 2 - np.log(spread)
