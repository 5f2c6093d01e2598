"""Cuts of a back-test: at shares of the runs, given ones, or such that the back-test resembles a forecast."""

import warnings
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from bayescale.base.columns import column
from bayescale.data.read import complete

#: Default cuts: these shares of the runs, in order of size, are fitted.
SHARES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
#: A held-out run is scored if its jump is within this factor of the forecast's.
COMPARABLE = 2.0
#: Most cuts. Neighbouring cuts fit nearly the same runs, so more of them cost time and tell little.
MOST_CUTS = 6
#: Fewest runs, and distinct sizes, to fit: with one size the law could not know how the loss falls.
FEWEST, FEWEST_SIZES = 4, 2
#: Sizes within this distance [log size] count as one: budgets by 6ND, and sizes rounded in tables, differ slightly.
SAME = 0.05


class Plan(NamedTuple):
    """What a back-test fits and forecasts.

    Attributes
    ----------
    table : the runs, with the column `by`.
    by : column of the cuts.
    size : array of shape (run,), that column.
    scored : cut -> which runs are forecast, of shape (run,); runs up to the cut are fitted.
    times : the farthest target over the largest run, in `by`; None without targets.
    """

    table: pd.DataFrame
    by: str
    size: np.ndarray
    scored: Mapping[float, np.ndarray]
    times: float | None


def planned(
    runs: pd.DataFrame,
    by: str | None,
    cuts: Sequence[float] | None,
    towards: pd.DataFrame | None,
    inputs: tuple[str, ...] | None,
) -> Plan:
    """The plan of a back-test, with the arguments of `backtest`; `inputs` are the columns of the law, if there is one.

    Raises
    ------
    TypeError, ValueError
        As `backtest`.
    """
    times = None
    if towards is not None:
        by, times = direction(runs, towards, inputs if by is None else (by,))
    by = by or "C"
    table = complete(runs, [by])
    if by not in table or not pd.api.types.is_numeric_dtype(table[by]) or table[by].isna().any():
        raise ValueError(f"The runs have no numbers '{by}' to be ordered by; their columns are {list(runs.columns)}.")
    size = table[by].to_numpy(dtype=float)
    scored = resembling(size, times) if times is not None and cuts is None else {}
    return Plan(table, by, size, scored or {cut: size > cut for cut in _usable(size, cuts, by)}, times)


def direction(runs: pd.DataFrame, targets: pd.DataFrame, inputs: tuple[str, ...] | None = None) -> tuple[str, float]:
    """The column of size in which the targets exceed the runs most, and the factor by which they do.

    Parameters
    ----------
    runs, targets : DataFrames with N [parameters], D [tokens], C [FLOP] as far as known; C is 6ND if absent.
    inputs : columns to choose from; with N and D among them also C. By default all that are sizes.

    Returns
    -------
    str, float : the column, and the largest target over the largest run; 1 or less if all targets lie within the runs.

    Raises
    ------
    TypeError
        If `targets` is not a DataFrame.
    ValueError
        If `targets` is empty, or has no size in common with the runs.
    """
    if not isinstance(targets, pd.DataFrame):
        raise TypeError(
            f"towards is a {type(targets).__name__}; wanted a DataFrame of runs to be forecast, with N and D."
        )
    ours, theirs = complete(runs, ["C"]), complete(targets, ["C"])
    wanted = inputs if inputs is None or not {"N", "D"} <= set(inputs) else (*inputs, "C")
    common = [str(name) for name in ours if name in theirs and column(str(name)).size]
    common = [name for name in common if wanted is None or name in wanted]
    if not common or not len(theirs):
        raise ValueError(
            f"towards has {len(theirs)} rows with the columns {list(theirs)}, the runs have {list(ours)}; wanted at "
            f"least one target, with a size that the runs have too ({', '.join(wanted or ('N', 'D', 'C'))})."
        )
    times = {name: float(theirs[name].max()) / float(ours[name].max()) for name in common}
    if not all(np.isfinite(value) and value > 0 for value in times.values()):
        raise ValueError(f"The sizes of towards over those of the runs are {times}; wanted positive finite sizes.")
    by = max(times, key=lambda name: times[name])
    return by, times[by]


def _usable(size: np.ndarray, cuts: Sequence[float] | None, by: str) -> list[float]:
    """The cuts that leave runs to fit and to forecast; an error if none does, a warning if some given ones do not."""
    try:
        wanted = _default(size) if cuts is None else np.atleast_1d(np.asarray(cuts, dtype=float))
    except (TypeError, ValueError):
        raise TypeError(f"cuts is {cuts!r}; wanted numbers, values of '{by}'.") from None
    usable = [float(cut) for cut in wanted if FEWEST <= (size <= cut).sum() < len(size)]
    if not usable:
        raise ValueError(
            f"Of {len(size)} runs, no cut of '{by}' leaves {FEWEST} or more to fit and any to forecast "
            f"(cuts: {wanted.tolist()}). Choose other cuts, or add runs."
        )
    if cuts is not None and len(usable) < len(wanted):
        useless = [float(cut) for cut in wanted if cut not in usable]
        warnings.warn(
            f"the cuts {useless} of '{by}' are left out: fewer than {FEWEST} runs to fit, or none to forecast.",
            UserWarning,
            stacklevel=4,
        )
    return usable


def _default(size: np.ndarray) -> np.ndarray:
    """Sizes of the runs at which SHARES of the runs, and at least FEWEST, are fitted."""
    ordered = np.sort(size)
    last = np.maximum(FEWEST, np.ceil(np.array(SHARES) * len(size)).astype(int)) - 1
    return np.unique(ordered[np.minimum(last, len(size) - 1)])


def resembling(size: np.ndarray, times: float) -> dict[float, np.ndarray]:
    """Cuts from which held-out runs are as far as the targets are from all runs, or as far as the runs allow.

    Parameters
    ----------
    size : array of shape (run,), the column of the cuts.
    times : a target over the largest run.

    Returns
    -------
    dict : cut -> which runs are scored, of shape (run,); runs up to a cut are fitted. Empty if no cut leaves enough.
    """
    usable = [
        float(cut)
        for cut in np.unique(size)[:-1]
        if (size <= cut).sum() >= FEWEST and distinct(size[size <= cut]) >= FEWEST_SIZES
    ]
    if not usable:
        return {}
    jumps = {cut: np.where(size > cut, size / cut, np.nan) for cut in usable}
    every = np.concatenate(list(jumps.values()))
    jump = every[np.nanargmin(np.abs(np.log(every / max(times, 1.0))))]  # the nearest that the runs have
    near = {cut: (own >= jump / COMPARABLE) & (own <= jump * COMPARABLE) for cut, own in jumps.items()}
    scored = {cut: held for cut, held in near.items() if held.any()}
    kept = np.unique(np.linspace(0, len(scored) - 1, MOST_CUTS).round().astype(int))
    return {cut: scored[cut] for cut in np.array(list(scored))[kept].tolist()}


def distinct(size: np.ndarray) -> int:
    """Number of sizes that differ by more than `SAME`."""
    return len(np.unique(labels(size)))


def labels(size: np.ndarray) -> np.ndarray:
    """For each run, of shape (run,), which of the distinct sizes it has: 0 for the smallest, then 1, ….

    Sizes within `SAME` of the smallest of their kind count as one.
    """
    logs = np.log(size)
    found, label, first = np.empty(len(logs), dtype=int), -1, -np.inf
    for run in np.argsort(logs, kind="stable"):
        if logs[run] - first > SAME:
            label, first = label + 1, logs[run]
        found[run] = label
    return found
