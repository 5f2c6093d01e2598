"""The speed benchmark: every contender on every table, one at a time, with a progress bar."""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks import machine
from benchmarks.evidence import stamp
from benchmarks.speed import process

#: The contenders, in the order of the report, and whether they keep compiled code on disk.
CONTENDERS = {
    "bayescale_nuts": True,
    "bayescale_laplace": True,
    "plain_pymc": True,
    "plain_pymc_nuts": True,
    "numpyro_hand": False,
    "stan": True,
    "simple_scaling_laws": False,
    "chinchilla_grid": False,
    "huber_bootstrap": False,
}
TABLES = ("simulated", "besiroglu2024")
PACKAGES = (
    *("bayescale", "pymc", "nutpie", "pytensor", "numba", "numpy", "scipy", "arviz", "numpyro", "jax", "pystan"),
    *("httpstan", "simple-scaling-laws", "chinchilla"),
)


@dataclass
class Measured:
    """All that the report is made of; JSON can hold it.

    Attributes
    ----------
    machine : what it ran on.
    caches : {"warm", "empty"}
    results : table -> contender -> what `process.contend` returns.
    engine : part -> what `benchmarks.speed.engine` measured.
    starts : wall seconds, best of five, of a process that imports bayescale and of one that prints the help.
    """

    machine: dict[str, str]
    caches: str
    results: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    starts: dict[str, float | None] = field(default_factory=dict)
    engine: dict[str, dict[str, Any]] = field(default_factory=dict)


def described(caches: str = "warm") -> Measured:
    """An empty measurement that describes this machine."""
    return Measured({"Measured": stamp(), **machine.describe(PACKAGES)}, caches)


def run(only: Sequence[str] = (), tables: Sequence[str] = TABLES, caches: str = "warm") -> Measured:
    """Run contenders (all, or `only` some) on tables, with caches on disk as a first run leaves them, or empty."""
    from benchmarks.speed.tables import TABLES as MAKERS

    names = [name for name in CONTENDERS if not only or name in only]
    measured = described(caches)
    with tempfile.TemporaryDirectory() as folder, _bar() as bar:
        task = bar.add_task("", total=len(names) * (len(tables) + (caches == "warm")))
        paths = {table: Path(folder) / f"{table}.csv" for table in tables}
        for table, path in paths.items():
            MAKERS[table]().to_csv(path, index=False)
        for name in names if caches == "warm" else ():
            bar.update(task, description=f"{name}, not timed")
            _warm(name, paths[tables[0]])
            bar.advance(task)
        for table, path in paths.items():
            measured.results[table] = {}
            for name in names:
                bar.update(task, description=f"{name} on {table}")
                empty = Path(tempfile.mkdtemp(dir=folder)) if caches == "empty" else None
                measured.results[table][name] = process.contend(name, path, empty)
                bar.advance(task)
    measured.starts = starts()
    measured.machine["Load at the end"] = machine.load()
    return measured


def starts() -> dict[str, float | None]:
    """Wall seconds, best of five whole processes."""
    help_page = "import sys; from bayescale.cli.main import main; sys.argv = ['bayescale', '--help']; main()"
    script = Path(sys.executable).with_name("bayescale")
    return {
        "import bayescale": process.best_of([sys.executable, "-c", "import bayescale"]),
        "bayescale --help": process.best_of(
            [str(script), "--help"] if script.is_file() else [sys.executable, "-c", help_page]
        ),
    }


def _warm(name: str, path: Path) -> None:
    """Let a contender fill its caches on disk; one that keeps none is imported, so that its files have been read."""
    if CONTENDERS[name]:
        process.contend(name, path)
    else:
        process.timed([sys.executable, "-c", f"import benchmarks.speed.{name}"])


def _bar() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
