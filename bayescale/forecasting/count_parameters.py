"""Comparison of ways to count parameters, with and without embeddings, by forecasts within the table."""

import contextlib
import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bayescale.base.columns import training_flop
from bayescale.data.values import numbers
from bayescale.forecasting.log_scores import log_left_out, log_predictive
from bayescale.inference.door import arguments as door
from bayescale.inference.fit import draw
from bayescale.modelling.law import Law

#: Columns that count parameters: with embeddings (or unstated), and without.
COUNTS = ("N", "N_no_embed")
#: Warn if one count leaves out a share of the smallest model that exceeds its share of the largest by more than this.
SHARE = 0.1
#: Difference in log density below which the count with fewest parameters is taken: smaller ones decide nothing, of
#: leave-one-out (Sivula et al. 2020, arXiv:2008.10296) and, on published tables, of forecasts.
DECISIVE = 4.0
#: Shares of the runs, smallest first, from which the larger ones are forecast; and the fewest runs to fit.
PAST, FEWEST = (0.5, 0.65, 0.8), 4


def count_parameters(
    law: Law | Mapping[str, Law],
    runs: pd.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    method: str = "laplace",
    seed: int | None = None,
) -> pd.DataFrame:
    """Compare ways to count parameters, with and without embeddings, by how they forecast the larger runs of a table.

    Parameters
    ----------
    law : Law in N, or mapping from each column to a law in N for that count, such as
        ``{"N": laws.generalised, "N_no_embed": laws.nonembedding}``.
    runs : DataFrame with `columns`, each a count [parameters], and the other columns of the law.
    columns : sequence of str, by default the keys of the mapping, or N and N_no_embed.
    method, seed : as in `fit`.

    Returns
    -------
    DataFrame : indexed by column, best first.

        - ``future``: log density of the larger runs given the smaller, summed over runs and three cuts in compute,
          after 50, 65 and 80 % of the runs; NaN if the table is too small to be cut;
        - ``elpd``: log density of each run's log loss given all others, summed (`log_left_out`); ``difference`` from
          the best, and its standard error ``se``;
        - ``converged``;
        - ``take``: true for the recommended column. That is the column with the fewest parameters, because embeddings
          do little for the loss (Pearce & Song 2024), unless its ``future`` is 4 or more below the best; then it is the
          best. Without ``future``, ``elpd`` decides in the same way.

    Raises
    ------
    TypeError
        If a law is not a Law, or `runs` is not a DataFrame.
    ValueError
        If a column or its law is missing, a law has no N, or a count is not a positive number.

    Warns
    -----
    UserWarning
        If what one column leaves out is a much larger share of the smallest model than of the largest. The choice then
        changes the curvature, and exponents depend on it (Pearce & Song 2024, arXiv:2406.12907).

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import henighan2020
    >>> found = bs.count_parameters(henighan2020.L_N, bs.load("pythia"), seed=1)
    >>> sorted(found.index), int(found["take"].sum())
    (['N', 'N_no_embed'], 1)
    """
    laws = _checked(law, runs, columns)
    door.check_method(method)
    door.check_seed(seed)
    columns = list(laws)
    counts = np.stack([numbers(runs, name) for name in columns], axis=1)
    _warn_of_curvature(columns, counts)
    tables = {name: counted(runs, name) for name in columns}
    scores, converged = {}, {}
    for name, table in tables.items():
        post = draw(laws[name], table, method=method, seed=seed, progressbar=False)
        scores[name], converged[name] = log_left_out(laws[name], post, table).to_numpy(), bool(post.attrs["converged"])
    found = pd.DataFrame({"future": _future(laws, tables, _cuts(runs, counts), method, seed)})
    found["elpd"] = [float(scores[name].sum()) for name in columns]
    behind = {name: scores[name] - scores[str(found["elpd"].idxmax())] for name in columns}
    found["difference"] = [float(each.sum()) for each in behind.values()]
    found["se"] = [float(each.std(ddof=1) * np.sqrt(len(each))) for each in behind.values()]
    found["converged"] = [converged[name] for name in columns]
    decides = found["elpd"] if found["future"].isna().any() else found["future"]
    fewest = columns[int(np.argmin(counts.sum(axis=0)))]
    take = fewest if decides.max() - decides[fewest] < DECISIVE else decides.idxmax()
    found["take"] = found.index == take
    return found.loc[decides.sort_values(ascending=False).index].rename_axis("column")


