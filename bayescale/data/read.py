"""Read: a table of runs from a file; rename, select and complete its columns."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from bayescale.base.columns import budget_tokens, training_flop
from bayescale.data.values import numbers
from bayescale.data.where import where as rows


def read(path: str | Path, columns: Mapping[str, str] | None = None, where: str | None = None) -> pd.DataFrame:
    """Read a table of runs from a CSV or Parquet file.

    Parameters
    ----------
    path : str or Path, ending in .csv, .tsv or .parquet.
    columns : mapping from the names used here to the file's: ``{"N": "params"}``.
    where : str, a condition on the rows to keep, in the names used here: ``"C < 1e22 and split != 'heldout'"``. What it
        may hold says `bayescale.data.where`.

    Returns
    -------
    DataFrame : one row for each run.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file is empty, has another format or encoding, or `columns` or `where` do not fit it.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file '{path}'; wanted a .csv, .tsv or .parquet.")
    readers = {".csv": pd.read_csv, ".tsv": lambda p: pd.read_csv(p, sep="\t"), ".parquet": pd.read_parquet}
    if path.suffix.lower() not in readers:
        raise ValueError(f"'{path.name}' ends in '{path.suffix}'; wanted one of {list(readers)}.")
    try:
        runs = readers[path.suffix.lower()](path)
    except UnicodeDecodeError as error:
        raise ValueError(f"'{path.name}' is not UTF-8 text ({error.reason}); save it as UTF-8.") from None
    except pd.errors.EmptyDataError:
        raise ValueError(f"'{path.name}' is empty; wanted a header line and one line for each run.") from None
    except (pd.errors.ParserError, OSError, ValueError) as error:
        raise ValueError(f"'{path.name}' cannot be read as {path.suffix}: {error}") from None
    return select(runs, columns, where)


def select(runs: pd.DataFrame, columns: Mapping[str, str] | None = None, where: str | None = None) -> pd.DataFrame:
    """Rename columns (``{"N": "params"}``), then keep the rows that meet the condition `where`.

    Raises
    ------
    ValueError
        If a column is missing, or `where` is not a valid condition or keeps no row.
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
    kept = runs.loc[rows(runs, where)]
    if not len(kept):
        raise ValueError(f"The condition {where!r} keeps none of the {len(runs)} runs.")
    return kept


def complete(runs: pd.DataFrame, needed: Iterable[str]) -> pd.DataFrame:
    """Add C = 6ND [FLOP] or D = C/(6N) [tokens] where a law needs a column that the table lacks.

    Raises
    ------
    ValueError
        If the column names have several levels or are not unique, or N, D or C are not positive finite numbers.
    """
    table = runs
    if table.columns.nlevels > 1:
        raise ValueError(
            f"The column names have {table.columns.nlevels} levels; flatten them to one name for each column."
        )
    if not table.columns.is_unique:
        doubled = sorted(set(table.columns[table.columns.duplicated()]), key=str)
        raise ValueError(f"The columns {doubled} occur more than once; keep one of each.")
    if "C" in needed and "C" not in table and {"N", "D"} <= set(table.columns):
        table = table.assign(C=training_flop(numbers(table, "N"), numbers(table, "D")))
    if "D" in needed and "D" not in table and {"N", "C"} <= set(table.columns):
        table = table.assign(D=budget_tokens(numbers(table, "C"), numbers(table, "N")))
    return table
