"""Conditional: the discrepancy of a law, given its parameters.

`fit` integrates the discrepancy out; here it is drawn back, as the increments of each cell's white noise, so that it
can be continued to any run. Under normal noise its distribution is normal; under Student-t noise it is taken to be,
with the mode and the curvature that the integral has (`bayescale.density.marginal`).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from bayescale.data.table import RunTable
from bayescale.density.basis import nu_of, shape_of
from bayescale.density.marginal import Draws, mode
from bayescale.density.parallel import blocks, each
from bayescale.modelling.discrepancy import RANK, Cells, beyond
from bayescale.modelling.draws import SAMPLE_DIMS, draws_of, picked
from bayescale.modelling.formula import call
from bayescale.modelling.law import Law


def moments(
    law: Law, table: RunTable, posterior: xr.Dataset
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The coefficients' distribution given each draw of the parameters.

    Parameters
    ----------
    posterior : Dataset of draws, dims (chain, draw).

    Returns
    -------
    mean : array of shape (draw, coefficient).
    root : array of shape (draw, coefficient, coefficient), R with covariance R R'.
    amplitudes : array of shape (draw, coefficient).
    error : array of shape (draw, run), log loss less log mu; of checkpoints what is new in it.
    scale : array of shape (draw,).
    """
    shape = shape_of(law, table)
    draws = posterior.sizes["chain"] * posterior.sizes["draw"]
    amplitudes = _amplitudes(law, posterior, shape.amplitudes).reshape(draws, -1)
    error, scale = _errors(law, table, posterior, np.arange(len(table.loss)))
    b = (amplitudes if len(set(shape.amplitudes)) > 1 else amplitudes[:, :1]) / scale[:, None]
    error = table.innovations(error)
    given = lambda part: _given(law, table, shape.kept, b[part], error[part] / scale[part, None])  # noqa: E731
    mean, root = map(np.concatenate, zip(*each(given, blocks(draws, len(table.loss))), strict=True))
    return mean, root, amplitudes, error, scale


