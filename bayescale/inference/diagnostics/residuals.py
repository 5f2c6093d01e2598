"""Residuals: columns of the table that explain them, and standard errors that exceed them.

Both compare residuals with what the law could have absorbed. The directions in which the fitted log losses vary over
the posterior are taken out first, so that a column is credited only with what no parameter of the law can explain.
"""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

#: A column is named if it explains at least this share of the residual variance (adjusted for its levels),
SHARE = 0.3
#: and if F says that chance does so in fewer than this share of tables, after Bonferroni's correction for the columns
#: tried. Ranks of the residuals must agree at RANKED, so that one outlier does not make a column.
CHANCE, RANKED = 1e-3, 1e-2
#: Most levels of a column that is tried, and fewest rows of each level.
LEVELS, ROWS = 8, 2
#: Directions of the fitted losses that are narrower than this share of the widest are rounding, not parameters.
NARROW = 0.1
#: Draws that the directions are found from.
DRAWS = 400
#: Stated errors exceed the scatter if it is less than this share of what they let expect, and if so small a scatter
#: has less than this probability under them.
SMALL, UNLIKELY = 0.6, 0.05
#: Tables that are simulated to find that probability, of at most so many runs.
SIMULATED, LONG = 4000, 500
#: Columns that are not tried: names of runs, and sizes.
NOT_TRIED = {"run", "loss_se", "N", "D", "C"}


