"""Runs: the only place where tables are read and checked."""

import warnings
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from bayescale.data.checkpoints import checkpoints
from bayescale.data.read import complete
from bayescale.data.table import RunTable
from bayescale.data.values import UNITS, numbers
from bayescale.data.warn import repeats, suspicions, uncounted, weaknesses
from bayescale.modelling.discrepancy import sizes
from bayescale.modelling.formula import signature
from bayescale.modelling.law import Law


def check(law: Law, runs: pd.DataFrame) -> RunTable:
    """Check a table against what a law needs; errors for what is wrong, warnings for what is suspicious.

    C is completed as 6ND, or D as C/(6N), where the law needs a column that the table lacks. An empty table is taken
    if the law's reference is set (the model is then its prior).

    Raises
    ------
    TypeError
        If `runs` is not a DataFrame.
    ValueError
        If a column is missing, doubled, not numeric, or holds NaN, infinite or non-positive values; if N, D or C is
        in a wrong unit; if there is a single run.

    Warns
    -----
    UserWarning
        Duplicated rows, fewer runs than parameters, a constant column, N and D on one line, a suspicious unit; several
        rows of one training run (column ``run``), whose errors go on beside a discrepancy only, and along a column of
        the law; a column ``N_no_embed`` that the law does not use.
    """
    if not isinstance(runs, pd.DataFrame):
        raise TypeError(f"runs is a {type(runs).__name__}; wanted a pandas.DataFrame with one row a run.")
    needed = list(dict.fromkeys((*law.inputs, *law.noise.columns)))
    table = complete(runs, needed)
    columns = pd.DataFrame({name: numbers(table, name) for name in needed}, index=runs.index)
    loss = numbers(table, "loss")
    groups = _groups(table, law.groups)
    _check_units(columns)
    reference = _reference(law, columns, loss)
    if len(runs) == 1:
        raise ValueError("There is 1 run; a scaling law needs runs of at least two sizes, and more to be worth it.")
    if len(runs):
        for message in (*suspicions(columns, loss), *weaknesses(law, columns, groups, loss), *uncounted(law, runs)):
            warnings.warn(message, UserWarning, stacklevel=3)
    found = None if "run" in law.groups else checkpoints(table, sizes(law.inputs))
    if found is not None and len(found.names) > 1 and (law.discrepancy is None or not len(found.lengths)):
        warnings.warn(repeats(len(runs), len(found.names)), UserWarning, stacklevel=3)
    levels = {g: list(pd.unique(groups[g])) for g in groups}
    return RunTable(columns, groups, loss, reference, levels, checkpoints=found)


def _groups(table: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    for name in names:
        if name not in table:
            raise ValueError(
                f"A prior has the dims '{name}', but runs has no such column; it has {list(table.columns)}."
            )
        if table[name].isna().any():
            raise ValueError(f"The grouping column '{name}' is missing in {table[name].isna().sum()} runs.")
    groups = pd.DataFrame(table[list(names)]).copy()
    return groups.astype({name: str for name in groups if not pd.api.types.is_integer_dtype(groups[name])})


def _check_units(columns: pd.DataFrame) -> None:
    """Refuse what no run can be: magnitudes that betray millions, billions or PF-days."""
    floor = {
        "N": (1e3, "in millions or billions"),
        "D": (1e4, "in millions or billions"),
        "C": (1e9, "in PF-days (8.64e19 FLOP)"),
    }
    for name, (least, unit) in floor.items():
        if name in columns and len(columns) and columns[name].max() < least:
            raise ValueError(
                f"{name} reaches only {columns[name].max():.4g} {UNITS[name]}; is it {unit}? Give it in {UNITS[name]}."
            )
    if {"N", "D"} <= set(columns) and len(columns):
        ratio = float((columns["D"] / columns["N"]).median())
        if not 1e-4 < ratio < 1e7:
            wrong = "D in millions or billions, or N and D exchanged" if ratio < 1 else "N in millions or billions"
            raise ValueError(f"Half of the runs have D/N beyond {ratio:.3g} tokens per parameter; is {wrong}?")
    if {"N", "D", "C"} <= set(columns) and len(columns):
        ratio = float((columns["C"] / (6 * columns["N"] * columns["D"])).median())
        if not 0.1 < ratio < 10:
            raise ValueError(
                f"C is {ratio:.3g} times 6ND in the middle of the runs; check the units of N, D and C (FLOP)."
            )


def _reference(law: Law, columns: pd.DataFrame, loss: np.ndarray) -> dict[str, float]:
    """Middle of each column, what each is in the largest run, and the smallest loss; unless the law sets them."""
    names = [name for name in columns if name != "loss_se"]
    tops = [name for name in names if law.discrepancy is not None or f"{name}_top" in signature(law.formula).reference]
    if not len(loss):
        wanted = [*(f"{name}0" for name in names), "loss_min"]
        absent = [name for name in wanted if name not in law.reference]
        if absent:
            raise ValueError(
                f"There are no runs, so the law must set its own reference: dataclasses.replace(law, "
                f"reference={{{', '.join(f'{name!r}: …' for name in absent)}}})."
            )
        return {**{f"{name}_top": float(law.reference[f"{name}0"]) for name in tops}, **_floats(law.reference)}
    logs = np.log(columns[names])
    largest = logs[list(sizes(law.inputs))].sum(axis="columns").to_numpy().argmax()
    middle = {f"{name}0": float(np.exp(logs[name].mean())) for name in names}
    top = {f"{name}_top": float(columns[name].iloc[largest]) for name in tops}
    return {**middle, **top, "loss_min": float(loss.min()), **_floats(law.reference)}


def _floats(values: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items()}
