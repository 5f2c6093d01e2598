"""Runs: the only place where tables are read and checked."""

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from bayescale.checked import Checked
from bayescale.checkpoints import checkpoints
from bayescale.discrepancy import sizes
from bayescale.doubts import repeats, suspicions, uncounted, weaknesses
from bayescale.law import Law
from bayescale.signature import signature

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


def read(path: str | Path, columns: Mapping[str, str] | None = None, where: str | None = None) -> pd.DataFrame:
    """Read a table of runs from a CSV or Parquet file.

    Parameters
    ----------
    path : str or Path, ending in .csv, .tsv or .parquet.
    columns : mapping from our names to the file's: ``{"N": "params"}``.
    where : str, a condition in `pandas.DataFrame.query` syntax: ``"C < 1e22"``, in our names.

    Returns
    -------
    DataFrame

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty, of another kind or encoding, or the columns or the condition do not fit.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file '{path}'.")
    readers = {".csv": pd.read_csv, ".tsv": lambda p: pd.read_csv(p, sep="\t"), ".parquet": pd.read_parquet}
    if path.suffix.lower() not in readers:
        raise ValueError(f"'{path.name}' ends in '{path.suffix}'; wanted one of {list(readers)}.")
    try:
        runs = readers[path.suffix.lower()](path)
    except UnicodeDecodeError as error:
        raise ValueError(f"'{path.name}' is not UTF-8 text ({error.reason}); save it as UTF-8.") from None
    except pd.errors.EmptyDataError:
        raise ValueError(f"'{path.name}' is empty; wanted a header line and one line a run.") from None
    except (pd.errors.ParserError, OSError, ValueError) as error:
        raise ValueError(f"'{path.name}' cannot be read as {path.suffix}: {error}") from None
    return select(runs, columns, where)


def select(runs: pd.DataFrame, columns: Mapping[str, str] | None = None, where: str | None = None) -> pd.DataFrame:
    """Rename columns (``{"N": "params"}``) and keep the rows that fulfil `where` (`DataFrame.query` syntax).

    Raises
    ------
    ValueError
        If a column is not there, or the condition is not valid or keeps no row.
    """
    columns = dict(columns or {})
    absent = sorted(set(columns.values()) - set(runs.columns))
    if absent:
        raise ValueError(f"The table has no column {absent}; it has {list(runs.columns)}.")
    for ours, theirs in columns.items():
        runs = runs.drop(columns=ours, errors="ignore") if ours != theirs else runs
        runs = runs.rename(columns={theirs: ours})
    if where is None:
        return runs
    try:
        kept = runs.query(where)
    except Exception as error:  # query raises many kinds; all of them mean a bad condition
        raise ValueError(f"The condition {where!r} cannot be read: {error}. Columns: {list(runs.columns)}.") from None
    if not len(kept):
        raise ValueError(f"The condition {where!r} keeps none of the {len(runs)} runs.")
    return kept


def check(law: Law, runs: pd.DataFrame) -> Checked:
    """Check a table against what a law needs; errors for what is wrong, warnings for what is suspicious.

    C is completed as 6ND, or D as C/(6N), where the law needs a column that the table lacks. An empty table is taken
    if the law's reference is set (the model is then its prior).

    Raises
    ------
    TypeError
        If `runs` is not a DataFrame.
    ValueError
        If a column is missing, doubled, not numeric, or holds NaN, infinite or non-positive values; if N, D or C is
        in a wrong unit; if there is a single run.

    Warns
    -----
    UserWarning
        Duplicated rows, fewer runs than parameters, a constant column, N and D on one line, a suspicious unit; several
        rows of one training run (column ``run``), whose errors go on beside a discrepancy only, and along a column of
        the law; a column ``N_no_embed`` that the law does not use.
    """
    if not isinstance(runs, pd.DataFrame):
        raise TypeError(f"runs is a {type(runs).__name__}; wanted a pandas.DataFrame with one row a run.")
    needed = list(dict.fromkeys((*law.inputs, *law.noise.columns)))
    table = complete(runs, needed)
    columns = pd.DataFrame({name: _numbers(table, name) for name in needed}, index=runs.index)
    loss = _numbers(table, "loss")
    groups = _groups(table, law.groups)
    _check_units(columns)
    reference = _reference(law, columns, loss)
    if len(runs) == 1:
        raise ValueError("There is 1 run; a scaling law needs runs of at least two sizes, and more to be worth it.")
    if len(runs):
        for message in (*suspicions(columns, loss), *weaknesses(law, columns, groups, loss), *uncounted(law, runs)):
            warnings.warn(message, UserWarning, stacklevel=3)
    found = None if "run" in law.groups else checkpoints(table, sizes(law.inputs))
    if found is not None and len(found.names) > 1 and (law.discrepancy is None or not len(found.lengths)):
        warnings.warn(repeats(len(runs), len(found.names)), UserWarning, stacklevel=3)
    levels = {g: list(pd.unique(groups[g])) for g in groups}
    return Checked(columns, groups, loss, reference, levels, checkpoints=found)


def complete(runs: pd.DataFrame, needed: Iterable[str]) -> pd.DataFrame:
    """Add C = 6ND or D = C/(6N) where needed and missing, in floating point."""
    table = runs
    if table.columns.nlevels > 1:
        raise ValueError(f"The columns have {table.columns.nlevels} levels; flatten them to one name a column.")
    if not table.columns.is_unique:
        doubled = sorted(set(table.columns[table.columns.duplicated()]), key=str)
        raise ValueError(f"The columns {doubled} stand more than once; keep one of each.")
    if "C" in needed and "C" not in table and {"N", "D"} <= set(table.columns):
        table = table.assign(C=6.0 * _numbers(table, "N") * _numbers(table, "D"))
    if "D" in needed and "D" not in table and {"N", "C"} <= set(table.columns):
        table = table.assign(D=_numbers(table, "C") / (6.0 * _numbers(table, "N")))
    return table


def _numbers(table: pd.DataFrame, name: str) -> np.ndarray:
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


def _groups(table: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    for name in names:
        if name not in table:
            raise ValueError(
                f"A prior has the dims '{name}', but runs has no such column; it has {list(table.columns)}."
            )
        if table[name].isna().any():
            raise ValueError(f"The grouping column '{name}' is missing in {table[name].isna().sum()} runs.")
    groups = pd.DataFrame(table[list(names)]).copy()
    return groups.astype({name: str for name in groups if not pd.api.types.is_integer_dtype(groups[name])})


def _check_units(columns: pd.DataFrame) -> None:
    """Refuse what no run can be: magnitudes that betray millions, billions or PF-days."""
    floor = {
        "N": (1e3, "in millions or billions"),
        "D": (1e4, "in millions or billions"),
        "C": (1e9, "in PF-days (8.64e19 FLOP)"),
    }
    for name, (least, unit) in floor.items():
        if name in columns and len(columns) and columns[name].max() < least:
            raise ValueError(
                f"{name} reaches only {columns[name].max():.4g} {UNITS[name]}; is it {unit}? Give it in {UNITS[name]}."
            )
    if {"N", "D"} <= set(columns) and len(columns):
        ratio = float((columns["D"] / columns["N"]).median())
        if not 1e-4 < ratio < 1e7:
            wrong = "D in millions or billions, or N and D exchanged" if ratio < 1 else "N in millions or billions"
            raise ValueError(f"Half of the runs have D/N beyond {ratio:.3g} tokens per parameter; is {wrong}?")
    if {"N", "D", "C"} <= set(columns) and len(columns):
        ratio = float((columns["C"] / (6 * columns["N"] * columns["D"])).median())
        if not 0.1 < ratio < 10:
            raise ValueError(
                f"C is {ratio:.3g} times 6ND in the middle of the runs; check the units of N, D and C (FLOP)."
            )


def _reference(law: Law, columns: pd.DataFrame, loss: np.ndarray) -> dict[str, float]:
    """Middle of each column, what each is in the largest run, and the smallest loss; unless the law sets them."""
    names = [name for name in columns if name != "loss_se"]
    tops = [name for name in names if law.discrepancy is not None or f"{name}_top" in signature(law.formula).reference]
    if not len(loss):
        wanted = [*(f"{name}0" for name in names), "loss_min"]
        absent = [name for name in wanted if name not in law.reference]
        if absent:
            raise ValueError(
                f"There are no runs, so the law must set its own reference: dataclasses.replace(law, "
                f"reference={{{', '.join(f'{name!r}: …' for name in absent)}}})."
            )
        return {**{f"{name}_top": float(law.reference[f"{name}0"]) for name in tops}, **_floats(law.reference)}
    logs = np.log(columns[names])
    largest = logs[list(sizes(law.inputs))].sum(axis="columns").to_numpy().argmax()
    middle = {f"{name}0": float(np.exp(logs[name].mean())) for name in names}
    top = {f"{name}_top": float(columns[name].iloc[largest]) for name in tops}
    return {**middle, **top, "loss_min": float(loss.min()), **_floats(law.reference)}


def _floats(values: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items()}
