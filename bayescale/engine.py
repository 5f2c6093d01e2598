"""How posteriors are drawn: in a chart that undoes the known correlations, by `pm.sample`.

The data fix the loss in the middle of the runs and the local slope of each term; they say little on how the loss splits
into E and excesses. So E + excess and alpha * excess are tight while E, excess and alpha each are loose: a banana that
samplers get lost in when runs are few. The chart replaces, by names, log excess with the log of the summed excess over
(middle loss - E), the ratios of the excesses, and log alpha with log(alpha * excess). Each step is a shear, of unit
Jacobian: the posterior is untouched.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    import pymc as pm

DEFAULTS: dict[str, Any] = {"nuts_sampler": "nutpie", "draws": 1500, "tune": 1000, "chains": 4}
#: Parameters that are not centred mix better, if slower, with a diagonal adaptation (docs/decisions.md).
OFFSET_DEFAULTS: dict[str, Any] = {**DEFAULTS, "draws": 2000}
TARGET_ACCEPT = 0.95


def sample(model: "pm.Model", middle: float, seed: int, options: Mapping[str, Any]) -> xr.DataTree:
    """Draw from the posterior of `model` with `pm.sample`.

    Parameters
    ----------
    model : pymc.Model of a law.
    middle : float, the loss in the middle of the runs [nats/token], about which the chart is laid.
    seed : int
    options : arguments of `pm.sample`; they go before our defaults.

    Returns
    -------
    DataTree : groups posterior (free variables and derived quantities) and sample_stats.

    Raises
    ------
    ValueError
        For ``nuts_sampler="blackjax"``, which pymc 6.4 cannot drive.
    """
    import pymc as pm

    offset = any(rv.name.endswith("_offset") for rv in model.free_RVs)
    options = {**(OFFSET_DEFAULTS if offset else DEFAULTS), **options}
    if options["nuts_sampler"] == "blackjax":
        raise ValueError(
            "nuts_sampler='blackjax' fails in pymc 6.4 (pymc issue 8367); use 'nutpie', 'pymc' or 'numpyro'."
        )
    nuts: dict[str, Any] = {"target_accept": TARGET_ACCEPT}
    if options["nuts_sampler"] == "nutpie" and not offset:
        nuts["adaptation"] = "low_rank"
    elif options["nuts_sampler"] == "pymc" and not offset:
        options.setdefault("init", "jitter+adapt_full")
    options["nuts"] = {**nuts, **(options.get("nuts") or {})}
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
    with pm.Model(coords=dict(model.coords)) as sampled:
        origin = to_chart(model, start, middle)
        flat = np.concatenate([np.ravel(origin[name]) for name in values])
        chart = pm.Flat("chart", shape=len(flat)) + flat
        parts, at = {}, 0
        for name, point in start.items():
            parts[name] = chart[at : at + point.size].reshape(point.shape)
            at += point.size
        back = from_chart(model, parts, middle)
        logp, *physical = graph_replace(graphs, {values[name]: back[name] for name in values}, strict=False)
        pm.Potential("log_density", logp)
        for variable, graph in zip(outputs, physical, strict=True):
            pm.Deterministic(variable.name, graph, dims=model.named_vars_to_dims.get(variable.name))
    return sampled


def to_chart(model: "pm.Model", z: Mapping[str, Any], middle: float) -> dict[str, Any]:
    """From PyMC's unconstrained values to the chart, at a point of numbers."""
    phi = dict(z)
    terms = _terms(model)
    if terms:
        room = _room(model, z, middle)
        room = room.eval() if hasattr(room, "eval") else room
        logs = [z[name] for name in terms]
        for name, value in zip(terms[:-1], logs[:-1], strict=True):
            phi[name] = value - logs[-1]
        phi[terms[-1]] = np.log(sum(np.exp(value) for value in logs)) - np.log(room)
    for slope, excess in _slopes(model).items():
        phi[slope] = z[slope] + z[excess]
    return phi


def from_chart(model: "pm.Model", phi: Mapping[str, Any], middle: float) -> dict[str, Any]:
    """From the chart back to PyMC's unconstrained values, for PyTensor variables."""
    z = dict(phi)
    terms = _terms(model)
    if terms:
        total = phi[terms[-1]] + np.log(_room(model, phi, middle))
        share = 1.0
        for name in terms[:-1]:
            share = share + np.exp(phi[name])
        z[terms[-1]] = total - np.log(share)
        for name in terms[:-1]:
            z[name] = phi[name] + z[terms[-1]]
    for slope, excess in _slopes(model).items():
        z[slope] = phi[slope] - z[excess]
    return z


def _positive(model: "pm.Model") -> dict[str, Any]:
    """Free variables that PyMC samples by their logarithm."""
    from pymc.distributions.transforms import log

    return {rv.name: rv for rv in model.free_RVs if model.rvs_to_transforms[rv] is log}


def _terms(model: "pm.Model") -> list[str]:
    """The excesses, if they are of one shape."""
    positive = _positive(model)
    terms = [name for name in positive if name.startswith("excess_")]
    dims = {model.named_vars_to_dims.get(name) for name in terms}
    return terms if len(dims) == 1 else []


def _slopes(model: "pm.Model") -> dict[str, str]:
    """Exponent -> its excess, of one shape."""
    positive = _positive(model)
    dims = model.named_vars_to_dims.get
    pairs = {name: f"excess_{name[len('alpha_') :]}" for name in positive if name.startswith("alpha_")}
    return {slope: excess for slope, excess in pairs.items() if excess in positive and dims(slope) == dims(excess)}


def _room(model: "pm.Model", z: Mapping[str, Any], middle: float):
    """What E leaves of the middle loss, smoothly positive; a function of E alone, so the shear stays one."""
    E = next((rv for rv in model.free_RVs if rv.name == "E"), None)
    if E is None:
        return middle
    transform = model.rvs_to_transforms[E]
    value = z["E"] if transform is None else transform.backward(z["E"], *E.owner.inputs)
    terms = _terms(model)
    if value.ndim and model.named_vars_to_dims.get("E") != model.named_vars_to_dims.get(terms[0]):
        value = value.mean()
    gap = middle - value
    return (gap + (gap**2 + (0.05 * middle) ** 2) ** 0.5) / 2
