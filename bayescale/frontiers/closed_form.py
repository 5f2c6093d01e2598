"""Loss, slope and curvature along the frontier of the laws in `bayescale.frontiers.shapes`, in closed form."""

import numpy as np
import xarray as xr

from bayescale.base.columns import FLOP_PER_PARAMETER_AND_TOKEN


def closed_form(name: str, draws: xr.Dataset, reference: dict[str, float], C: xr.DataArray) -> xr.Dataset:
    """Loss, slope and curvature on the frontier.

    With shares p_i of powers C^-delta_i in the loss, the slope is the mean of -delta. The curvature is the variance of
    delta under p, and w d2 ln R / d(ln C)2 where the reducible loss R, of share w, is itself curved.

    Parameters
    ----------
    name : the law's name, of `bayescale.frontiers.shapes.NAMES`.
    draws : Dataset of its parameters.
    reference : the reference run of the fit.
    C : budgets [FLOP], dims (C).

    Returns
    -------
    Dataset : ``loss`` [nats/token], ``slope`` d ln L / d ln C and ``curvature`` d2 ln L / d(ln C)2, dims of the draws
        and C; ``base`` [nats/token], the floor or slow term, zero where the law has none.
    """
    gamma, shape = _power(draws, reference, C)
    bend = draws["bend"] if "bend" in draws else 0.0 * gamma
    u = -np.log(shape) / gamma
    shape, gamma = np.exp(np.log(shape) + 0.5 * bend * u * u), gamma - bend * u  # its local exponent
    if name in ("straight", "free"):
        loss = draws["loss_C" if "loss_C" in draws else "loss_ND"] * shape
        zero = 0.0 * loss
        return xr.Dataset({"loss": loss, "slope": zero - gamma, "curvature": zero + bend, "base": zero})
    omega = draws["omega"] if "omega" in draws else 0.0 * bend
    top = reference.get("C_top") or FLOP_PER_PARAMETER_AND_TOKEN * reference.get("N_top", 1) * reference.get("D_top", 1)
    base = draws["E"] * (C / top) ** -omega
    excess = draws["excess_C" if "excess_C" in draws else "excess_ND"] * shape
    w = excess / (base + excess)
    slope = -(w * gamma + (1 - w) * omega)
    curvature = w * bend + w * (1 - w) * (gamma - omega) ** 2
    return xr.Dataset({"loss": base + excess, "slope": slope, "curvature": curvature, "base": base})


def _power(p: xr.Dataset, reference: dict[str, float], C: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """The exponent of the reducible loss on the frontier, and that loss over its value at the reference run."""
    if "alpha_C" in p:
        return p["alpha_C"], (C / reference["C0"]) ** -p["alpha_C"]
    a, b = p["alpha_N"] / p["kappa"], p["alpha_D"] / p["kappa"]
    c = C / (FLOP_PER_PARAMETER_AND_TOKEN * reference["N0"] * reference["D0"])
    n = (p["share_N"] * a / ((1 - p["share_N"]) * b) * c**b) ** (1 / (a + b))
    shape = (p["share_N"] * n**-a + (1 - p["share_N"]) * (c / n) ** -b) ** p["kappa"]
    return p["alpha_N"] * p["alpha_D"] / (p["alpha_N"] + p["alpha_D"]), shape
