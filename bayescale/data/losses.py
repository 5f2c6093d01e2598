"""Losses: several losses of one sweep, from a column each to a row each."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd


def losses(
    runs: pd.DataFrame, columns: Sequence[str] | Mapping[str, str], *, name: str = "evaluation", run: str = "run"
) -> pd.DataFrame:
    """Several losses of each run, one row for each run and loss.

    Laws take one column ``loss``. With the losses below each other, a group says on which data a loss was measured,
    and `bayescale.pooled` says which parameters the losses share.

    Rows of one run share their luck: seed, data order, settings. `bayescale.pooling` estimates this common error from
    the column `run`. `bayescale.fit` takes the rows as independent, so parameters that losses share look better known
    than they are.

    Parameters
    ----------
    runs : DataFrame, one row for each training run.
    columns : sequence of str, the columns of losses [nats/token]; or a mapping from the name of a loss to its column:
        ``{"C4": "loss", "code": "loss_code"}``.
    name : str, the new column that names the loss of a row.
    run : str, the column that names the training run. Without such a column, runs are numbered.

    Returns
    -------
    DataFrame : the other columns of `runs`, `run`, `name` and ``loss``; first all rows of the first loss. Rows without
        a loss are left out. The row numbers are new.

    Raises
    ------
    TypeError
        If `runs` is no DataFrame, or `columns` neither names nor a mapping.
    ValueError
        If there are fewer than two columns, one is missing, a name is taken, or a name of a run occurs twice.

    See Also
    --------
    pooling : compare shared with own parameters.

    Examples
    --------
    >>> import pandas as pd, bayescale as bs
    >>> wide = pd.DataFrame({"N": [1e8, 4e8], "D": [2e9, 8e9], "c4": [3.4, 2.9], "code": [2.1, 1.7]})
    >>> bs.losses(wide, ["c4", "code"])[["N", "run", "evaluation", "loss"]]
                 N  run evaluation  loss
    0  100000000.0    0         c4   3.4
    1  400000000.0    1         c4   2.9
    2  100000000.0    0       code   2.1
    3  400000000.0    1       code   1.7
    """
    if not isinstance(runs, pd.DataFrame):
        raise TypeError(f"runs is a {type(runs).__name__}; wanted a pandas.DataFrame with one row for each run.")
    if isinstance(columns, str) or not isinstance(columns, Mapping | Sequence):
        raise TypeError(f"columns is {columns!r}; wanted names of columns: ['loss_c4', 'loss_code'].")
    chosen = dict(columns) if isinstance(columns, Mapping) else {str(column): column for column in columns}
    absent = [column for column in chosen.values() if column not in runs]
    if absent or len(chosen) < 2:
        raise ValueError(f"columns is {columns!r}; wanted two or more columns of runs, which has {list(runs.columns)}.")
    rest = runs.drop(columns=list(dict.fromkeys([*chosen.values(), *(["loss"] if "loss" in runs else [])])))
    if name in rest or name in (run, "loss"):
        raise ValueError(f"The column '{name}' is taken; choose another: name='evaluation'.")
    if run not in rest:
        rest = rest.assign(**{run: np.arange(len(rest))})
    elif rest[run].duplicated().any():
        first = rest[run][rest[run].duplicated()].iloc[0]
        raise ValueError(
            f"The column '{run}' names {first!r} more than once; wanted one row for each training run. Keep the last "
            f"checkpoint: runs.drop_duplicates('{run}', keep='last')."
        )
    parts = [rest.assign(**{name: label, "loss": runs[column]}) for label, column in chosen.items()]
    long = pd.concat(parts, ignore_index=True).dropna(subset=["loss"]).reset_index(drop=True)
    long.attrs = dict(runs.attrs)
    return long
