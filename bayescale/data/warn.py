"""Warnings: values that a table may have, but usually has by mistake.

Each function yields messages, the most serious first.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from bayescale.base.columns import column
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior


def suspicions(columns: pd.DataFrame, loss: np.ndarray) -> Iterable[str]:
    """Warn of units that look wrong."""
    most = column("loss").span[1]
    if loss.max() > most:
        yield (
            f"The loss reaches {loss.max():.4g}, more than guessing at random from any tokenizer's vocabulary. Is it a "
            "percentage, a perplexity or a sum over tokens? Wanted: nats/token."
        )
    for name in [name for name in ("N", "D") if name in columns]:
        low, high = columns[name].min(), columns[name].max()
        if high > 1e7 * low:
            yield f"{name} ranges from {low:.3g} to {high:.3g}; are some runs in thousands, millions or billions?"
    if len(loss) > 2 and np.partition(loss, 1)[1] > 2 * loss.min():
        yield (
            f"The smallest loss, {loss.min():.4g}, is less than half of the next smallest. Priors are stated in units "
            "of the smallest loss, so a wrong one shifts them. Is it in another unit, or a failed run?"
        )
    if {"N", "D"} <= set(columns):
        tokens = float((columns["D"] / columns["N"]).median())
        if tokens < 0.5:
            yield (
                f"The median of D/N is {tokens:.2g} tokens per parameter; are N and D exchanged, or is D in thousands "
                "or millions?"
            )
        if tokens > 1e5:
            yield f"The median of D/N is {tokens:.2g} tokens per parameter; is N in thousands or millions?"
        ratio = float(np.median(loss / _typical(columns))) if loss.max() <= most else 1.0
        if ratio > 1.4:
            yield (
                f"Losses are {ratio:.2f} times (median) what language models of these N and D reach on web text in "
                "nats/token; are they in bits (multiply by ln 2 = 0.693)?"
            )


def _typical(columns: pd.DataFrame) -> np.ndarray:
    """Loss of language models on web text [nats/token] (Besiroglu et al. 2024), to recognise another unit."""
    return (1.817 + 482.0 * columns["N"] ** -0.3478 + 2085.4 * columns["D"] ** -0.3658).to_numpy()


def weaknesses(law: Law, columns: pd.DataFrame, groups: pd.DataFrame, loss: np.ndarray) -> Iterable[str]:
    """Warn of tables that do not identify all parameters of the law."""
    rows = pd.concat([columns, groups], axis=1).assign(loss=loss)
    copies = int(rows.duplicated().sum())
    if copies:
        yield (
            f"{copies} of {len(rows)} rows repeat another row in every column that the law uses. Repeated rows make "
            "intervals too narrow; unless they are independent runs: runs.drop_duplicates()."
        )
    free = sum(isinstance(prior, Prior) for prior in law.all_priors.values())
    if len(rows) <= free:
        yield f"There are {len(rows)} runs for {free} parameters, so the posterior depends strongly on the priors."
    for name in law.inputs:
        if columns[name].max() <= columns[name].min() * (1 + 1e-9):
            yield f"{name} is the same in every run, so the data do not identify how the loss depends on {name}."
    size = sum(np.log(columns[name]) for name in law.inputs)
    if len(rows) > 3 and np.ptp(size) > 0 and np.ptp(loss) > 0 and np.corrcoef(size, loss)[0, 1] > 0.5:
        yield "The larger the run, the larger its loss; is the column an accuracy or another measure that rises?"
    if {"N", "D"} <= set(law.inputs) and len(rows) > 2:
        log_N, log_D = np.log(columns["N"]), np.log(columns["D"])
        if log_N.std() > 0 and log_D.std() > 0 and abs(np.corrcoef(log_N, log_D)[0, 1]) > 0.99:
            yield (
                "log N and log D lie on one line (runs on a frontier, or at fixed D/N), so only the priors separate "
                "the terms of N and D. Add runs off the line."
            )
    for name in groups:
        small = groups[name].value_counts()
        if (small < 2).any():
            yield (
                f"The groups {small.index[small < 2].tolist()} of '{name}' have one run each, so the priors and the "
                "other groups determine their parameters."
            )


def repeats(rows: int, training_runs: int) -> str:
    """Warn that several rows are checkpoints of one training run."""
    return (
        f"{rows} rows are of {training_runs} training runs (column 'run'). Errors of checkpoints of one run are "
        "correlated; this law treats them as independent, so its intervals are too narrow. Keep the last row of each "
        "run, or use a law with a discrepancy (such as laws.generalised) in a column that grows along a run (D or C)."
    )
