"""Progress of many jobs on stderr: a bar on a terminal or in a notebook, else a line every so often."""

import importlib.util
import sys
import time
from collections.abc import Callable
from typing import IO, Any

#: Seconds between two lines: often enough to see that a job lives, seldom enough to keep a log short.
EVERY = 10.0


class Lines:
    """Progress as lines, for logs. Work that ends within `EVERY` seconds prints nothing.

    Parameters
    ----------
    file : where to print; stderr if None, nowhere if not `visible`.
    visible : bool
    clock : callable, seconds.
    """

    def __init__(self, file: IO[str] | None = None, visible: bool = True, clock: Callable[[], float] = time.monotonic):
        self._file, self._visible, self._clock = file, visible, clock
        self._words, self._total, self._done, self._told = "", 0, 0, 0
        self._began = self._last = clock()

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *error: object) -> None:
        if 0 < self._told < self._done:
            self._print()

    def add_task(self, description: str, total: int) -> int:
        """Begin work of `total` jobs; returns the number of the task, which is always 0."""
        self._words, self._total, self._done = description, total, 0
        self._began = self._last = self._clock()
        return 0

    def advance(self, task: int) -> None:
        """Count a job as done, and print a line if the last one is `EVERY` seconds old."""
        self._done += 1
        if self._clock() - self._last >= EVERY:
            self._print()

    def _print(self) -> None:
        self._last, self._told = self._clock(), self._done
        took = self._last - self._began
        left = took * (self._total - self._done) / max(self._done, 1)
        more = f", about {left:.0f} s left" if self._done < self._total else ""
        if self._visible:
            print(
                f"{self._words}: {self._done} of {self._total} after {took:.0f} s{more}",
                file=self._file or sys.stderr,
                flush=True,
            )


def progress(visible: bool) -> Any:
    """A progress bar, or `Lines` where no bar can be drawn; a context with ``add_task`` and ``advance``."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    notebook = console.is_jupyter and importlib.util.find_spec("ipywidgets") is not None  # rich draws with it
    if not visible or not (console.is_terminal or notebook):
        return Lines(visible=visible)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console)
