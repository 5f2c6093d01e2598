"""Units: magnitudes of N, D, C and the loss that point to another unit, another measure or a mixed table.

`check_units` raises what cannot be; `size_doubts` and `loss_doubts` yield warnings.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from bayescale.base.columns import column, training_flop

#: Loss in bits over the same loss in nats.
BITS = 1.0 / np.log(2.0)
#: Ratio of a table's losses to `typical` above which another unit is suspected, and above which bits cannot be it.
HIGH, BEYOND_BITS = 1.4, 2.2
#: Two groups of losses in one table are separate units if they lie this far apart [log loss],
APART = 0.25
#: and scatter, each about its own trend, by less than this share of that distance.
TIGHT = 1.0 / 5.0
#: Fewest rows that make a group, and its smallest share of the table.
GROUP, SHARE = 3, 0.15
#: Unit in which a size below its plausible span may be.
SUSPECTS = {"N": "in millions or billions", "D": "in millions or billions", "C": "in PF-days (8.64e19 FLOP)"}


def whole(values: pd.Series) -> bool:
    """Whether all values are whole numbers, as counts of parameters, tokens and examples are."""
    return bool((values == np.round(values)).all())


def check_units(columns: pd.DataFrame) -> None:
    """Refuse magnitudes that no run can have, such as N in billions or C in PF-days.

    Small whole numbers may be counts of a small model or data set; `size_doubts` warns of them.

    Raises
    ------
    ValueError
        If N, D or C is too small and no whole number, D/N is out of all proportion, or C is far from 6ND.
    """
    if not len(columns):
        return
    for name, suspect in SUSPECTS.items():
        known = column(name)
        if name in columns and columns[name].max() < known.span[0] and not whole(columns[name]):
            raise ValueError(
                f"{name} reaches only {columns[name].max():.4g} {known.unit} and is no whole number; is it {suspect}? "
                f"Give it in {known.unit}. (Small whole numbers, such as 3200 examples, are accepted.)"
            )
    if {"N", "D"} <= set(columns) and not (whole(columns["N"]) and whole(columns["D"])):
        ratio = float((columns["D"] / columns["N"]).median())
        if not 1e-4 < ratio < 1e7:
            wrong = "D in millions or billions, or N and D exchanged" if ratio < 1 else "N in millions or billions"
            raise ValueError(f"The median of D/N is {ratio:.3g} tokens per parameter; is {wrong}?")
    if {"N", "D", "C"} <= set(columns):
        ratio = float((columns["C"] / training_flop(columns["N"], columns["D"])).median())
        if not 0.1 < ratio < 10:
            raise ValueError(f"The median of C is {ratio:.3g} times 6ND; check the units of N, D and C (FLOP).")


def size_doubts(columns: pd.DataFrame) -> Iterable[str]:
    """Warn of sizes that look as if they were in another unit."""
    for name, suspect in SUSPECTS.items():
        known = column(name)
        if name in columns and columns[name].max() < known.span[0]:
            yield (
                f"{name} reaches only {columns[name].max():.4g} {known.unit}. If that counts a small model or a small "
                f"data set (also examples), the law fits as it is; if it is {suspect}, give it in {known.unit}."
            )
    for name in [name for name in ("N", "D") if name in columns]:
        low, high = columns[name].min(), columns[name].max()
        if high > 1e7 * low:
            yield f"{name} ranges from {low:.3g} to {high:.3g}; are some runs in thousands, millions or billions?"
    if {"N", "D"} <= set(columns):
        tokens = float((columns["D"] / columns["N"]).median())
        if tokens < 0.5:
            yield (
                f"The median of D/N is {tokens:.2g} tokens per parameter; are N and D exchanged, is D in thousands or "
                "millions, or does it count examples?"
            )
        if tokens > 1e5:
            yield f"The median of D/N is {tokens:.2g} tokens per parameter; is N in thousands or millions?"


def loss_doubts(columns: pd.DataFrame, loss: np.ndarray) -> Iterable[str]:
    """Warn of losses that look as if they were in another unit, all of them or a part."""
    most = column("loss").span[1]
    normal = typical(columns) if {"N", "D"} <= set(columns) else None
    ratio = float(np.median(loss / normal)) if normal is not None else np.nan
    if normal is not None and ratio > BEYOND_BITS and _is_perplexity(loss, normal):
        logs = float(np.median(np.log(loss) / normal))
        yield (
            f"Losses are {ratio:.2f} times (median) what language models of these N and D reach on web text in "
            f"nats/token, and their logarithms are {logs:.2f} times that. Is the column a perplexity? Take its "
            "logarithm: runs['loss'] = np.log(runs['loss'])."
        )
    elif loss.max() > most:
        yield (
            f"The loss reaches {loss.max():.4g}, more than guessing at random from any tokenizer's vocabulary. Is it a "
            "percentage (divide by 100), a perplexity (take np.log) or a sum over tokens? Wanted: nats/token."
        )
    elif ratio > BEYOND_BITS:
        yield (
            f"Losses are {ratio:.2f} times (median) what language models of these N and D reach on web text in "
            f"nats/token. That is too much for bits ({BITS:.2f} times); are they a sum or a mean over something else "
            "than tokens, a perplexity, or of other data?"
        )
    elif ratio > HIGH:
        yield (
            f"Losses are {ratio:.2f} times (median) what language models of these N and D reach on web text in "
            "nats/token; are they in bits (multiply by ln 2 = 0.693)?"
        )
    if len(loss) > 2 and np.partition(loss, 1)[1] > 2 * loss.min():
        yield (
            f"The smallest loss, {loss.min():.4g}, is less than half of the next smallest. Priors are stated in units "
            "of the smallest loss, so a wrong one shifts them. Is it in another unit, or a failed run?"
        )


def typical(columns: pd.DataFrame) -> np.ndarray:
    """Loss of language models on web text [nats/token] (Besiroglu et al. 2024), to recognise another unit."""
    return (1.817 + 482.0 * columns["N"] ** -0.3478 + 2085.4 * columns["D"] ** -0.3658).to_numpy()


def _is_perplexity(loss: np.ndarray, normal: np.ndarray) -> bool:
    """Whether the logarithms of the losses are as large as losses usually are, and follow N and D more closely."""
    if loss.min() <= np.e**0.5:
        return False
    logs = np.log(loss) / normal
    closer = np.log(logs).std() <= np.log(loss / normal).std()
    return bool(0.5 < np.median(logs) < 1.5 and closer)


def mixed_units(columns: pd.DataFrame, loss: np.ndarray, groups: pd.DataFrame) -> Iterable[str]:
    """Warn of a table in which some losses are in another unit: two groups, each close to a trend of its own."""
    names = [name for name in columns if column(str(name)).size]
    names = [name for name in names if name != "C"] or names
    if not names or len(loss) < 2:
        return
    logs, y = np.log(columns[names]).to_numpy(), np.log(loss)
    most = np.arange(len(y)) != np.argmax(np.abs(y - np.median(y)))
    split, again = _two_trends(logs, y), _two_trends(logs[most], y[most])
    if split is None or again is None or abs(split[1] - again[1]) > TIGHT * split[1]:
        return  # there is one trend, or it takes one run to make two
    upper, distance = split
    factor = float(np.exp(distance))
    cells = groups.astype(str).agg(" ".join, axis=1) if len(groups.columns) else None
    by_group = cells is not None and not (set(cells[upper]) & set(cells[~upper]))
    if by_group and abs(factor / BITS - 1.0) > 0.03:
        return
    rows = columns.index[upper if upper.sum() <= len(loss) / 2 else ~upper][:6].tolist()
    if abs(factor / BITS - 1.0) < 0.1:
        guess = f"Bits are {BITS:.2f} times nats: multiply those by ln 2 = 0.693"
    else:
        guess = (
            "Perplexities need np.log, bits a factor of 0.693; two data sets need a level each (dims=) or a filter, "
            "diverged runs a filter"
        )
    yield (
        f"The losses form two groups: {upper.sum()} runs lie {factor:.2f} times above the trend of the other "
        f"{(~upper).sum()} (the smaller group: rows {rows}). Is one group in another unit? ({guess}.)"
    )


def _two_trends(logs: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Rows of the upper of two parallel trends, and their distance; None if one trend does.

    From the logs of sizes (row, column) and of the losses (row,). A trend is quadratic in the logs, so that a curve is
    not taken for two groups. Rows are assigned to the nearer trend in turns.
    """
    logs = logs - logs.mean(axis=0)
    base = np.column_stack([np.ones(len(y)), logs, logs**2])
    least = max(GROUP, SHARE * len(y))
    if len(y) < base.shape[1] + 4:
        return None
    upper = _start(logs, y)
    for _ in range(20):
        if min(upper.sum(), (~upper).sum()) < least:
            return None
        found = np.linalg.lstsq(np.column_stack([base, upper]), y, rcond=None)[0]
        new = y - base @ found[:-1] > found[-1] / 2
        if (new == upper).all():
            break
        upper = new
    else:
        return None
    errors = y - np.column_stack([base, upper]) @ found
    freedom = len(y) / max(len(y) - base.shape[1] - 1, 1)
    tight = errors.std() * np.sqrt(freedom) < TIGHT * found[-1]
    apart = _residual_share(base, upper.astype(float)) > 0.2
    return (upper, float(found[-1])) if found[-1] > APART and tight and apart else None


def _start(logs: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Rows above the largest gap of the residuals from a straight trend, ends left out."""
    base = np.column_stack([np.ones(len(y)), logs])
    rest = y - base @ np.linalg.lstsq(base, y, rcond=None)[0]
    ordered = np.sort(rest)
    gaps = np.diff(ordered)[GROUP - 1 : len(ordered) - GROUP]
    at = GROUP - 1 + int(np.argmax(gaps))
    return rest > (ordered[at] + ordered[at + 1]) / 2


def _residual_share(base: np.ndarray, values: np.ndarray) -> float:
    """Share of the variance of values that `base` does not explain: 0 if sizes decide who is in a group."""
    rest = values - base @ np.linalg.lstsq(base, values, rcond=None)[0]
    return float(rest.var() / values.var())
