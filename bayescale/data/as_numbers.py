"""As numbers: sizes and losses that are written as text, such as 135M, 72,168,784 or 3,71."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from bayescale.base.columns import COLUMNS

#: What may follow a number -> factor.
SUFFIXES = {"": 1.0, "k": 1e3, "m": 1e6, "mn": 1e6, "b": 1e9, "bn": 1e9, "g": 1e9, "t": 1e12, "tn": 1e12}
SUFFIXES |= {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
#: Units that may be written after a number; they are dropped.
UNITS = r"(tokens?|params?|parameters?|flops?|examples?|steps?|nats)"
#: A number with its parts: digits with separators, exponent, suffix, unit.
NUMBER = re.compile(rf"([+-]?[\d.,]*\d[.,]?)(e[+-]?\d+)?\s*([a-z]*?)\s*{UNITS}?", re.IGNORECASE)
#: A date, or a time of day.
DATE = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}.*|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\d{1,2}[-/ ]?[a-z]{3}[-/ ]?\d*|\d+:\d\d.*", re.I
)
#: Digits in groups of three, separated by one kind of character.
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}(?:\1\d{3})*")
#: Cells that mean that a value is missing.
MISSING = {"", "-", "–", "na", "n/a", "nan", "null", "none", "inf", "infinity"}
#: Raised digits and signs -> ordinary ones.
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
#: How to write a number, for errors.
HOW = "write plain digits (135000000, 1.35e8 or 3.71)"


def as_numbers(cells: Iterable, name: str = "") -> pd.Series:
    """Numbers from cells that may be text: ``135M``, ``1.5B``, ``72,168,784``, ``70_000_000``, ``7e9``, ``3,71``.

    Parameters
    ----------
    cells : Series or other iterable, of shape (row,): numbers, text, or both.
    name : str, optional
        The column's name here, by default that of the Series. It decides between 1500 and 1.5 where every cell with a
        comma is like ``1,500``: sizes (N, D, C, S) are thousands, other known columns decimals.

    Returns
    -------
    Series of float64, of shape (row,), with the index of `cells`; NaN where a cell is empty.

    Raises
    ------
    TypeError
        If `cells` is one text or number, a mapping, a table, or an array of several dimensions.
    ValueError
        If a cell is not a number, or if commas and dots can be read in two ways.

    Examples
    --------
    >>> as_numbers(["135M", "1.5B", "70_000_000"]).tolist()
    [135000000.0, 1500000000.0, 70000000.0]
    """
    series = cells if isinstance(cells, pd.Series) else _series(cells)
    name = name or (str(series.name) if series.name is not None else "")
    if len(series) and pd.api.types.is_datetime64_any_dtype(series):
        raise ValueError(f"{series.iloc[0]} is a date, not a number; choose another column")
    parts = [_split(cell) for cell in series]
    comma = _comma_is_decimal([part[0] for part in parts if isinstance(part, tuple)], parts, name)
    return pd.Series([_value(part, comma) for part in parts], index=series.index, name=series.name, dtype=float)


def _series(cells: Any) -> pd.Series:
    """The cells of a column; a masked cell is missing."""
    one = isinstance(cells, str | bytes | Mapping | pd.DataFrame) or not isinstance(cells, Iterable)
    if one or np.ndim(cells if hasattr(cells, "ndim") else ()) > 1:
        raise TypeError(f"cells is a {type(cells).__name__}; wanted one column: a Series, a list or an array.")
    masked = isinstance(cells, np.ma.MaskedArray)
    return pd.Series(list(cells.astype(object).filled(np.nan) if masked else cells), dtype=object)


def _split(cell: object) -> float | tuple[str, float]:
    """A number, or the digits of a text with the factor that its exponent and its suffix mean."""
    if isinstance(cell, bool | np.bool_):
        raise ValueError(f"{cell} is a truth value; {HOW}")
    if not isinstance(cell, str):
        if np.ndim(cell) == 0 and bool(pd.isna(cell)):  # pyright: ignore[reportArgumentType, reportCallIssue]
            return float("nan")
        try:
            return float(cell)  # pyright: ignore[reportArgumentType]
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"{repr(cell)[:40]} is not a finite number; {HOW}") from None
    word = cell.strip().replace("\u2212", "-").replace("\u00a0", " ").replace("\u202f", " ")
    if word.lower().lstrip("+-") in MISSING:
        return float("inf") if word.lower().lstrip("+").startswith("inf") else float("nan")
    plain = re.sub(r"(?<=\d)[_'](?=\d)", "", word)
    plain = re.sub(r"(?<=\d) (?=\d{3}(\D|$))", "", plain)
    plain = re.sub(r"(?<=10)[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda power: "^" + power[0].translate(RAISED), plain)
    plain = re.sub(r"\s*[x×*·]\s*10\s*(\^|\*\*)\s*(?=[+-]?\d)", "e", plain)
    found = NUMBER.fullmatch(plain)
    suffix = found.group(3).lower() if found else ""
    if found is None or suffix not in SUFFIXES or (found.group(2) and suffix):
        kind = "is a date or a time" if DATE.fullmatch(word) else "is not a number"
        raise ValueError(f"{cell!r} {kind}; {HOW}")
    exponent = float(f"1{found.group(2)}") if found.group(2) else 1.0
    return found.group(1), exponent * SUFFIXES[suffix]


def _comma_is_decimal(digits: list[str], parts: list, name: str) -> bool:
    """Whether a comma separates decimals, from all cells of a column."""
    for_comma, for_dot, unclear, dotted = [], [], [], []
    for word in digits:
        grouped = GROUPED.fullmatch(word)
        if "," in word and "." in word:
            (for_comma if word.rfind(",") > word.rfind(".") else for_dot).append(word)
        elif grouped and word.count(grouped.group(1)) > 1:
            (for_dot if grouped.group(1) == "," else for_comma).append(word)
        elif grouped and "," in word:
            unclear.append(word)
        elif "," in word:
            for_comma.append(word)
        elif "." in word:
            (dotted if grouped else for_dot).append(word)
    if for_comma and for_dot:
        raise ValueError(f"{for_comma[0]!r} has another decimal sign than {for_dot[0]!r}; {HOW}")
    decimal = name in COLUMNS and COLUMNS[name].unit == COLUMNS["loss"].unit
    if dotted and not for_dot and (unclear or (decimal and for_comma)):
        commas = [*for_comma, *unclear]
        raise ValueError(f"{commas[0]!r} seems to have another decimal sign than {dotted[0]!r}; {HOW}")
    if for_comma or for_dot or not unclear:
        return bool(for_comma)
    suffixed = any(isinstance(part, tuple) and part[1] != 1.0 for part in parts)
    if suffixed or name not in COLUMNS:
        raise ValueError(
            f"{unclear[0]!r} can mean {unclear[0].replace(',', '')} or {unclear[0].replace(',', '.')}; {HOW}"
        )
    return decimal


def _value(part: float | tuple[str, float], comma: bool) -> float:
    if not isinstance(part, tuple):
        return part
    word = part[0].replace(".", "").replace(",", ".") if comma else part[0].replace(",", "")
    try:
        return float(word) * part[1]
    except ValueError:
        raise ValueError(f"{part[0]!r} is not a number; {HOW}") from None