def _checked(law: Law | Mapping[str, Law], runs: pd.DataFrame, columns: Sequence[str] | None) -> dict[str, Law]:
    """The law of each column, once both are checked."""
    if columns is None:
        columns = list(law) if isinstance(law, Mapping) else COUNTS
    laws = dict(law) if isinstance(law, Mapping) else dict.fromkeys(columns, law)
    for each in laws.values():
        door.check_law(each, runs)
    if not isinstance(runs, pd.DataFrame):
        raise TypeError(f"runs is a {type(runs).__name__}; wanted a pandas.DataFrame with one row for each run.")
    without = [each.name for name, each in laws.items() if name in columns and "N" not in each.inputs]
    if without or len(columns) < 2 or not set(columns) <= {*runs.columns} & {*laws}:
        raise ValueError(
            f"Got the columns {list(columns)}; wanted two or more that the table has, each with a law in N. The table "
            f"has {list(runs.columns)}, laws are given for {list(laws)}, and {without} have no N."
        )
    return {name: laws[name] for name in columns}


def _warn_of_curvature(columns: Sequence[str], counts: np.ndarray) -> None:
    """Warn if the counts, of shape (run, column), differ by another share for small models than for large ones."""
    left_out = 1.0 - counts.min(axis=1) / counts.max(axis=1)
    small, large = left_out[np.argmin(counts.max(axis=1))], left_out[np.argmax(counts.max(axis=1))]
    if small - large > SHARE:
        warnings.warn(
            f"{list(columns)} differ by {small:.0%} of the smallest model and {large:.0%} of the largest, so exponents "
            "and forecasts depend on which of them is N.",
            UserWarning,
            stacklevel=3,
        )


def _cuts(runs: pd.DataFrame, counts: np.ndarray) -> list[np.ndarray]:
    """For each cut, which runs are fitted: the smallest by compute, or by N without it. The same for every count."""
    largest = counts.max(axis=1)
    size = training_flop(largest, numbers(runs, "D")) if "D" in runs else largest
    ordered, fitted = np.sort(size), []
    for past in PAST:
        last = max(FEWEST, int(np.ceil(past * len(size))))
        if last < len(size) and ordered[last - 1] < ordered[-1]:
            fitted.append(size <= ordered[last - 1])
    return fitted


def _future(
    laws: Mapping[str, Law],
    tables: Mapping[str, pd.DataFrame],
    cuts: Sequence[np.ndarray],
    method: str,
    seed: int | None,
) -> pd.Series:
    """Log density of the larger runs given the smaller, summed over runs and cuts; NaN if there is no cut.

    A cut at which the forecast by one count fails is left out for all.
    """
    sums = np.full((len(tables), len(cuts)), np.nan)
    for i, (name, table) in enumerate(tables.items()):
        for k, fitted in enumerate(cuts):
            with contextlib.suppress(ValueError, ArithmeticError), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # `fit` of all runs warns of the table
                post = draw(laws[name], table[fitted], method=method, seed=seed, progressbar=False)
                sums[i, k] = float(log_predictive(laws[name], post, table[~fitted], seed=seed).sum())
    good = np.isfinite(sums).all(axis=0)
    return pd.Series(sums[:, good].sum(axis=1) if good.any() else np.nan, index=list(tables))


def counted(runs: pd.DataFrame, column: str) -> pd.DataFrame:
    """The runs with N taken from a column, and C = 6ND computed from it if there is D."""
    table = runs.assign(N=runs[column]).drop(columns=COUNTS[1], errors="ignore")
    return table.assign(C=training_flop(table["N"], table["D"])) if "D" in table else table
