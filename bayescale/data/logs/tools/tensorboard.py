"""TensorBoard: event files, read by TensorBoard's own loader (extra ``logs``)."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bayescale.data.logs.log import Log, Recorder, flat
from bayescale.data.logs.settings import in_folder

#: Part of the name of every event file.
MARK = ".tfevents."
#: Tag under which the HParams plugin keeps settings.
HPARAMS = "_hparams_/session_start_info"


def read(files: Sequence[Path], run: str) -> Log:
    """The log in the event files of one folder, which are of one run, in the order of their names.

    Raises
    ------
    ImportError
        If TensorBoard is not installed.
    ValueError
        If no file has a value.
    """
    recorder, config, notes = Recorder(), {}, []
    for path in sorted(files):
        for step, value in _values(path, notes):
            if value.tag == HPARAMS:
                config |= _hparams(value)
            elif value.tag.startswith("_hparams_/"):
                continue
            elif (text := _text(value)) is not None:
                config |= _settings(text)
            elif (number := _number(value)) is not None:
                recorder.add(step, {value.tag: number})
    if not recorder.rows:
        raise ValueError(
            f"'{files[0]}' has no scalar{f' ({notes[0]})' if notes else ''}; wanted event files with values of a loss."
        )
    folder = files[0].parent
    offset = int((folder / "hparams.yaml").is_file() and "epoch" in recorder.rows)  # of Lightning: steps from 0
    return Log(run, "TensorBoard", folder, recorder.metrics(), {**in_folder(folder), **config}, offset, tuple(notes))


def _values(path: Path, notes: list[str]) -> Iterator[tuple[int, Any]]:
    """Steps and values of an event file; a damaged end is noted and left out."""
    try:
        from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
    except ImportError:
        raise ImportError(f"'{path}' needs TensorBoard's reader: pip install 'bayescale[logs]'.") from None
    from google.protobuf.message import DecodeError

    try:
        for event in EventFileLoader(str(path)).Load():
            for value in event.summary.value:
                yield event.step, value
    except (DecodeError, OSError, ValueError) as error:
        if isinstance(error, OSError) and not isinstance(error, EOFError) and not path.is_file():
            raise
        notes.append(f"'{path.name}' is damaged: it is read up to there")
    except Exception as error:  # DataLossError is no public name
        if type(error).__name__ != "DataLossError":
            raise
        notes.append(f"'{path.name}' is damaged: it is read up to there")


def _number(value: Any) -> float | None:
    """The number of a scalar, in the form of either summary API."""
    if value.HasField("simple_value"):
        return float(value.simple_value)
    if not value.HasField("tensor"):
        return None
    from tensorboard.util.tensor_util import make_ndarray

    try:
        array = make_ndarray(value.tensor)
        return float(array.reshape(-1)[0]) if array.size == 1 and array.dtype.kind in "fiu" else None
    except (TypeError, ValueError):
        return None


def _text(value: Any) -> str | None:
    """The text of a text summary."""
    if not value.HasField("tensor") or not value.tensor.string_val:
        return None
    return value.tensor.string_val[0].decode("utf-8", errors="replace")


def _settings(text: str) -> dict[str, Any]:
    """Settings in a text that is a JSON object, as a Trainer of Hugging Face writes its arguments."""
    try:
        found = json.loads(text.strip().removeprefix("```json").strip("`\n "))
    except ValueError:
        return {}
    return flat(found) if isinstance(found, dict) else {}


def _hparams(value: Any) -> dict[str, Any]:
    """Settings that the HParams plugin has kept."""
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    data = HParamsPluginData.FromString(value.metadata.plugin_data.content)
    out: dict[str, Any] = {}
    for name, held in data.session_start_info.hparams.items():
        out[name] = getattr(held, held.WhichOneof("kind") or "", None)
    return out
