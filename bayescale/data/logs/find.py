"""Find: which files of a folder are logs, of which tool, and of which run."""

import json
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from bayescale.data.logs.doubles import CHECKPOINT, joined, with_sessions, without_doubles
from bayescale.data.logs.log import Log, step_key
from bayescale.data.logs.tools import huggingface, jsonl, lightning, mlflow, tensorboard, text, wandb
from bayescale.data.text import from_text

#: What is read from a folder, in words.
READ = (
    "trainer_state.json (Hugging Face), event files (TensorBoard), metrics.csv (Lightning), mlruns or mlflow.db "
    "(MLflow), wandb-summary.json or exports (W&B), JSON lines, and text logs"
)
#: Ends of files that may be text logs.
TEXT = (".log", ".txt", ".out", ".err", ".stdout", ".stderr")


def is_logs(path: Path, pattern: str | Sequence[str] | None = None, columns: Mapping[str, str] | None = None) -> bool:
    """Whether a path is a folder or a file of logs, rather than a table with one row for each run.

    `columns` are those that the user names: a table with a column for N has a row for each run.
    """
    if path.is_dir() or tensorboard.MARK in path.name or mlflow.is_database(path):
        return True
    suffix = path.suffix.lower()
    if suffix in (".jsonl", ".ndjson", ".json"):
        return path.name == "trainer_state.json" or not _is_json_table(path)
    if suffix in (".csv", ".tsv"):
        return _csv(path, columns) is not None
    return suffix in TEXT and (suffix != ".txt" or pattern is not None or text.is_log(path))


def logs_of(path: Path, pattern: str | Sequence[str] | None = None) -> list[Log]:
    """The logs in a file or a folder.

    Raises
    ------
    FileNotFoundError
        If there is no such path.
    ValueError
        If the folder has no logs, or a file cannot be read.
    """
    if path.is_file():
        return _of_file(path, _name(path, path.parent), pattern)
    if not path.is_dir():
        raise FileNotFoundError(f"There is no file or folder '{path}'.")
    unread: list[Path] = []
    found = list(_walk(path, pattern, unread))
    states = {log.path.parent for log in found if log.tool == "Hugging Face"}
    if lost := [file for file in unread if not states & set(file.parents)]:
        why = f"{len(lost)} event files, such as '{lost[0]}', need TensorBoard's reader: pip install 'bayescale[logs]'."
        if not found:
            raise ImportError(why)
        warnings.warn(f"left out: {why}", UserWarning, stacklevel=3)
    if not found:
        seen = sorted({each.suffix or each.name for each in path.rglob("*") if each.is_file()})[:8]
        if ".wandb" in seen:
            raise ValueError(
                f"The folder '{path}' holds an offline run of W&B, which only W&B reads: run wandb sync, and export "
                "the runs table as CSV."
            )
        has = f"has files that end in {seen}" if seen else "is empty"
        raise ValueError(f"The folder '{path}' {has}, and no log; wanted {READ}.")
    return without_doubles(with_sessions(joined(found)))


def _walk(root: Path, pattern: str | Sequence[str] | None, unread: list[Path]) -> Iterator[Log]:
    """The logs below a folder, each run once for each tool. Event files that need an extra are added to `unread`."""
    states: dict[Path, tuple[float, Path, dict[str, Any]]] = {}
    for place, folders, files in os.walk(root):
        folder = Path(place)
        folders.sort()
        folders[:] = [name for name in folders if not name.startswith(".")]
        if mlflow.is_run(folder):
            yield mlflow.run(folder)
            folders.clear()
            continue
        if wandb.is_folder(folder):
            yield wandb.folder(folder, _name(folder / "x", root))
            folders.clear()
            continue
        if "trainer_state.json" in files:
            _note_state(folder / "trainer_state.json", states)
        events = [folder / name for name in files if tensorboard.MARK in name]
        if events and (log := _events(events, _name(events[0], root), unread)) is not None:
            yield log
        for name in sorted(files):
            file = folder / name
            if name != "trainer_state.json" and file not in events and _may_be_log(file, pattern):
                yield from _of_file(file, _name(file, root), pattern)
    for of_run, (_, file, state) in states.items():
        yield huggingface.read(file, state, _name(of_run / "x", root))


