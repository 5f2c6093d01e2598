"""Model: the PyMC model of a law and its runs. PyMC users may want to read this file first."""

from typing import TYPE_CHECKING

import pandas as pd

from bayescale.base.private import lend_home
from bayescale.data.check import check
from bayescale.density.bound import Bound
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
    runs : DataFrame with one row for each run: the law's columns and `loss` [nats/token].

    Returns
    -------
    pymc.Model : columns, reference run and smallest loss are data; parameters are free variables, derived quantities
        are deterministic; the observed variable is ``loss`` (dims run), with a density of the loss, not of its log.

    Raises
    ------
    TypeError, ValueError
        If the law cannot be fitted to the table; see `bayescale.data.check.check`.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> model = bs.model(chinchilla, runs)
    >>> [variable.name for variable in model.free_RVs]
    ['E', 'excess_N', 'alpha_N', 'excess_D', 'alpha_D', 'sigma']
    """
    return assemble(Bound(law, check(law, runs)))


def assemble(bound: Bound) -> "pm.Model":
    """The PyMC model of a law on a table that has been checked."""
    lend_home()
    import pymc as pm

    law, table = bound.law, bound.table
    run = table.columns.index
    coords = {"run": run if run.is_unique and run.nlevels == 1 else range(len(run)), **table.levels}
    with pm.Model(coords=coords) as built:
        columns = {name: pm.Data(name, values.to_numpy(), dims="run") for name, values in table.columns.items()}
        reference = {name: pm.Data(name, value) for name, value in table.reference.items()}
        levels = {group: pm.Data(f"{group}_index", level, dims="run") for group, level in bound.level_of_run.items()}
        for prior in law.variables.values():
            if prior.unit_name and prior.unit_name not in built.named_vars:
                pm.Data(prior.unit_name, bound.units[prior.unit_name], dims=prior.dims)

        values, of_run = {}, {}
        for name, prior in law.all_priors.items():
            values[name] = prior.create_variable(name) if isinstance(prior, Prior) else prior
            dims = prior.dims if isinstance(prior, Prior) else ()
            of_run[name] = values[name][tuple(levels[dim] for dim in dims)] if dims else values[name]

        mu = call(law.formula, of_run, columns, reference)
        if law.discrepancy is not None:
            mu = mu * pm.math.exp(_discrepancy(bound, values))
        scale = call(law.noise.scale, of_run, columns, reference, {"mu": mu})
        if law.discrepancy is not None and bound.checkpoints is not None:
            mu, scale = bound.checkpoints.given_previous(table.loss, mu, scale)
        shape = {name: of_run[name] for name in law.noise.shape}
        law.noise.observe("loss", mu, scale, shape, observed=table.loss, dims="run")
        for name, function in law.derived.items():
            value = call(function, values, reference)
            pm.Deterministic(name, value, dims=_dims(law, function))
    return built


def _discrepancy(bound: Bound, values):
    """The discrepancy of each run, with its coefficients as free variables, which `fit` integrates out."""
    import pymc as pm

    basis = bound.basis
    pm.modelcontext(None).add_coord("coefficient", range(len(basis.amplitudes)))
    z = pm.Normal("z", 0, 1, dims="coefficient")
    tau = pm.math.stack([values[name] for name in basis.amplitudes])
    kept = pm.Data("discrepancy_basis", basis.kept, dims=("run", "coefficient"))
    return pm.math.dot(kept, tau * z)


def _dims(law: Law, function) -> tuple[str, ...] | None:
    """Dims of a derived quantity: those of its parameters, which agree or are absent, since they broadcast."""
    every = [p.dims for name in signature(function).parameters if isinstance(p := law.all_priors[name], Prior)]
    return max(every, key=len, default=()) or None