def explanatory(law: Law, post: xr.DataTree, others: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Columns whose levels explain the residuals.

    Parameters
    ----------
    law : Law that was fitted.
    post : DataTree with the groups observed_data, constant_data and fitted.
    others : DataFrame, one row a run: columns that the law does not use.

    Returns
    -------
    dict : name -> share of the residual variance (``share``) and levels that are not missing, as numbers, truth values
        or text, the most frequent first (``levels``); the largest share first.
    """
    tried = _candidates(others, post)
    if not tried or len(others) != post["observed_data"].sizes["run"]:
        return {}
    z, span = _standardised(law, post)
    found = {}
    for name, levels in tried.items():
        share, chance, ranked = _explained(z, span, pd.factorize(levels)[0])
        if share > SHARE and chance * len(tried) < CHANCE and ranked < RANKED:
            found[name] = {"share": round(share, 3), "levels": _levels(others[name])}
    return dict(sorted(found.items(), key=lambda pair: -pair[1]["share"]))


def stated_errors(law: Law, post: xr.DataTree, others: pd.DataFrame) -> dict[str, float]:
    """Scatter about the law in units of the stated errors (column ``loss_se``), if it is too small; otherwise empty."""
    if "loss_se" not in others or len(others) != post["observed_data"].sizes["run"]:
        return {}
    stated = pd.to_numeric(others["loss_se"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if not (np.isfinite(stated) & (stated > 0)).all():
        return {}
    loss = post["observed_data"]["loss"].to_numpy()
    mu = np.median(post["fitted"]["mu"].transpose(*SAMPLE_DIMS, "run").to_numpy(), axis=(0, 1))
    span = _standardised(law, post)[1]
    if len(loss) - span.shape[1] < 2:
        return {}
    pure = np.random.default_rng(0).standard_normal((SIMULATED, min(len(loss), LONG)))
    pure -= pure @ span[: pure.shape[1]] @ span[: pure.shape[1]].T
    seen, expected = _spread((loss - mu)[None] / stated), _spread(pure)
    ratio, chance = seen / np.median(expected, axis=1, keepdims=True), (expected <= seen).mean(axis=1)
    at = int(np.argmin(chance))
    return {"loss_se": float(ratio[at, 0])} if chance[at] < UNLIKELY and ratio[at, 0] < SMALL else {}


def _spread(z: np.ndarray) -> np.ndarray:
    """Root mean square and median absolute value of each row of z (table, run): shape (2, table).

    The second is small even if one run lies far off.
    """
    return np.array([np.sqrt((z**2).mean(axis=1)), np.median(np.abs(z), axis=1)])


def _levels(column: pd.Series) -> list:
    """The levels of a column, the most frequent first, as JSON can store them."""
    found = column.value_counts().index.tolist()
    return [level if isinstance(level, bool | int | float) else str(level) for level in found]


def _candidates(others: pd.DataFrame, post: xr.DataTree) -> dict[str, pd.Series]:
    """Columns to try, as text: few levels, some rows in each, and not merely another name for a size."""
    sizes = [post["constant_data"][name].to_numpy() for name in ("N", "D", "C") if name in post["constant_data"]]
    sizes += [others[name].to_numpy() for name in ("N", "D", "C") if name in others]
    tried = {}
    for name in others.columns:
        if str(name) in NOT_TRIED or not 1 < others[name].nunique(dropna=False) <= LEVELS:
            continue
        levels = others[name].astype(object).where(others[name].notna(), "missing").astype(str)
        labels = any(pd.Series(size).groupby(levels.to_numpy()).nunique().max() == 1 for size in sizes)
        if levels.value_counts().min() >= ROWS and not labels:
            tried[str(name)] = levels
    return tried


def _standardised(law: Law, post: xr.DataTree) -> tuple[np.ndarray, np.ndarray]:
    """Residuals in units of the scale (run,), and an orthonormal basis of what the law can absorb (run, k)."""
    fitted = post["fitted"].to_dataset().transpose(*SAMPLE_DIMS, "run")
    logs = np.log(fitted["mu"].to_numpy()).reshape(-1, fitted.sizes["run"])
    scale = np.median(fitted["scale"].to_numpy().reshape(logs.shape), axis=0)
    z = (np.log(post["observed_data"]["loss"].to_numpy()) - np.median(logs, axis=0)) / scale
    moves = (logs - logs.mean(axis=0))[:: max(1, len(logs) // DRAWS)] / scale
    width, directions = np.linalg.svd(moves, full_matrices=False)[1:]
    free = sum(
        np.prod([post["posterior"].sizes[d] for d in p.dims]) for p in law.priors.values() if isinstance(p, Prior)
    )
    most = len(z) // 2 if law.discrepancy is not None else min(int(free), len(z) - 2)
    kept = width[:most] > NARROW * width[0]
    return z, directions[:most][kept].T


def _explained(z: np.ndarray, span: np.ndarray, level: np.ndarray) -> tuple[float, float, float]:
    """Adjusted share of variance that levels explain beyond `span`, and its p-values by F: of residuals, of ranks."""
    from scipy.special import ndtri

    dummies = (level[:, None] == np.arange(1, level.max() + 1)).astype(float)
    rest = _without(span, dummies)
    left, width = np.linalg.svd(rest, full_matrices=False)[:2]
    own = left[:, width > 0.1 * np.linalg.norm(dummies, axis=0).max()]
    residual = _without(span, z)
    freedom = len(z) - span.shape[1]
    if not own.shape[1] or freedom - own.shape[1] < 1:
        return 0.0, 1.0, 1.0
    order = np.argsort(np.argsort(residual))
    ranked = _without(span, ndtri((order + 0.5) / len(z)))
    share, chance = _by_f(residual, own, freedom)
    return share, chance, _by_f(ranked, own, freedom)[1]


def _by_f(residual: np.ndarray, own: np.ndarray, freedom: int) -> tuple[float, float]:
    from scipy.special import fdtrc

    total, taken, k = float(residual @ residual), float(((own.T @ residual) ** 2).sum()), own.shape[1]
    within = (total - taken) / (freedom - k)
    if within <= 0 or total <= 0:
        return (1.0, 0.0) if total > 0 else (0.0, 1.0)
    return 1.0 - within / (total / freedom), float(fdtrc(k, freedom - k, taken / k / within))


def _without(span: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values (run, …) less their projection on the orthonormal columns of `span`."""
    return values - span @ (span.T @ values)


def scale_of(post: xr.DataTree) -> float:
    """95 % quantile of the largest scale of the log loss among the runs."""
    return float(np.quantile(post["fitted"]["scale"].max("run").to_numpy(), 0.95))
