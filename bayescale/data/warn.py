"""Doubts: what a table may hold, but usually by mistake. Each function yields messages, gravest first."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from bayescale.base.columns import column
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior


def suspicions(columns: pd.DataFrame, loss: np.ndarray) -> Iterable[str]:
    """Units that look wrong."""
    most = column("loss").span[1]
    if loss.max() > most:
        yield (
            f"The loss reaches {loss.max():.4g}: more than any tokenizer's ln(vocabulary). Is it a percentage, a "
            "perplexity or a sum over tokens? Wanted: nats/token."
        )
    for name in [name for name in ("N", "D") if name in columns]:
        low, high = columns[name].min(), columns[name].max()
        if high > 1e7 * low:
            yield f"{name} runs from {low:.3g} to {high:.3g}; are some runs in thousands, millions or billions?"
    if len(loss) > 2 and np.partition(loss, 1)[1] > 2 * loss.min():
        yield (
            f"The smallest loss, {loss.min():.4g}, is less than half of the next, and the priors are stated in units "
            "of it; is it in another unit, or a failed run?"
        )
    if {"N", "D"} <= set(columns):
        tokens = float((columns["D"] / columns["N"]).median())
        if tokens < 0.5:
            yield (
                f"Half of the runs have fewer than {tokens:.2g} tokens per parameter; are N and D exchanged, or is D "
                "in thousands or millions?"
            )
        if tokens > 1e5:
            yield f"Half of the runs have more than {tokens:.2g} tokens per parameter; is N in thousands or millions?"
        ratio = float(np.median(loss / _typical(columns))) if loss.max() <= most else 1.0
        if ratio > 1.4:
            yield (
                f"The loss is {ratio:.2f} times what language models of these N and D reach in nats/token; is it in "
                "bits (multiply by ln 2 = 0.693)?"
            )


def _typical(columns: pd.DataFrame) -> np.ndarray:
    """Loss of language models on web text [nats/token] (Besiroglu et al. 2024), as a yardstick of the unit."""
    return (1.817 + 482.0 * columns["N"] ** -0.3478 + 2085.4 * columns["D"] ** -0.3658).to_numpy()


def weaknesses(law: Law, columns: pd.DataFrame, groups: pd.DataFrame, loss: np.ndarray) -> Iterable[str]:
    """What the runs cannot tell the law."""
    rows = pd.concat([columns, groups], axis=1).assign(loss=loss)
    copies = int(rows.duplicated().sum())
    if copies:
        yield (
            f"{copies} of {len(rows)} rows repeat another row in every column that counts; repeats make intervals too "
            "narrow. Unless they are independent runs: runs.drop_duplicates()."
        )
    free = sum(isinstance(prior, Prior) for prior in law.all_priors.values())
    if len(rows) <= free:
        yield f"There are {len(rows)} runs for {free} parameters; the result leans on the priors."
    for name in law.inputs:
        if columns[name].max() <= columns[name].min() * (1 + 1e-9):
            yield f"{name} is the same in every run, so the data do not identify how the loss depends on {name}."
    size = sum(np.log(columns[name]) for name in law.inputs)
    if len(rows) > 3 and np.ptp(size) > 0 and np.ptp(loss) > 0 and np.corrcoef(size, loss)[0, 1] > 0.5:
        yield "The larger the run, the larger its loss; is the column an accuracy or another measure that should rise?"
    if {"N", "D"} <= set(law.inputs) and len(rows) > 2:
        log_N, log_D = np.log(columns["N"]), np.log(columns["D"])
        if log_N.std() > 0 and log_D.std() > 0 and abs(np.corrcoef(log_N, log_D)[0, 1]) > 0.99:
            yield (
                "log N and log D lie on one line (runs on a frontier, or at fixed D/N): their terms are told apart by "
                "the priors only. Add runs off the line."
            )
    for name in groups:
        small = groups[name].value_counts()
        if (small < 2).any():
            yield f"The groups {small.index[small < 2].tolist()} of '{name}' have one run each."


def repeats(rows: int, training_runs: int) -> str:
    """That rows are checkpoints of fewer runs."""
    return (
        f"{rows} rows are of {training_runs} training runs (column 'run'). Checkpoints of one run err "
        "together; this law takes them as independent, so its intervals are too narrow. Keep the last row of each run, "
        "or give the law a discrepancy, as laws.generalised has, and the column along which a run grows."
    )


def uncounted(law: Law, runs: pd.DataFrame) -> Iterable[str]:
    """That the share of embeddings is inferred where the table knows it."""
    if "N_no_embed" in runs and runs["N_no_embed"].notna().all() and isinstance(law.all_priors.get("embedding"), Prior):
        yield (
            "The table has N_no_embed beside N, from which the share of embeddings is inferred. Forecasts by "
            "N_no_embed erred less on four of six published tables; bs.count_parameters tells which to take. For it: "
            "runs.assign(N=runs['N_no_embed']).drop(columns='N_no_embed') and laws.nonembedding; on the command "
            "line, --column N=N_no_embed --law nonembedding."
        )
