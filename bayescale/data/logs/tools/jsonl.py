"""JSON: lines of JSON (JSONL), a list of objects, or W&B's history, with one object for each step or each run."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bayescale.data.logs.log import Log, Rows, flat, lines, normal
from bayescale.data.logs.settings import in_folder

#: Keys, normalised, that name the run of a line.
RUN = ("run", "run_id", "run_name", "name", "experiment")


def objects(path: Path, notes: list[str]) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON lines, or of one JSON list. A broken last line is left out and noted.

    Raises
    ------
    ValueError
        If another line is no JSON object.
    """
    if path.suffix.lower() == ".json":
        yield from _of_list(path)
        return
    broken: tuple[int, str] | None = None
    for count, line in enumerate(lines(path), 1):
        if broken is not None:
            raise ValueError(f"Line {broken[0]} of '{path}' is no JSON object: {broken[1]!r}. Remove or mend the line.")
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if isinstance(found, dict):
            yield found
        else:
            broken = count, line.strip()[:60]
    if broken is not None:
        notes.append(f"the last line of '{path.name}' is incomplete and left out")


def _of_list(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON list, or of a list under ``history`` or ``runs``."""
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"'{path}' is not UTF-8 text ({error.reason}); save it as UTF-8.") from None
    except ValueError as error:
        try:
            found = [json.loads(line) for line in lines(path) if line.strip()]
        except ValueError:
            raise ValueError(f"'{path}' is no JSON ({error}); write it again.") from None
    if isinstance(found, dict):
        found = next((found[key] for key in ("history", "log_history", "runs", "data") if key in found), [found])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ValueError(f"'{path}' is no list of JSON objects; wanted one object for each step or each run.")
    yield from found


def read(path: Path, run: str) -> list[Log]:
    """The logs in a file of JSON: one for each run that its objects name; otherwise one."""
    notes: list[str] = []
    by_run: dict[str, Rows] = {}
    shared: dict[str, Any] = {}
    tool = "JSON"
    for found in objects(path, notes):
        if "config" in found and isinstance(found["config"], dict) and len(found) <= 3:
            shared |= flat(found["config"])
            continue
        if {"_step", "_timestamp"} <= set(found):
            tool = "W&B"
        key = next((key for key in found if normal(key) in RUN and isinstance(found[key], str | int)), None)
        by_run.setdefault(run if key is None else str(found[key]), Rows()).add(found)
    if not by_run:
        raise ValueError(f"'{path}' has no rows; wanted one JSON object for each step or each run.")
    settings = {**(in_folder(path.parent) if len(by_run) == 1 else {}), **shared}
    return [
        Log(name, tool, path, rows.recorder.metrics(), {**settings, **rows.config()}, notes=tuple(notes))
        for name, rows in by_run.items()
    ]
