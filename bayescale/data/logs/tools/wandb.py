"""W&B: exports of its web page (runs table, chart with runs as columns) and files of a run's folder."""

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd

from bayescale.data.logs.log import STEPS, Log, Recorder, as_float, cell, flat, normal
from bayescale.data.logs.settings import read as read_settings

#: Columns that the runs table of W&B has, of which two suffice.
OF_RUNS = {"State", "Notes", "User", "Tags", "Created", "Runtime", "Sweep"}
#: End of the names of columns that a chart adds to each line.
ENDS = ("__MIN", "__MAX")
#: Normalised names of counts that a run has logged; others, such as "tokens", may be settings.
COUNTED = re.compile(r"(seen|processed|consumed|trained)(_|$)")
#: States of a run that did not come to its end.
UNFINISHED = ("crashed", "failed", "killed", "running", "preempted")


def is_runs(table: pd.DataFrame) -> bool:
    """Whether a table is an export of the runs table."""
    return "Name" in table.columns and len(OF_RUNS & set(table.columns)) >= 2


def is_chart(table: pd.DataFrame) -> bool:
    """Whether a table is an export of a chart: "run - metric" with its smallest and largest value in each bin."""
    names = [str(name) for name in table.columns]
    lines = [name for name in names[1:] if " - " in name]
    return len(names) > 1 and len(lines) == len(names) - 1 and any(name.endswith(ENDS) for name in lines)


def runs(path: Path, table: pd.DataFrame) -> list[Log]:
    """The logs in a runs table: one row each, settings and last values of metrics in one."""
    logs = []
    for row in table.to_dict("records"):
        values = {str(k): v for k, v in row.items() if not pd.isna(v)}
        step = next((as_float(v) for k, v in values.items() if normal(k) in ("step",)), None)
        recorder = Recorder()
        recorder.add(step, {k: v for k, v in values.items() if re.search("loss|entropy|bpb|ppl", k, re.IGNORECASE)})
        recorder.add(step, {k: v for k, v in values.items() if normal(k) in STEPS and k != "_step"})
        recorder.add(step, {k: v for k, v in values.items() if COUNTED.search(normal(k))})
        config = {k: v for k, v in values.items() if k not in recorder.rows and k != "Name"}
        state = str(config.get("State", "finished"))
        notes = (f"state {state}: sizes that are settings may be planned",) if state in UNFINISHED else ()
        logs.append(Log(str(values.get("Name", len(logs))), "W&B", path, recorder.metrics(), config, notes=notes))
    return logs


def chart(path: Path, table: pd.DataFrame) -> list[Log]:
    """The logs in a chart, a table of text with a column for each run."""
    axis = str(table.columns[0])
    logs: dict[str, Recorder] = {}
    steps = [cell(text) for text in table.iloc[:, 0]]
    for name in map(str, table.columns[1:]):
        if name.endswith(ENDS):
            continue
        run, _, metric = name.rpartition(" - ")
        recorder = logs.setdefault(run, Recorder())
        for step, value in zip(steps, map(cell, table[name]), strict=True):
            if value is not None and step is not None:
                recorder.add(step, {metric: value} | ({axis: step} if "token" in axis.lower() else {}))
    note = f"step: the chart's axis, {axis}" + (", which counts calls of wandb.log" if axis == "Step" else "")
    return [Log(run, "W&B", path, found.metrics(), notes=(note,)) for run, found in logs.items() if found.rows]


def is_folder(folder: Path) -> bool:
    """Whether a folder holds the files of one run: ``wandb-summary.json``."""
    return (folder / "wandb-summary.json").is_file()


def folder(path: Path, run: str) -> Log:
    """The log in the files of one run: its last values and its settings.

    Raises
    ------
    ValueError
        If ``wandb-summary.json`` is no JSON object.
    """
    file = path / "wandb-summary.json"
    try:
        summary: Any = json.loads(file.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise ValueError(f"'{file}' is no JSON ({error}); export the run again.") from None
    values = flat(summary) if isinstance(summary, dict) else {}
    recorder = Recorder()
    recorder.add(as_float(values.get("_step")), values)
    settings = path / "config.yaml"
    config = read_settings(settings) if settings.is_file() else {}
    return Log(run, "W&B", file, recorder.metrics(), config)
