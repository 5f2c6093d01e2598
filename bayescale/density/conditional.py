"""Conditional: the discrepancy of a law, given its parameters.

`fit` integrates the discrepancy out. This module draws it for each posterior draw of the parameters, as increments of
the white noise of each cell, so that it can be continued to any run. Under normal noise its distribution is normal.
Under Student-t noise it is approximated by a normal distribution with the mode and the curvature of the integral
(`bayescale.density.marginal`).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from bayescale.density.basis import nu_of
from bayescale.density.bound import Bound
from bayescale.density.marginal import ArrayCoefficients, mode
from bayescale.density.parallel import blocks, each
from bayescale.modelling.discrepancy import RANK, Cells, beyond
from bayescale.modelling.draws import SAMPLE_DIMS, draws_of, picked
from bayescale.modelling.formula import call
from bayescale.modelling.law import Law


def moments(bound: Bound, posterior: xr.Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The distribution of the coefficients for each draw of the parameters.

    Parameters
    ----------
    bound : Bound
    posterior : Dataset of draws, dims (chain, draw).

    Returns
    -------
    mean : array of shape (draw, coefficient).
    root : array of shape (draw, coefficient, coefficient), R with covariance R R'.
    amplitudes : array of shape (draw, coefficient).
    error : array of shape (draw, run), log loss less log mu; innovations where rows are checkpoints.
    scale : array of shape (draw,), scale of the noise [log loss].
    """
    basis, runs = bound.basis, len(bound.table.loss)
    draws = posterior.sizes["chain"] * posterior.sizes["draw"]
    amplitudes = _amplitudes(bound.law, posterior, basis.amplitudes).reshape(draws, -1)
    error, scale = _errors(bound, posterior, np.arange(runs))
    b = (amplitudes if len(set(basis.amplitudes)) > 1 else amplitudes[:, :1]) / scale[:, None]
    error = bound.innovations(error)
    given = lambda part: _given(bound, b[part], error[part] / scale[part, None])  # noqa: E731
    mean, root = map(np.concatenate, zip(*each(given, blocks(draws, runs)), strict=True))
    return mean, root, amplitudes, error, scale


