"""Likelihood: the log density of the runs, given a law's parameters, written on a tape."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from bayescale.autodiff.node import Node, Untraceable
from bayescale.autodiff.tape import Tape
from bayescale.density.bound import Bound
from bayescale.density.marginal import integrated
from bayescale.modelling.formula import call
from bayescale.modelling.prior import Prior


def log_likelihood(tape: Tape, bound: Bound, physical: Mapping[str, Any], reference: Mapping[str, Node]) -> Node:
    """Log density of the runs' losses, given the parameters and the reference run.

    Parameters
    ----------
    tape : Tape
    bound : Bound
    physical : the law's parameters by name, numbers included, as nodes or arrays of nodes.
    reference : values of the reference run by name.

    Raises
    ------
    Untraceable
        If the formula or the scale of the noise has a function that the tape does not support.
    """
    law, table = bound.law, bound.table
    losses = tape.column(table.loss)
    mu, scale, shape = _expected(tape, bound, physical, reference, np.arange(len(table.loss)))
    if law.discrepancy is None:
        return tape.sum(law.noise.logpdf(losses, mu, scale, shape))
    error, checkpoints = np.log(losses) - np.log(mu), bound.checkpoints
    if checkpoints is not None:  # the same formula as in `Checkpoints.innovations`
        previous = checkpoints.previous
        before, *_ = _expected(tape, bound, physical, reference, previous)
        earlier = tape.column(np.log(table.loss[previous])) - np.log(before)
        error = (error - tape.column(checkpoints.correlation) * earlier) / tape.column(checkpoints.innovation_scale)
    amplitudes = {name: physical[name] for name in law.discrepancy.parameters}
    return integrated(tape, bound, error, scale, amplitudes)


def _expected(tape: Tape, bound: Bound, physical, reference, rows: np.ndarray):
    """Median loss, scale and shape parameters of the noise, as if `rows` of the table were its rows."""
    law, table = bound.law, bound.table
    columns = {name: tape.column(values.to_numpy()[rows]) for name, values in table.columns.items()}
    groups: dict[tuple[str, ...], int] = {}
    of_run = {}
    for name, prior in law.all_priors.items():
        dims = prior.dims if isinstance(prior, Prior) else ()
        of_run[name] = physical[name]
        if dims:
            if dims not in groups:
                index = [bound.level_of_run[dim][rows] for dim in dims]
                groups[dims] = tape.group(np.ravel_multi_index(index, tuple(bound.sizes[dim] for dim in dims)))
            of_run[name] = tape.gather(physical[name].ravel(), groups[dims])
    try:
        mu = call(law.formula, of_run, columns, reference)
        scale = call(law.noise.scale, of_run, columns, reference, {"mu": mu})
    except Untraceable:
        raise
    except Exception as error:  # PyMC evaluates the formula next, and raises if the formula itself is wrong
        raise Untraceable(f"a step of the formula ({error})") from error
    return mu, scale, {name: of_run[name] for name in law.noise.shape}
