"""Values: a column of a table as positive finite numbers, or an error that says what is wrong with it."""

import numpy as np
import pandas as pd

#: Units of the columns that the laws know.
UNITS = {
    "N": "parameters",
    "D": "tokens",
    "C": "FLOP",
    "U": "unique tokens",
    "S": "parameter updates",
    "loss": "nats/token",
    "loss_se": "nats/token",
}


#: Columns that hold a loss in another unit: name -> how to get nats.
OTHER_LOSSES = {
    "loss_bits": "loss_bits * np.log(2)",
    "bits_per_token": "bits_per_token * np.log(2)",
    "bpb": "bpb * np.log(2), nats per byte",
    "bits_per_byte": "bits_per_byte * np.log(2), nats per byte",
    "perplexity": "np.log(perplexity)",
    "ppl": "np.log(ppl)",
}


def numbers(table: pd.DataFrame, name: str) -> np.ndarray:
    """The column as positive finite floats."""
    if name not in table:
        hint = ""
        if name == "loss":
            others = {c: OTHER_LOSSES[str(c).lower()] for c in table.columns if str(c).lower() in OTHER_LOSSES}
            hint = "".join(f" The loss is in nats/token: runs['loss'] = {how}." for how in others.values())
        raise ValueError(
            f"runs has no column '{name}' [{UNITS.get(name, 'a number')}]; it has {list(table.columns)}.{hint}"
            + ("" if hint else f" Rename yours: runs.rename(columns={{'yours': '{name}'}}).")
        )
    column = table[name]
    if not len(column):  # a file of a header alone has no types
        return np.empty(0)
    if column.dtype == object and all(_is_real(value) for value in column):  # integers that int64 cannot hold
        column = column.astype(float)
    kind = pd.api.types
    if kind.is_bool_dtype(column) or np.iscomplexobj(column) or not kind.is_numeric_dtype(column):
        example = next((value for value in column if not _is_real(value)), column.iloc[0])
        raise ValueError(
            f"Column '{name}' is of type {column.dtype} (such as {example!r}); wanted numbers: "
            f"runs['{name}'] = pd.to_numeric(runs['{name}'])."
        )
    values = column.to_numpy(dtype=float, na_value=np.nan)
    for bad, what, cure in (
        (np.isnan(values), "NaN", f"drop them: runs.dropna(subset=['{name}'])"),
        (np.isinf(values), "infinite", "drop those runs or mend them"),
        (values <= 0, "zero or negative", "a run's value is positive (6*N*D in integers overflows: use 6.0*N*D)"),
    ):
        if bad.any():
            first = table.index[bad][:3].tolist()
            raise ValueError(f"Column '{name}' is {what} in {bad.sum()} of {len(values)} runs (rows {first}): {cure}.")
    return values


def _is_real(value) -> bool:
    real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    return real and not abs(value) > 1e308
