"""Targets: values given for the columns of a law, checked as a table of runs is."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.columns import Column, column, training_flop

#: A target this many times below the smallest fitted run is far below the runs.
FAR_BELOW = 1000.0
#: Tokens per parameter that runs plausibly have; the bounds of `bayescale.data.check`.
RATIOS = (1e-4, 1e7)
#: Unit that a value below the plausible span may be in.
SUSPECTS = {"N": "in millions or billions", "D": "in millions or billions", "C": "in PF-days (8.64e19 FLOP)"}


def real_numbers(name: str, value: Any) -> np.ndarray:
    """A value given for a column, as floats of the same shape.

    Raises
    ------
    ValueError
        If it is a masked array, or holds dates, booleans, strings, complex numbers or other objects.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise ValueError(f"{name} is a masked array; wanted numbers. Take out what is masked: {name}.compressed().")
    try:
        cells = pd.Series(np.asarray(value).ravel()) if not isinstance(value, pd.Series) else value
        shape = np.shape(value)
    except (TypeError, ValueError):  # lists of several lengths, a Dataset
        raise ValueError(
            f"{name} is a {type(value).__name__} that is no array; wanted numbers [{column(name).unit}]."
        ) from None
    if cells.dtype == object and all(_is_real(cell) for cell in cells):  # integers beyond 64 bits
        cells = cells.astype(float)
    kind = pd.api.types
    if len(cells) and (kind.is_bool_dtype(cells) or np.iscomplexobj(cells) or not kind.is_numeric_dtype(cells)):
        example = next((cell for cell in cells if not _is_real(cell)), cells.iloc[0])
        raise ValueError(
            f"{name} is of type {cells.dtype} (such as {example!r}); wanted numbers [{column(name).unit}]."
        )
    return cells.to_numpy(dtype=float, na_value=np.nan).reshape(shape)


def positive(name: str, value: Any) -> np.ndarray:
    """The same; also an error if a number is NaN, infinite or not positive."""
    values = real_numbers(name, value)
    if not (np.isfinite(values) & (values > 0)).all():
        raise ValueError(f"{name} has NaN, infinite or non-positive values; a run's {name} is a positive number.")
    return values


def search_range(search: Any, of: str) -> tuple[float, float]:
    """The ends of a search range that the user gave.

    Raises
    ------
    ValueError
        If it is not a smaller and a larger positive number.
    """
    ends = real_numbers("search", search)
    if ends.shape != (2,) or not 0 < ends[0] < ends[1] < np.inf:
        raise ValueError(f"search is {search!r}; wanted the smallest and the largest {of}, two positive numbers.")
    return float(ends[0]), float(ends[1])


def check_sizes(post: Any, given: Mapping[str, Any], known: Mapping[str, Column], stacklevel: int = 3) -> None:
    """Refuse targets in another unit, and warn of those far below the fitted runs.

    Parameters
    ----------
    post : DataTree of `fit`, whose ``constant_data`` has the columns of the fitted runs or at least the reference run.
        With any other object, only the plausible span of each column is known.
    given : positive numbers or arrays, by column.
    known : what is known of the columns.
    stacklevel : of the warning, as seen from the caller.

    Raises
    ------
    ValueError
        If N, D or C is below its plausible span and far below the fitted runs; or D/N is, of all runs, in the same way.

    Warns
    -----
    UserWarning
        If a target is more than 1000 times below the smallest fitted run.
    """
    values = {name: np.asarray(given[name], dtype=float) for name in SUSPECTS if name in given}
    values = {name: array for name, array in values.items() if array.size}
    for name, array in values.items():
        about, least, smallest = known.get(name) or column(name), float(array.min()), smallest_fitted(post, name)
        times = (smallest or 0.0) / least
        if least < about.span[0] and (times > FAR_BELOW or smallest is None):
            seen = f" (the fitted runs begin at {smallest:.4g})" if smallest is not None else ""
            raise ValueError(
                f"{name} is {least:.4g} {about.unit}{seen}; is it {SUSPECTS[name]}? Give it in {about.unit}."
            )
        if times > FAR_BELOW:
            warnings.warn(
                f"{name} = {least:.4g} {about.unit} is {times:,.0f} times below the smallest fitted run "
                f"({smallest:.4g}). Is it in another unit ({SUSPECTS[name]})? The law was not fitted to so small runs.",
                UserWarning,
                stacklevel=stacklevel,
            )


def check_ratio(post: Any, N: np.ndarray, D: np.ndarray) -> None:
    """Refuse runs whose tokens per parameter no run can have.

    Raises
    ------
    ValueError
        If D/N of a run is implausible, and also 1000 times outside that of the fitted runs.
    """
    fitted_N, fitted_D = _fitted(post, "N"), _fitted(post, "D")
    inside = RATIOS
    if fitted_N is not None and fitted_D is not None:
        ratio = fitted_D / fitted_N
        inside = min(RATIOS[0], ratio.min() / FAR_BELOW), max(RATIOS[1], ratio.max() * FAR_BELOW)
    ratio = np.asarray(D / N)
    if ratio.size and not (inside[0] < ratio.min() and ratio.max() < inside[1]):
        worst = ratio.min() if ratio.min() <= inside[0] else ratio.max()
        wrong = "D in millions or billions, or N and D exchanged" if worst < 1 else "N in millions or billions"
        raise ValueError(f"A run has D/N = {worst:.3g} tokens per parameter; is {wrong}?")


def smallest_fitted(post: Any, name: str) -> float | None:
    """The smallest fitted value of a column, or its value at the reference run; None if neither is known."""
    values = _fitted(post, name)
    if values is None and name == "C":
        N, D = _fitted(post, "N"), _fitted(post, "D")
        values = training_flop(N, D) if N is not None and D is not None else None
    if values is not None:
        return float(values.min())
    constants = _constants(post)
    reference = constants[f"{name}0"] if f"{name}0" in constants else None
    return float(reference) if reference is not None and reference.ndim == 0 and float(reference) > 1.0 else None


def _fitted(post: Any, name: str) -> np.ndarray | None:
    constants = _constants(post)
    if name not in constants or not constants[name].ndim or not constants[name].size:
        return None
    return constants[name].to_numpy().astype(float)


def _constants(post: Any) -> xr.Dataset:
    return (
        post["constant_data"].to_dataset()
        if isinstance(post, xr.DataTree) and "constant_data" in post
        else xr.Dataset()
    )


def _is_real(value: Any) -> bool:
    real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool | np.bool_)
    return real and not abs(value) > 1e308
