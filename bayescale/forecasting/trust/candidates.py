"""Candidates: laws that suit the columns of a table."""

import numpy as np
import pandas as pd

from bayescale.data.read import complete
from bayescale.laws import find
from bayescale.modelling.law import Law

#: Laws by what varies in the table: the general law with a discrepancy, the additive law, and laws with fewer
#: parameters (one exponent for N and D; no floor).
BY_SIZES = ("busbridge2025.generalised", "hoffmann2022.chinchilla", "gadre2024.overtrained", "kaplan2020.L_ND")
REPEATED = ("muennighoff2023.data_constrained", "busbridge2025.generalised", "hoffmann2022.chinchilla")
ONE_COLUMN = ("busbridge2025.generalised_{}", "henighan2020.L_{}", "kaplan2020.L_{}")
#: Above this correlation of log N and log D, runs lie on one line, and no law can separate the terms of N and D.
ONE_LINE = 0.99


def candidates(runs: pd.DataFrame) -> dict[str, Law]:
    """Laws that a table can tell from each other, by the columns that vary in it.

    Parameters
    ----------
    runs : DataFrame with some of N [parameters], D [tokens], C [FLOP] and U [unique tokens].

    Returns
    -------
    dict : name -> Law. Laws in N and D if both vary, and not along one line; for repeated tokens (D above U) also the
        law in U. Otherwise laws in the one column that varies: C if N and D lie on one line, else N, D or C.

    Raises
    ------
    ValueError
        If no size varies.
    """
    table = complete(runs, ["C", "D"])
    logs = {name: np.log(pd.to_numeric(table[name]).to_numpy(dtype=float)) for name in "NDC" if name in table}
    varies = [name for name, values in logs.items() if len(values) > 1 and np.ptp(values) > 1e-9]
    if {"N", "D"} <= set(varies) and abs(np.corrcoef(logs["N"], logs["D"])[0, 1]) <= ONE_LINE:
        repeated = "U" in table and bool((table["D"] > table["U"]).any())
        names = REPEATED if repeated else BY_SIZES
    elif varies:
        column = "C" if {"N", "D"} <= set(varies) else varies[0]
        names = tuple(name.format(column) for name in ONE_COLUMN)
    else:
        raise ValueError(
            f"No size varies: the table has {len(table)} runs and the columns {list(table.columns)}; wanted runs that "
            "differ in N [parameters], D [tokens] or C [FLOP]. Rename yours: runs.rename(columns={'yours': 'N'})."
        )
    return {name: find(name) for name in names}
