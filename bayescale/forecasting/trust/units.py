"""Units: what counts as one observation of a back-test, and differences of scores with their standard errors."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.data.checkpoints import checkpoints
from bayescale.forecasting.trust.cuts import labels

#: A difference of summed log densities decides if it exceeds this many of its standard errors: about 95 % of a normal
#: distribution lie within two.
ERRORS = 2.0
#: … and if it exceeds this. Below it two laws forecast nearly the same, and the standard error is too small (Sivula et
#: al. 2020, arXiv:2008.10296).
DECISIVE = 4.0


class Units(NamedTuple):
    """The units of a back-test: groups of held-out runs that err together.

    Attributes
    ----------
    of_run : array of shape (run,), the unit of each run; -1 where a run is not scored.
    number : int, the number of units.
    kind : str, "distinct sizes of N", "training runs", ….
    """

    of_run: np.ndarray
    number: int
    kind: str

    def __str__(self) -> str:
        one = self.kind.replace("sizes", "size").replace("runs", "run")
        return f"{self.number} {self.kind if self.number != 1 else one}"


def units(tests: xr.Dataset, runs: pd.DataFrame | None = None) -> Units:
    """The coarsest way in which held-out runs err together: by the column of the cuts, by N, or by training run.

    Parameters
    ----------
    tests : Dataset of `backtest`.
    runs : DataFrame, optional, the runs that it was given; rows of one training run (column ``run``) are then one unit.
    """
    held = tests["error"].notnull().any([dim for dim in tests["error"].dims if dim != "run"]).to_numpy()
    by = str(tests.attrs["by"])
    one = tests.isel(forecaster=0) if "forecaster" in tests.dims else tests
    names = [name for name in dict.fromkeys((by, "N") if by == "C" else (by,)) if name in one]
    ways = {f"distinct sizes of {name}": labels(one[name].to_numpy()) for name in names}
    if runs is not None and (rows := checkpoints(runs, [name for name in names if name in runs])) is not None:
        ways["training runs"] = rows.of_run
    kind = min(ways, key=lambda way: len(np.unique(ways[way][held])))
    return Units(np.where(held, ways[kind], -1), len(np.unique(ways[kind][held])), kind)


def by_unit(tests: xr.Dataset, of: Units, score: str = "log_score") -> dict[str, np.ndarray]:
    """A score of each forecaster, averaged over the cuts and the runs of a unit, of shape (unit,)."""
    values = tests[score].transpose("forecaster", "cut", "run").to_numpy()
    members = [of.of_run == unit for unit in np.unique(of.of_run) if unit >= 0]
    means = [[float(np.nanmean(own[:, each])) for each in members] for own in values]
    return {str(name): np.array(own) for name, own in zip(tests["forecaster"].values, means, strict=True)}


def behind(scores: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """How far each law is behind the best: sums of paired differences, and their standard errors.

    Parameters
    ----------
    scores : mapping from a law to its log densities, each of shape (observation,).

    Returns
    -------
    DataFrame : indexed by law, with ``sum``, ``diff`` (0 or less), ``se``, and ``decided``: whether the best is better
        by more than `ERRORS` standard errors and more than `DECISIVE`.
    """
    best = scores[max(scores, key=lambda name: scores[name].sum())]
    rows = {}
    for name, own in scores.items():
        each = own - best
        se = float(each.std(ddof=1) * np.sqrt(len(each))) if len(each) > 1 else np.nan
        diff = float(each.sum())
        rows[name] = {"sum": float(own.sum()), "diff": diff, "se": se, "decided": -diff > max(DECISIVE, ERRORS * se)}
    return pd.DataFrame.from_dict(rows, orient="index").astype({"decided": bool}).rename_axis("law")
