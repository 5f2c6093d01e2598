"""Likelihood: the log density of the runs, given a law's parameters, written on a tape."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from bayescale.autodiff.tape import Node, Tape, Untraceable
from bayescale.data.table import RunTable
from bayescale.density.marginal import integrated
from bayescale.modelling.formula import call
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior


def log_likelihood(
    tape: Tape, law: Law, table: RunTable, physical: Mapping[str, Any], reference: Mapping[str, Node]
) -> Node:
    """Log density of the runs' losses, given the parameters and the reference run.

    Raises
    ------
    Untraceable
        If the formula or the scale of the noise holds a step that the tape cannot write down.
    """
    every, losses = np.arange(len(table.loss)), tape.column(table.loss)
    mu, scale, shape = _expected(tape, law, table, physical, reference, every)
    if law.discrepancy is None:
        return tape.sum(law.noise.logpdf(losses, mu, scale, shape))
    error, found = np.log(losses) - np.log(mu), table.checkpoints
    if found is not None:  # what `Checkpoints.innovations` is to arrays
        before, *_ = _expected(tape, law, table, physical, reference, found.previous)
        earlier = tape.column(np.log(table.loss[found.previous])) - np.log(before)
        error = (error - tape.column(found.correlation) * earlier) / tape.column(found.innovation_scale)
    amplitudes = {name: physical[name] for name in law.discrepancy.parameters}
    return integrated(tape, law, table, error, scale, amplitudes)


def _expected(tape: Tape, law: Law, table: RunTable, physical, reference, rows: np.ndarray):
    """Expected loss and scale of these rows, one in the place of each of the table's, and the shape of the variate."""
    columns = {name: tape.column(values.to_numpy()[rows]) for name, values in table.columns.items()}
    index = {name: pd.Index(table.levels[name]).get_indexer(table.groups[name])[rows] for name in table.groups}
    groups: dict[tuple[str, ...], int] = {}
    of_run = {}
    for name, prior in law.all_priors.items():
        dims = prior.dims if isinstance(prior, Prior) else ()
        of_run[name] = physical[name]
        if dims:
            if dims not in groups:
                shape = tuple(len(table.levels[dim]) for dim in dims)
                groups[dims] = tape.group(np.ravel_multi_index([index[dim] for dim in dims], shape))
            of_run[name] = tape.gather(physical[name].ravel(), groups[dims])
    try:
        mu = call(law.formula, of_run, columns, reference)
        scale = call(law.noise.scale, of_run, columns, reference, {"mu": mu})
    except Untraceable:
        raise
    except Exception as error:  # whether the formula is wrong or only beyond a tape, PyMC will tell
        raise Untraceable(f"a step of the formula ({error})") from error
    return mu, scale, {name: of_run[name] for name in law.noise.shape}
