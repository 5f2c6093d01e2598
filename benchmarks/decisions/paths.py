"""Paths: finished records in a file of JSON lines, so that long measurements can be interrupted."""

import json
from pathlib import Path


def known(kept: Path) -> list[dict]:
    """The records of a file; none if there is no such file."""
    return [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.is_file() else []


def append(kept: Path, record: dict) -> None:
    """Add a record to a file."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
