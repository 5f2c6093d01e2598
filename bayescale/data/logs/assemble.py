"""Assemble: from logs of runs to one table with N, D, C, loss, run and every setting as a column."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from bayescale.base.columns import training_flop
from bayescale.data.logs.configuration import GIVEN, NAMES, setting
from bayescale.data.logs.log import STEPS, Log, last_of_each_step, normal
from bayescale.data.logs.loss import Point, choose, points, rule_of
from bayescale.data.logs.sizes import sizes

#: Columns that `columns` may take from a metric or a setting of a log.
CHOSEN = ("N", "N_no_embed", "D", "C", "loss", "step", "run")
#: The first columns of the table, in this order.
FIRST = ("run", "N", "D", "C", "loss", "step", "N_no_embed")
#: Columns that the table has of its own, which may stand for another: N_no_embed for N.
DERIVED = ("N", "N_no_embed", "D", "C")
#: Runs that a message names before it only counts them.
SHOWN = 4


def assemble(
    logs: Sequence[Log],
    columns: Mapping[str, str] | None = None,
    given: Mapping[str, Any] | None = None,
    loss: str = "last",
) -> pd.DataFrame:
    """One table of the runs in logs.

    Parameters
    ----------
    logs : sequence of Log, at least one.
    columns : mapping from N, D, C, loss, step or run to a metric or setting of the logs.
    given : mapping from a name of `bayescale.data.logs.configuration.GIVEN` to a number, or to a mapping from runs to
        numbers: what the logs lack.
    loss : str, rule for the loss of a run: "last", "mean of last k", "min", or "every" for a row of each logged loss.

    Returns
    -------
    DataFrame : columns ``run``, ``N`` [parameters], ``D`` [tokens], ``C`` [FLOP], ``loss``, ``step`` as far as they are
        known, then metrics at the step, then settings. ``attrs["found"]`` says where each came from.

    Raises
    ------
    ValueError
        If `given` or `loss` is not valid, or no loss is found or several.

    Warns
    -----
    UserWarning
        If N or D is missing in some runs, with what would give it; if runs are left out.
    """
    rule_of(loss)
    columns, given = dict(columns or {}), dict(given or {})
    _check_chosen(columns, logs)
    logs = [_stepped(log, columns.get("step")) for log in _named_apart(logs, columns.get("run"))]
    _check_given(given, [log.run for log in logs])
    names, chosen = choose(logs, columns.get("loss"))
    parts, remarks = [], Remarks()
    for log, name in zip(logs, names, strict=True):
        at, of_loss = points(log.metrics[name], loss) if name else ([], [])
        for line in (*log.notes, *of_loss):
            note(remarks.found, line, log.run)
        if name is None or (why := _left_out(at, chosen)):
            note(remarks.left, why if name else f"no value of the {chosen}", log.run)
            continue
        mine = {key: value[log.run] if isinstance(value, Mapping) else value
                for key, value in given.items() if not isinstance(value, Mapping) or log.run in value}  # fmt: skip
        parts.append(_rows(log, name, at, columns, mine, remarks))
    _warn(remarks, len(parts))
    if not parts:
        raise ValueError(f"No run of {len(logs)} has a finite loss ({'; '.join(remarks.left)}).")
    rule = f"{chosen}, {loss}" if loss != "every" else f"{chosen}, every logged value: rows are checkpoints"
    table = pd.concat(parts, ignore_index=True)
    order = [name for name in FIRST if name in table]
    table = table.reindex(columns=[*order, *(name for name in table if name not in order)])
    table.attrs["found"] = [rule, *_by_run(remarks.found, len(parts))]
    return table


@dataclass
class Remarks:
    """What is to be said of the runs: each remark with the runs that it is about.

    Attributes
    ----------
    found : dict, where a quantity comes from.
    asked : dict, what is missing, and what would give it.
    left : dict, why runs are left out.
    """

    found: dict[str, list[str]] = field(default_factory=dict)
    asked: dict[str, list[str]] = field(default_factory=dict)
    left: dict[str, list[str]] = field(default_factory=dict)


def note(lines: dict[str, list[str]], line: str, run: str) -> None:
    """Add a run to the runs of a remark."""
    lines.setdefault(line, []).append(run)


def _rows(
    log: Log, name: str, at: list[Point], columns: Mapping[str, str], given: Mapping[str, Any], remarks: Remarks
) -> pd.DataFrame:
    """The rows of one run, with the loss `name` at the points `at`."""
    steps = np.array([point.step for point in at])
    values = _metrics_at(log, steps)
    picked = {ours: theirs for ours, theirs in columns.items() if ours in DERIVED}
    taken = {ours: value for ours, theirs in picked.items() if (value := _pick(log, values, theirs)) is not None}
    config = {**log.config, **given, **{ours: value for ours, value in taken.items() if np.ndim(value) == 0}}
    result = sizes(log, config, steps, {**given, **taken})
    taken |= {ours: result.columns[theirs] for ours, theirs in picked.items()
              if ours not in taken and theirs in result.columns}  # fmt: skip
    rows = pd.DataFrame({"run": log.run, "loss": [point.loss for point in at]}).assign(**{**result.columns, **taken})
    if not np.isnan(steps).any():
        rows["step"] = steps + log.offset
    for line in result.found:
        if line.partition(":")[0] not in taken:
            note(remarks.found, line, log.run)
    for ours in taken:
        note(remarks.found, f"{ours}: {picked[ours]}", log.run)
    if "C" not in rows and {"N", "D"} <= set(rows):
        rows["C"] = training_flop(rows["N"], rows["D"])
        note(remarks.found, "C: 6ND", log.run)
    for ours, cure in result.asked.items():
        if ours not in taken:
            note(remarks.asked, f"{ours} is missing: {cure}", log.run)
    further = {key: value for key, value in {**config, **values}.items() if key != name and key not in rows}
    rows = pd.concat([rows, pd.DataFrame(further, index=rows.index)], axis=1)
    return rows.loc[rows["D"] > 0] if len(rows) > 1 and "D" in rows else rows  # step 0 comes before training


def _metrics_at(log: Log, steps: np.ndarray) -> dict[str, Any]:
    """Each metric at the steps; NaN where it was not logged."""
    out: dict[str, Any] = {}
    for name, values in log.metrics.items():
        values = last_of_each_step(values)[0]
        if np.isnan(values.index.to_numpy(dtype=float)).any():
            out[name] = np.full(len(steps), values.iloc[-1])
        elif not np.isnan(steps).any():
            out[name] = values.reindex(steps).to_numpy()
    return {name: column for name, column in out.items() if not np.isnan(column).all()}


def _pick(log: Log, values: Mapping[str, Any], theirs: str) -> Any:
    """What the user calls `theirs`: a metric at the steps, or a setting; None if the log has neither."""
    if theirs in values:
        return values[theirs] if len(values[theirs]) > 1 else float(values[theirs][0])
    for key in (theirs, theirs.partition(".")[2]):
        if key in log.config and (found := setting({"N": log.config[key]}, "N")) is not None:
            return found[1]
    return None


def _left_out(at: list[Point], chosen: str) -> str:
    """Why a run has no row; empty if it has."""
    if not at:
        return f"no value of the {chosen}"
    return "the last loss is NaN or infinite: they have diverged" if np.isnan(at[-1].loss) else ""


def _named_apart(logs: Sequence[Log], by: str | None) -> list[Log]:
    """The logs with names that differ; by a setting, if the user has chosen one."""
    out, seen = [], {}
    for log in logs:
        run = str(log.config.get(by, log.run)) if by is not None else log.run
        seen[run] = seen.get(run, 0) + 1
        if seen[run] > 1:
            run = f"{run} ({seen[run]})"
        out.append(replace(log, run=run))
    return out


def _stepped(log: Log, theirs: str | None) -> Log:
    """The log with its metrics indexed by another metric, the one that counts training steps."""
    name = theirs if theirs in log.metrics else None
    if theirs is None and log.tool == "W&B":  # its own step counts calls of wandb.log
        by_name = {normal(metric): metric for metric in log.metrics if metric != "_step"}
        name = next((by_name[step] for step in STEPS if step in by_name), None)
    if name is None:
        return log
    counts = log.metrics[name]
    counts = counts[~counts.index.duplicated(keep="last")]
    metrics = {}
    for metric, values in log.metrics.items():
        at = values.index.map(counts)
        kept = ~np.isnan(np.asarray(at, dtype=float))
        if metric != name and kept.any():
            metrics[metric] = pd.Series(values.to_numpy()[kept], index=np.asarray(at, dtype=float)[kept])
    return replace(log, metrics=metrics, notes=(*log.notes, f"step: {name}"))


def _check_given(given: Mapping[str, Any], runs: Iterable[str]) -> None:
    """Refuse names that nothing looks at, and runs that are not there."""
    unknown = [name for name in given if name not in GIVEN and name not in NAMES]
    if unknown:
        raise ValueError(f"given has {unknown}; wanted names among {list(GIVEN)}.")
    runs = list(runs)
    for name, value in given.items():
        strangers = [run for run in value if run not in runs] if isinstance(value, Mapping) else []
        if strangers:
            raise ValueError(f"given[{name!r}] names the runs {strangers[:SHOWN]}; the runs are {runs[:20]}.")


def _check_chosen(columns: Mapping[str, str], logs: Sequence[Log]) -> None:
    """Refuse a metric or setting that the user has chosen and no log has."""
    metrics = {name for log in logs for name in log.metrics}
    settings = {name for log in logs for name in log.config}
    have = {"step": metrics, "run": settings} | dict.fromkeys(DERIVED, metrics | settings | set(DERIVED))
    for ours, theirs in columns.items():
        if ours in have and not {theirs, theirs.partition(".")[2]} & have[ours]:
            raise ValueError(f"columns={{{ours!r}: {theirs!r}}}: no log has it; they have {sorted(have[ours])[:30]}.")


def _warn(remarks: Remarks, count: int) -> None:
    """Warn of what is missing in some of `count` runs, and of runs that are left out."""
    for what, runs in remarks.asked.items():
        where = "" if len(runs) == count else f" (in {_listed(runs)})"
        warnings.warn(f"{what}{where}.", UserWarning, stacklevel=4)
    for why, runs in remarks.left.items():
        warnings.warn(f"left out {_listed(runs)}: {why}.", UserWarning, stacklevel=4)


def _listed(runs: Sequence[str]) -> str:
    more = f" and {len(runs) - SHOWN} more" if len(runs) > SHOWN else ""
    return f"{len(runs)} run{'s' * (len(runs) > 1)} ({', '.join(runs[:SHOWN])}{more})"


def _by_run(found: Mapping[str, Sequence[str]], count: int) -> list[str]:
    """Lines on what was found, with the runs where not all share it."""
    return [line if len(runs) == count else f"{line} ({_listed(runs)})" for line, runs in found.items()]
