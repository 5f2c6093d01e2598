"""Checks of the data to draw, and quantiles over draws."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import xarray as xr

#: Dimensions of draws.
SAMPLE = ("chain", "draw")


def checked_draws(draws: xr.DataArray, who: str, dims: Sequence[str] = ()) -> xr.DataArray:
    """Return `draws` if it has dims (chain, draw, *dims), coordinates on its other dimensions, and no NaN.

    `who` is the name of the plot, for the errors.
    """
    if not isinstance(draws, xr.DataArray):
        raise TypeError(
            f"plots.{who}: got {type(draws).__name__}, wanted an xarray.DataArray with dims (chain, draw, ...); "
            "of a Dataset pass one variable, such as best['loss']"
        )
    missing = [dim for dim in (*SAMPLE, *dims) if dim not in draws.dims]
    if missing:
        raise ValueError(
            f"plots.{who}: the draws have dims {draws.dims}, wanted {(*SAMPLE, *dims)}; missing {missing}. "
            "Rename with .rename(old='new'), add one of length 1 with .expand_dims, undo az.extract with .unstack"
        )
    bare = [dim for dim in draws.dims if dim not in (*SAMPLE, "run", *draws.coords)]
    if bare:
        raise ValueError(
            f"plots.{who}: dimension {bare[0]!r} has no coordinate; give its values with .assign_coords({bare[0]}=...)"
        )
    if count := int(draws.isnull().sum()):
        raise ValueError(
            f"plots.{who}: {count} of {draws.size} values are NaN, so quantiles are undefined; "
            "drop those draws with .dropna('draw')"
        )
    return draws


def checked_runs(runs: pd.DataFrame, columns: Iterable[str], who: str, log: Iterable[str]) -> pd.DataFrame:
    """Return `runs` if it has the columns, and those in `log` are positive."""
    columns = list(columns)
    missing = [column for column in columns if column not in runs]
    if missing:
        raise ValueError(
            f"plots.{who}: runs have columns {list(map(str, runs.columns))}, wanted {columns}; missing {missing}. "
            "Rename with runs.rename(columns=...) or compute them, such as runs.assign(C=6.0 * runs.N * runs.D)"
        )
    for column in log:
        if bad := int(np.sum(~(runs[column].to_numpy(float) > 0))):
            raise ValueError(
                f"plots.{who}: column {column!r} has {bad} of {len(runs)} values that are not positive numbers, "
                f"and its axis is logarithmic; drop those rows with runs[runs[{column!r}] > 0]"
            )
    return runs


def checked_prob(prob: Iterable[float], who: str) -> list[float]:
    """Probabilities of central intervals, largest first."""
    sorted_prob = sorted(prob, reverse=True)
    if not sorted_prob or not 0 < sorted_prob[-1] <= sorted_prob[0] < 1:
        raise ValueError(f"plots.{who}: prob is {prob}, wanted probabilities between 0 and 1, such as (0.5, 0.9)")
    return sorted_prob


def median(draws: xr.DataArray) -> xr.DataArray:
    """Median over chain and draw."""
    return draws.quantile(0.5, dim=SAMPLE).drop_vars("quantile")


def interval(draws: xr.DataArray, prob: float) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the central interval that contains `prob` of the draws."""
    tail = (1 - prob) / 2
    low, high = draws.quantile([tail, 1 - tail], dim=SAMPLE).transpose("quantile", ...).values
    return low, high


def side_by_side(x: np.ndarray) -> np.ndarray:
    """Positions on a logarithmic axis where equal `x` are spread slightly, within a third of the smallest gap."""
    levels, level, count = np.unique(np.log(x), return_inverse=True, return_counts=True)
    order = np.argsort(level, kind="stable")
    rank = np.empty(len(x))
    rank[order] = np.concatenate([np.arange(n) - (n - 1) / 2 for n in count])
    span = np.ptp(levels) or 1.0
    step = min(0.012 * span, np.diff(levels).min(initial=span) / 3 / count.max())
    return np.exp(levels[level] + rank * step)


def percent(prob: float) -> str:
    """A probability as text for a legend."""
    return f"{100 * prob:g} %"
