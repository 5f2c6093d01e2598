"""Lightning: ``metrics.csv`` of its CSVLogger, with ``hparams.yaml``; and other tables with a row for each step."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from bayescale.data.logs.configuration import NAMES as KNOWN
from bayescale.data.logs.log import Log, Recorder, cell, normal, step_key
from bayescale.data.logs.settings import in_folder


def is_table_of_steps(table: pd.DataFrame, columns: Mapping[str, str] | None = None) -> bool:
    """Whether a table has a row for each step of one run, rather than a row for each run.

    It has a step that changes and a loss, and no column that differs between runs: no size of a model, no name of one,
    and none that the user takes for N or C.
    """
    names, step = {normal(str(name)) for name in table.columns}, step_key(table.columns)
    of_runs = {*KNOWN["N"], *KNOWN["N_no_embed"], "model", "name", "run", "run_name", "run_id", "family"}
    taken = {(columns or {}).get(size) for size in ("N", "C")}
    if step is None or not any("loss" in name for name in names) or names & of_runs:
        return False
    if {"N", "D", "C"} & set(map(str, table.columns)) or taken & set(map(str, table.columns)):
        return False
    return len(table) == 1 or bool(table[step].nunique() > 1) or "epoch" in names


def read(path: Path, table: pd.DataFrame, run: str) -> Log:
    """The log in a table of steps, with settings in files next to it. Lightning numbers steps from 0.

    Parameters
    ----------
    path : Path of the file.
    table : DataFrame of text, its content, in which an empty cell has no value.
    run : str, name of the run.
    """
    step, recorder = step_key(table.columns), Recorder()
    steps = [cell(text) for text in table[step]]
    for name in table.columns:
        for at, text in zip(steps, table[name], strict=True):
            if name != step and at is not None:
                recorder.add(at, {name: cell(text)})
    ours = path.name.endswith("metrics.csv") and {"epoch", "step"} <= set(table.columns)
    return Log(run, "Lightning" if ours else "CSV", path, recorder.metrics(), in_folder(path.parent), offset=int(ours))
