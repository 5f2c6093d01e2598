"""Sizes: N, D and C of a run at its steps, from what was logged, from settings, or from what the user has given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bayescale.base.columns import FLOP_PER_PARAMETER_AND_TOKEN
from bayescale.data.logs.configuration import GIVEN, number, setting
from bayescale.data.logs.log import Log, last_of_each_step, normal
from bayescale.data.logs.parameters import Size, parameters
from bayescale.data.logs.tokens import batch_tokens

#: Metrics that count the tokens a run has seen, normalised, the most telling first.
SEEN = ("num_input_tokens_seen", "tokens_seen", "train_tokens_seen", "tokens_processed", "consumed_tokens",
        "consumed_train_tokens", "train_tokens", "total_tokens", "n_tokens", "num_tokens", "tokens",
        "D", "throughput_total_tokens", "train_num_input_tokens_seen",
        "train_total_tokens", "trained_tokens")  # fmt: skip
#: Metrics that count the sequences a run has seen.
SAMPLES = ("consumed_samples", "consumed_train_samples", "samples_seen")
#: Metrics that count the compute a run has spent.
SPENT = ("total_flos", "total_flops", "train_total_flos", "flops", "C")


@dataclass
class Sizes:
    """Columns of a run at its steps, and where they come from.

    Attributes
    ----------
    columns : dict, name -> number or array of shape (step,).
    found : list of str, where each size comes from.
    asked : dict, name of a size that is missing -> what would give it.
    """

    columns: dict[str, Any] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)


def sizes(log: Log, config: Mapping[str, Any], steps: np.ndarray, given: Mapping[str, Any]) -> Sizes:
    """N, D and C of a run.

    Parameters
    ----------
    log : Log.
    config : mapping, settings with what the user has given.
    steps : array of shape (step,), as logged; NaN where unknown.
    given : mapping, what the user has given for this run.
    """
    out = Sizes()
    shape = _model(log, config, out)
    spent, known = _metric(log, SPENT, steps), setting(config, "C")
    if "C" in given:
        out.columns["C"] = number(given["C"])
    elif spent is not None:
        out.columns["C"] = spent[1]
        also = ", 6 FLOP for each token and each parameter outside of embedding tables" if _is_flos(log, config) else ""
        out.found.append(f"C: {spent[0]}{also}")
    elif known is not None and len(steps) == 1:
        out.columns["C"] = known[1]
        out.found.append(f"C: {known[0]}")
    _data(log, config, steps, given, out, shape)
    return out


def _is_flos(log: Log, config: Mapping[str, Any]) -> bool:
    """Whether a log has the FLOP that Hugging Face counts, under the name that no other tool uses."""
    return "total_flos" in {normal(name.replace("/", ".").rpartition(".")[2]) for name in (*log.metrics, *config)}


def _model(log: Log, config: Mapping[str, Any], out: Sizes) -> Size | None:
    """Set N and N_no_embed; the parameters that were counted from the shape of the model, if they were."""
    shape = parameters(config)
    counted = shape if isinstance(shape, Size) else None
    logged = {name: values.iloc[-1] for name, values in log.metrics.items() if len(values)}
    known = setting(config, "N") or setting(logged, "N")
    part = setting(config, "N_no_embed") or setting(logged, "N_no_embed")
    if part is not None or counted is not None:
        out.columns["N_no_embed"] = part[1] if part is not None else counted.no_embed  # pyright: ignore
    if known is not None:
        out.columns["N"] = known[1]
        out.found.append(f"N: {_source(known[0])}")
    elif counted is not None:
        out.columns["N"] = counted.total
        out.found.append(f"N: all parameters, counted from the configuration ({counted.words}); without embeddings: "
                         "N_no_embed")  # fmt: skip
    elif part is not None:
        out.columns["N"] = part[1]
        out.found.append(f"N: {part[0]}, without embeddings")
    else:
        out.asked["N"] = f"{shape}; state it: given={{'N': 124e6}}, or {{'N': {{'run': 124e6}}}} by run"
    return counted


def _source(key: str) -> str:
    """Where a value comes from: a setting, or what the user has given, which has our name."""
    return "given" if key in GIVEN else key


def _data(
    log: Log, config: Mapping[str, Any], steps: np.ndarray, given: Mapping[str, Any], out: Sizes, shape: Size | None
) -> None:
    """Set D from the first that is known: given, tokens seen, samples seen, steps, FLOP, settings."""
    factor = batch_tokens(config)
    seen, samples = _metric(log, SEEN, steps), _metric(log, SAMPLES, steps)
    length = setting(config, "sequence_length")
    stepped = not np.isnan(steps).any()
    if "D" in given:
        D, words = number(given["D"]), "given"
    elif seen is not None and "batch_tokens" not in given:
        D, words = seen[1], seen[0]
    elif samples is not None and length is not None and "batch_tokens" not in given:
        D, words = samples[1] * length[1], f"{samples[0]} × {length[0]} {length[1]:,.0f}"
    elif stepped and not isinstance(factor, str):
        D, words = (steps + log.offset) * factor.tokens, f"{'(step + 1)' if log.offset else 'step'} × {factor.words}"
    elif _is_flos(log, config) and "C" in out.columns and (shape is not None or "N" in out.columns):
        count = shape.counted if shape is not None else out.columns["N"]
        D = out.columns["C"] / (FLOP_PER_PARAMETER_AND_TOKEN * count)
        words = f"total_flos / (6 × {count:,.0f} parameters{' outside of embedding tables' if shape else ''})"
    elif (planned := setting(config, "D")) is not None and len(steps) == 1:
        D, words = planned[1], _source(planned[0])
    elif not stepped and (count := setting(config, "steps")) is not None and not isinstance(factor, str):
        D, words = count[1] * factor.tokens, f"{count[0]} {count[1]:,.0f} × {factor.words}"
    else:
        known = factor if isinstance(factor, str) else "no number of steps was found; state D: given={'D': 1e10}"
        out.asked["D"] = str(factor) if stepped else f"no number of tokens was found, and {known}"
        if _is_flos(log, config):
            out.asked["D"] = f"with N it follows from total_flos; otherwise: {factor}"
        return
    out.columns["D"] = D
    out.found.append(f"D: {words}")


def _metric(log: Log, names: tuple[str, ...], steps: np.ndarray) -> tuple[str, np.ndarray] | None:
    """The first of these metrics that is positive somewhere, at the steps: interpolated between those it has."""
    by_name = {normal(name): name for name in log.metrics}
    by_name |= {own: own for own in ("D", "C") if own in log.metrics}
    for name in (by_name[key] for key in names if key in by_name):
        values = last_of_each_step(log.metrics[name].dropna())[0]
        if not len(values) or not (values > 0).any():
            continue
        if len(values) == 1 and (np.isnan(steps).any() or np.isnan(values.index[0])):
            return name, np.full(len(steps), values.iloc[0])
        at, counts = values.index.to_numpy(dtype=float), values.to_numpy()
        if np.isnan(at).any() or np.isnan(steps).any() or (len(at) > 1 and counts[-1] <= counts[0]):
            continue  # a count rises; a constant is that of one step
        if (steps > at[-1]).any():
            continue
        if at[0] > 0:
            at, counts = np.append(0.0, at), np.append(0.0, counts)
        return name, np.interp(steps, at, counts)
    return None
