"""Charted: a PyMC model in the coordinates of the chart, for PyMC's own samplers.

The engine turns to it for a sampler or an option of `pymc.sample` that nutpie on a tape does not have, and for a law
that a tape cannot hold, such as one with a prior family that only PyMC knows.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from bayescale.density.coordinates import Chart

if TYPE_CHECKING:
    import pymc as pm


def sample(model: "pm.Model", middle: float, seed: int, options: Mapping[str, Any]) -> xr.DataTree:
    """Draw from the posterior of `model` with `pymc.sample`, in the chart.

    Parameters
    ----------
    model : pymc.Model of a law.
    middle : float, the loss in the middle of the runs [nats/token], about which the chart is laid.
    seed : int
    options : arguments of `pymc.sample`.

    Returns
    -------
    DataTree : groups posterior (free variables and derived quantities) and sample_stats.
    """
    import pymc as pm

    with charted(model, middle):
        post = pm.sample(random_seed=seed, **options)
    post["posterior"] = xr.DataTree(post["posterior"].to_dataset().drop_vars(["chart", "chart_dim_0"], errors="ignore"))
    return post


def charted(model: "pm.Model", middle: float) -> "pm.Model":
    """The same posterior in the chart: one flat vector ``chart``, and every variable of `model` as its function."""
    import pymc as pm
    from pytensor.graph.replace import graph_replace

    values = {rv.name: model.rvs_to_values[rv] for rv in model.free_RVs}
    outputs = [*model.free_RVs, *model.deterministics]
    graphs = [model.logp(), *model.replace_rvs_by_values(outputs)]
    start = {rv.name: point for rv, point in zip(model.free_RVs, model.initial_point().values(), strict=True)}
    chart = chart_of(model, middle)
    origin = {name: value.eval() if hasattr(value, "eval") else value for name, value in chart.forward(start).items()}
    with pm.Model(coords=dict(model.coords)) as sampled:
        flat = np.concatenate([np.ravel(origin[name]) for name in values])
        vector = pm.Flat("chart", shape=len(flat)) + flat
        parts, at = {}, 0
        for name, point in start.items():
            parts[name] = vector[at : at + point.size].reshape(point.shape)
            at += point.size
        back = chart.backward(parts)
        logp, *physical = graph_replace(graphs, {values[name]: back[name] for name in values}, strict=False)
        pm.Potential("log_density", logp)
        for variable, graph in zip(outputs, physical, strict=True):
            pm.Deterministic(variable.name, graph, dims=model.named_vars_to_dims.get(variable.name))
    return sampled


def chart_of(model: "pm.Model", middle: float) -> Chart:
    """The chart of a PyMC model, read from its variables' transforms."""
    from pymc.distributions.transforms import Interval, LogOddsTransform, log

    dims = {rv.name: tuple(model.named_vars_to_dims.get(rv.name) or ()) for rv in model.free_RVs}
    transforms = {rv.name: model.rvs_to_transforms[rv] for rv in model.free_RVs}
    logs = {name: dims[name] for name, transform in transforms.items() if transform is log}
    odds = {
        name: dims[name]
        for name, transform in transforms.items()
        if isinstance(transform, Interval | LogOddsTransform) and name not in logs
    }
    natural = {}
    for rv in (rv for rv in model.free_RVs if rv.name in ("E", "ceiling", "embedding")):
        natural[rv.name] = lambda z, rv=rv, transform=transforms[rv.name]: (
            z[rv.name] if transform is None else transform.backward(z[rv.name], *rv.owner.inputs)
        )
    return Chart(logs, odds, middle, natural, dims.get("E", ()))
