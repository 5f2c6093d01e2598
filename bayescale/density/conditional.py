"""Conditional: the discrepancy of a law, given its parameters.

`fit` integrates the discrepancy out. This module draws its coefficients for each posterior draw of the parameters,
from which it is continued to any run. Under normal noise its distribution is normal.
Under Student-t noise it is approximated by a normal distribution with the mode and the curvature of the integral
(`bayescale.density.marginal`).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from bayescale.density.basis import NEGLIGIBLE, blocks_of, nu_of
from bayescale.density.bound import Bound
from bayescale.density.marginal import ArrayCoefficients, mode
from bayescale.density.parallel import blocks, each
from bayescale.modelling.discrepancy import Part
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


def coefficients(bound: Bound, draws: xr.Dataset, rng: np.random.Generator, *, prior: bool) -> xr.Dataset:
    """Draw the coefficients of the discrepancy for each draw of the parameters.

    Parameters
    ----------
    bound : Bound
    draws : Dataset of draws of the parameters, dims (chain, draw).
    rng : numpy.random.Generator
    prior : whether the runs are left out, so that the draws are of the prior.

    Returns
    -------
    Dataset : as of `as_group`, and the variables that `with_ends` adds.
    """
    size = (draws.sizes["chain"], draws.sizes["draw"], bound.basis.kept.shape[1])
    z = rng.standard_normal(size)
    if prior:
        return as_group(bound, draws, z)
    mean, root, *_ = moments(bound, draws)
    z = (mean + (root @ z.reshape(-1, size[2], 1))[:, :, 0]).reshape(size)
    return with_ends(bound, draws, as_group(bound, draws, z))


def as_group(bound: Bound, draws: xr.Dataset, z: np.ndarray) -> xr.Dataset:
    """What `delta` needs, without the ends of training runs.

    Returns
    -------
    Dataset : ``coefficients`` (chain, draw, coefficient), standard normal in the prior; ``weights`` (coefficient, row)
        and ``decades`` (part, row) of the fitted rows, as in `Basis`.
    """
    basis = bound.basis
    names = [part.name for parts in basis.blocks.values() for part in parts]
    return xr.Dataset(
        {
            "coefficients": ((*SAMPLE_DIMS, "coefficient"), z),
            "weights": (("coefficient", "row"), basis.weights.T),
            "decades": (("part", "row"), basis.decades),
        },
        coords={
            "part": names,
            "coefficient_amplitude": ("coefficient", list(basis.amplitudes)),
            "chain": draws["chain"],
            "draw": draws["draw"],
        },
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
    post : DataTree with a group ``discrepancy``, as of `coefficients`, and the reference run in constant_data.
    columns : the law's columns, arrays of shape (run,).
    rng : draws the discrepancy beyond the cells. Runs of one call share one draw of it.

    Returns
    -------
    array of shape (chain, draw, run).

    Raises
    ------
    ValueError
        If the posterior is of an earlier version, which stored the discrepancy in another form.
    """
    group = "posterior" if "posterior" in post.children else "prior"
    known, draws = post["discrepancy"].to_dataset(), post[group].to_dataset()
    if "coefficients" not in known:
        raise ValueError("The discrepancy of this posterior was stored by an earlier version of bayescale; fit again.")
    constants = {str(k): float(v) for k, v in post["constant_data"].data_vars.items() if not v.dims}
    anchors = {**law.reference, **constants}
    z = known["coefficients"].transpose(*SAMPLE_DIMS, "coefficient").to_numpy()
    amplitude_of = known["coefficient_amplitude"].to_numpy()
    weights, fitted = known["weights"].transpose("row", "coefficient").to_numpy(), known["decades"]
    total: Any = 0.0
    for name, parts in blocks_of(law).items():
        own = amplitude_of == name
        at = np.array([part.decades(columns, anchors) for part in parts])
        rows = fitted.sel(part=[part.name for part in parts]).transpose("part", "row").to_numpy()
        cross, left = _continued(parts, at, rows, weights[:, own])
        fresh = _drawn(left, rng, z.shape[0] * z.shape[1])
        value = z[..., own] @ (cross @ weights[:, own]).T + fresh.reshape(*z.shape[:2], -1)
        total = total + _amplitudes(law, draws, [name]) * value
    return total


def _continued(
    parts: tuple[Part, ...], at: np.ndarray, rows: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Covariance of new runs with the fitted ones, and covariance of what the coefficients leave open.

    Combinations without a coefficient keep their prior if the parts are smooth: they hardly vary on the runs, but grow
    beyond them. Those of local parts are zero, because the noise accounts for them.

    Parameters
    ----------
    parts : the parts that share an amplitude.
    at, rows : arrays of shape (part, new run) and (part, fitted row), distances from the anchors [decades].
    weights : array of shape (fitted row, coefficient), as in `Basis`.

    Returns
    -------
    arrays of shape (new run, fitted row) and (new run, new run).
    """

    def covariance(x, y) -> Any:
        return sum(part.covariance(a, b) for part, a, b in zip(parts, x, y, strict=True))

    cross = covariance(at, rows)
    if not rows.size or all(part.kernel == "smooth" for part in parts):
        known = cross @ weights
    else:
        different = np.unique(rows.round(9), axis=1)
        values, vectors = np.linalg.eigh(covariance(different, different))
        used = values > NEGLIGIBLE * max(values[-1], 1e-300)
        known = covariance(at, different) @ (vectors[:, used] / np.sqrt(values[used]))
    return cross, covariance(at, at) - known @ known.T


def _drawn(covariance: np.ndarray, rng: np.random.Generator, draws: int) -> np.ndarray:
    """Draws of shape (draw, run) from a normal distribution with mean zero, whose covariance may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return rng.standard_normal((draws, len(values))) @ root.T
