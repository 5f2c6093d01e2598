"""Best of: the run with the smallest loss at each size, of tables that are grids of settings."""

import re
import warnings
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from bayescale.base.columns import COLUMNS
from bayescale.data.read import complete
from bayescale.data.values import numbers

#: Sizes that differ by less than this share count as one size: batches round D.
TOLERANCE = 0.01
#: A table is a grid of settings if at least this share of its rows have a size in common with others. Fewer may have it
#: by chance.
GRID = 0.25
#: Words in names of columns that are not settings: repeats, labels of rows, and what training yields.
NOT_SETTINGS = set(
    "seed seeds trial replicate replica rep repeat id ids index idx rank row unnamed run date time timestamp duration "
    "seconds hours loss losses ppl perplexity bpb acc accuracy error score metric metrics eval val valid validation "
    "test train bits mfu throughput grad gradnorm norm elapsed wall walltime runtime created memory se std stderr sem "
    "flag flags excluded outlier outliers used step steps iter iteration iterations tokens params parameters embed "
    "flop flops gpus nodes devices workers".split()
)
#: Words in names of columns that are settings whatever their values.
SETTINGS = set(
    "lr learning rate batch bs wd decay weight warmup momentum beta beta1 beta2 eps epsilon dropout width depth layers "
    "heads seq seqlen context length vocab epochs temperature clip".split()
)


def best_of(runs: pd.DataFrame, by: Sequence[str] = ("N", "D")) -> pd.DataFrame:
    """Keep the run with the smallest loss at each size.

    Parameters
    ----------
    runs : DataFrame with the columns `by` and ``loss`` [nats/token].
    by : sequence of str, the columns that make a size; C = 6ND and D = C/(6N) are computed where `runs` lacks them.
        Numbers within 1 % of each other are one size. Add grouping columns to keep the best of each group.

    Returns
    -------
    DataFrame : one row for each size, in the order of `runs`.

    Raises
    ------
    TypeError
        If `runs` is not a DataFrame, or `by` not a sequence.
    ValueError
        If a column is missing or occurs twice, or `by` is empty; if a loss, N, D, C or S is not a positive finite
        number.

    Warns
    -----
    UserWarning
        If sizes have several runs: the smallest of k noisy losses is too low (the winner's curse).

    Examples
    --------
    >>> import pandas as pd
    >>> import bayescale as bs
    >>> runs = pd.DataFrame({
    ...     "N": [1e8, 1e8, 2e8], "D": [2e9, 2e9, 4e9], "learning_rate": [1e-3, 3e-3, 1e-3], "loss": [3.1, 3.0, 2.8],
    ... })
    >>> bs.best_of(runs)["loss"].tolist()
    [3.0, 2.8]
    """
    if not isinstance(runs, pd.DataFrame):
        raise TypeError(f"runs is a {type(runs).__name__}; wanted a pandas.DataFrame with one row for each run.")
    if not isinstance(by, str | Iterable):
        raise TypeError(f"by is a {type(by).__name__}; wanted names of columns, such as by=('N', 'D').")
    names = [by] if isinstance(by, str) else list(by)
    table = complete(runs, [name for name in names if isinstance(name, str)])
    absent = [name for name in names if name not in list(table.columns)]
    if absent or not names:
        raise ValueError(f"by={names!r} wants columns of the runs; they have {list(runs.columns)}.")
    table = table.assign(**{name: numbers(table, name) for name in names if name in COLUMNS and COLUMNS[name].size})
    loss, cell = numbers(table, "loss"), cells(table, names)
    order = np.lexsort((loss, cell))
    first = order[np.unique(cell[order], return_index=True)[1]]
    counts = np.bincount(cell)
    if len(first) < len(runs):
        warnings.warn(_curse(names, counts), UserWarning, stacklevel=2)
    kept = runs.iloc[np.sort(first)]
    kept.attrs = dict(runs.attrs)
    return kept