def _errors(bound: Bound, posterior: xr.Dataset, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log loss less log mu of some runs, of shape (draw, run), and the scale of the noise, of shape (draw,).

    Plain arrays are used because every step of a search calls this, and labels would take most of the time.
    """
    law, table = bound.law, bound.table
    count, losses = posterior.sizes["chain"] * posterior.sizes["draw"], np.log(table.loss[rows])
    columns = {name: table.columns[name].to_numpy()[rows] for name in table.columns}
    levels = {name: xr.DataArray(table.groups[name].to_numpy()[rows], dims="run") for name in table.groups}
    draws, reference = draws_of(law, posterior)[0], {**law.reference, **table.reference}
    flat = {
        name: picked(value, levels).transpose(*SAMPLE_DIMS, ...).to_numpy().reshape(count, -1)
        if isinstance(value, xr.DataArray)
        else np.full((count, 1), value)
        for name, value in draws.items()
    }

    def error(part: slice) -> np.ndarray:
        with np.errstate(all="ignore"):
            mu = call(law.formula, {name: value[part] for name, value in flat.items()}, columns, reference)
            return losses - np.log(np.broadcast_to(mu, (len(range(count)[part]), len(losses))))

    scale = np.broadcast_to(call(law.noise.scale, flat, reference), (count, 1))[:, 0]
    return np.concatenate(each(error, blocks(count, len(losses)))), scale


def _given(bound: Bound, b: np.ndarray, e: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (mode, under Student-t noise) of the coefficients for each draw, and a root of their covariance."""
    kept, sites = bound.basis.kept, bound.sites
    if sites is None:
        equal = ArrayCoefficients(kept, b, np.ones(len(kept)))
        return equal.solve(equal.right(e)), equal.root
    weighted = ArrayCoefficients(kept, b, sites.curvatures)
    z, _, factor = mode(weighted, e, sites, nu_of(bound.law), np.sum(sites.curvatures))
    return z, ArrayCoefficients(kept, b * np.sqrt(factor), sites.curvatures).root


def _amplitudes(law: Law, draws: xr.Dataset, names) -> np.ndarray:
    """Draws of the amplitudes of these names, of shape (chain, draw, name)."""
    ones = np.ones((draws.sizes["chain"], draws.sizes["draw"]))
    values = {n: draws[n].to_numpy() if n in draws else float(law.all_priors[n]) * ones for n in dict.fromkeys(names)}
    return np.stack([values[name] for name in names], axis=-1)


def increments(bound: Bound, draws: xr.Dataset, rng: np.random.Generator, *, prior: bool) -> xr.Dataset:
    """Draw the discrepancy for each draw of the parameters.

    Parameters
    ----------
    bound : Bound
    draws : Dataset of draws of the parameters, dims (chain, draw).
    rng : numpy.random.Generator
    prior : whether the runs are left out, so that the draws are of the prior.

    Returns
    -------
    Dataset : ``increments`` (chain, draw, cell) [log loss per decade^1.5], the white noise of each cell; each cell's
        ``cell_part``, ``side``, ``lower`` and ``upper``; ``below`` and ``above`` (part) [decades], how far the cells
        reach on the two sides of the anchor; and the variables that `with_ends` adds.
    """
    basis = bound.basis
    size = (draws.sizes["chain"], draws.sizes["draw"])
    z = rng.standard_normal((*size, sum(len(grid.side) for grid in basis.cells)))
    if not prior:
        mean, root, *_ = moments(bound, draws)
        known = mean + (root @ rng.standard_normal((len(mean), mean.shape[1], 1)))[:, :, 0]
        known = known.reshape(*size, len(basis.parts), RANK)
    at = 0
    for k, rotated in enumerate(basis.rotations):
        own = z[..., at : at + len(rotated)]
        if not prior:  # combinations that the runs cannot resolve keep their prior
            few = min(RANK, len(rotated))
            own[..., :few] = known[..., k, :few]
        own[...] = own @ rotated.T
        at += len(rotated)
    group = as_group(bound, draws, z)
    return group if prior else with_ends(bound, draws, group)


def as_group(bound: Bound, draws: xr.Dataset, z: np.ndarray) -> xr.Dataset:
    """The Dataset of `increments` without ends, from standard normal increments of shape (chain, draw, cell)."""
    parts, grids = bound.basis.parts, bound.basis.cells
    of_cell = np.repeat(np.arange(len(parts)), [len(grid.side) for grid in grids])
    scaled = z * _amplitudes(bound.law, draws, [parts[k].amplitude for k in of_cell]) if z.shape[-1] else z
    reach = [[float(np.max(grid.upper[grid.side == side], initial=0.0)) for grid in grids] for side in (-1.0, 1.0)]
    flat = {key: ("cell", np.concatenate([getattr(grid, key) for grid in grids])) for key in Cells._fields}
    return xr.Dataset(
        {"increments": ((*SAMPLE_DIMS, "cell"), scaled), **flat, "cell_part": ("cell", of_cell)}
        | {"below": ("part", reach[0]), "above": ("part", reach[1])},
        coords={"part": [part.name for part in parts], "chain": draws["chain"], "draw": draws["draw"]},
    )


def with_ends(bound: Bound, draws: xr.Dataset, group: xr.Dataset) -> xr.Dataset:
    """Add the last row of each training run, from which forecasts of later checkpoints continue.

    Returns
    -------
    Dataset : the group. If errors of checkpoints are correlated, also ``end_error`` (chain, draw, training_run) [log
        loss], the error of the last row; ``end_size`` (training_run) [decades], its size as measured by
        `bayescale.data.checkpoints.decades`; and ``length`` [decades], the correlation length.
    """
    checkpoints, table = bound.checkpoints, bound.table
    if checkpoints is None or not checkpoints.length:
        return group
    tree = {"posterior": draws, "discrepancy": group, "constant_data": xr.Dataset(dict(table.reference))}
    columns = {name: values.to_numpy()[checkpoints.last] for name, values in table.columns.items()}
    nothing_beyond = np.random.default_rng(0)
    smooth = delta(bound.law, xr.DataTree.from_dict(tree), columns, nothing_beyond)
    error = _errors(bound, draws, checkpoints.last)[0].reshape(smooth.shape) - smooth
    return group.assign(
        end_error=((*SAMPLE_DIMS, "training_run"), error),
        end_size=("training_run", checkpoints.size[checkpoints.last]),
        length=checkpoints.length,
    ).assign_coords(training_run=list(checkpoints.names))


def delta(law: Law, post: xr.DataTree, columns: Mapping[str, Any], rng: np.random.Generator) -> np.ndarray:
    """Draw the discrepancy at runs [log loss], for each draw of the parameters.

    Parameters
    ----------
    law : Law with a discrepancy.
    post : DataTree with a group ``discrepancy``, as of `increments`, and the reference run in constant_data.
    columns : the law's columns, arrays of shape (run,).
    rng : draws the discrepancy beyond the cells. Runs of one call share one draw of it.

    Returns
    -------
    array of shape (chain, draw, run).
    """
    group = "posterior" if "posterior" in post.children else "prior"
    cells_of_all, draws = post["discrepancy"].to_dataset(), post[group].to_dataset()
    constants = {str(k): float(v) for k, v in post["constant_data"].data_vars.items() if not v.dims}
    anchors = {**law.reference, **constants}
    total: Any = 0.0
    for k, part in enumerate(law.discrepancy.parts(law.inputs)):  # pyright: ignore[reportOptionalMemberAccess]
        decades = part.decades(columns, anchors)
        own = cells_of_all.isel(cell=cells_of_all["cell_part"].to_numpy() == k)
        grid = Cells(*(own[key].to_numpy() for key in Cells._fields))
        total = total + own["increments"].transpose(*SAMPLE_DIMS, "cell").to_numpy() @ grid.basis(decades).T
        tau = _amplitudes(law, draws, [part.amplitude])
        for side, reach in ((-1.0, "below"), (1.0, "above")):
            distances = side * decades - float(cells_of_all[reach][k])
            if (distances > 1e-9).any():
                fresh = beyond(rng, distances, tau.size)
                total = total + tau * fresh.reshape(*tau.shape[:2], -1)
    return total
