"""Hugging Face: ``trainer_state.json`` of a Trainer, with ``config.json`` of the model where it lies next to it."""

from pathlib import Path
from typing import Any

from bayescale.data.logs.log import Log, Recorder, as_float
from bayescale.data.logs.settings import in_folder

#: Keys of the last entry of a history that are of the whole run; ``train_loss`` there is a mean over training.
SUMMARY = {"train_loss", "train_runtime", "train_samples_per_second", "train_steps_per_second"}
#: Files next to a state whose settings are the model's or the run's.
SETTINGS = ("config.json", "training_args.json", "args.json")
#: Key of the tokens that a Trainer has seen; 0 where it did not count them.
SEEN = "num_input_tokens_seen"


def read(path: Path, state: dict[str, Any], run: str) -> Log:
    """The log in a ``trainer_state.json``.

    Parameters
    ----------
    path : Path of the file.
    state : dict, its content.
    run : str, name of the run.

    Raises
    ------
    ValueError
        If the history is no list of entries.
    """
    history = state.get("log_history")
    if not isinstance(history, list) or not all(isinstance(entry, dict) for entry in history):
        raise ValueError(f"'{path}' has no list log_history; wanted a trainer_state.json of a Trainer.")
    recorder, last = Recorder(), as_float(state.get("global_step"))
    for entry in history:
        of_run = "train_runtime" in entry or "total_flos" in entry
        dropped = {"step", "total_flos"} | (SUMMARY if of_run else set())
        recorder.add(as_float(entry.get("step")), {k: v for k, v in entry.items() if k not in dropped})
    steps = sorted({step for steps, _ in recorder.rows.values() for step in steps})
    for name, total in (("total_flos", _total(state, history)), ("num_input_tokens_seen", state.get(SEEN))):
        if last and total and name not in recorder.rows:
            for step in steps:
                recorder.add(step, {name: float(total) * step / last})
    config = _settings(path.parent)
    if (batch := as_float(state.get("train_batch_size"))) is not None:
        config.setdefault("per_device_train_batch_size", int(batch))
    return Log(run, "Hugging Face", path, recorder.metrics(), config)


def _total(state: dict[str, Any], history: list[dict[str, Any]]) -> float | None:
    """FLOP of the whole run, 0 where they were not counted."""
    return as_float(state.get("total_flos")) or next(
        (as_float(entry["total_flos"]) for entry in reversed(history) if entry.get("total_flos")), None
    )


def _settings(folder: Path) -> dict[str, Any]:
    """Settings in a folder of a Trainer, or in its last checkpoint."""
    checkpoints = sorted(folder.glob("checkpoint-*/config.json"), key=lambda path: path.stat().st_mtime)
    last = in_folder(checkpoints[-1].parent, SETTINGS) if checkpoints else {}
    return {**last, **in_folder(folder, SETTINGS)}
