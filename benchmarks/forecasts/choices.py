"""Variants of the default law, compared by their forecasts on the halves that choices are made on."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bayescale import Prior
from bayescale.laws.busbridge2025 import EMBEDDING, generalised, generalised_D, nonembedding
from bayescale.modelling.discrepancy import Discrepancy
from bayescale.modelling.law import Law
from benchmarks.forecasts.methods import DEFAULT
from benchmarks.forecasts.report import HALF_A, HALF_C
from benchmarks.forecasts.run import measure as score
from benchmarks.forecasts.splits import Task


def _ln(median: float, spread: float) -> Prior:
    return Prior("LogNormal", mu=float(np.log(median)), sigma=spread)


def priors(**changed: Prior | float) -> Callable[[Law], Law]:
    """A variant with other priors of the law, and of the amplitudes of its discrepancy (tau…)."""

    def variant(law: Law) -> Law:
        tau = {name: prior for name, prior in changed.items() if name.startswith("tau")}
        own = {name: prior for name, prior in changed.items() if name in law.priors}
        discrepancy = Discrepancy(tau, name="variant") if tau else law.discrepancy
        return replace(law, priors={**law.priors, **own}, discrepancy=discrepancy)

    return variant


#: Name -> what it makes of each law of the default. To compare another, add a line: a function of a Law.
VARIANTS: dict[str, Callable[[Law], Law]] = {
    DEFAULT: lambda law: law,
    "smooth parts alone, tau 0.5 %, omega 1 %, 1, kappa 0.5, 0.6": priors(
        tau=_ln(0.005, 0.7), omega=_ln(0.01, 1.0), kappa=_ln(0.5, 0.6)
    ),
    "no local parts": priors(tau=_ln(0.01, 0.7)),
    "tau 0.5 %": priors(tau=_ln(0.005, 0.7), tau_local=_ln(0.005, 0.7)),
    "tau 1.5 %": priors(tau=_ln(0.015, 0.7), tau_local=_ln(0.005, 0.7)),
    "tau_local 0.25 %": priors(tau=_ln(0.01, 0.7), tau_local=_ln(0.0025, 0.7)),
    "omega 1 %, 1, kappa 0.5, 0.6": priors(omega=_ln(0.01, 1.0), kappa=_ln(0.5, 0.6)),
    "omega none": priors(omega=1e-9),
    "embeddings none": priors(embedding=0.0),
    "embeddings half as wide": priors(embedding=replace(EMBEDDING, args={**EMBEDDING.args, "sigma": 0.1})),
}


def chosen(tasks: Iterable[Task], data: Sequence[str], curves: bool) -> list[Task]:
    """The tasks of some data sets, or of halves A and C; learning curves only if wanted."""
    wanted = data or (*HALF_A, *HALF_C)
    return [task for task in tasks if task.data in wanted and (curves or not task.curve)]


def forecasters(names: Iterable[str]) -> dict[str, tuple[Law, Law]]:
    """Variant -> its law of N and D, and its law of a learning curve."""
    return {name: (VARIANTS[name](generalised), VARIANTS[name](generalised_D)) for name in names}


def counting(names: Iterable[str]) -> dict[str, dict[str, Law]]:
    """Variant -> its law for N as the table has it, and for N without embeddings."""
    return {name: {"N": VARIANTS[name](generalised), "N_no_embed": VARIANTS[name](nonembedding)} for name in names}


def measure(
    tasks: Iterable[Task], names: Sequence[str], kept: Path | None, say: Callable, counted: bool = False
) -> list[dict]:
    """The records of some variants, the default among them.

    With `counted`, each variant chooses at each cut how N is counted, as the default of the scoreboard does, at three
    fits a cut in place of one; otherwise N is as the table has it.
    """
    names = list(dict.fromkeys((DEFAULT, *names)))
    records = score(tasks, names, kept, say, forecasters(names), counting(names) if counted else None)
    cuts = {(task.data, task.group) for task in tasks}
    return [r for r in records if r["method"] in names and (r["data"], r["group"]) in cuts]
