"""Loss: which metric of a log is the loss, and its value for a run by a stated rule."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from bayescale.data.logs.log import Log, last_of_each_step, normal

#: Rules for the loss of a run; k is a number.
RULES = ("last", "mean of last k", "min", "every")
#: Words that mark a loss of held-out data.
HELD_OUT = r"(val|valid|validation|eval|evaluation|test|dev|heldout|held_out)"
#: Kind of loss -> names, normalised, the most telling first; then a pattern for others of the kind.
KINDS: dict[str, tuple[tuple[str, ...], str]] = {
    "validation": (
        ("val_loss", "validation_loss", "valid_loss", "eval_loss", "dev_loss", "val_lm_loss", "final_val_loss",
         "loss_val", "loss_eval", "eval_eval_loss", "test_loss"),
        rf"(.*_)?{HELD_OUT}(_.*)?_loss|(.*_)?loss_{HELD_OUT}|(.*_)?{HELD_OUT}(_.*)?_cross_entropy",
    ),
    "training": (
        ("train_loss", "loss", "training_loss", "lm_loss", "train_lm_loss", "loss_train",
         "final_train_loss", "train_loss_step", "train_loss_epoch"),
        r"(.*_)?(train|training|lm)(_.*)?_loss|.*cross_entropy",
    ),
}  # fmt: skip
#: Words in names of losses that are no loss of the model.
OTHER = r"(^|_)(aux|balance|balancing|router|z|min|max|best|se|std|scale|spike|bits|ppl|init|initial)(_|$)"


class Point(NamedTuple):
    """The loss of a run at a step; NaN if it has diverged."""

    step: float
    loss: float


def rule_of(rule: str) -> tuple[str, int]:
    """The kind of a rule and its k: ("last", 1), ("mean", k), ("min", 1) or ("every", 1).

    Raises
    ------
    ValueError
        If there is no such rule.
    """
    if rule in ("last", "min", "every"):
        return rule, 1
    if isinstance(rule, str) and (found := re.fullmatch(r"mean of last ([1-9]\d*)", rule.strip())):
        return "mean", int(found[1])
    raise ValueError(f"loss={rule!r}; wanted one of {list(RULES)}, with a number for k, such as 'mean of last 5'.")


def usable(values: pd.Series | None) -> bool:
    """Whether a metric has a finite number."""
    return values is not None and bool(np.isfinite(values.to_numpy(dtype=float)).any())


def choose(logs: Sequence[Log], theirs: str | None = None) -> tuple[list[str | None], str]:
    """Name of the metric that is the loss of each log (None where it has none), and what was chosen, in words.

    Losses of one kind are chosen for all logs: of held-out data if at least half of the logs have one.

    Parameters
    ----------
    logs : sequence of Log.
    theirs : str, optional, the metric that the user has chosen.

    Raises
    ------
    ValueError
        If no log has a loss or the chosen metric, or a log has several of the kind and none is the usual one.
    """
    if theirs is not None:
        chosen: list[str | None] = [_spelled(log.metrics, theirs) for log in logs]
        if not any(chosen):
            raise ValueError(f"No log has the metric {theirs!r}; {_have(logs)}.")
        return chosen, f"loss: {theirs}"
    by_kind = {kind: [_of_kind(log, kind) for log in logs] for kind in KINDS}
    counts = {kind: sum(bool(names) for names in found) for kind, found in by_kind.items()}
    if not any(counts.values()):
        raise ValueError(f"No loss was found; {_have(logs)}. Name it: columns={{'loss': 'yours'}}.")
    kind = "validation" if 2 * counts["validation"] >= max(counts.values()) else "training"
    for log, names in zip(logs, by_kind[kind], strict=True):
        if len(names) > 1:
            raise ValueError(
                f"Run '{log.run}' has several {kind} losses: {sorted(names)}. Choose one: "
                f"columns={{'loss': {sorted(names)[0]!r}}}."
            )
    names = [found[0] if found else None for found in by_kind[kind]]
    said = ", ".join(dict.fromkeys(name for name in names if name))
    return names, f"loss: {said} ({kind} loss)"


def _spelled(metrics: Mapping[str, pd.Series], name: str) -> str | None:
    """The metric of this name; otherwise the only one that differs from it in case and punctuation."""
    if name in metrics:
        return name
    similar = [metric for metric in metrics if normal(metric) == normal(name.removeprefix("metrics."))]
    return similar[0] if len(similar) == 1 else None


def _of_kind(log: Log, kind: str) -> list[str]:
    """Metrics of a log that are losses of a kind: the usual one, or all that may be meant."""
    usual, pattern = KINDS[kind]
    by_name: dict[str, str] = {}
    for name, values in log.metrics.items():
        if usable(values):
            by_name.setdefault(normal(name), name)
    for name in usual:
        if name in by_name:
            return [by_name[name]]
    held_out = rf"(^|_){HELD_OUT}(_|$)"
    return [
        name
        for key, name in by_name.items()
        if re.fullmatch(pattern, key)
        and not re.search(OTHER, key)
        and (kind == "validation" or not re.search(held_out, key))
    ]


def _have(logs: Iterable[Log]) -> str:
    """The metrics of logs, in words."""
    names = list(dict.fromkeys(name for log in logs for name in log.metrics))
    shown = ", ".join(names[:20]) + (f", … ({len(names) - 20} more)" if len(names) > 20 else "")
    return f"the logs have the metrics {shown}" if names else "the logs have no metrics"


def points(values: pd.Series, rule: str) -> tuple[list[Point], list[str]]:
    """The loss of a run by a rule, and remarks on rows that were left out.

    A run whose last loss is not finite has diverged: its loss is NaN by every rule but "every", which leaves the row
    out.
    """
    kind, k = rule_of(rule)
    values, again = last_of_each_step(values)
    remarks = [f"{again} values of steps that were logged again after a restart were dropped"] if again else []
    finite = values[np.isfinite(values.to_numpy(dtype=float))]
    if not len(finite):
        return [], remarks
    diverged = not np.isfinite(values.iloc[-1])
    if 0 < (lost := len(values) - len(finite)) and not (diverged and kind != "every"):
        remarks.append(f"{lost} values that are NaN or infinite were dropped")
    if kind == "every":
        return [Point(float(step), float(loss)) for step, loss in finite.items()], remarks
    if diverged:
        return [Point(float(values.index[-1]), np.nan)], remarks
    if kind == "min":
        at = int(np.argmin(finite.to_numpy()))
        return [Point(float(finite.index[at]), float(finite.iloc[at]))], remarks
    last = finite.iloc[-k:]
    if len(last) < k:
        remarks.append(f"it has {len(last)} values of the loss, fewer than {k}")
    return [Point(float(last.index[-1]), float(last.mean()))], remarks
