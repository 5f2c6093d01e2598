"""MLflow: a table of runs as CSV, its database (``mlflow.db``) and its file store (``mlruns``)."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd

from bayescale.data.logs.log import Log, Recorder

#: States of a run that did not come to its end.
UNFINISHED = ("FAILED", "KILLED", "RUNNING", "SCHEDULED")
#: Columns of the table that its web page exports.
OF_PAGE = {"Run ID", "Start Time", "Source Type"}


def is_runs(table: pd.DataFrame) -> bool:
    """Whether a table is one of ``mlflow.search_runs`` or an export of the web page."""
    names = [str(name) for name in table.columns]
    searched = "run_id" in names and any(name.startswith(("metrics.", "params.")) for name in names)
    return searched or len(OF_PAGE & set(names)) >= 2


def runs(path: Path, table: pd.DataFrame) -> list[Log]:
    """The logs in a table of runs, one row each."""
    logs = []
    prefixed = any(str(name).startswith("metrics.") for name in table.columns)
    for row in table.to_dict("records"):
        values = {str(k): v for k, v in row.items() if not pd.isna(v) and not str(k).startswith("Unnamed")}
        metrics = {k.removeprefix("metrics."): v for k, v in values.items() if k.startswith("metrics.")}
        if not prefixed:
            metrics = {k: v for k, v in values.items() if re.search("loss|entropy", k, re.IGNORECASE)}
        config = {
            re.sub(r"^(params\.|tags\.)", "", k): v
            for k, v in values.items()
            if not k.startswith("metrics.") and (prefixed or k not in metrics)
        }
        name = config.get("mlflow.runName") or config.get("Name") or config.get("run_id") or len(logs)
        recorder = Recorder()
        recorder.add(None, metrics)
        logs.append(Log(str(name), "MLflow", path, recorder.metrics(), config, notes=_state(config)))
    return logs


def is_database(path: Path) -> bool:
    """Whether a file is a database of SQLite, by its name."""
    return path.suffix.lower() in (".db", ".sqlite")


def database(path: Path) -> list[Log]:
    """The logs in a database of MLflow, without runs that were deleted.

    Raises
    ------
    ValueError
        If the file is no database of MLflow.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
            names = list(base.execute("SELECT run_uuid, name, status FROM runs WHERE lifecycle_stage = 'active'"))
            recorders: dict[str, Recorder] = {run: Recorder() for run, *_ in names}
            config: dict[str, dict[str, Any]] = {run: {"run_id": run, "status": state} for run, _, state in names}
            history = "SELECT run_uuid, key, value, step, is_nan FROM metrics ORDER BY timestamp, step"
            for run, key, value, step, is_nan in base.execute(history):
                if run in recorders:
                    recorders[run].add(step, {key: float("nan") if is_nan else value})
            for run, key, value in base.execute("SELECT run_uuid, key, value FROM params"):
                if run in config:
                    config[run][key] = value
    except sqlite3.DatabaseError as error:
        raise ValueError(f"'{path}' is no database of MLflow ({error}); export its runs as CSV.") from None
    return [
        Log(str(name or run), "MLflow", path, recorders[run].metrics(), config[run], notes=_state(config[run]))
        for run, name, _ in names
    ]


def is_run(folder: Path) -> bool:
    """Whether a folder is a run of the file store."""
    return (folder / "meta.yaml").is_file() and (folder / "metrics").is_dir()


def run(folder: Path) -> Log:
    """The log in a run of the file store.

    Raises
    ------
    ValueError
        If a file of a metric has a line that is not "time value step".
    """
    recorder = Recorder()
    for file in sorted(path for path in (folder / "metrics").rglob("*") if path.is_file()):
        name = file.relative_to(folder / "metrics").as_posix()
        for count, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            parts = line.split()
            try:
                value, step = float(parts[1]), float(parts[2]) if len(parts) > 2 else None
            except (ValueError, IndexError):
                raise ValueError(
                    f"Line {count} of '{file}' is {line[:60]!r}; wanted 'time value step'. Remove the line."
                ) from None
            recorder.add(step, {name: value})
    config: dict[str, Any] = _texts(folder / "params")
    meta = dict(
        re.findall(r"^(\w+): *(.*)$", (folder / "meta.yaml").read_text(encoding="utf-8", errors="replace"), re.M)
    )
    status = {"3": "FINISHED", "4": "FAILED", "5": "KILLED", "1": "RUNNING"}.get(meta.get("status", ""), "")
    tags = _texts(folder / "tags")
    name = tags.get("mlflow.runName") or meta.get("run_name") or folder.name
    config |= {"run_id": folder.name, "status": status}
    return Log(str(name).strip("'\""), "MLflow", folder, recorder.metrics(), config, notes=_state(config))


def _texts(folder: Path) -> dict[str, str]:
    """The files of a folder: name -> text."""
    if not folder.is_dir():
        return {}
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8", errors="replace").strip()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _state(config: dict[str, Any]) -> tuple[str, ...]:
    state = str(config.get("status") or config.get("Status") or "")
    return (f"status {state}: sizes that are settings may be planned",) if state in UNFINISHED else ()
