"""Values: the numbers of a column, or an error that says what is wrong with them."""

from typing import Any

import numpy as np
import pandas as pd

from bayescale.base.columns import COLUMNS
from bayescale.data.as_numbers import as_numbers

#: Names under which tables have a loss in another unit -> expression that converts it to nats.
OTHER_LOSSES = {
    "loss_bits": "loss_bits * np.log(2)",
    "bits_per_token": "bits_per_token * np.log(2)",
    "bpb": "bpb * np.log(2), nats per byte",
    "bits_per_byte": "bits_per_byte * np.log(2), nats per byte",
    "perplexity": "np.log(perplexity)",
    "ppl": "np.log(ppl)",
}


#: Names of columns that count steps, as the first column of an exported chart does.
STEPS = {"step", "_step", "steps", "iter", "iteration", "global_step", "trainer/global_step", "epoch", "tokens"}


def numbers(table: pd.DataFrame, name: str) -> np.ndarray:
    """A column as positive finite floats, of shape (run,).

    Raises
    ------
    ValueError
        If the column is missing, or has values that are not positive finite numbers.
    """
    if name not in table:
        unit = COLUMNS[name].unit if name in COLUMNS else "a number"
        raise ValueError(f"runs has no column '{name}' [{unit}]; it has {_names(table)}.{_instead(table, name)}")
    cells = table[name]
    if not len(cells):  # in a file with only a header line, columns have no numeric type
        return np.empty(0)
    if cells.dtype == object and all(_is_real(value) for value in cells):  # pandas' way with integers beyond int64
        cells = cells.astype(float)
    kind = pd.api.types
    if kind.is_bool_dtype(cells) or np.iscomplexobj(cells) or not kind.is_numeric_dtype(cells):
        example = next((value for value in cells if not _is_real(value)), cells.iloc[0])
        raise ValueError(
            f"Column '{name}' is of type {cells.dtype} (such as {repr(example)[:40]}); wanted numbers"
            f"{_as_number(cells, name)}."
        )
    values = cells.to_numpy(dtype=float, na_value=np.nan)
    for bad, what, cure in (
        (np.isnan(values), "NaN", f"drop them: runs.dropna(subset=['{name}'])"),
        (np.isinf(values), "infinite", "drop or correct those runs"),
        (values <= 0, "zero or negative", _cure(name, values)),
    ):
        if bad.any():
            first = table.index[bad][:3].tolist()
            raise ValueError(f"Column '{name}' is {what} in {bad.sum()} of {len(values)} runs (rows {first}): {cure}.")
    return values


def _as_number(cells: pd.Series, name: str) -> str:
    """What to do about a column that is not numeric: the call that converts it, or why none can."""
    if pd.api.types.is_bool_dtype(cells) or np.iscomplexobj(cells):
        return ", not truth values" if pd.api.types.is_bool_dtype(cells) else ""
    try:
        as_numbers(cells, name)
    except ValueError as error:
        return f": {error}"
    return f": runs['{name}'] = bayescale.as_numbers(runs['{name}'])"


def _cure(name: str, values: np.ndarray) -> str:
    """What to do about values that are zero or negative, by column."""
    negative = (values < 0).any()
    if name == "loss" and negative:
        shift = np.ceil(1.0 - np.nanmin(values))
        return (
            "laws are fitted to log(loss). A negative log density of continuous data has no natural zero: add one "
            f"constant to every loss, such as runs['loss'] + {shift:.0f} (E then grows by it), or ln 256 = 5.545 a "
            "dimension for data in 256 steps. If only these runs failed: runs[runs['loss'] > 0]"
        )
    if name == "loss":
        return (
            "laws are fitted to log(loss). Drop these runs, runs[runs['loss'] > 0]; an error rate of 0 says only that "
            "the test was too small to see an error"
        )
    if name == "loss_se":
        return "a standard error is positive. Drop these runs, runs[runs['loss_se'] > 0], or leave the column out"
    if negative and name == "C":
        return "wanted positive numbers (6*N*D in integers overflows: use 6.0*N*D)"
    if negative and (values[values < 0] < -1e8).any():
        return "wanted positive numbers (sizes in 32-bit integers overflow beyond 2.1e9: compute them as floats)"
    if negative:
        return f"a size is positive. Correct these runs, or drop them: runs[runs['{name}'] > 0]"
    return f"step 0 comes before training and has no size. Drop these rows: runs[runs['{name}'] > 0]"


