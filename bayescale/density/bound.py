"""Bound: a law on a table, with what follows from the two computed once."""

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
        """The same with other sites; cached values that do not depend on sites are kept."""
        other = replace(self, sites=sites)
        vars(other).update({name: vars(self)[name] for name in _FREE_OF_SITES if name in vars(self)})
        return other

    def with_length(self, length: float) -> "Bound":
        """The same with another correlation length of checkpoints."""
        return replace(self, length=length)

    def without_discrepancy(self) -> "Bound":
        """The same law on the same table, without its discrepancy."""
        return Bound(replace(self.law, discrepancy=None), self.table)

    @cached_property
    def coordinates(self) -> Coordinates:
        """What the law's parameters mean."""
        return coordinates_of(self.law)

    @cached_property
    def geometry(self) -> Geometry:
        """What the runs say about the loss at the reference run."""
        return Geometry.of(self.table, self.law.inputs)

    @cached_property
    def checkpoints(self) -> Checkpoints | None:
        """Checkpoints of the table, with the correlation length; None if its rows are separate runs."""
        rows = self.table.checkpoints
        return None if rows is None else replace(rows, length=self.length)

    @cached_property
    def basis(self) -> Basis:
        """The discrepancy of the law on the table, as linear coefficients.

        Raises
        ------
        ValueError
            If the law has none.
        """
        return Basis.of(self.law, self.table, self.checkpoints)

    @cached_property
    def units(self) -> Mapping[str, float | np.ndarray]:
        """Value of each unit that a prior may be stated in, by `Prior.unit_name`; of shape (level, …) with dims."""
        grouped = (prior for prior in self.law.variables.values() if prior.unit_name and prior.dims)
        return {**self.table.reference, **{str(prior.unit_name): self.table.smallest(prior.dims) for prior in grouped}}

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """Number of levels of each group."""
        return {name: len(levels) for name, levels in self.table.levels.items()}

    @cached_property
    def level_of_run(self) -> Mapping[str, np.ndarray]:
        """Group -> index of each run's level, an array of shape (run,)."""
        groups, levels = self.table.groups, self.table.levels
        return {name: pd.Index(levels[name]).get_indexer(groups[name]) for name in groups}

    def innovations(self, errors: np.ndarray) -> np.ndarray:
        """Innovations of errors whose last axis is the runs: what earlier checkpoints of a run do not predict.

        Rows that are no checkpoints keep their errors.
        """
        return errors if self.checkpoints is None else self.checkpoints.innovations(errors)


#: Cached values that do not depend on the sites.
_FREE_OF_SITES = ("coordinates", "geometry", "checkpoints", "basis", "units", "sizes", "level_of_run")
