"""Budgets: groups of runs that spent about the same compute."""

import warnings

import numpy as np
import pandas as pd

from bayescale.base.columns import training_flop
from bayescale.data.values import numbers

#: Fewest different N of a budget: a valley has a bottom and two sides.
FEWEST = 3
#: Largest ratio of the compute of two runs of one budget.
WIDEST = 2.0


def grouped(runs: pd.DataFrame, by: str | None, tolerance: float) -> pd.DataFrame:
    """The runs with a column ``budget`` [FLOP], sorted by it; budgets with fewer than three N are left out.

    Parameters
    ----------
    runs : DataFrame with N [parameters], loss [nats/token], and D [tokens] or C [FLOP].
    by : column that names the budget of each run; None groups runs by their C, or by 6ND if the table has no C.
    tolerance : two runs next to each other in compute belong to one budget if their compute differs by less than this
        share.

    Returns
    -------
    DataFrame : columns N, D, loss, budget (geometric mean of 6ND of its runs), in the order of the budgets.
    """
    table = _columns(runs)
    if by is not None:
        if by not in runs:
            raise ValueError(f"by='{by}' is not a column of the runs; they have {list(runs.columns)}.")
        known = runs[by].notna().to_numpy()
        code = np.where(known, pd.factorize(runs[by])[0], -1)
        table, code = table[known].reset_index(drop=True), code[known]
    else:
        code = _steps(numbers(runs, "C") if "C" in runs else training_flop(table["N"], table["D"]), tolerance)
    compute = np.log(training_flop(table["N"], table["D"]))
    table["budget"] = np.exp(compute.groupby(code).transform("mean"))
    sizes = table.groupby("budget")["N"].nunique()
    if len(few := sizes.index[sizes < FEWEST]):
        warnings.warn(
            f"{len(few)} of {len(sizes)} budgets have fewer than {FEWEST} sizes of models and are left out.",
            UserWarning,
            stacklevel=3,
        )
        table = table[~table["budget"].isin(few)]
    if table["budget"].nunique() < 2:
        raise ValueError(
            f"The runs have {table['budget'].nunique()} budgets with {FEWEST} sizes or more; wanted two budgets at "
            "least. Give by= the column that names the budget of each run, or another tolerance=."
        )
    return table.sort_values(["budget", "N"], ignore_index=True)


def _columns(runs: pd.DataFrame) -> pd.DataFrame:
    """N, D and loss as positive numbers."""
    if not isinstance(runs, pd.DataFrame):
        raise TypeError(f"runs is a {type(runs).__name__}; wanted a pandas.DataFrame with one row for each run.")
    if missing := [name for name in ("N", "loss") if name not in runs]:
        raise ValueError(f"runs lacks the columns {missing}; wanted N, loss, and D or C.")
    if not {"D", "C"} & set(runs):
        raise ValueError(f"runs has the columns {list(runs.columns)}; wanted N, loss, and D [tokens] or C [FLOP].")
    N, loss = numbers(runs, "N"), numbers(runs, "loss")
    D = numbers(runs, "D") if "D" in runs else numbers(runs, "C") / training_flop(N, 1.0)
    table = pd.DataFrame({"N": N, "D": D, "loss": loss})
    if not (np.isfinite(table) & (table > 0)).all(axis=None):
        raise ValueError("N, D or loss has values that are not positive finite numbers; drop or repair those rows.")
    return table


def _steps(compute, tolerance: float) -> np.ndarray:
    """Number of each run's budget: a new one starts where compute rises by more than the tolerance."""
    if not 0 < tolerance < 1:
        raise ValueError(f"tolerance is {tolerance!r}; wanted a share between 0 and 1.")
    logs = np.log(np.asarray(compute, dtype=float))
    order = np.argsort(logs, kind="stable")
    code = np.empty(len(logs), dtype=int)
    code[order] = np.concatenate([[0], np.cumsum(np.diff(logs[order]) > np.log1p(tolerance))])
    spread = pd.Series(logs).groupby(code).agg(lambda x: x.max() - x.min())
    if (spread > np.log(WIDEST)).any():
        raise ValueError(
            f"With tolerance={tolerance} one budget spans a factor of {np.exp(spread.max()):.3g} in compute, so the "
            "runs do not lie on budgets. Give by= the column that names the budget of each run, or a smaller tolerance."
        )
    return code
