"""The door of formulas: what a formula returns, seen before anything else is done with it."""

from typing import Any

import numpy as np

from bayescale.data.table import RunTable
from bayescale.modelling.formula import call
from bayescale.modelling.law import Law

#: Value of every free parameter at which the formula is called.
MIDDLE = 0.5


def check_result(law: Law, table: RunTable) -> None:
    """Refuse a formula that does not return one real number for each run, or that mixes runs, as a mean over N does.

    A formula that raises is left to others.

    Raises
    ------
    TypeError
        If it returns something else.
    ValueError
        If a run's loss depends on the other runs, or on chance.
    """
    columns = {name: values.to_numpy(copy=True) for name, values in table.columns.items()}
    parameters = {name: MIDDLE if name in law.variables else value for name, value in law.all_priors.items()}
    reference, runs = dict(table.reference), len(table.loss)
    try:
        with np.errstate(all="ignore"):
            result = call(law.formula, columns, parameters, reference)
    except Exception:  # `bayescale.density.check_formula` and the samplers report it
        return
    wrong = _wrong(result, runs)
    if wrong:
        raise TypeError(
            f"The formula of law '{law.name}' returns {wrong}; wanted the loss, one real number for each run, such as "
            "return E + excess_N * (N / N0)**-alpha_N."
        )
    together = np.broadcast_to(np.asarray(result, dtype=float), runs)
    for row in {0, runs // 2, runs - 1} if runs else ():
        one = {name: float(values.iloc[row]) for name, values in table.columns.items()}
        reason = _alone(law, one, parameters, reference, together[row])
        if reason:
            raise ValueError(
                f"The formula of law '{law.name}' mixes runs: for one run alone it {reason}. Write it for one run, "
                "without np.mean, np.sort, N[0] and the like; the middle of the runs is the argument N0."
            )


def _alone(law: Law, *sources_and_loss: Any) -> str:
    """How the loss of a run evaluated alone differs from its loss in the table; empty if it does not."""
    *sources, expected = sources_and_loss
    try:
        with np.errstate(all="ignore"):
            loss = call(law.formula, *sources)
        if np.ndim(loss):
            return f"returns an array of shape {np.shape(loss)}"
        loss = float(loss)
    except Exception as error:
        return f"raises {type(error).__name__} ({error})"
    same = np.isclose(loss, expected, rtol=1e-6, atol=0.0, equal_nan=True)
    return "" if same else f"gives {loss:.6g}, in the table {expected:.6g}"


def _wrong(result: Any, runs: int) -> str:
    """What is returned in place of a number for each run; empty if nothing is wrong."""
    if result is None:
        return "None"
    try:
        kind, shape = np.asarray(result).dtype.kind, np.shape(result)
    except ValueError:  # parts of several lengths
        return f"a {type(result).__name__} of several parts"
    if kind not in "fiu":
        words = {"c": "complex numbers", "b": "truth values", "U": "text"}
        return words.get(kind, f"a {type(result).__name__}")
    return "" if shape in ((), (1,), (runs,)) else f"an array of shape {shape} for {runs} runs"
