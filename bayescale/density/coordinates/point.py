"""Point: the values of a law's parameters, as the shears of a chart see them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bayescale.modelling.coordinates import smoothly_positive

if TYPE_CHECKING:
    from bayescale.density.coordinates.chart import Chart

#: The loss above the floor is bent to stay positive where it falls below about this share of the loss.
LEAST_ROOM = 0.03


class Scale(NamedTuple):
    """How a parameter is sampled.

    Attributes
    ----------
    kind : "log", "odds", "real" or "other" (see `bayescale.density.coordinates.structure.scale_of`); "fixed" for a
        number.
    dims : its groups.
    natural : function from the unconstrained value to the parameter, None if it needs other parameters; the number
        itself if `kind` is "fixed".
    """

    kind: str
    dims: tuple[str, ...]
    natural: Any


class At:
    """A point in parameter space, as a shear sees it; a `bayescale.modelling.coordinates.Point`.

    Parameters
    ----------
    chart : Chart
    values : unconstrained value, or coordinate so far, of each free parameter: numbers, arrays, nodes or variables.
    """

    def __init__(self, chart: "Chart", values: Mapping[str, Any]):
        self._chart, self._values = chart, values

    def __getitem__(self, name: str) -> Any:
        """The unconstrained value, or the coordinate so far, of a free parameter."""
        return self._values[name]

    def log(self, name: str) -> Any:
        """Log of a parameter that is sampled on a log scale, or of a positive number."""
        scale = self._chart.scales[name]
        return np.log(scale.natural) if scale.kind == "fixed" else self._values[name]

    def logit(self, name: str) -> Any:
        """Log odds of a parameter between its bounds, or of a number between zero and one."""
        scale = self._chart.scales[name]
        return np.log(scale.natural / (1.0 - scale.natural)) if scale.kind == "fixed" else self._values[name]

    def natural(self, name: str) -> Any:
        """A parameter itself."""
        scale = self._chart.scales[name]
        return scale.natural if scale.kind == "fixed" else scale.natural(self._values[name])

    def scalar(self, name: str) -> bool:
        """Whether a parameter is free and has no groups."""
        scale = self._chart.scales[name]
        return scale.kind != "fixed" and not scale.dims and name in self._values

    def slope(self, column: str) -> Any:
        """Minus the slope of the runs' log loss in the log of a column; None if it is not a column of the table."""
        return self._chart.geometry.slopes.get(column)

    def reference(self, name: str) -> Any:
        """A value of the reference run: ``N0``, ``N_top``, ``loss_min``."""
        return self._chart.geometry.reference[name]

    @property
    def middle(self) -> Any:
        """Loss at the reference run [nats/token]."""
        return self._chart.geometry.middle

    def floor(self) -> Any:
        """The floor at the reference run [nats/token]; zero if there is none.

        A floor with groups that the excesses do not have is averaged over its groups.
        """
        chart = self._chart
        name, decline = chart.coordinates.floor, chart.coordinates.decline
        if name is None or not chart.known(name):
            return 0.0
        value = self.natural(name)
        if decline is not None and chart.known(decline):
            value = value * np.exp(self.natural(decline) * chart.geometry.depth)
        dims = chart.scales[name].dims
        return value.mean() if dims and dims != chart.excess_dims else value

    def room(self, taken: Any = 0.0) -> Any:
        """Loss at the reference run less the floor, the excesses that are numbers, and `taken`; smoothly positive."""
        left = self.middle - self.floor() - self._chart.fixed - taken
        return smoothly_positive(left, LEAST_ROOM * self.middle)

    def sum(self, excesses: Sequence[str]) -> Any:
        """Sum of excesses [nats/token]."""
        return sum(np.exp(self._values[name]) for name in excesses)
