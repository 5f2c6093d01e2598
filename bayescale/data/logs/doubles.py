"""Doubles: logs of one run that several tools have written, or one tool in several places, become one."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bayescale.data.logs.log import STEPS, Log, normal

#: Tools in the order in which they are preferred, where several have logged the same run.
PREFERRED = ("Hugging Face", "Lightning", "MLflow", "W&B", "JSON", "CSV", "TensorBoard")
#: Name of a folder with a checkpoint of the run above it.
CHECKPOINT = re.compile(r"checkpoint-\d+")
#: Name of the folder of a call of ``add_hparams``: the time in seconds.
SESSION = re.compile(r"\d{9,}\.\d+")


def joined(logs: Sequence[Log]) -> list[Log]:
    """The logs, with the settings of W&B's runs table in the runs of a chart that was exported with it, by their name.

    Of a metric that both have, the longer history is kept.
    """
    out: dict[tuple[str, str], Log] = {}
    apart: list[Log] = []
    for log in logs:
        key = (log.tool, log.run)
        if log.tool != "W&B" or (key in out and out[key].path == log.path):
            apart.append(log)
            continue
        if (other := out.get(key)) is None:
            out[key] = log
            continue
        first, second = (other, log) if _rows(other) >= _rows(log) else (log, other)
        further = {name: values for name, values in second.metrics.items() if normal(name) not in STEPS}
        metrics = {**further, **first.metrics}
        notes = tuple(dict.fromkeys((*first.notes, *second.notes)))
        out[key] = replace(first, metrics=metrics, config={**second.config, **first.config}, notes=notes)
    return [*out.values(), *apart]


def _rows(log: Log) -> int:
    return max((len(values) for values in log.metrics.values()), default=0)


def with_sessions(logs: Sequence[Log]) -> list[Log]:
    """The logs, with settings that PyTorch's ``add_hparams`` has put into a folder of its own, in their run."""
    sessions = {log.path.parent: log for log in logs if log.tool == "TensorBoard" and SESSION.fullmatch(log.path.name)}
    owners = {log.path for log in logs} & set(sessions)
    return [
        replace(log, config={**sessions[log.path].config, **log.config}) if log.path in owners else log
        for log in logs
        if not (log.path.parent in owners and SESSION.fullmatch(log.path.name))
    ]


def without_doubles(logs: Sequence[Log]) -> list[Log]:
    """The logs without those of a run that a preferred tool has logged too, in the same folder or above it."""

    def folder(log: Log) -> Path:
        place = log.path if log.path.is_dir() else log.path.parent
        return place.parent if CHECKPOINT.fullmatch(place.name) else place

    kept: list[Log] = []
    rank = {tool: place for place, tool in enumerate(PREFERRED)}
    for log in sorted(logs, key=lambda each: rank.get(each.tool, len(rank))):
        mine = folder(log)
        taken = [i for i, other in enumerate(kept) if other.tool != log.tool and folder(other) in (mine, *mine.parents)]
        for i in taken[:1]:
            note = f"also logged by {log.tool}, which was not read"
            kept[i] = replace(kept[i], notes=tuple(dict.fromkeys((*kept[i].notes, note))))
        if not taken:
            kept.append(log)
    return sorted(kept, key=lambda each: each.run)
