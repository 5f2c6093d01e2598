"""build: from a law and its runs to a PyMC model. The file that a PyMC user reads first."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bayescale.data.check import check
from bayescale.data.table import RunTable
from bayescale.density.basis import shape_of
from bayescale.modelling.formula import call, signature
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

if TYPE_CHECKING:
    import pymc as pm


def model(law: Law, runs: pd.DataFrame) -> "pm.Model":
    """The PyMC model of a law and its runs, for any PyMC function.

    Parameters
    ----------
    law : Law
    runs : DataFrame, one row a run: the law's columns and `loss` [nats/token].

    Returns
    -------
    pymc.Model : the columns, the reference run and the smallest loss are data; the parameters and the derived
        quantities are variables; the observed variable is ``loss`` (dims run), with a density of the loss itself.

    Raises
    ------
    TypeError, ValueError
        If the table is not fit for the law; see `bayescale.data.check.check`.
    """
    return assemble(law, check(law, runs))


def assemble(law: Law, table: RunTable) -> "pm.Model":
    """The model of a table that is checked already."""
    import pymc as pm

    run = table.columns.index
    coords = {"run": run if run.is_unique and run.nlevels == 1 else range(len(run)), **table.levels}
    with pm.Model(coords=coords) as built:
        columns = {name: pm.Data(name, values.to_numpy(), dims="run") for name, values in table.columns.items()}
        reference = {name: pm.Data(name, value) for name, value in table.reference.items()}
        levels = {
            group: pm.Data(f"{group}_index", pd.Index(table.levels[group]).get_indexer(table.groups[group]), dims="run")
            for group in table.groups
        }
        for prior in law.all_priors.values():
            if isinstance(prior, Prior) and prior.unit_name and prior.unit_name not in built.named_vars:
                pm.Data(prior.unit_name, table.smallest(prior.dims), dims=prior.dims)

        values, of_run = {}, {}
        for name, prior in law.all_priors.items():
            values[name] = prior.create_variable(name) if isinstance(prior, Prior) else prior
            dims = prior.dims if isinstance(prior, Prior) else ()
            of_run[name] = values[name][tuple(levels[dim] for dim in dims)] if dims else values[name]

        mu = call(law.formula, of_run, columns, reference)
        if law.discrepancy is not None:
            mu = mu * pm.math.exp(_discrepancy(law, table, values))
        scale = call(law.noise.scale, of_run, columns, reference, {"mu": mu})
        if law.discrepancy is not None and table.checkpoints is not None:
            mu, scale = table.checkpoints.given_previous(table.loss, mu, scale)
        shape = {name: of_run[name] for name in law.noise.shape}
        law.noise.observe("loss", mu, scale, shape, observed=table.loss, dims="run")
        for name, function in law.derived.items():
            value = call(function, values, reference)
            pm.Deterministic(name, value, dims=_dims(law, function))
    return built


def _discrepancy(law: Law, table: RunTable, values):
    """The discrepancy of each run, with the increments of its cells as variables: `fit` integrates them out."""
    import pymc as pm

    model, shape = pm.modelcontext(None), shape_of(law, table)
    parts = list(zip(shape.parts, shape.cells, strict=True))
    basis = np.hstack([cells.basis(part.decades(table.columns, table.reference)) for part, cells in parts])
    model.add_coord("cell", range(basis.shape[1]))
    z = pm.Normal("increment", 0, 1, dims="cell")
    tau = pm.math.stack([values[part.amplitude] for part, cells in parts for _ in cells.side])
    return pm.math.dot(pm.Data("discrepancy_basis", basis, dims=("run", "cell")), tau * z)


def _dims(law: Law, function) -> tuple[str, ...] | None:
    """Dims of a derived quantity: those of its parameters, which must agree or be absent to broadcast."""
    found = [p.dims for name in signature(function).parameters if isinstance(p := law.all_priors[name], Prior)]
    return max(found, key=len, default=()) or None
