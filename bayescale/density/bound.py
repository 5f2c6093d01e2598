"""Bound: a law on a table, with what follows from the two worked out once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from bayescale.data.checkpoints import Checkpoints
from bayescale.data.table import RunTable
from bayescale.density.basis import Basis
from bayescale.density.coordinates.geometry import Geometry
from bayescale.density.coordinates.structure import coordinates_of
from bayescale.density.sites import Sites
from bayescale.modelling.coordinates import Coordinates
from bayescale.modelling.law import Law


@dataclass(frozen=True, eq=False)
class Bound:
    """A law on a table: what every stage from the density to the posterior takes.

    Attributes
    ----------
    law : Law
    table : RunTable
    sites : Sites, optional
        How the Student-t density of each run is approximated where a discrepancy is integrated out.
    length : float
        Distance at which the errors of checkpoints have the correlation 1/e [decades]; 0 where they are independent.
    """

    law: Law
    table: RunTable
    sites: Sites | None = None
    length: float = 0.0

    def with_sites(self, sites: Sites | None) -> "Bound":
        """The same with other sites; what does not depend on them is kept."""
        other = replace(self, sites=sites)
        vars(other).update({name: vars(self)[name] for name in _FREE_OF_SITES if name in vars(self)})
        return other

    def with_length(self, length: float) -> "Bound":
        """The same with another correlation length of checkpoints."""
        return replace(self, length=length)

    def without_discrepancy(self) -> "Bound":
        """The same law without its discrepancy."""
        return Bound(replace(self.law, discrepancy=None), self.table)

    @cached_property
    def coordinates(self) -> Coordinates:
        """What the law's parameters mean."""
        return coordinates_of(self.law)

    @cached_property
    def geometry(self) -> Geometry:
        """What the runs say of the loss at the reference run."""
        return Geometry.of(self.table, self.law.inputs)

    @cached_property
    def checkpoints(self) -> Checkpoints | None:
        """The table's, with the correlation length."""
        found = self.table.checkpoints
        return None if found is None else replace(found, length=self.length)

    @cached_property
    def basis(self) -> Basis:
        """The discrepancy of the law on the table.

        Raises
        ------
        ValueError
            If the law has none.
        """
        return Basis.of(self.law, self.table, self.checkpoints)

    @cached_property
    def units(self) -> Mapping[str, float | np.ndarray]:
        """Value of each unit that a prior may be stated in, by `Prior.unit_name`; of shape (level, …) with dims."""
        stated = (p for p in self.law.variables.values() if p.unit_name and p.dims)
        return {**self.table.reference, **{str(p.unit_name): self.table.smallest(p.dims) for p in stated}}

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """Number of levels of each group."""
        return {name: len(levels) for name, levels in self.table.levels.items()}

    @cached_property
    def level_of_run(self) -> Mapping[str, np.ndarray]:
        """For each group, the number of each run's level; arrays of shape (run,)."""
        groups, levels = self.table.groups, self.table.levels
        return {name: pd.Index(levels[name]).get_indexer(groups[name]) for name in groups}

    def innovations(self, errors: np.ndarray) -> np.ndarray:
        """Errors of runs, the last axis; of checkpoints the part that earlier ones of the run do not predict."""
        return errors if self.checkpoints is None else self.checkpoints.innovations(errors)


_FREE_OF_SITES = ("coordinates", "geometry", "checkpoints", "basis", "units", "sizes", "level_of_run")
