"""Log: what one training run has logged, before it becomes rows of a table."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

#: What training tools call the number of a step, normalised, the most telling first. ``_step`` counts calls of W&B.
STEPS = ("trainer_global_step", "train_global_step", "global_step", "step", "steps", "iter", "iteration", "iter_num")


@dataclass(frozen=True)
class Log:
    """What one training run has logged.

    Attributes
    ----------
    run : str, name of the training run.
    tool : str, the tool that wrote the log: "Hugging Face", "TensorBoard", …
    path : Path, the file or folder.
    metrics : mapping from the name of a metric to its values in the order of logging, a Series indexed by step (NaN
        where the tool gives no step).
    config : mapping from the name of a setting to its value, without nesting (`flat`).
    offset : int, steps that are complete when the tool writes step 0: 1 if it numbers steps from 0, otherwise 0.
    notes : tuple of str, what the reader found or left out.
    """

    run: str
    tool: str
    path: Path
    metrics: Mapping[str, pd.Series]
    config: Mapping[str, Any] = field(default_factory=dict)
    offset: int = 0
    notes: tuple[str, ...] = ()


class Recorder:
    """Collects the values of a run's metrics, row by row."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[list[float], list[float]]] = {}

    def add(self, step: float | None, values: Mapping[str, Any]) -> None:
        """Note the numbers among `values` at a step; None is an unknown step."""
        for name, value in values.items():
            if (number := as_float(value)) is not None:
                steps, numbers = self.rows.setdefault(str(name), ([], []))
                steps.append(np.nan if step is None else float(step))
                numbers.append(number)

    def metrics(self) -> dict[str, pd.Series]:
        """The values of each metric, indexed by step, in the order of logging."""
        return {name: pd.Series(values, index=steps, dtype=float) for name, (steps, values) in self.rows.items()}


def as_float(value: Any) -> float | None:
    """A number, or text that means NaN or infinity, as a float; None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float | np.integer | np.floating):
        return float(value)
    words = {"nan": np.nan, "infinity": np.inf, "inf": np.inf, "-infinity": -np.inf, "-inf": -np.inf}
    return words.get(value.strip().lower()) if isinstance(value, str) else None


def cell(text: Any) -> float | None:
    """The number in a cell of a text file, NaN where it says so; None for an empty cell or other text."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def flat(nested: Mapping, prefix: str = "") -> dict[str, Any]:
    """A nested mapping without nesting: ``{"model": {"depth": 12}}`` becomes ``{"model.depth": 12}``."""
    out: dict[str, Any] = {}
    for key, value in nested.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            out |= flat(value, f"{name}.")
        elif isinstance(value, list | tuple):
            out[name] = json.dumps(value, default=str)
        elif value is None or isinstance(value, bool | int | float | str):
            out[name] = value
        else:
            out[name] = str(value)
    return out


def last_of_each_step(values: pd.Series) -> tuple[pd.Series, int]:
    """Values with rising steps, and how many were dropped: those that a resumed run logged again.

    A value is dropped if a later one has the same or a smaller step.
    """
    steps = values.index.to_numpy(dtype=float)
    if len(steps) < 2 or np.isnan(steps).any():
        return values, 0
    later = np.minimum.accumulate(steps[::-1])[::-1]
    kept = np.append(steps[:-1] < later[1:], True)
    return values.loc[kept], int((~kept).sum())


class Rows:
    """Collects rows of a run that are mappings, such as lines of JSON: numbers are metrics, constant text settings."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.text: dict[str, Any] = {}

    def add(self, row: Mapping[str, Any]) -> None:
        """Note a row. Its step is the first of `STEPS` that it has."""
        row = flat(row)
        key = step_key(row)
        self.recorder.add(None if key is None else as_float(row[key]), {k: v for k, v in row.items() if k != key})
        for name, value in row.items():
            if isinstance(value, str | bool) and as_float(value) is None:
                self.text[name] = value if self.text.get(name, value) == value else None

    def config(self) -> dict[str, Any]:
        """Text that is the same in all rows that have it."""
        return {name: value for name, value in self.text.items() if value is not None}


def step_key(names: Iterable[str]) -> str | None:
    """Which of the names is that of the training step; None if none is."""
    by_name = {}
    for name in names:
        by_name.setdefault(normal(str(name)), name)
    return next((by_name[step] for step in STEPS if step in by_name), None)


def normal(name: str) -> str:
    """A name in lower case with single underscores: ``valLoss``, ``val/loss`` and ``Val loss`` become ``val_loss``."""
    out: list[str] = []
    for before, this in zip(" " + name, name, strict=False):
        if this.isupper() and (before.islower() or before.isdigit()):
            out.append("_")
        out.append(this.lower() if this.isalnum() else "_")
    return "_".join(part for part in "".join(out).split("_") if part)


def lines(path: Path) -> Iterator[str]:
    """The lines of a text file, one at a time, whatever their ends; bytes that are no text become ``\\ufffd``."""
    with path.open("rb") as file:
        start = file.read(4)
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    with path.open(encoding=encoding, errors="replace") as file:
        yield from file