def _names(table: pd.DataFrame) -> list:
    names = list(table.columns)
    return names if len(names) <= 20 else [*names[:20], f"… ({len(names) - 20} more)"]


def _instead(table: pd.DataFrame, name: str) -> str:
    """What a table that lacks a column may have in its place."""
    names = [str(column) for column in table.columns]
    if len(names) == 1 and (mark := next((m for m in (";", "\t", "|") if m in names[0]), "")):
        return f" Columns are separated by {mark!r}: pd.read_csv(path, sep={mark!r})."
    if (step := _of_wide(table)) is not None:
        return (
            " It looks like a chart with one column a run; wanted one row for each run and size. Reshape it: "
            f"runs.melt(id_vars={step!r}, var_name='run', value_name='loss').dropna(). Then add each run's N, and D = "
            "step * batch * sequence length."
        )
    if name == "loss":
        others = {c: OTHER_LOSSES[c.lower()] for c in names if c.lower() in OTHER_LOSSES}
        if others:
            return "".join(f" The loss is in nats/token: runs['loss'] = {how}." for how in others.values())
    padded = next((c for c in names if c != name and c.strip("\ufeff \t").lower() == name.lower()), None)
    almost = f" Is it {padded!r}?" if padded is not None else ""
    return f"{almost} Rename yours: runs.rename(columns={{'yours': '{name}'}})."


def _of_wide(table: pd.DataFrame) -> str | None:
    """The column of steps, if the other columns look like losses of one run each."""
    step = next((str(c) for c in table.columns if str(c).strip().lower() in STEPS), None)
    rest = [c for c in table.columns if str(c) != step and str(c) not in COLUMNS]
    numeric = [c for c in rest if pd.api.types.is_numeric_dtype(table[c]) and not pd.api.types.is_bool_dtype(table[c])]
    if step is None or len(numeric) < 2 or len(numeric) < len(rest) or {"N", "D", "C"} & set(map(str, table.columns)):
        return None
    values = table[numeric].to_numpy(dtype=float, na_value=np.nan)
    same_scale = np.nanmax(values, axis=0, initial=0.0).max() < 100 and np.nanmin(values, initial=np.inf) > 0
    of_one_run = {str(c).lower() for c in numeric} <= {"train_loss", "val_loss", "eval_loss", "lr", "grad_norm", "ppl"}
    return step if same_scale and not of_one_run else None


def _is_real(value) -> bool:
    real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    return real and not abs(value) > 1e308


def check_kinds(column: Any, value: Any) -> None:
    """Refuse text for a column of numbers, and a number for one of text: they differ in every row.

    Raises
    ------
    ValueError
    """
    if not isinstance(column, pd.Series) or isinstance(value, pd.Series):
        return
    kinds, text = pd.api.types, isinstance(value, str)
    if kinds.is_timedelta64_dtype(column):
        return
    if kinds.is_datetime64_any_dtype(column):
        wrong = not text or pd.isna(pd.to_datetime(value, errors="coerce"))
        holds, cure = "dates", "write '2024-01-31'"
    elif kinds.is_numeric_dtype(column):  # also truth values
        wrong, holds = text, "truth values" if kinds.is_bool_dtype(column) else "numbers"
        cure = "leave out the quotes"
    else:
        cells = column.dropna()
        wrong = len(cells) > 0 and not any(isinstance(cell, str) == text for cell in cells)
        holds, cure = ("no text", "leave out the quotes") if text else ("text", f"write '{value}'")
    if wrong:
        raise ValueError(f"the column '{column.name}' holds {holds}, not {value!r}; {cure}")
