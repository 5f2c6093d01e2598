"""Doubles: logs of one run that several tools have written, or one tool in several places, become one."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bayescale.data.logs.log import Log

#: Tools in the order in which they are preferred, where several have logged the same run.
PREFERRED = ("Hugging Face", "Lightning", "MLflow", "W&B", "JSON", "CSV", "TensorBoard")
#: Name of a folder with a checkpoint of the run above it.
CHECKPOINT = re.compile(r"checkpoint-\d+")
#: Name of the folder of a call of ``add_hparams``: the time in seconds.
SESSION = re.compile(r"\d{9,}\.\d+")


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
