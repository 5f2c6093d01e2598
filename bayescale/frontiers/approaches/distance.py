"""Distance: how far published models are from the compute-optimal frontier."""

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.columns import column, training_flop
from bayescale.data.values import numbers

#: A model counts as above or below the frontier from this probability on.
SURE = 0.95


def distance(best: xr.Dataset, models: pd.DataFrame, *, tokens_per_byte: float | None = None) -> pd.DataFrame:
    """The distance of models from the frontier: their loss less the smallest loss that the same compute can buy.

    Parameters
    ----------
    best : Dataset of `bayescale.frontier` or `bayescale.optimal`, at budgets around the compute 6ND of the models.
        Between budgets, ln loss is linear in ln C.
    models : DataFrame with N [parameters], D [tokens], loss [nats/token] on the same test set as the runs; where known,
        ``model``, its name, and ``loss_se``, the standard error of its loss.
    tokens_per_byte : float, optional
        Tokens per byte of the test set. Distances are then in bits per byte, and comparable between tokenizers.

    Returns
    -------
    DataFrame : a row for each model.

        - ``model``; ``C`` [FLOP]; ``loss``; ``line``, the posterior median of the smallest loss at that compute;
        - ``distance``, ``low``, ``high``: median and 90 % interval of loss minus line [nats/token, or bits/byte];
        - ``sds``: mean distance in posterior standard deviations; ``below``: probability that the model lies below;
        - ``beyond``: whether the budget, or its optimal N or D, lies beyond the fitted runs, if known;
        - ``sentence``: what may be concluded.

    Raises
    ------
    ValueError
        If a column is missing or bad, or a model's compute lies outside the budgets of `best`.

    Examples
    --------
    >>> import bayescale as bs
    >>> runs = bs.load("known_entropy")
    >>> post = bs.isoflop(runs.query("split == 'grid'"), draws=250, seed=1)
    >>> best = bs.optimal(post, [1e9, 1e11, 1e13, 1e15])
    >>> bs.distance(best, runs.query("split == 'heldout'"))["sentence"].iloc[0].startswith("The model")
    True
    """
    if missing := [name for name in ("N", "D", "loss") if name not in models]:
        raise ValueError(f"models lacks the columns {missing}; wanted N, D and loss.")
    if tokens_per_byte is not None and not 0 < tokens_per_byte < np.inf:
        raise ValueError(f"tokens_per_byte is {tokens_per_byte!r}; wanted a positive number.")
    N, D, loss = (numbers(models, name) for name in ("N", "D", "loss"))
    C = training_flop(N, D)
    line = _line(best, C)
    gap = loss - line
    if "loss_se" in models:
        gap = gap + numbers(models, "loss_se") * np.random.default_rng(0).normal(size=gap.shape)
    factor = 1.0 if tokens_per_byte is None else tokens_per_byte / np.log(2)
    unit = column("loss").unit if tokens_per_byte is None else "bits/byte"
    low, middle, high = factor * np.quantile(gap, [0.05, 0.5, 0.95], axis=0)
    sizes = [f"{n:.3g} on {d:.3g}" for n, d in zip(N, D, strict=True)]
    names = models["model"].astype(str) if "model" in models else sizes
    table = pd.DataFrame({
        "model": list(names), "C": C, "loss": loss, "line": np.median(line, axis=0), "distance": middle, "low": low,
        "high": high, "sds": gap.mean(0) / gap.std(0), "below": (gap < 0).mean(0), "beyond": _beyond(best, C),
    })  # fmt: skip
    table["sentence"] = [_sentence(row, unit) for row in table.to_dict("records")]
    table.attrs["units"] = {"C": "FLOP", "loss": column("loss").unit, "line": column("loss").unit, "distance": unit}
    return table


def _line(best: xr.Dataset, C: np.ndarray) -> np.ndarray:
    """Draws of the smallest loss at each model's compute, of shape (draw, model)."""
    budgets = best["C"].to_numpy()
    order = np.argsort(budgets)
    x = np.log(budgets[order])
    if (np.log(C) < x[0] - 1e-9).any() or (np.log(C) > x[-1] + 1e-9).any():
        raise ValueError(
            f"The models have a compute 6ND from {C.min():.3g} to {C.max():.3g} FLOP, but best has budgets from "
            f"{budgets.min():.3g} to {budgets.max():.3g}; compute the frontier at budgets that enclose the models."
        )
    y = np.log(best["loss"].transpose("chain", "draw", "C").to_numpy().reshape(-1, len(budgets))[:, order])
    y = y[np.isfinite(y).all(axis=1)]
    if len(x) == 1:
        return np.exp(np.repeat(y, len(C), axis=1))
    i = np.clip(np.searchsorted(x, np.log(C)) - 1, 0, len(x) - 2)
    part = (np.log(C) - x[i]) / (x[i + 1] - x[i])
    return np.exp(y[:, i] * (1 - part) + y[:, i + 1] * part)


def _beyond(best: xr.Dataset, C: np.ndarray) -> np.ndarray:
    """Whether the budget nearest to each model is marked as beyond the runs."""
    marks = [best[name].to_numpy() for name in ("beyond_N", "beyond_D", "beyond_C") if name in best.coords]
    if not marks:
        return np.zeros(len(C), dtype=bool)
    nearest = abs(np.log(best["C"].to_numpy())[None] - np.log(C)[:, None]).argmin(axis=1)
    return np.any(marks, axis=0)[nearest]


def _sentence(row: dict, unit: str) -> str:
    """What may be concluded about one model."""
    size = f"{abs(row['distance']):.3f} {unit} [{row['low']:+.3f}, {row['high']:+.3f}]"
    if row["below"] >= SURE:
        text = f"The model lies below the line by {size}: its recipe or data is better, or the line is too high."
    elif row["below"] <= 1 - SURE:
        text = f"The model lies above the line by {size}: the same compute could buy less loss."
    else:
        text = f"The model cannot be distinguished from the line ({size}, P(below) {row['below']:.2f})."
    return text + (" The line is extrapolated there." if row["beyond"] else "")
