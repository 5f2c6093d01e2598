"""Text: a table in a text file, whatever separates its columns, with its header and its rows checked."""

import csv
import io
import re
from pathlib import Path

import pandas as pd

#: Characters that may separate columns; the comma is the default.
SEPARATORS = (",", ";", "\t", "|")
#: How files of other kinds begin -> what they are, and what to do.
OTHER_KINDS = {
    b"PAR1": "a Parquet file; rename it to .parquet",
    b"\x1f\x8b": "compressed by gzip; decompress it first",
    b"PK\x03\x04": "a ZIP archive or an Excel workbook; unpack it, or export the sheet as CSV",
    b"\x89HDF": "an HDF5 or netCDF file; export the table as CSV",
}
#: A number as a cell may have it.
_NUMBER = re.compile(r"[+-]?[\d._,]*\d[\d._,]*(e[+-]?\d+)?", re.IGNORECASE)


def from_text(path: Path) -> pd.DataFrame:
    """Read a table from a text file.

    Lines before the header that begin with ``#`` are comments; a header may begin with ``#`` too.

    Raises
    ------
    ValueError
        If the file is of another kind, a name occurs twice in the header, or rows have more values than the header has
        names; from pandas, if rows differ in length.
    """
    with path.open("rb") as file:
        start = file.read(4)
    for mark, kind in OTHER_KINDS.items():
        if start.startswith(mark):
            raise ValueError(f"it is {kind}")
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = _without_comments(path.read_text(encoding=encoding), "\t" if path.suffix.lower() == ".tsv" else ",")
    lines = [line for line in text[:100_000].splitlines() if line.strip()][:2]
    separator = _separator(lines, "\t" if path.suffix.lower() == ".tsv" else ",")
    _check_names(lines[:1], separator)
    options = {"sep": separator, "skipinitialspace": separator != r"\s+"}
    table = pd.read_csv(io.StringIO(text), **options)
    if isinstance(table.index, pd.RangeIndex):
        return table
    last = table.columns[-table.index.nlevels :]
    if table[last].isna().all(axis=None) and separator != r"\s+":  # each row ends with separators
        return pd.read_csv(io.StringIO(text), **options, index_col=False, usecols=range(len(table.columns)))
    _check_row_names(table)
    return table


def _without_comments(text: str, usual: str) -> str:
    """The text without comments before its header, and without the ``#`` of a header above numbers."""
    if not text.lstrip().startswith("#"):
        return text
    lines = text.splitlines(keepends=True)
    first = next((i for i, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), len(lines))
    marked = [i for i, line in enumerate(lines[:first]) if line.strip()]
    if not marked or first == len(lines):
        return text
    header = lines[marked[-1]].lstrip().removeprefix("#")
    separator = _separator([header, lines[first]], usual)
    names, cells = (_cells(line, separator) for line in (header, lines[first]))
    is_header = len(names) == len(cells) > 1 and _is_number(cells[0]) and not any(map(_is_number, names))
    return (header if is_header else "") + "".join(lines[first:])


def _separator(lines: list[str], usual: str) -> str:
    """What separates the columns: it is in the header, and as often in the line below."""
    if not lines:
        return usual
    counts = {mark: [line.count(mark) for line in lines] for mark in SEPARATORS}
    regular = [mark for mark in SEPARATORS if counts[mark][0] and len(set(counts[mark])) == 1]
    present = [mark for mark in SEPARATORS if counts[mark][0]]
    for marks in (regular, present):
        if marks:
            return usual if usual in marks else max(marks, key=lambda mark: counts[mark][0])
    words = [len(line.split()) for line in lines]
    return r"\s+" if len(words) > 1 and words[0] > 1 and words[1] - words[0] in (0, 1) else usual


def _cells(line: str, separator: str) -> list[str]:
    if separator == r"\s+":
        return line.split()
    return [cell.strip() for cell in next(csv.reader([line.strip("\r\n")], delimiter=separator), [])]


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell.strip()) is not None


def _check_names(header: list[str], separator: str) -> None:
    """Refuse a header in which a name occurs twice: pandas would rename the second."""
    names = [name for line in header for name in _cells(line, separator) if name]
    if any("\0" in name for name in names):
        raise ValueError("it is UTF-16 without a mark at its start; save it as UTF-8")
    twice = sorted({name for name in names if names.count(name) > 1 and re.search(r"[^\W\d]", name)})
    if twice:
        raise ValueError(f"its header has {twice} more than once; rename the columns or remove all but one of each")


def _check_row_names(table: pd.DataFrame) -> None:
    """Refuse rows with more values than names, unless the first is the row's name: text, or 1, 2, 3, … as of R."""
    index = table.index
    numeric = pd.api.types.is_numeric_dtype(index)
    counted = numeric and index[0] in (0, 1) and (index == pd.RangeIndex(index[0], index[0] + len(index))).all()
    if index.nlevels == 1 and (counted or not numeric):
        return
    raise ValueError(
        f"its rows have {len(table.columns) + index.nlevels} values and its header {len(table.columns)} names "
        f"({', '.join(map(str, table.columns[:6]))}); name each column. If a comma is the decimal sign, separate the "
        "columns by ';'"
    )
