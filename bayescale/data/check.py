"""Check: a table of runs against what a law needs; everything after this step takes its values as valid."""

import warnings
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from bayescale.data.checkpoints import checkpoints, not_training_runs
from bayescale.data.cost_ratio import cost_ratio
from bayescale.data.read import complete
from bayescale.data.table import RunTable
from bayescale.data.units import check_units
from bayescale.data.values import numbers
from bayescale.data.warn import not_runs, of_table, repeats, suspicions, weaknesses
from bayescale.modelling.discrepancy import sizes
from bayescale.modelling.formula import is_reference, signature
from bayescale.modelling.law import Law


def check(law: Law, runs: pd.DataFrame) -> RunTable:
    """Check a table against what a law needs: errors for impossible values, warnings for suspicious ones.

    Where the law needs C or D and the table lacks it, C = 6ND or D = C/(6N) is added. An empty table is accepted if the
    law sets its own reference run; the posterior is then the prior.

    Raises
    ------
    TypeError
        If `runs` is not a DataFrame.
    ValueError
        If a column is missing, not unique, not numeric, or has NaN, infinite or non-positive values; if N, D or C is
        in a wrong unit; if there is only one run.

    Warns
    -----
    UserWarning
        For duplicated rows, fewer runs than parameters, a constant column, N and D on one line, or a suspicious unit;
        for rows of one size that differ in settings (`best_of`); for a C that is not 6ND; for names in the column
        ``run`` that are not training runs;
        for several rows of one training run (column ``run``) under a law that cannot model their autocorrelation,
        because it has no discrepancy or none of its columns varies within a run; for what the law itself doubts
        (`Law`).
    """
    if not isinstance(runs, pd.DataFrame):
        swap = "; swap them: law first, then the runs" if isinstance(runs, Law) else ""
        raise TypeError(f"runs is a {type(runs).__name__}; wanted a pandas.DataFrame with one row for each run{swap}.")
    if not isinstance(law, Law):
        raise TypeError(f"law is a {type(law).__name__}; wanted a Law. bayescale.laws.find finds one by its name.")
    needed = list(dict.fromkeys((*law.inputs, *law.noise.columns)))
    table = complete(runs, needed)
    columns = pd.DataFrame({name: numbers(table, name) for name in needed}, index=runs.index)
    loss = numbers(table, "loss")
    groups = _groups(table, law.groups)
    check_units(columns)
    reference = _reference(law, columns, loss)
    if len(runs) == 1:
        raise ValueError("There is 1 run; a scaling law needs runs of two or more sizes. Add runs.")
    if len(runs):
        own = (doubt(law, runs) for doubt in law.doubts)
        of_law = (*suspicions(columns, loss), *weaknesses(law, columns, groups, loss), *own)
        for message in filter(None, (*of_law, *of_table(law, table, columns, groups, loss))):
            warnings.warn(message, UserWarning, stacklevel=3)
    rows = None if "run" in law.groups else checkpoints(table, sizes(law.inputs))
    if (
        "run" in table
        and "run" not in law.groups
        and table["run"].nunique() > 1
        and (others := not_training_runs(table))
    ):
        warnings.warn(not_runs(others), UserWarning, stacklevel=3)
    if rows is not None and len(rows.names) > 1 and (law.discrepancy is None or not len(rows.lengths)):
        warnings.warn(repeats(len(runs), len(rows.names)), UserWarning, stacklevel=3)
    levels = {g: list(pd.unique(groups[g])) for g in groups}
    others = runs.drop(columns=[name for name in (*columns, *groups, "loss") if name in runs and name != "loss_se"])
    return RunTable(columns, groups, loss, reference, levels, rows, others, cost_ratio(runs))


def _groups(table: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    for name in names:
        if name not in table:
            raise ValueError(
                f"A prior has the dims '{name}', but runs has no such column; it has {list(table.columns)}. "
                f"Rename yours: runs.rename(columns={{'yours': '{name}'}})."
            )
        if table[name].isna().any():
            raise ValueError(
                f"The grouping column '{name}' is missing in {table[name].isna().sum()} runs; drop them: "
                f"runs.dropna(subset=['{name}'])."
            )
    groups = pd.DataFrame(table[list(names)]).copy()
    return groups.astype({name: str for name in groups if not pd.api.types.is_integer_dtype(groups[name])})


def _reference(law: Law, columns: pd.DataFrame, loss: np.ndarray) -> dict[str, float]:
    """The reference run: each column's geometric mean (``N0``), its value in the largest run (``N_top``), ``loss_min``.

    Values that the law sets take precedence.

    Raises
    ------
    ValueError
        If the law sets a value of a column that it does not have, such as ``n0``.
    """
    if unknown := [name for name in law.reference if not is_reference(name, list(columns))]:
        known = [f"{name}0" for name in columns if name != "loss_se"]
        raise ValueError(f"The reference run of law '{law.name}' has {unknown}; wanted {[*known, 'loss_min']}.")
    names = [name for name in columns if name != "loss_se"]
    tops = [name for name in names if law.discrepancy is not None or f"{name}_top" in signature(law.formula).reference]
    if not len(loss):
        wanted = [*(f"{name}0" for name in names), "loss_min"]
        absent = [name for name in wanted if name not in law.reference]
        if absent:
            raise ValueError(
                f"There are no runs, so the law must set its own reference run: dataclasses.replace(law, "
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