def _errors(law: Law, table: RunTable, posterior: xr.Dataset, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log loss less log mu of some runs, of shape (draw, run), and the scale of the noise, of shape (draw,).

    In plain arrays: this is done at every step of a search, and labels would take most of the time.
    """
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


def _given(law: Law, table: RunTable, basis, b, e) -> tuple[np.ndarray, np.ndarray]:
    """Mean, or mode, of the coefficients for each draw, and the root of their covariance."""
    sites = table.sites
    if sites is None:
        normal = Draws(basis, b, np.ones(len(basis)))
        return normal.solve(normal.right(e)), normal.root
    z, _, factor = mode(Draws(basis, b, sites.curvatures), e, sites, nu_of(law), np.sum(sites.curvatures))
    return z, Draws(basis, b * np.sqrt(factor), sites.curvatures).root


def _amplitudes(law: Law, draws: xr.Dataset, names) -> np.ndarray:
    """Of shape (chain, draw, name)."""
    ones = np.ones((draws.sizes["chain"], draws.sizes["draw"]))
    values = {n: draws[n].to_numpy() if n in draws else float(law.all_priors[n]) * ones for n in dict.fromkeys(names)}
    return np.stack([values[name] for name in names], axis=-1)


def increments(law: Law, table: RunTable, draws: xr.Dataset, rng: np.random.Generator, *, prior: bool) -> xr.Dataset:
    """Draw the discrepancy for each draw of the parameters, given the runs or (`prior`) before them.

    Returns
    -------
    Dataset : ``increments`` (chain, draw, cell) [log loss per decade^1.5], the white noise of each cell; each cell's
        ``cell_part``, ``side``, ``lower`` and ``upper``; and the distances that they reach on both sides of the anchor,
        ``below`` and ``above`` (part) [decades]; and what `with_ends` adds.
    """
    shape = shape_of(law, table)
    size = (draws.sizes["chain"], draws.sizes["draw"])
    z = rng.standard_normal((*size, sum(len(c.side) for c in shape.cells)))
    if not prior:
        mean, root, *_ = moments(law, table, draws)
        known = mean + (root @ rng.standard_normal((len(mean), mean.shape[1], 1)))[:, :, 0]
        known = known.reshape(*size, len(shape.parts), RANK)
    at = 0
    for k, rotated in enumerate(shape.rotations):
        own = z[..., at : at + len(rotated)]
        if not prior:  # what the runs cannot tell keeps its prior
            few = min(RANK, len(rotated))
            own[..., :few] = known[..., k, :few]
        own[...] = own @ rotated.T
        at += len(rotated)
    group = as_group(law, table, draws, z)
    return group if prior else with_ends(law, table, draws, group)


def as_group(law: Law, table: RunTable, draws: xr.Dataset, z: np.ndarray) -> xr.Dataset:
    """The group of `increments`, from standard normal increments of shape (chain, draw, cell)."""
    shape = shape_of(law, table)
    of_cell = np.repeat(np.arange(len(shape.parts)), [len(c.side) for c in shape.cells])
    scaled = z * _amplitudes(law, draws, [shape.parts[k].amplitude for k in of_cell]) if z.shape[-1] else z
    reach = [[float(np.max(c.upper[c.side == side], initial=0.0)) for c in shape.cells] for side in (-1.0, 1.0)]
    flat = {key: ("cell", np.concatenate([getattr(c, key) for c in shape.cells])) for key in Cells._fields}
    return xr.Dataset(
        {"increments": ((*SAMPLE_DIMS, "cell"), scaled), **flat, "cell_part": ("cell", of_cell)}
        | {"below": ("part", reach[0]), "above": ("part", reach[1])},
        coords={"part": [part.name for part in shape.parts], "chain": draws["chain"], "draw": draws["draw"]},
    )


def with_ends(law: Law, table: RunTable, draws: xr.Dataset, group: xr.Dataset) -> xr.Dataset:
    """Add, where rows are checkpoints, what forecasts of their runs go on from.

    Returns
    -------
    Dataset : the group, and, unless checkpoints' errors are independent, ``end_error`` (chain, draw, training_run) [log
        loss], the error of the last row of each training run; ``end_size`` (training_run) [decades], as of
        `bayescale.data.checkpoints.decades`; and ``length`` [decades].
    """
    found = table.checkpoints
    if found is None or not found.length:
        return group
    tree = {"posterior": draws, "discrepancy": group, "constant_data": xr.Dataset(dict(table.reference))}
    columns = {name: values.to_numpy()[found.last] for name, values in table.columns.items()}
    nothing_beyond = np.random.default_rng(0)
    beside = delta(law, xr.DataTree.from_dict(tree), columns, nothing_beyond)
    error = _errors(law, table, draws, found.last)[0].reshape(beside.shape) - beside
    return group.assign(
        end_error=((*SAMPLE_DIMS, "training_run"), error),
        end_size=("training_run", found.size[found.last]),
        length=found.length,
    ).assign_coords(training_run=list(found.names))


def delta(law: Law, post: xr.DataTree, columns: Mapping[str, Any], rng: np.random.Generator) -> np.ndarray:
    """The discrepancy at runs [log loss], for each draw.

    Parameters
    ----------
    post : DataTree with a group ``discrepancy``, as of `increments`, and the reference run in constant_data.
    columns : the law's columns, arrays of shape (run,).
    rng : for the part of it that lies beyond the runs that were fitted. Runs that are predicted together share it.

    Returns
    -------
    array of shape (chain, draw, run).
    """
    group = "posterior" if "posterior" in post.children else "prior"
    found, draws = post["discrepancy"].to_dataset(), post[group].to_dataset()
    constants = {str(k): float(v) for k, v in post["constant_data"].data_vars.items() if not v.dims}
    anchors = {**law.reference, **constants}
    total: Any = 0.0
    for k, part in enumerate(law.discrepancy.parts(law.inputs)):  # pyright: ignore[reportOptionalMemberAccess]
        decades = part.decades(columns, anchors)
        own = found.isel(cell=found["cell_part"].to_numpy() == k)
        grid = Cells(*(own[key].to_numpy() for key in Cells._fields))
        total = total + own["increments"].transpose(*SAMPLE_DIMS, "cell").to_numpy() @ grid.basis(decades).T
        tau = _amplitudes(law, draws, [part.amplitude])
        for side, reach in ((-1.0, "below"), (1.0, "above")):
            distances = side * decades - float(found[reach][k])
            if (distances > 1e-9).any():
                fresh = beyond(rng, distances, tau.size)
                total = total + tau * fresh.reshape(*tau.shape[:2], -1)
    return total
