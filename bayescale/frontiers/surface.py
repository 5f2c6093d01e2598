"""Surface: the loss as a function of log N = u and log C = c, with its floor and its discrepancy."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from bayescale.density.coordinates.structure import coordinates_of, scale_of
from bayescale.density.paths import Paths, paths_of
from bayescale.frontiers.search import tokens
from bayescale.modelling.draws import draws_of, picked
from bayescale.modelling.formula import call
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

#: Factor that takes the terms of a law away, so that its floor is left.
NOTHING = 1e-30


@dataclass(frozen=True, eq=False)
class Surface:
    """The loss of a law at each N and each budget, for each posterior draw.

    Attributes
    ----------
    law, post : the law and its posterior.
    given : values of further columns and of groups.
    cost : callable ``cost(N, D)`` [FLOP]; None for a law in C alone.
    paths : the discrepancy; None for the law alone.
    """

    law: Law
    post: Any
    given: dict[str, Any]
    cost: Callable | None
    paths: Paths | None = None

    def columns(self, u, c) -> dict[str, Any]:
        """The law's columns at log N = u and log C = c."""
        if self.cost is None:
            return {**self.given, "C": np.exp(c)}
        N = np.exp(u)
        return {**self.given, "N": N, "D": tokens(self.cost, N, c)}

    def curve(self, u, c) -> xr.DataArray:
        """The law's loss [nats/token], without discrepancy."""
        return self.curve_of(self.columns(u, c))

    def curve_of(self, columns: dict[str, Any]) -> xr.DataArray:
        """The same at given columns."""
        return self.law.evaluate(self.law.formula, self.post, columns)

    def loss(self, u, c) -> xr.DataArray:
        """The law's loss bent by the smooth parts of the discrepancy [nats/token]."""
        return self.loss_of(self.columns(u, c))

    def loss_of(self, columns: dict[str, Any]) -> xr.DataArray:
        """The same at given columns."""
        curve = self.curve_of(columns)
        return curve if self.paths is None else curve * np.exp(self.paths(columns, "smooth"))

    def local(self, u, c) -> Any:
        """Local parts of the discrepancy, log of a factor on the loss."""
        return 0.0 if self.paths is None else self.paths(self.columns(u, c), "local")

    def floor(self, u, c) -> xr.DataArray:
        """What the law's loss is without its terms [nats/token]; NaN if its terms are not known."""
        return self.floor_of(self.columns(u, c))

    def floor_of(self, columns: dict[str, Any]) -> xr.DataArray:
        """The same at given columns."""
        terms, (draws, reference) = coordinates_of(self.law).terms, draws_of(self.law, self.post)
        picks = {group: self.given[group] for group in self.law.groups if group in self.given}
        values = {name: picked(value, picks) for name, value in draws.items()}
        for term in terms:
            prior, value = self.law.priors[term.excess], values[term.excess]
            in_logs = isinstance(prior, Prior) and scale_of(prior) == "real"
            values[term.excess] = value + np.log(NOTHING) if in_logs else value * NOTHING
        curve = self.curve_of(columns)
        if not terms:
            return xr.full_like(curve, np.nan)
        floor = xr.zeros_like(curve) + call(self.law.formula, values, columns, reference)
        return floor.where(floor > 1e-9 * curve, 0.0)

    def span(self, u: xr.DataArray, c: xr.DataArray, window: float) -> dict[str, Any]:
        """The law's columns at log N within `window` of u: at u, and at both ends of the window."""
        c, u = xr.broadcast(c, u)
        corners = [self.columns(u + move, c) for move in (-window, 0.0, window)]
        return {
            name: xr.concat([xr.zeros_like(u) + corner[name] for corner in corners], "corner")
            for name in corners[0]
            if name in self.law.inputs
        }

    def bent(self, u: xr.DataArray, c: xr.DataArray, window: float, seed: int | None) -> "Surface":
        """The same with a discrepancy drawn for log N within `window` of u."""
        span = self.span(u, c, window)
        return replace(self, paths=paths_of(self.law, self.post, span, np.random.default_rng(seed)))
