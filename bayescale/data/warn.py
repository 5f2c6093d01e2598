"""Warnings: values that a table may have, but usually has by mistake.

Each function yields messages, the most serious first.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from bayescale.base.columns import column
from bayescale.data.best_of import several
from bayescale.data.cost_ratio import cost_ratio, departure
from bayescale.data.units import loss_doubts, mixed_units, size_doubts
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior


def suspicions(columns: pd.DataFrame, loss: np.ndarray) -> Iterable[str]:
    """Warn of units that look wrong."""
    yield from loss_doubts(columns, loss)
    yield from size_doubts(columns)


def weaknesses(law: Law, columns: pd.DataFrame, groups: pd.DataFrame, loss: np.ndarray) -> Iterable[str]:
    """Warn of tables that do not identify all parameters of the law."""
    rows = pd.concat([columns, groups], axis=1).assign(loss=loss)
    copies = int(rows.duplicated().sum())
    if copies:
        yield (
            f"{copies} of {len(rows)} rows repeat another row in every column that the law uses. Repeated rows make "
            "intervals too narrow; unless they are independent runs: runs.drop_duplicates()."
        )
    free = sum(isinstance(prior, Prior) for prior in law.all_priors.values())
    if len(rows) <= free:
        yield f"There are {len(rows)} runs for {free} parameters, so the posterior depends strongly on the priors."
    for name in law.inputs:
        if columns[name].max() <= columns[name].min() * (1 + 1e-9):
            yield f"{name} is the same in every run, so the data do not identify how the loss depends on {name}."
    size = sum(np.log(columns[name]) for name in law.inputs)
    if len(rows) > 3 and np.ptp(size) > 0 and np.ptp(loss) > 0 and np.corrcoef(size, loss)[0, 1] > 0.5:
        rises = "The larger the run, the larger its loss; is the column an accuracy or another measure that rises?"
        yield rises + _falling(loss)
    if {"N", "D"} <= set(law.inputs) and len(rows) > 2:
        log_N, log_D = np.log(columns["N"]), np.log(columns["D"])
        if log_N.std() > 0 and log_D.std() > 0 and abs(np.corrcoef(log_N, log_D)[0, 1]) > 0.99:
            yield (
                "log N and log D lie on one line (runs on a frontier, or at fixed D/N), so only the priors separate "
                "the terms of N and D. Add runs off the line."
            )
    for name in groups:
        small = groups[name].value_counts()
        if (small < 2).any():
            yield (
                f"The groups {small.index[small < 2].tolist()} of '{name}' have one run each, so the priors and the "
                "other groups determine their parameters."
            )


def _falling(loss: np.ndarray) -> str:
    """How to turn a measure that rises into one that falls, by its range."""
    if loss.max() <= 1:
        return " Fit the error rate, runs['loss'] = 1 - runs['loss']; results are then shares, not nats."
    if loss.max() <= 100 and loss.max() > column("loss").span[1]:
        return " Fit the error rate, runs['loss'] = 1 - runs['loss'] / 100; results are then shares, not nats."
    return ""


def of_table(
    law: Law, table: pd.DataFrame, columns: pd.DataFrame, groups: pd.DataFrame, loss: np.ndarray
) -> Iterable[str]:
    """Warn of what the whole table says, in columns that the law does not use too."""
    absent = [name for name in ("N", "D") if name in table and name not in columns]
    more = {name: pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan) for name in absent}
    sizes = columns.assign(**{name: x for name, x in more.items() if np.isfinite(x).all() and (x > 0).all()})
    yield from mixed_units(sizes, loss, groups)
    ratio = cost_ratio(table)
    yield departure(ratio, "C" in law.inputs) if ratio is not None else ""
    yield several(table, (*law.inputs, *law.groups), law.noise.columns)


def not_runs(names: list) -> str:
    """Warn that names in the column ``run`` are not training runs."""
    listed = ", ".join(map(str, names[:6])) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    return (
        f"The column 'run' has {len(names)} names ({listed}) whose rows have several N, or sizes that do not rise, as "
        "seeds and sweeps have. Their rows are taken as independent runs. If they are checkpoints, give each training "
        "run a name of its own."
    )


def repeats(rows: int, training_runs: int) -> str:
    """Warn that several rows are checkpoints of one training run."""
    return (
        f"{rows} rows are of {training_runs} training runs (column 'run'). Errors of checkpoints of one run are "
        "correlated; this law treats them as independent, so its intervals are too narrow. Keep the last row of each "
        "run, or use a law with a discrepancy (such as laws.generalised) in a column that grows along a run (D or C)."
    )
