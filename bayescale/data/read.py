"""Read: a table of runs from a file; rename, select and complete its columns."""

import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from bayescale.base.columns import COLUMNS, budget_tokens, training_flop
from bayescale.data.as_numbers import as_numbers
from bayescale.data.text import from_text
from bayescale.data.values import numbers
from bayescale.data.where import where as rows

#: Kinds of files that are read.
KINDS = (".csv", ".tsv", ".txt", ".parquet", ".jsonl", ".ndjson", ".json")


def read(
    path: str | Path | Sequence[str | Path],
    columns: Mapping[str, str] | None = None,
    where: str | None = None,
    *,
    given: Mapping[str, Any] | None = None,
    loss: str = "last",
    pattern: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Read a table of runs from a text file or a Parquet file, or from the logs of a training tool.

    In text files the separator (comma, semicolon, tab, bar or spaces) is found from the header, comments (``#``) above
    it are skipped, and spaces and byte-order marks are stripped from column names. Numbers written as text (``135M``,
    ``72,168,784``, ``3,71``) become numbers in the columns that the package knows and in those that `columns` names;
    other columns stay text.

    Logs are read of Hugging Face (``trainer_state.json``), TensorBoard (event files; ``pip install bayescale[logs]``),
    Lightning (``metrics.csv``), MLflow (exports, ``mlruns``), W&B (exports, a run's folder), of JSON lines, and of text
    by patterns; also all logs in a folder. Their table has ``run``, ``N`` [parameters], ``D`` [tokens], ``C`` [FLOP],
    ``loss`` [as logged], ``step``, the metrics at that step, and every setting. The page "Read logs" has the rules.

    Parameters
    ----------
    path : str or Path of a table (.csv, .tsv, .txt, .parquet, .jsonl) or of a file or folder of logs; or a sequence of
        paths of logs, whose runs form one table.
    columns : mapping from the names used here to the file's: ``{"N": "params"}``. In logs, to a metric or a setting:
        ``{"loss": "eval/loss"}``.
    where : str, a condition on the rows to keep, in the names used here: ``"C < 1e22 and split != 'heldout'"``.
        `bayescale.data.where` describes the syntax.
    given : mapping from what the logs lack to a number, or to a mapping from runs to numbers:
        ``{"devices": 8, "N": {"d12": 124e6}}``. Names: N, D, C, batch_tokens (tokens of a step), batch_size,
        global_batch (sequences of a step), sequence_length, devices, accumulation, and the shape of a model (layers,
        width, vocabulary, …).
    loss : str, the loss of a run: "last" value, "mean of last k" values, the smallest ("min"); or "every" for a row of
        each logged value, as checkpoints.
    pattern : str or sequence of str, regular expressions of the lines of a text log, with the groups ``step`` and
        ``loss``; by default those of nanoGPT, nanochat, Megatron, llm.c, modded-nanogpt and torchtitan.

    Returns
    -------
    DataFrame : one row for each run, or for each checkpoint. Of logs, ``attrs["found"]`` is a list of sentences: which
        loss, and where N, D and C come from, with the factors.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ImportError
        If an event file needs TensorBoard, or a YAML file PyYAML, and it is not installed.
    ValueError
        If the file is empty, has no header or no rows, has another format or encoding, has a name twice in its header
        or rows that do not fit the header, or `columns` or `where` do not fit it; if logs have no loss, or several
        that may be meant.

    Warns
    -----
    UserWarning
        For logs: if N or D is missing, with what would give it; if runs are left out, such as diverged ones.

    Examples
    --------
    >>> import pandas as pd
    >>> import bayescale as bs
    >>> table = pd.DataFrame({"params": ["135M", "1.5B"], "D": [2.7e9, 3e10], "loss": [3.1, 2.5]})
    >>> table.to_csv("sweep.csv", index=False)
    >>> bs.read("sweep.csv", columns={"N": "params"}, where="N > 1e9")["loss"].tolist()
    [2.5]

    A log of nanoGPT, which has no number of parameters:

    >>> lines = ["tokens per iteration will be: 491,520", "step 1000: train loss 3.55, val loss 3.57"]
    >>> _ = open("gpt.log", "w").write("\\n".join(lines))
    >>> runs = bs.read("gpt.log", given={"N": 124e6})
    >>> runs[["run", "N", "D", "loss"]].values.tolist()
    [['gpt', 124000000.0, 491520000.0, 3.57]]
    """
    from bayescale.data.logs.assemble import CHOSEN, assemble
    from bayescale.data.logs.doubles import joined
    from bayescale.data.logs.find import is_logs, logs_of

    named = [path] if isinstance(path, str | Path) else list(path)
    if not named:
        raise ValueError("path is an empty sequence; wanted at least one file or folder.")
    paths = [Path(each) for each in named]
    if len(paths) == 1 and not (paths[0].exists() and is_logs(paths[0], pattern, columns)):
        if given or pattern is not None or loss != "last":
            raise ValueError(
                f"'{paths[0]}' is a table with one row for each run; given, loss and pattern are for logs. Add what it "
                "lacks as a column."
            )
        return select(_with_numbers(from_table(named[0]), dict(columns or {})), columns, where)
    runs = assemble(joined([log for each in paths for log in logs_of(each, pattern)]), columns, given, loss)
    found = runs.attrs
    rest = {ours: theirs for ours, theirs in (columns or {}).items() if ours not in CHOSEN}
    runs = select(runs, rest, where).reset_index(drop=True)
    runs.attrs = found
    return runs


def from_table(path: str | Path) -> pd.DataFrame:
    """A table from a file with one row for each run, as it is.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file cannot be read as a table.
    """
    check_path(path)
    path = Path(path)
    try:
        runs = _parsed(path)
    except UnicodeDecodeError as error:
        raise ValueError(f"'{path.name}' is not UTF-8 text ({error.reason}); save it as UTF-8.") from None
    except pd.errors.EmptyDataError:
        raise ValueError(f"'{path.name}' is empty; wanted a header line and one line for each run.") from None
    except (pd.errors.ParserError, OSError, ValueError) as error:
        raise ValueError(f"'{path.name}' cannot be read as {path.suffix}: {str(error).strip().rstrip('.')}.") from None
    runs.columns = [name.strip().strip("\ufeff").strip() if isinstance(name, str) else name for name in runs.columns]
    _check_shape(path, runs)
    return runs


def _parsed(path: Path) -> pd.DataFrame:
    """The table in a file, by its suffix."""
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return pd.read_parquet(path)
    if suffix in (".jsonl", ".ndjson", ".json"):
        from bayescale.data.logs.tools.jsonl import objects

        return pd.DataFrame(list(objects(path, [])))
    return from_text(path)


def check_path(path: str | Path) -> None:
    """Refuse a path that cannot be read, without opening the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the path is an address, or a file of another kind.
    """
    text, path = str(path), Path(path)
    if "://" in text:
        raise ValueError(f"'{text}' is an address; download the file, and give its path.")
    if not path.is_file():
        raise FileNotFoundError(f"There is no file '{path}'; wanted one that ends in one of {list(KINDS)}.")
    if path.suffix.lower() not in KINDS:
        ends = f"ends in '{path.suffix}'" if path.suffix else "has no suffix"
        raise ValueError(
            f"'{path.name}' {ends}, which is no kind of table that is read; wanted one of {list(KINDS)}. If it holds "
            "text in columns, rename it to .csv; otherwise export it as CSV."
        )


def _check_shape(path: Path, runs: pd.DataFrame) -> None:
    """Refuse a file without a header or without rows."""
    names = [str(name) for name in runs.columns]
    if names and all(re.fullmatch(r"[+-]?[\d._,]+(e[+-]?\d+)?", name, re.IGNORECASE) for name in names):
        raise ValueError(
            f"The first line of '{path.name}' holds numbers ({', '.join(names[:4])}); wanted a line with the names of "
            "the columns above it, such as N,D,loss."
        )
    if not len(runs):
        raise ValueError(f"'{path.name}' has a header line ({', '.join(names[:6])}) and no runs below it.")


def _with_numbers(runs: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """The table with numbers in place of text, in known and renamed columns; text that is no number stays."""
    names = {theirs: ours for ours, theirs in {**{name: name for name in COLUMNS}, **columns}.items()}
    for theirs, ours in names.items():
        if theirs in runs and runs.columns.is_unique and not pd.api.types.is_numeric_dtype(runs[theirs]):
            with contextlib.suppress(ValueError):  # `numbers` reports it if a law needs the column
                runs = runs.assign(**{theirs: as_numbers(runs[theirs], ours)})
    return runs


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
    twice = [theirs for theirs in columns.values() if not isinstance(runs[theirs], pd.Series)]
    if twice:
        raise ValueError(f"The columns {twice} occur more than once; keep one of each.")
    if columns:  # all at once, so that names can be exchanged
        taken = {ours: runs[theirs] for ours, theirs in columns.items()}
        place = {theirs: ours for ours, theirs in reversed(columns.items())}  # each name takes the place of the file's
        kept = [name for name in runs if name in place or name not in columns]
        runs = runs[kept].rename(columns=place).assign(**taken)
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
