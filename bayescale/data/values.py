"""Values: the numbers of a column, or an error that says what is wrong with them."""

import numpy as np
import pandas as pd

from bayescale.base.columns import COLUMNS

#: Names under which tables hold a loss in another unit -> expression that converts it to nats.
OTHER_LOSSES = {
    "loss_bits": "loss_bits * np.log(2)",
    "bits_per_token": "bits_per_token * np.log(2)",
    "bpb": "bpb * np.log(2), nats per byte",
    "bits_per_byte": "bits_per_byte * np.log(2), nats per byte",
    "perplexity": "np.log(perplexity)",
    "ppl": "np.log(ppl)",
}


def numbers(table: pd.DataFrame, name: str) -> np.ndarray:
    """A column as positive finite floats, of shape (run,).

    Raises
    ------
    ValueError
        If the column is missing, or has values that are not positive finite numbers.
    """
    if name not in table:
        hint, unit = "", COLUMNS[name].unit if name in COLUMNS else "a number"
        if name == "loss":
            others = {c: OTHER_LOSSES[str(c).lower()] for c in table.columns if str(c).lower() in OTHER_LOSSES}
            hint = "".join(f" The loss is in nats/token: runs['loss'] = {how}." for how in others.values())
        raise ValueError(
            f"runs has no column '{name}' [{unit}]; it has {list(table.columns)}.{hint}"
            + ("" if hint else f" Rename yours: runs.rename(columns={{'yours': '{name}'}}).")
        )
    cells = table[name]
    if not len(cells):  # in a file with only a header line, columns have no numeric type
        return np.empty(0)
    if cells.dtype == object and all(
        _is_real(value) for value in cells
    ):  # pandas keeps integers beyond int64 as objects
        cells = cells.astype(float)
    kind = pd.api.types
    if kind.is_bool_dtype(cells) or np.iscomplexobj(cells) or not kind.is_numeric_dtype(cells):
        example = next((value for value in cells if not _is_real(value)), cells.iloc[0])
        raise ValueError(
            f"Column '{name}' is of type {cells.dtype} (such as {example!r}); wanted numbers: "
            f"runs['{name}'] = pd.to_numeric(runs['{name}'])."
        )
    values = cells.to_numpy(dtype=float, na_value=np.nan)
    for bad, what, cure in (
        (np.isnan(values), "NaN", f"drop them: runs.dropna(subset=['{name}'])"),
        (np.isinf(values), "infinite", "drop or correct those runs"),
        (values <= 0, "zero or negative", "wanted positive numbers (6*N*D in integers overflows: use 6.0*N*D)"),
    ):
        if bad.any():
            first = table.index[bad][:3].tolist()
            raise ValueError(f"Column '{name}' is {what} in {bad.sum()} of {len(values)} runs (rows {first}): {cure}.")
    return values


def _is_real(value) -> bool:
    real = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    return real and not abs(value) > 1e308
