"""Paths: the discrepancy as functions of N and D, one draw of each for each posterior draw.

`delta` draws the discrepancy at runs that all draws share. The compute-optimal run differs from draw to draw, so a
frontier needs whole functions. Each part is drawn at knots, jointly with the others of its amplitude and given the
coefficients. Smooth parts are cubic splines between knots, local parts straight lines.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from scipy.interpolate import CubicSpline

from bayescale.density.basis import NEGLIGIBLE, blocks_of
from bayescale.density.conditional import _amplitudes, _drawn
from bayescale.modelling.discrepancy import Part
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.law import Law

#: Distance between knots [decades]. At half a decade, a spline misses a smooth part of amplitude 0.01 by 0.0003 of the
#: loss. At a twentieth, a straight line has 97.5 % or more of the variance of a local part.
SPACING = {"smooth": 0.5, "local": 0.05}


@dataclass(frozen=True, eq=False)
class Path:
    """One part of the discrepancy: a piecewise polynomial for each posterior draw.

    Attributes
    ----------
    part : the part.
    low, step : float, first knot and distance between knots, from the part's anchor [decades].
    pieces : array of shape (power, interval, draw), coefficients of powers of the distance from the left knot, the
        highest first [log loss].
    """

    part: Part
    low: float
    step: float
    pieces: np.ndarray

    def at(self, x: xr.DataArray, sample: xr.DataArray) -> xr.DataArray:
        """Log of the factor on the loss at distances x [decades]; `sample` numbers the draws, dims (chain, draw)."""
        x, which = xr.broadcast(x, sample)
        place = (x.to_numpy() - self.low) / self.step
        interval = np.clip(np.nan_to_num(place).astype(int), 0, self.pieces.shape[1] - 1)
        beyond = (x.to_numpy() - self.low) - interval * self.step
        value: Any = 0.0
        for coefficients in self.pieces:
            value = value * beyond + coefficients[interval, which.to_numpy()]
        return x.copy(data=value)


@dataclass(frozen=True, eq=False)
class Paths:
    """The discrepancy of a law as functions, one of each part for each posterior draw.

    Attributes
    ----------
    paths : the parts.
    anchors : values of the reference run.
    sample : DataArray, number of each draw, dims (chain, draw).
    """

    paths: tuple[Path, ...]
    anchors: Mapping[str, float]
    sample: xr.DataArray

    def __call__(self, columns: Mapping[str, Any], kind: str) -> Any:
        """The sum of the parts of a kind ("smooth" or "local") at runs, log of a factor on the loss.

        Parameters
        ----------
        columns : the law's columns, numbers or DataArrays of any dims.
        kind : name of a kernel of `bayescale.modelling.discrepancy`.
        """
        total: Any = 0.0
        for path in self.paths:
            if path.part.kernel == kind:
                total = total + path.at(_distance(path.part, columns, self.anchors), self.sample)
        return total


def _distance(part: Part, columns: Mapping[str, Any], anchors: Mapping[str, float]) -> xr.DataArray:
    """Signed distance of runs from the part's anchor [decades]."""
    logs: Any = sum(np.log10(columns[c] / anchors[part.anchor(c)]) for c in part.columns)
    return logs if isinstance(logs, xr.DataArray) else xr.DataArray(logs)


def paths_of(law: Law, post: xr.DataTree, corners: Mapping[str, Any], rng: np.random.Generator) -> Paths:
    """Draw the discrepancy as functions, given the runs that were fitted.

    Parameters
    ----------
    law : Law with a discrepancy.
    post : DataTree with a group ``discrepancy``.
    corners : the law's columns, DataArrays or numbers that span the region in which the functions are needed.
    rng : draws what the runs do not determine.

    Returns
    -------
    Paths
    """
    group = "posterior" if "posterior" in post.children else "prior"
    known, draws = post["discrepancy"].to_dataset(), post[group].to_dataset()
    if "coefficients" not in known:
        raise ValueError("The discrepancy of this posterior was stored by an earlier version of bayescale; fit again.")
    constants = {str(k): float(v) for k, v in post["constant_data"].data_vars.items() if not v.dims}
    anchors = {**law.reference, **constants}
    shape = draws.sizes["chain"], draws.sizes["draw"]
    sample = xr.DataArray(np.arange(shape[0] * shape[1]).reshape(shape), dims=SAMPLE_DIMS).assign_coords(
        {dim: draws[dim] for dim in SAMPLE_DIMS if dim in draws.coords}
    )
    paths = []
    for name, parts in blocks_of(law).items():
        knots = [_knots(part, corners, anchors) for part in parts]
        own = known["coefficient_amplitude"].to_numpy() == name
        z = known["coefficients"].transpose(*SAMPLE_DIMS, "coefficient").to_numpy()[..., own].reshape(sample.size, -1)
        weights = known["weights"].transpose("row", "coefficient").to_numpy()[:, own]
        rows = known["decades"].sel(part=[part.name for part in parts]).transpose("part", "row").to_numpy()
        mean, left = _given(parts, knots, rows, weights)
        values = _amplitudes(law, draws, [name]).reshape(-1, 1) * (z @ mean.T + _drawn(left, rng, sample.size))
        ends = np.cumsum([len(x) for x in knots])[:-1]
        paths += [_path(*each) for each in zip(parts, knots, np.split(values, ends, axis=1), strict=True)]
    return Paths(tuple(paths), anchors, sample)


def _knots(part: Part, corners: Mapping[str, Any], anchors: Mapping[str, float]) -> np.ndarray:
    """Equally spaced distances that cover the corners, with the anchor among them."""
    x, step = _distance(part, corners, anchors), SPACING[part.kernel]
    low, high = np.floor(float(x.min()) / step) - 1, np.ceil(float(x.max()) / step) + 1
    return step * np.arange(low, max(high, low + 4) + 1)


def _given(
    parts: tuple[Part, ...], knots: list[np.ndarray], rows: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Effect of each coefficient on the parts at their knots, and covariance of what the coefficients leave open.

    As in `bayescale.density.conditional.delta`, but with a value for each part and not for their sum.
    """
    cross = np.concatenate([part.covariance(x, row) for part, x, row in zip(parts, knots, rows, strict=True)])
    known = mean = cross @ weights
    if rows.size and any(part.kernel != "smooth" for part in parts):
        different = np.unique(rows.round(9), axis=1)
        each: Any = sum(part.covariance(x, x) for part, x in zip(parts, different, strict=True))
        values, vectors = np.linalg.eigh(each)
        used = values > NEGLIGIBLE * max(values[-1], 1e-300)
        cross = np.concatenate([part.covariance(x, row) for part, x, row in zip(parts, knots, different, strict=True)])
        known = cross @ (vectors[:, used] / np.sqrt(values[used]))
    total, at = -known @ known.T, 0
    for part, x in zip(parts, knots, strict=True):
        here = slice(at, at + len(x))
        total[here, here] += part.covariance(x, x)
        at += len(x)
    return mean, total


def _path(part: Part, knots: np.ndarray, values: np.ndarray) -> Path:
    """A part as piecewise polynomials through its values at the knots, of shape (draw, knot)."""
    step = float(knots[1] - knots[0])
    if part.kernel == "smooth":
        pieces = CubicSpline(knots, values, axis=1, bc_type="natural").c
    else:
        pieces = np.stack([np.diff(values, axis=1).T / step, values[:, :-1].T])
    return Path(part, float(knots[0]), step, np.ascontiguousarray(pieces))
