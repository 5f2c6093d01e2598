"""Comparison of ways to count parameters, with and without embeddings, by leave-one-out."""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bayescale.base.columns import training_flop
from bayescale.data.values import numbers
from bayescale.forecasting.log_scores import log_left_out
from bayescale.inference.door import arguments as door
from bayescale.inference.fit import draw
from bayescale.modelling.law import Law

#: Columns that count parameters: with embeddings (or unstated), and without.
COUNTS = ("N", "N_no_embed")
#: Warn if one count leaves out a share of the smallest model that exceeds its share of the largest by more than this.
SHARE = 0.1
#: Difference in elpd below which two counts are not told apart (Sivula et al. 2020, arXiv:2008.10296).
DECISIVE = 4.0


def count_parameters(
    law: Law | Mapping[str, Law],
    runs: pd.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    method: str = "laplace",
    seed: int | None = None,
) -> pd.DataFrame:
    """Fit a law with N from several columns, with and without embeddings, and compare the fits by leave-one-out.

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

        - ``elpd``: log density of each run's log loss given all others, summed (`log_left_out`);
        - ``difference`` from the best, and its standard error ``se``;
        - ``converged``;
        - ``take``: true for the recommended column. That is the column with the fewest parameters, because embeddings
          do little for the loss (Pearce & Song 2024), unless its elpd is 4 or more below the best; then it is the best.
          Smaller differences are not decisive (Sivula et al. 2020, arXiv:2008.10296).

    Raises
    ------
    TypeError
        If a law is not a Law, or `runs` is not a DataFrame.
    ValueError
        If a column or its law is missing, a law has no N, or a count is no positive number.

    Warns
    -----
    UserWarning
        If what one column leaves out is a much larger share of the smallest model than of the largest. The choice then
        changes the curvature, and exponents depend on it (Pearce & Song 2024, arXiv:2406.12907).
    """
    if columns is None:
        columns = list(law) if isinstance(law, Mapping) else COUNTS
    laws = dict(law) if isinstance(law, Mapping) else dict.fromkeys(columns, law)
    for each in laws.values():
        door.check_law(each, runs)
    if not isinstance(runs, pd.DataFrame):
        raise TypeError(f"runs is a {type(runs).__name__}; wanted a pandas.DataFrame with one row for each run.")
    door.check_method(method)
    door.check_seed(seed)
    without = [each.name for name, each in laws.items() if name in columns and "N" not in each.inputs]
    if without or len(columns) < 2 or not set(columns) <= {*runs.columns} & {*laws}:
        raise ValueError(
            f"Got the columns {list(columns)}; wanted two or more that the table has, each with a law in N. The table "
            f"has {list(runs.columns)}, laws are given for {list(laws)}, and {without} have no N."
        )
    counts = np.stack([numbers(runs, name) for name in columns], axis=1)
    left_out = 1.0 - counts.min(axis=1) / counts.max(axis=1)
    small, large = left_out[np.argmin(counts.max(axis=1))], left_out[np.argmax(counts.max(axis=1))]
    if small - large > SHARE:
        warnings.warn(
            f"{list(columns)} differ by {small:.0%} of the smallest model and {large:.0%} of the largest, so exponents "
            "and forecasts depend on which of them is N.",
            UserWarning,
            stacklevel=2,
        )
    scores, converged = {}, {}
    for name in columns:
        table = counted(runs, name)
        post = draw(laws[name], table, method=method, seed=seed, progressbar=False)
        scores[name], converged[name] = log_left_out(laws[name], post, table).to_numpy(), bool(post.attrs["converged"])
    best = max(scores, key=lambda name: scores[name].sum())
    fewest = columns[int(np.argmin(counts.sum(axis=0)))]
    take = fewest if scores[best].sum() - scores[fewest].sum() < DECISIVE else best
    rows = {
        name: {
            "elpd": float(score.sum()),
            "difference": float((score - scores[best]).sum()),
            "se": float((score - scores[best]).std(ddof=1) * np.sqrt(len(score))) if name != best else 0.0,
            "converged": converged[name],
            "take": name == take,
        }
        for name, score in scores.items()
    }
    comparison = pd.DataFrame.from_dict(rows, orient="index").rename_axis("column")
    return comparison.sort_values("elpd", ascending=False)


def counted(runs: pd.DataFrame, column: str) -> pd.DataFrame:
    """The runs with N taken from a column, and C = 6ND computed from it if there is D."""
    table = runs.assign(N=runs[column]).drop(columns=COUNTS[1], errors="ignore")
    return table.assign(C=training_flop(table["N"], table["D"])) if "D" in table else table