def _curse(names: Iterable[str], counts: np.ndarray) -> str:
    few, many = int(counts.min()), int(counts.max())
    uneven = " Where numbers differ, so does the bias, which bends the law." if few != many else ""
    return (
        f"The best of {few}{f' to {many}' if few != many else ''} runs at each of {len(counts)} values of "
        f"({', '.join(names)}) is kept. The smallest of several noisy losses is too low: with equally good settings by "
        f"{_expected_gain(many):.2f} standard deviations of the noise for {many} runs.{uneven}"
    )


def _expected_gain(count: int) -> float:
    """Expected distance of the smallest of `count` normal values from their mean [standard deviations]."""
    x = np.linspace(-9.0, 9.0, 20_001)
    density = np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi)
    below = np.cumsum(density) * (x[1] - x[0])
    return float(-np.sum(x * count * density * np.clip(1.0 - below, 0.0, 1.0) ** (count - 1)) * (x[1] - x[0]))


def cells(runs: pd.DataFrame, by: Sequence[str]) -> np.ndarray:
    """Number of each row's size, of shape (row,); numbers within TOLERANCE of each other are one size."""
    codes = []
    for name in by:
        if pd.api.types.is_numeric_dtype(runs[name]) and not pd.api.types.is_bool_dtype(runs[name]):
            codes.append(_steps(runs[name].to_numpy(dtype=float, na_value=np.nan)))
        else:
            column = runs[name] if all(map(pd.api.types.is_hashable, runs[name])) else runs[name].astype(str)
            codes.append(pd.factorize(column, use_na_sentinel=False)[0])
    return pd.factorize(pd.MultiIndex.from_arrays(codes))[0] if codes else np.zeros(len(runs), dtype=int)


def _steps(values: np.ndarray) -> np.ndarray:
    """Number of the cluster of each value; a cluster spans at most TOLERANCE."""
    order, code, out, start = np.argsort(values), 0, np.zeros(len(values), dtype=int), None
    for at in order:
        if start is not None and not abs(values[at] - start) <= TOLERANCE * abs(start):
            code, start = code + 1, values[at]
        out[at], start = code, values[at] if start is None else start
    return out


def settings(runs: pd.DataFrame, by: Sequence[str], used: Iterable[str] = ()) -> list[str]:
    """Numeric columns that vary among rows of one size and are settings, such as a learning rate.

    A column is a setting if its name says so, or if its values recur in other rows. Seeds, labels and results of
    training are not settings.
    """
    cell = cells(runs, by)
    if len(runs) == 0 or cell.max() + 1 == len(runs):
        return []
    chosen = []
    for name in runs.columns:
        words = set(re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(name)).lower()))
        numeric = pd.api.types.is_numeric_dtype(runs[name]) and not pd.api.types.is_bool_dtype(runs[name])
        size_of_row = str(name) in COLUMNS
        if (
            not numeric
            or str(name) in {*by, *used, "loss", "loss_se", "C"}
            or (words & NOT_SETTINGS and not size_of_row)
        ):
            continue
        recurs = runs[name].nunique() <= max(2, len(runs) // 2)
        within = runs[name].groupby(cell).nunique()
        if (within > 1).any() and (recurs or size_of_row or words & SETTINGS):
            chosen.append(str(name))
    return chosen


def several(runs: pd.DataFrame, by: Sequence[str], used: Iterable[str] = ()) -> str:
    """A warning that rows of one size differ in settings; empty if they do not."""
    names = settings(runs, by, used)
    if not names or not by:
        return ""
    counts = np.bincount(cells(runs, by))
    shared = int(counts[counts > 1].sum())
    if shared < GRID * len(runs):
        return ""
    return (
        f"{shared} of {len(runs)} rows share their {' and '.join(by)} with others, and differ "
        f"in {', '.join(names)} (up to {counts.max()} rows of one size). Fitted together, they say what an average "
        f"setting reaches. To fit the best of each instead: bayescale.best_of(runs, by={tuple(by)!r}); or choose one "
        "setting. The best of several noisy losses is too low (the winner's curse), here by at most "
        f"{_expected_gain(int(counts.max())):.1f} standard deviations of the noise."
    )
