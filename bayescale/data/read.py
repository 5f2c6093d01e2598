"""data.read"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from bayescale.base.columns import budget_tokens, training_flop
from bayescale.data.values import numbers


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


def complete(runs: pd.DataFrame, needed: Iterable[str]) -> pd.DataFrame:
    """Add C = 6ND or D = C/(6N) where needed and missing, in floating point."""
    table = runs
    if table.columns.nlevels > 1:
        raise ValueError(f"The columns have {table.columns.nlevels} levels; flatten them to one name a column.")
    if not table.columns.is_unique:
        doubled = sorted(set(table.columns[table.columns.duplicated()]), key=str)
        raise ValueError(f"The columns {doubled} stand more than once; keep one of each.")
    if "C" in needed and "C" not in table and {"N", "D"} <= set(table.columns):
        table = table.assign(C=training_flop(numbers(table, "N"), numbers(table, "D")))
    if "D" in needed and "D" not in table and {"N", "C"} <= set(table.columns):
        table = table.assign(D=budget_tokens(numbers(table, "C"), numbers(table, "N")))
    return table
