"""The chart: coordinates that undo the known correlations of a law's parameters, without touching its posterior.

The data fix the loss in the middle of the runs and the local slope of each term; they say little on how the loss splits
into E and excesses. So E + excess and alpha * excess are tight while E, excess and alpha each are loose: a banana that
samplers get lost in when runs are few. The chart works on the real-valued parameters that PyMC samples, by their names.
It replaces log excess with the log of the summed excess over (middle loss - E) and the ratios of the excesses, and the
log of an exponent with the log of the local slope. Each step is a shear, of unit Jacobian: the density is untouched.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

#: Exponents before a break that are smaller are no longer told apart.
LEAST = 0.1

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Chart:
    """The chart of a law's parameters.

    Parameters
    ----------
    logs : mapping from the parameters that are sampled by their logarithm to their dims.
    odds : mapping from the parameters that are sampled by their log-odds to their dims.
    middle : float, the loss in the middle of the runs [nats/token].
    natural : mapping from E, the ceiling and the share of embeddings, where free, to a function from the values.
    floor_dims : dims of E.
    still : columns that are the same in every run, whose slope the data cannot know.
    slopes : where the floor declines or the law breaks, how fast the log loss falls with the column of each exponent.
    along : where log N and log D lie on one line, how fast log D grows with log N: the data know the sum of the slopes.
    """

    logs: Mapping[str, tuple[str, ...]]
    odds: Mapping[str, tuple[str, ...]]
    middle: Any
    natural: Mapping[str, Callable[[Values], Any]]
    floor_dims: tuple[str, ...] = ()
    still: frozenset[str] = frozenset()
    slopes: Mapping[str, Any] = field(default_factory=dict)
    along: Any = None
    terms: tuple[str, ...] = field(init=False)
    flat: tuple[str, ...] = field(init=False)

    def __post_init__(self):
        terms = tuple(name for name in self.logs if name.startswith("excess_"))
        terms = terms if len({self.logs[name] for name in terms}) == 1 else ()
        flat = tuple(name for name in terms if name.removeprefix("excess_") in self.still)
        flat = flat if len(flat) < len(terms) else ()  # these only add to the floor
        object.__setattr__(self, "terms", tuple(name for name in terms if name not in flat))
        object.__setattr__(self, "flat", flat)

    def forward(self, z: Values) -> dict[str, Any]:
        """From PyMC's unconstrained values to the chart."""
        phi = dict(z)
        if self.terms:
            *others, last = self.terms
            for name in others:
                phi[name] = z[name] - z[last]
            phi[last] = np.log(sum(np.exp(z[name]) for name in self.terms)) - self._log_reducible(z)
        for name in self.flat:
            phi[name] = z[name] - np.log(self._room(z, sum(np.exp(z[term]) for term in self.terms)))
        if self._bounded:
            phi["odds"] = z["odds"] - self._log_odds(z)
        for name in self._exponents():
            phi[name] = z[name] + self._leverage(name, z)
        if self._joined:
            first, second = phi["alpha_N"], phi["alpha_D"]
            phi["alpha_N"] = first - second
            phi["alpha_D"] = np.log(np.exp(first) + self.along * np.exp(second)) - self._log_steep(z, *self.slopes)
        return phi

    def backward(self, phi: Values) -> dict[str, Any]:
        """From the chart to PyMC's unconstrained values."""
        z = dict(phi)
        if self.terms:
            *others, last = self.terms
            share = 1.0
            for name in others:
                share = share + np.exp(phi[name])
            z[last] = phi[last] + self._log_reducible(phi) - np.log(share)
            for name in others:
                z[name] = phi[name] + z[last]
        for name in self.flat:
            z[name] = phi[name] + np.log(self._room(phi, sum(np.exp(z[term]) for term in self.terms)))
        if self._bounded:
            z["odds"] = phi["odds"] + self._log_odds(phi)
        slopes = dict(phi)
        if self._joined:
            share = np.log(np.exp(phi["alpha_N"]) + self.along)
            slopes["alpha_D"] = phi["alpha_D"] + self._log_steep(z, *self.slopes) - share
            slopes["alpha_N"] = slopes["alpha_D"] + phi["alpha_N"]
        for name in self._exponents():
            z[name] = slopes[name] - self._leverage(name, z)
        return z

    @property
    def _joined(self) -> bool:
        """Whether the slopes in N and D have coordinates in common: their sum along the line, and their ratio."""
        return self.along is not None and {"alpha_N", "alpha_D"} <= set(self._exponents())

    @property
    def _bounded(self) -> bool:
        """Whether the law lies between a floor and a ceiling, as M4 of Alabdulmohsin et al. 2022."""
        return {"E", "ceiling"} <= set(self.natural) and self.logs.get("odds") == ()

    def _exponents(self) -> list[str]:
        return [name for name in self.logs if self._partners(name)]

    def _partners(self, name: str) -> tuple[str, ...]:
        """The parameters that an exponent's local slope depends on, if all have the exponent's dims."""
        column = name.removeprefix("alpha_")
        if name == "eta":
            found = self.terms
        elif column == name or column in self.still:
            found = ()
        elif f"excess_{column}" in self.logs:
            found = (f"excess_{column}", *(("rest",) if "rest" in self.odds else ()))
        elif self._bounded:
            found = ("odds", *(("shape",) if "shape" in self.logs else ()))
        elif "share_N" in self.odds:  # the joint law of Kaplan et al. 2020
            found = ("share_N", *self.terms)
        else:
            found = ("gamma",)  # M3 of Alabdulmohsin et al. 2022
        dims = {**self.logs, **self.odds}
        return found if all(dims.get(partner) == self.logs[name] for partner in found) else ()

    def _leverage(self, name: str, z: Values):
        """Log of what multiplies the exponent in the local slope of the loss."""
        partners = self._partners(name)
        if "share_N" in partners:
            sign = -1.0 if name == "alpha_N" else 1.0
            share = -np.log1p(np.exp(sign * z["share_N"]))
            if name == "alpha_N" and "embedding" in self.odds:  # what is not embeddings grows faster than N
                share = share - np.log1p(-2.0 / 3.0 * self.natural["embedding"](z))
            if self.terms:
                share = share + np.log(sum(np.exp(z[term]) for term in self.terms))
            return share if self._joined else share - self._log_steep(z, *(n for n in self.slopes if n == name))
        if "rest" in partners:  # of the bracket, what moves
            share = z[partners[0]] - np.log1p(np.exp(z["rest"]))
            return share - self._log_steep(z, *(n for n in self.slopes if n == name))
        if partners == ("gamma",):
            return -np.log1p(np.exp(z["gamma"]))
        if partners[0] == "odds":
            room, top = self._room(z), self._top(z)
            return np.log(room * top / (room + top + (self._shape(z) - 1.0) * room))
        if name in self.slopes and self.logs[name] == () and self._breaks(z):
            return -self._log_before(z[partners[0]], self.slopes[name], z)
        if len(partners) == 1:
            return z[partners[0]]
        return np.log(sum(np.exp(z[partner]) for partner in partners))

    def _breaks(self, z: Values) -> list[str]:
        """Numbers, as text, of the breaks of a broken law of which nothing is fixed or grouped."""
        found = [name.removeprefix("width_") for name in self.logs if name.startswith("width_")]
        parts = {i: [z.get(f"{part}_{i}") for part in ("change", "break", "width")] for i in found}
        return [i for i, own in parts.items() if not any(v is None or isinstance(v, np.ndarray) for v in own)]

    def _log_before(self, log_excess: Any, slope: Any, z: Values):
        """Log of the exponent before all breaks that gives the slope at the reference run, smoothly positive."""
        exponent = self.middle * slope * np.exp(-log_excess)
        for i in self._breaks(z):
            passed = 0.5 - 0.5 * np.tanh(0.5 * z[f"break_{i}"] * np.exp(-z[f"width_{i}"]))
            exponent = exponent - z[f"change_{i}"] * passed
        return np.log(0.5 * (exponent + (exponent * exponent + LEAST**2) ** 0.5))

    def _log_steep(self, z: Values, *names: str):
        """Log of what the decline of the floor leaves of a slope, or of two along the line, smoothly positive."""
        if not names:
            return 0.0
        per = [self.along if name == "alpha_D" and len(names) > 1 else 1.0 for name in names]
        steep = self.middle * sum(self.slopes[name] * many for name, many in zip(names, per, strict=True))
        gap = steep - np.exp(z["omega"]) * self.natural["E"](z) * sum(per)
        return np.log(0.5 * (gap + (gap * gap + (0.2 * steep) ** 2) ** 0.5))

    def _log_reducible(self, z: Values):
        """Log of what the terms that move add up to: what E leaves, unless a flat term takes part of that."""
        return np.log(self.middle) if self.flat or "E" not in self.natural else np.log(self._room(z))

    def _log_odds(self, z: Values):
        """Log of the odds at which a law between floor and ceiling passes through the middle loss."""
        room, top = self._room(z), self._top(z)
        return np.log(room / top) + (self._shape(z) - 1.0) * np.log1p(room / top)

    def _shape(self, z: Values):
        return np.exp(z["shape"]) if self.logs.get("shape") == () else 1.0

    def _top(self, z: Values):
        """What is left between the middle loss and the ceiling, smoothly positive."""
        ceiling = self.natural["ceiling"](z)
        gap = (ceiling.mean() if isinstance(ceiling, np.ndarray) else ceiling) - self.middle
        return 0.5 * (gap + (gap * gap + (0.03 * self.middle) ** 2) ** 0.5)

    def _room(self, z: Values, taken: Any = 0.0):
        """What E, and what is taken already, leave of the middle loss, smoothly positive."""
        value: Any = 0.0
        if "E" in self.natural:
            value = self.natural["E"](z)
            if self.floor_dims and (not self.terms or self.floor_dims != self.logs[self.terms[0]]):
                value = value.mean()
        gap = self.middle - value - taken
        return 0.5 * (gap + (gap * gap + (0.03 * self.middle) ** 2) ** 0.5)
