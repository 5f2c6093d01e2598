"""Tokens: how many tokens a training step takes, from settings, with the factors named."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bayescale.data.logs.configuration import setting
from bayescale.data.logs.log import normal


@dataclass(frozen=True)
class Factor:
    """Tokens of a step.

    Attributes
    ----------
    tokens : float, tokens of a step.
    words : str, the factors: ``batch_size 12 × block_size 1024 × devices 8``.
    """

    tokens: float
    words: str


def batch_tokens(config: Mapping[str, Any]) -> Factor | str:
    """Tokens of a step, or what is missing to know them, as a phrase with its cure.

    Parameters
    ----------
    config : mapping of settings, together with what the user has given.
    """
    if (direct := setting(config, "batch_tokens")) is not None:
        return Factor(direct[1], _said(direct))
    length = setting(config, "sequence_length")
    if (total := _total(config)) is not None and total[0] == "tokens":
        return Factor(total[1][1], f"{_said(total[1])}, counted in tokens")
    sequences = total[1] if total is not None else setting(config, "batch_size")
    if sequences is None and length is None:
        return "no batch size was found; state the tokens of a step: given={'batch_tokens': 524288}"
    if sequences is None:
        known = f"no batch size was found (but {_said(length)})"
        return f"{known}; state the sequences of a step: given={{'global_batch': 512}}"
    if length is None:
        return f"no sequence length was found (but {_said(sequences)}); state it: given={{'sequence_length': 1024}}"
    if total is not None:
        return Factor(sequences[1] * length[1], f"{_said(sequences)} × {_said(length)}")
    return _by_device(config, sequences, length)


def _by_device(config: Mapping[str, Any], sequences: tuple[str, float], length: tuple[str, float]) -> Factor | str:
    """Tokens of a step from the batch of one device."""
    accumulation, devices = setting(config, "accumulation"), setting(config, "devices")
    parts = [sequences, length, *(pair for pair in (accumulation, devices) if pair is not None)]
    words = " × ".join(map(_said, parts))
    if devices is None and _is_nanogpt(config):
        words += " (nanoGPT's accumulation covers all devices)"
    elif devices is None:
        also = "" if accumulation is not None else ", and 'accumulation' if gradients were accumulated"
        return f"no number of devices was found (but {words}); state it: given={{'devices': 1}} for a single one{also}"
    if accumulation is None:
        words += " (no accumulation was found: taken as 1)"
    tokens = 1.0
    for _, value in parts:
        tokens *= value
    return Factor(tokens, words)


def _total(config: Mapping[str, Any]) -> tuple[str, tuple[str, float]] | None:
    """A batch size over all devices, in sequences or in tokens."""
    if (known := setting(config, "global_batch")) is not None:
        return "sequences", known
    names = {normal(key): key for key in config}
    if "total_batch_size" in names and (found := setting({"batch_tokens": config[names["total_batch_size"]]},
                                                         "batch_tokens")):  # fmt: skip
        pair = (names["total_batch_size"], found[1])
        return ("tokens", pair) if "device_batch_size" in names else None  # nanochat counts tokens there
    return None


def _is_nanogpt(config: Mapping[str, Any]) -> bool:
    """Whether a configuration is that of nanoGPT, which divides its accumulation among the devices."""
    return {"always_save_checkpoint", "init_from", "gradient_accumulation_steps"} <= set(map(normal, config))


def _said(pair: tuple[str, float]) -> str:
    return f"{pair[0]} {pair[1]:,.0f}"
