"""Text: logs that a training script prints, read line by line with patterns.

A pattern is a regular expression with the named groups ``step`` and any of ``loss``, ``train_loss``, ``val_loss``,
``tokens`` or another metric. Lines that match no pattern are looked through for settings.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bayescale.data.logs.log import Log, Recorder, as_float, lines
from bayescale.data.logs.settings import in_folder

#: A number in a log, with separators of thousands.
N = r"[+-]?(?:\d[\d,]*\.?\d*(?:[eE][+-]?\d+)?|nan|inf|NaN|Inf)"
#: Script -> patterns of its lines.
PATTERNS: dict[str, tuple[str, ...]] = {
    "nanoGPT": (
        rf"^step (?P<step>\d+): train loss (?P<train_loss_eval>{N}), val loss (?P<val_loss>{N})",
        rf"^iter (?P<step>\d+): loss (?P<train_loss>{N})",
    ),
    "nanochat": (
        rf"^step (?P<step>\d+)/\d+ .*?\| ?(?:train )?loss: (?P<train_loss>{N})",
        rf"^Step (?P<step>\d+) \| Validation bpb: (?P<val_bpb>{N})",
        rf"^Step (?P<step>\d+) \| Validation loss: (?P<val_loss>{N})",
    ),
    "Megatron": (
        rf"iteration +(?P<step>\d+)/ *\d+ \|(?:.*?consumed samples: +(?P<consumed_samples>\d+) \|)?"
        rf"(?:.*?consumed tokens: +(?P<consumed_tokens>\d+) \|)?.*?\blm loss: (?P<train_loss>{N})",
        rf"validation loss at iteration (?P<step>\d+) .*?lm loss value: (?P<val_loss>{N})",
    ),
    "llm.c": (
        rf"^step +(?P<step>\d+)/\d+ \| (?:train )?loss (?P<train_loss>{N})",
        rf"^val loss (?P<val_loss>{N})",  # of the step above it
    ),
    "modded-nanogpt": (
        rf"^step:(?P<step>\d+)/\d+ val_loss:(?P<val_loss>{N})",
        rf"^step:(?P<step>\d+)/\d+ (?:train_)?loss:(?P<train_loss>{N})",
    ),
    "torchtitan": (rf"\bstep: +(?P<step>\d+) .*?\bloss: +(?P<train_loss>{N})",),
}
#: Patterns of lines with a setting -> its name; the name of a match of ``key`` is the setting's.
SETTINGS: tuple[tuple[str, str], ...] = (
    (rf"^(?:number of parameters|num params|total parameters)\s*[:=]\s*(?P<value>{N} ?[KMBT]?)\b", "num_params"),
    (rf"\btotal_batch_size=(?P<value>{N})$", "batch_tokens"),
    (r"^\| (?P<key>[A-Za-z]\w*) +\| (?P<value>\S+) +\|$", ""),
    (rf"^tokens per iteration will be\s*:\s*(?P<value>{N})", "batch_tokens"),
    (rf"^Total batch size\s*:?\s*(?P<value>{N}) => gradient accumulation", "batch_tokens"),
    (r"^(?P<key>[A-Za-z][\w/ -]{0,40}?) ?\.{3,} ?(?P<value>\S+)$", ""),
    (rf"^(?P<key>[A-Za-z][\w/-]{{0,40}})\s*[:=]\s*(?P<value>{N}|True|False|[\w./-]{{1,40}})$", ""),
)  # fmt: skip
#: Colours and other marks of a terminal.
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
#: Times, levels and ranks before a line, as loggers write them.
PREFIX = re.compile(
    r"^(?:\[[^\]]*\]|\(?\w+ pid=\d+\)?|\d{4}-\d\d-\d\d[T ][\d:.,]+|[\d:.]+|INFO|root|-|:|\d+:|\||\s)+(?=\D)"
)
#: Lines that are searched before a file counts as no log.
SEARCHED = 20_000


def compiled(pattern: str | Sequence[str] | None = None) -> dict[str, list[re.Pattern[str]]]:
    """The patterns to try by name; only the user's, if there are any.

    Raises
    ------
    ValueError
        If a pattern is no regular expression or lacks the group step, or has no other group.
    """
    if pattern is None:
        return {tool: [re.compile(each) for each in found] for tool, found in PATTERNS.items()}
    out = []
    for each in [pattern] if isinstance(pattern, str) else pattern:
        try:
            found = re.compile(each)
        except re.error as error:
            raise ValueError(f"pattern={each!r} is no regular expression: {error}.") from None
        if "step" not in found.groupindex or len(found.groupindex) < 2:
            raise ValueError(
                f"pattern={each!r} has the named groups {list(found.groupindex)}; wanted step and a metric, such as "
                r"r'step (?P<step>\d+) loss (?P<loss>[\d.]+)'."
            )
        out.append(found)
    return {"pattern": out}


def is_log(path: Path, pattern: str | Sequence[str] | None = None) -> bool:
    """Whether one of the first lines of a file matches a pattern."""
    patterns = [each for found in compiled(pattern).values() for each in found]
    for count, line in enumerate(_clean(path)):
        if any(each.search(form) for form in line for each in patterns):
            return True
        if count > SEARCHED:
            return False
    return False


def read(path: Path, run: str, pattern: str | Sequence[str] | None = None) -> Log:
    """The log in a text file.

    Raises
    ------
    ValueError
        If no line matches a pattern.
    """
    tools, recorder, config, used = compiled(pattern), Recorder(), {}, {}
    step: Any = 0.0
    for line in _clean(path):
        hit = _match(line, tools, used)
        if hit is None:
            if not recorder.rows:
                config |= _setting(line)
            continue
        values = {k: number(v) for k, v in hit.groupdict().items() if v is not None}
        step = values.pop("step", step)
        recorder.add(step, values)
    if not recorder.rows:
        raise ValueError(
            f"No line of '{path}' matches the pattern{'s of ' + ', '.join(tools) if pattern is None else ''}. Give "
            r"pattern=, a regular expression such as r'step (?P<step>\d+) loss (?P<loss>[\d.]+)'."
        )
    tool = max(used, key=lambda name: used[name])
    return Log(run, tool, path, recorder.metrics(), {**in_folder(path.parent), **config})


def _clean(path: Path) -> Iterator[tuple[str, ...]]:
    """Each line without marks of a terminal: as it is, and without what a logger writes before it."""
    for line in lines(path):
        plain = ESCAPES.sub("", line).strip()
        if plain:
            bare = PREFIX.sub("", plain)
            yield (plain,) if bare == plain else (plain, bare)


def _match(forms: Iterable[str], tools: dict[str, list[re.Pattern[str]]], used: dict[str, int]) -> re.Match[str] | None:
    """The first match of a line; patterns of tools that matched before are tried first."""
    for tool in sorted(tools, key=lambda name: -used.get(name, 0)):
        for each in tools[tool]:
            for form in forms:
                if (hit := each.search(form)) is not None:
                    used[tool] = used.get(tool, 0) + 1
                    return hit
    return None


def _setting(forms: Iterable[str]) -> dict[str, Any]:
    """A setting that a line before the first step states."""
    for form in forms:
        for pattern, name in SETTINGS:
            if (hit := re.search(pattern, form, re.IGNORECASE)) is not None:
                value = hit["value"].strip()
                plain = as_float(number(value))
                return {name or hit["key"].strip(): value if plain is None else plain}
    return {}


def number(text: str) -> float | str:
    """A number with or without separators of thousands; other text as it is."""
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return text
