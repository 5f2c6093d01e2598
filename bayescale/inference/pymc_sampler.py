"""PyMC's samplers: a PyMC model in the sampling coordinates.

It is used for samplers and options of `pymc.sample` that nutpie on the compiled density does not have, and for laws
whose density cannot be recorded on a tape, such as one with a prior family that only PyMC knows.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from bayescale.density.bound import Bound
from bayescale.density.coordinates.chart import Chart
from bayescale.density.coordinates.point import Scale
from bayescale.density.model import assemble
from bayescale.modelling.prior import Prior

if TYPE_CHECKING:
    import pymc as pm


def sample(bound: Bound, seed: int, options: Mapping[str, Any]) -> xr.DataTree:
    """Draw from the posterior with `pymc.sample`.

    Parameters
    ----------
    bound : Bound
    seed : int
    options : arguments of `pymc.sample`.

    Returns
    -------
    DataTree : groups posterior (free variables and derived quantities) and sample_stats.
    """
    import pymc as pm

    with charted(assemble(bound), bound):
        post = pm.sample(random_seed=seed, **options)
    post["posterior"] = xr.DataTree(post["posterior"].to_dataset().drop_vars(["chart", "chart_dim_0"], errors="ignore"))
    return post


def charted(model: "pm.Model", bound: Bound) -> "pm.Model":
    """The same model in the sampling coordinates.

    Parameters
    ----------
    model : pm.Model
    bound : Bound

    Returns
    -------
    pm.Model : its only free variable is the flat vector ``chart``, the sampling coordinates minus those of the model's
        initial point. The variables of `model` are deterministic functions of it, under their names.
    """
    import pymc as pm
    from pytensor.graph.replace import graph_replace

    values = {rv.name: model.rvs_to_values[rv] for rv in model.free_RVs}
    outputs = [*model.free_RVs, *model.deterministics]
    graphs = [model.logp(), *model.replace_rvs_by_values(outputs)]
    start = {rv.name: point for rv, point in zip(model.free_RVs, model.initial_point().values(), strict=True)}
    chart = chart_of(model, bound)
    origin = {name: value.eval() if hasattr(value, "eval") else value for name, value in chart.forward(start).items()}
    with pm.Model(coords=dict(model.coords)) as sampled:
        flat = np.concatenate([np.ravel(origin[name]) for name in values])
        vector = pm.Flat("chart", shape=len(flat)) + flat
        parts, offset = {}, 0
        for name, point in start.items():
            parts[name] = vector[offset : offset + point.size].reshape(point.shape)
            offset += point.size
        back = chart.backward(parts)
        logp, *physical = graph_replace(graphs, {values[name]: back[name] for name in values}, strict=False)
        pm.Potential("log_density", logp)
        for variable, graph in zip(outputs, physical, strict=True):
            pm.Deterministic(variable.name, graph, dims=model.named_vars_to_dims.get(variable.name))
    return sampled


def chart_of(model: "pm.Model", bound: Bound) -> Chart:
    """The sampling coordinates of a PyMC model, whose transforms say on which scale each variable is sampled."""
    fixed = {name: prior for name, prior in bound.law.all_priors.items() if not isinstance(prior, Prior)}
    scales = {name: Scale("fixed", (), float(value)) for name, value in fixed.items()}
    for rv in model.free_RVs:
        dims = tuple(model.named_vars_to_dims.get(rv.name) or ())
        transform = model.rvs_to_transforms[rv]
        scales[rv.name] = Scale(_kind(transform), dims, _natural(rv, transform, bound.law.variables.get(rv.name)))
    return Chart(bound.coordinates, scales, bound.geometry)


def _kind(transform: Any) -> str:
    """Scale of a transform: "real", "log", "odds" or "other"."""
    from pymc.distributions.transforms import Interval, LogOddsTransform, log

    if transform is None:
        return "real"
    if transform is log:
        return "log"
    return "odds" if isinstance(transform, Interval | LogOddsTransform) else "other"


def _natural(rv: Any, transform: Any, prior: Prior | None) -> Any:
    """Function from an unconstrained value to the parameter; None if it depends on other parameters."""
    if prior is None or prior.hyperpriors():
        return None
    return (lambda z: z) if transform is None else (lambda z: transform.backward(z, *rv.owner.inputs))
