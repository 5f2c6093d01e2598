"""Lightning: ``metrics.csv`` of its CSVLogger, with ``hparams.yaml``; and other tables with a row for each step."""

from pathlib import Path
from typing import Any

import pandas as pd

from bayescale.data.logs.log import Log, Recorder, as_float, normal, step_key
from bayescale.data.logs.settings import beside


def is_table_of_steps(table: pd.DataFrame) -> bool:
    """Whether a table has a row for each step of one run: a step, a loss, and no size of a run."""
    names = {normal(str(name)) for name in table.columns}
    sizes = {"N", "D", "C"} & set(map(str, table.columns))
    return step_key(table.columns) is not None and any("loss" in name for name in names) and not sizes


def read(path: Path, table: pd.DataFrame, run: str, config: dict[str, Any] | None = None) -> Log:
    """The log in a table of steps. Lightning numbers steps from 0.

    Parameters
    ----------
    path : Path of the file.
    table : DataFrame, its content.
    run : str, name of the run.
    config : mapping, settings; by default those in files next to `path`.
    """
    step = step_key(table.columns)
    recorder = Recorder()
    for name in table.columns:
        if name == step or not pd.api.types.is_numeric_dtype(table[name]):
            continue
        for at, value in table[[step, name]].itertuples(index=False, name=None):
            if not pd.isna(value) and not pd.isna(at):
                recorder.add(as_float(at), {name: value})
    ours = path.name == "metrics.csv" and {"epoch", "step"} <= set(table.columns)
    config = beside(path.parent) if config is None else config
    return Log(run, "Lightning" if ours else "CSV", path, recorder.metrics(), config, offset=int(ours))
