"""forecasting.count_parameters"""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bayescale.base.columns import training_flop
from bayescale.forecasting.log_scores import log_left_out
from bayescale.inference.fit import draw
from bayescale.modelling.law import Law

#: The share of parameters that are embeddings, of the smallest model less that of the largest, which bends a curve.
SHARE = 0.1


#: Columns that count parameters: with embeddings, or not said; and without.
COUNTS = ("N", "N_no_embed")


#: A smaller difference of leave-one-out densities decides nothing (Sivula et al. 2020, arXiv:2008.10296).
DECISIVE = 4.0


def count_parameters(
    law: Law | Mapping[str, Law],
    runs: pd.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    method: str = "laplace",
    seed: int | None = None,
) -> pd.DataFrame:
    """Fit a law with N counted in several ways, with and without embeddings, and compare how well each foretells.

    Parameters
    ----------
    law : Law in N, or a mapping from each column to the law whose N it is, such as
        ``{"N": laws.generalised, "N_no_embed": laws.nonembedding}``.
    runs : DataFrame with `columns`, each a way to count [parameters], and what else the law needs.
    columns : sequence of str, by default those of the mapping, or N and N_no_embed.
    method, seed : as in `fit`.

    Returns
    -------
    DataFrame : indexed by column, best first: ``elpd``, the summed log density of each run's log loss given all others
        (Pareto-smoothed importance sampling); ``difference`` from the best, and its standard error ``se``;
        ``converged``; and ``take``, true for one: the column that counts fewest parameters, since what embeddings do
        for the loss is little (Pearce & Song 2024), unless it is 4 or more from the best; then the best. A smaller
        difference decides nothing (Sivula et al. 2020, arXiv:2008.10296).

    Raises
    ------
    ValueError
        If a column is missing, or the law has no N.

    Warns
    -----
    UserWarning
        If what one column leaves out is a much larger share of the smallest model than of the largest: then the choice
        bends the curve, and exponents depend on it (Pearce & Song 2024, arXiv:2406.12907).
    """
    if columns is None:
        columns = list(law) if isinstance(law, Mapping) else COUNTS
    laws = dict(law) if isinstance(law, Mapping) else dict.fromkeys(columns, law)
    without = [one.name for name, one in laws.items() if name in columns and "N" not in one.inputs]
    if without or len(columns) < 2 or not set(columns) <= {*runs.columns} & {*laws}:
        raise ValueError(
            f"Wanted laws in N, and two or more of the table's columns, each with a law; {list(columns)} were asked "
            f"for, the table has {list(runs.columns)}, laws are given for {list(laws)}, and {without} have no N."
        )
    counts = runs[list(columns)].to_numpy(dtype=float)
    left_out = 1.0 - counts.min(axis=1) / counts.max(axis=1)
    small, large = left_out[np.argmin(counts.max(axis=1))], left_out[np.argmax(counts.max(axis=1))]
    if small - large > SHARE:
        warnings.warn(
            f"{list(columns)} differ by {small:.0%} of the smallest model and {large:.0%} of the largest: exponents, "
            "and forecasts, depend on which of them is N.",
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
            "elpd": float(each.sum()),
            "difference": float((each - scores[best]).sum()),
            "se": float((each - scores[best]).std(ddof=1) * np.sqrt(len(each))) if name != best else 0.0,
            "converged": converged[name],
            "take": name == take,
        }
        for name, each in scores.items()
    }
    found = pd.DataFrame.from_dict(rows, orient="index").rename_axis("column")
    return found.sort_values("elpd", ascending=False)


def counted(runs: pd.DataFrame, column: str) -> pd.DataFrame:
    """Runs whose N is the count of a column, and whose C is 6ND with it."""
    table = runs.assign(N=runs[column]).drop(columns=COUNTS[1], errors="ignore")
    return table.assign(C=training_flop(table["N"], table["D"])) if "D" in table else table
