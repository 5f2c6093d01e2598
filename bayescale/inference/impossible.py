"""Impossible priors: refused before anything is sampled."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from bayescale.density.bound import Bound
from bayescale.density.coordinates.structure import coordinates_of
from bayescale.density.prior_draws import draw_all
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.formula import call
from bayescale.modelling.prior import Prior

#: Prior draws whose losses are compared with the observed ones.
DRAWS = 1000
#: Runs at which they are compared, spread over the table by loss.
RUNS = 20
#: A draw agrees with a run if its loss is within this factor of the range of the observed losses.
FACTOR = 3.0
#: A fixed floor may exceed the smallest loss by this share, which noise can explain.
ABOVE = 0.02
#: Families whose density does not fall towards their lower bound: half of their draws are moved towards it, by up to
#: DECADES, so that a flat prior of a vast range is not mistaken for one that rules out the runs.
FLAT = ("Uniform", "HalfNormal", "HalfCauchy", "Exponential")
DECADES = 12.0


def refuse_impossible(bound: Bound) -> None:
    """Refuse priors and fixed values that no run can agree with.

    Raises
    ------
    ValueError
        If the prior of the law's floor lies above all losses or below zero, a fixed floor lies above the smallest loss
        or is negative, or no prior draw gives a loss within a factor of 3 of the observed ones. The message names the
        parameter.
    """
    drawn = _draws(bound)
    if drawn is None:  # families that only PyMC can draw
        return
    _check_floor(bound, drawn)
    _check_losses(bound, drawn)


def _draws(bound: Bound) -> dict[str, Any] | None:
    """Prior draws of the law's parameters, dims (chain of length 1, draw, *groups), and fixed numbers."""
    rng = np.random.default_rng(0)
    try:
        arrays = draw_all(bound, rng, DRAWS)
    except ValueError:
        return None
    drawn: dict[str, Any] = {}
    for name, prior in bound.law.priors.items():
        if not isinstance(prior, Prior):
            drawn[name] = prior
            continue
        array = arrays[name]
        if prior.family in FLAT and not prior.hyperpriors():
            lower = _lower(bound, prior)
            part = np.where(rng.random(array.shape) < 0.5, 1.0, 10.0 ** -rng.uniform(0, DECADES, array.shape))
            array = lower + (array - lower) * part
        drawn[name] = xr.DataArray(array[None], dims=(*SAMPLE_DIMS, *prior.dims))
    return drawn


def _lower(bound: Bound, prior: Prior) -> Any:
    """Lower bound of a flat family, in the unit of the loss."""
    args = prior.in_unit(prior.args, bound.units[prior.unit_name] if prior.unit_name else None)
    return args.get("lower", 0.0)


def _check_floor(bound: Bound, drawn: Mapping[str, Any]) -> None:
    """Refuse a floor above the losses or below zero."""
    name = _floor(bound, drawn)
    if name is None or not len(bound.table.loss):
        return
    losses, prior = bound.table.loss, bound.law.priors[name]
    span = f"the observed losses are {losses.min():.4g} to {losses.max():.4g} nats/token"
    cure = "The loss falls towards it, so it lies between 0 and the smallest loss"
    if not isinstance(prior, Prior):
        if prior < 0 or prior > losses.min() * (1 + ABOVE):
            raise ValueError(f"{name} = {prior:g} is impossible: {span}. {cure}; give such a number, or a prior.")
        return
    values = np.asarray(drawn[name])
    if (values < 0).all() or (values > losses.max()).all():
        where = "below zero" if (values < 0).all() else "above the largest loss"
        raise ValueError(
            f"The prior {name} ~ {prior} is impossible: it lies {where} ({values.min():.4g} to {values.max():.4g} in "
            f"{DRAWS} draws), and {span}. {cure}: Prior('Uniform', lower=0, upper=1, unit='loss_min')."
        )


