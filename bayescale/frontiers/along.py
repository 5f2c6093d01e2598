"""Along: loss, exponents, slope, curvature and reducible share along a frontier."""

from typing import Any

import numpy as np
import xarray as xr

from bayescale.base.columns import column
from bayescale.frontiers.search import derivatives, mixed, refine
from bayescale.frontiers.surface import Surface
from bayescale.modelling.draws import SAMPLE_DIMS

#: Largest number of steps towards C_E, and the largest of them [log C].
STEPS, FURTHEST = 25, 12.0
#: The reducible loss equals the floor to this relative precision.
EQUAL = 1e-9


def along(surface: Surface, u: xr.DataArray, c: xr.DataArray, valleys: xr.DataArray) -> xr.Dataset:
    """The result of `bayescale.frontier`, from the optimum log N = u at log C = c."""

    def F(x, y):
        return np.log(surface.loss(x, y))

    slope, second = derivatives(lambda d: F(u, c + d))
    result: dict[str, Any] = {}
    a: Any = 0.0
    if surface.cost is not None:
        _, bend = derivatives(lambda d: F(u + d, c))
        cross = mixed(lambda x, y: F(u + x, c + y))
        a, second = -cross / bend, second - cross**2 / bend
        at = surface.columns(u, c)
        b, _ = derivatives(lambda d: np.log(surface.columns(u + a * d, c + d)["D"]))
        result = {"N": at["N"], "D": at["D"], "tokens_per_param": at["D"] / at["N"], "a": a, "b": b}
    curve, floor = surface.curve(u, c), surface.floor(u, c)
    reducible, _ = derivatives(lambda d: np.log(surface.curve(u + a * d, c + d) - surface.floor(u + a * d, c + d)))
    optimal = u.notnull() & (valleys >= 0)
    for name in ("a", "b") if surface.cost is not None else ():
        result[name] = result[name].where(optimal)
    result |= {
        "loss": surface.loss(u, c) * np.exp(surface.local(u, c)),
        "loss_law": curve,
        "slope": slope.where(optimal),
        "curvature": second.where(optimal),
        "reducible": 1 - floor / curve,
        "slope_reducible": reducible.where(optimal),
        "status": xr.where(optimal, xr.where(valleys > 1, 1, 0), 2),
        "C_E": _equal(surface, u, c),
    }
    frame = xr.Dataset({name: array.transpose(*SAMPLE_DIMS, ...) for name, array in result.items()})
    units = {"loss_law": column("loss").unit, "C_E": column("C").unit}
    for name in frame.data_vars:
        frame[name].attrs = {"units": units.get(str(name), column(str(name)).unit)}
    frame["loss"].attrs["long_name"] = "median loss, with discrepancy" if surface.paths else "law's loss"
    frame["loss_law"].attrs["long_name"] = "law's loss, without discrepancy"
    frame["C"].attrs = {"units": column("C").unit}
    return frame


def _equal(bent: Surface, u: xr.DataArray, c: xr.DataArray) -> xr.DataArray:
    """The budget [FLOP] at which the law's reducible loss equals its floor: Newton's method along its own frontier.

    The log of their ratio is linear in log C for a sum of two power laws with a floor, so few steps do.
    """
    surface = Surface(bent.law, bent.post, bent.given, bent.cost)
    middle = c.sizes["C"] // 2
    u, at = u.isel(C=middle, drop=True), c.isel(C=middle, drop=True)
    at = xr.zeros_like(u) + at
    none = (surface.floor(u, at) == 0).where(u.notnull(), False)

    def gap(x, y):
        floor = surface.floor(x, y)
        return np.log((surface.curve(x, y) - floor) / floor)

    def optimum(x, y):
        return refine(lambda p, q: np.log(surface.curve(p, q)), x, y) if surface.cost is not None else x

    with np.errstate(all="ignore"):
        u, value = optimum(u, at), xr.full_like(u, np.inf)
        for _ in range(STEPS):
            value, (slope, _) = gap(u, at), derivatives(lambda d: gap(u, at + d))  # noqa: B023 (called at once)
            if not (abs(value) > EQUAL).any():
                break
            step = (-value / slope).clip(-FURTHEST, FURTHEST).where(abs(value) > EQUAL, 0.0)
            if surface.cost is not None:
                u = optimum(u + 0.5 * step, at + step)
            at = at + step
        found = np.exp(at).where(abs(value) <= EQUAL)
    return xr.where(none, np.inf, found)
