"""RunTable: the part of a table that a law needs, once it has been checked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from bayescale.data.checkpoints import Checkpoints
from bayescale.data.cost_ratio import CostRatio


@dataclass(frozen=True)
class RunTable:
    """The part of a table that a law needs, checked.

    Attributes
    ----------
    columns : DataFrame of float64, one row a run, with the columns of the formula and of the noise.
    groups : DataFrame, the grouping columns.
    loss : array of shape (run,) [nats/token].
    reference : the reference run (N0, D0, C0, …: geometric means unless the law sets them) and ``loss_min``.
    levels : the levels of each group, in the order of their first appearance.
    checkpoints : the training runs that rows are checkpoints of; None where each row is a run of its own.
    others : DataFrame, the columns that the law does not use, as they came; and ``loss_se``.
    cost : how the table's C relates to 6ND; None where it lacks N, D or C.
    """

    columns: pd.DataFrame
    groups: pd.DataFrame
    loss: np.ndarray
    reference: Mapping[str, float]
    levels: Mapping[str, list]
    checkpoints: Checkpoints | None = None
    others: pd.DataFrame = field(default_factory=pd.DataFrame)
    cost: CostRatio | None = None

    def smallest(self, dims: Iterable[str]) -> np.ndarray:
        """Smallest observed loss in each cell of the groups `dims`, of shape (len of each); overall where empty."""
        dims = list(dims)
        index = pd.MultiIndex.from_product([self.levels[d] for d in dims], names=dims)
        found = self.groups.assign(_loss=self.loss).groupby(dims)["_loss"].min()
        found.index = pd.MultiIndex.from_frame(found.index.to_frame())
        cells = found.reindex(index).fillna(self.reference["loss_min"])
        return cells.to_numpy().reshape([len(self.levels[d]) for d in dims])
