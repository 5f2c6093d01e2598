"""Tables: functions that the readers of published tables share."""

from pathlib import Path

import pandas as pd

from bayescale.base.columns import training_flop

#: Columns of a tidy copy -> ours.
TIDY = {"run_id": "run", "n_params": "N", "n_tokens": "D", "compute_flops": "C"}


def with_compute(table: pd.DataFrame) -> pd.DataFrame:
    """The table with C = 6ND [FLOP], in float64: in int64 the product would overflow beyond 9.2e18 FLOP."""
    return table.assign(C=training_flop(table["N"].astype(float), table["D"].astype(float)))


def tidy(path: Path) -> pd.DataFrame:
    """Read a tidy copy with our column names or with run_id, n_params, n_tokens, compute_flops."""
    return pd.read_csv(path).rename(columns=TIDY)