def _floor(bound: Bound, drawn: Mapping[str, Any]) -> str | None:
    """The parameter that is the limit of the loss for large runs; None if there is none.

    The coordinates know an excess by its prior on all positive numbers. Here any prior with positive draws will do,
    such as a uniform one between two positive bounds.
    """
    law, known = bound.law, bound.coordinates
    if known.floor is not None or law.coordinates is not None:
        return known.floor if known.limit else None
    positive = {
        name: Prior("HalfNormal", sigma=1.0, dims=prior.dims)
        for name, prior in law.priors.items()
        if isinstance(prior, Prior) and (np.asarray(drawn[name]) > 0).all()
    }
    return coordinates_of(replace(law, priors={**law.priors, **positive})).floor


def _check_losses(bound: Bound, drawn: Mapping[str, Any]) -> None:
    """Refuse priors none of whose draws comes near the observed losses."""
    losses = bound.table.loss
    low, high = losses.min() / FACTOR, losses.max() * FACTOR
    at = np.argsort(losses)[np.unique(np.linspace(0, len(losses) - 1, min(RUNS, len(losses))).round().astype(int))]
    found = _losses(bound, drawn, at)
    if found is None or (_near(found, low, high) and _finite_somewhere(found)):
        return
    name = _culprit(bound, drawn, at, (low, high))
    known = found[np.isfinite(found)]
    reached = f"{known.min():.3g} to {known.max():.3g}" if known.size else "no finite number"
    reached += "" if _finite_somewhere(found) or not known.size else ", at some runs no positive finite number"
    prior = bound.law.priors.get(name)
    cure = (
        f"the prior of '{name}' ({prior}) is the one to change first"
        if isinstance(prior, Prior)
        else f"'{name}' = {prior} is the one to change first"
        if name
        else "no single prior explains this: change several, or the law"
    )
    raise ValueError(
        f"The priors of law '{bound.law.name}' do not agree with any run: {DRAWS} prior draws give losses of "
        f"{reached}, the observed ones are {losses.min():.4g} to {losses.max():.4g} nats/token; {cure}. Give priors in "
        "units of the data (unit='loss_min'), or check the unit of the loss."
    )


def _losses(bound: Bound, drawn: Mapping[str, Any], at: np.ndarray) -> np.ndarray | None:
    """Median losses of prior draws at some runs; None where the formula cannot be evaluated."""
    law, table = bound.law, bound.table
    given = {name: xr.DataArray(table.columns[name].to_numpy()[at], dims="run") for name in law.inputs}
    level = {name: xr.DataArray(levels[at], dims="run") for name, levels in bound.level_of_run.items()}
    chosen = {name: _of_runs(value, level) for name, value in drawn.items()}
    try:
        with np.errstate(all="ignore"):
            return np.asarray(call(law.formula, chosen, given, table.reference), dtype=float)
    except Exception:  # the formula's own errors are reported by what fits it
        return None


def _of_runs(value: Any, level: Mapping[str, xr.DataArray]) -> Any:
    """Draws of a grouped parameter at the levels of some runs; anything else as it is."""
    return value.isel({dim: level[dim] for dim in value.dims if dim in level}) if hasattr(value, "isel") else value


def _near(losses: np.ndarray, low: float, high: float) -> float:
    """Share of losses between two bounds."""
    with np.errstate(invalid="ignore"):
        return float(((losses > low) & (losses < high)).mean())


def _finite_somewhere(losses: np.ndarray) -> bool:
    """Whether each run (the last dimension) has a positive finite loss, and so a density, in some draw."""
    return bool((np.isfinite(losses) & (losses > 0)).reshape(-1, losses.shape[-1] if losses.ndim else 1).any(0).all())


def _culprit(bound: Bound, drawn: Mapping[str, Any], at: np.ndarray, wanted: tuple[float, float]) -> str | None:
    """The parameter whose change by a power of ten lets most losses agree with the runs; None if none does."""
    best, culprit = 0.0, None
    for name, value in drawn.items():
        for exponent in (sign * power for power in range(1, 13) for sign in (-1.0, 1.0)):
            found = _losses(bound, {**drawn, name: value * 10.0**exponent}, at)
            share = 0.0 if found is None else _near(found, *wanted)
            if share > best:
                best, culprit = share, name
    return culprit
