"""The page docs/evidence/decisions.md, from stored records."""

from pathlib import Path

from benchmarks.decisions import next_runs
from benchmarks.evidence import opening
from benchmarks.table import write

#: The command that writes the page.
COMMAND = "python -m benchmarks decisions --page"


def report(path: Path, measured: str) -> None:
    """Write the page."""
    said, rows = next_runs.rows_of_page()
    write(path, "Decisions", [*opening(said, rows, COMMAND, measured), *next_runs.sections()])