def _of_file(path: Path, run: str, pattern: str | Sequence[str] | None) -> list[Log]:
    """The logs in one file."""
    suffix = path.suffix.lower()
    if path.name == "trainer_state.json":
        return [huggingface.read(path, _json(path), run)]
    if tensorboard.MARK in path.name:
        return [tensorboard.read([path], run)]
    if suffix in (".jsonl", ".ndjson", ".json"):
        return jsonl.read(path, run)
    if suffix in (".csv", ".tsv"):
        return _of_table(path, run)
    if mlflow.is_database(path):
        return mlflow.database(path)
    return [text.read(path, run, pattern)]


def _of_table(path: Path, run: str) -> list[Log]:
    kind = _csv(path)
    if kind in ("wandb runs", "mlflow runs"):
        return (wandb if kind == "wandb runs" else mlflow).runs(path, from_text(path))
    if kind is None:
        raise ValueError(f"'{path}' is a table with one row for each run, and no log; give it alone.")
    # As text: pandas would read a loss of NaN as a value that is missing, and the run has diverged.
    table = pd.read_csv(path, dtype=str, keep_default_na=False, **_options(path))
    return wandb.chart(path, table) if kind == "wandb chart" else [lightning.read(path, table, run)]


def _csv(path: Path, columns: Mapping[str, str] | None = None) -> str | None:
    """Which tool wrote a CSV file, by its header; None for other tables."""
    try:
        head = pd.read_csv(path, nrows=5, **_options(path))
    except (ValueError, OSError, pd.errors.ParserError):
        return None  # `bayescale.data.read` says what is wrong with it
    for kind, is_kind in (
        ("wandb chart", wandb.is_chart),
        ("wandb runs", wandb.is_runs),
        ("mlflow runs", mlflow.is_runs),
        ("steps", lambda table: lightning.is_table_of_steps(table, columns)),
    ):
        if is_kind(head):
            return kind
    return None


def _options(path: Path) -> dict[str, Any]:
    """Encoding and separator of a text file, as pandas takes them."""
    with path.open("rb") as file:
        start = file.read(4)
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return {"encoding": encoding, "sep": "\t" if path.suffix.lower() == ".tsv" else ","}


def _may_be_log(path: Path, pattern: str | Sequence[str] | None) -> bool:
    """Whether a file in a folder is a log; others are passed over."""
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv"):
        return _csv(path) is not None
    if suffix in (".jsonl", ".ndjson"):
        return not _is_json_table(path)
    return path.name == "mlflow.db" or (suffix in TEXT and text.is_log(path, pattern))


def _is_json_table(path: Path) -> bool:
    """Whether a file of JSON has one object for each run: the first names no step."""
    notes: list[str] = []
    first = next(iter(jsonl.objects(path, notes)), None)
    return first is not None and step_key(first) is None and "config" not in first


def _json(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises
    ------
    ValueError
        If the file is no JSON object.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise ValueError(
            f"'{path}' is no JSON ({error}): the run may have stopped while it was written. Give the state of an "
            "earlier checkpoint."
        ) from None
    if not isinstance(found, dict):
        raise ValueError(f"'{path}' holds a {type(found).__name__}; wanted a JSON object.")
    return found


def _note_state(path: Path, states: dict[Path, tuple[float, Path, dict[str, Any]]]) -> None:
    """Keep the state of a run that has come furthest."""
    folder = path.parent.parent if CHECKPOINT.fullmatch(path.parent.name) else path.parent
    state = _json(path)
    step = float(state.get("global_step") or 0)
    if folder not in states or step > states[folder][0]:
        states[folder] = step, path, state


def _events(files: list[Path], run: str, unread: list[Path]) -> Log | None:
    """The log in event files; None if they have no scalar, as those of a profiler."""
    try:
        return tensorboard.read(files, run)
    except ImportError:
        unread.extend(files)
    except ValueError:
        pass
    return None


def _name(path: Path, root: Path) -> str:
    """Name of the run of a file: its folder below `root`, with the file's name for logs that share a folder."""
    shared = path.suffix.lower() in (*TEXT, ".jsonl", ".ndjson", ".json", ".csv") and path.name not in (
        "trainer_state.json",
        "metrics.csv",
    )
    folder = path.parent.parent if CHECKPOINT.fullmatch(path.parent.name) else path.parent
    parts = folder.relative_to(root).parts if folder != root and root in folder.parents else ()
    if shared:
        return "/".join((*parts, path.stem))
    return "/".join(parts) or folder.resolve().name
