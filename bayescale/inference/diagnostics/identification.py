"""Identification: which parameters the data determine, which weakly, and which not at all.

A 90 % interval is judged by two numbers, and both must be small. Contraction compares it with the interval of the
prior: a sharp prior is not knowledge from data. Relative width compares it with what a user can do with it: the data
may narrow a wide prior and still leave E anywhere between 6 and 56 % of the loss.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import xarray as xr

from bayescale.density.coordinates.structure import coordinates_of
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

#: Tolerance [log loss] for a prior draw to match the level of the runs.
LEVEL_SD = 0.1


class Limits(NamedTuple):
    """A parameter is known up to `known` and unknown above `unknown`; in between it is weakly known.

    Chosen on 120 simulated sweeps of Chinchilla's law. The Cramér-Rao bound says what their runs determine: E to 3 % of
    the smallest loss, or another parameter to 15 %; and what they do not: to no better than 15 % and a factor of 2.2.
    """

    known: float
    unknown: float


#: Width of the 90 % interval over that of the prior's. What the runs determine reached 0.30, so this hardly matters
#: with wide priors; with sharp ones it tells the prior from the data.
CONTRACTION = Limits(0.5, 0.8)
#: Width of the 90 % interval of a floor over the smallest loss, and of a parameter with two bounds over their distance.
#: 34 of 35 determined floors were below the first, 46 of 47 undetermined ones above the second.
SHARE = Limits(0.15, 0.3)
#: Upper end over lower end of the 90 % interval of a positive parameter, as a log. 220 of 221 determined exponents and
#: excesses were below the first, all 114 undetermined ones above the second.
FACTOR = Limits(float(np.log(2.0)), float(np.log(2.5)))
#: Ends of the intervals.
ENDS = (0.05, 0.95)


def identification(law: Law, post: xr.DataTree) -> dict[str, list[str]]:
    """Parameters of the formula that the data do not identify (``unidentified``), or weakly (``weak``).

    The prior is first weighted by how well the loss at the reference run matches the level of the runs. Otherwise E
    and an excess would always look identified, since the level fixes their sum but neither of them.

    Returns
    -------
    dict : two lists of names; for a grouped parameter one name a level, such as ``E[llama]``.
    """
    result: dict[str, list[str]] = {"unidentified": [], "weak": []}
    smallest, floor = float(post["observed_data"]["loss"].min()), coordinates_of(law).floor
    units = post["constant_data"].to_dataset()
    for name, label, after, before in _samples(law, post):
        low, high, limits = _scale(law.priors[name], units, smallest if name == floor else None)
        if limits is FACTOR:
            after, before = np.log(np.maximum(after, 1e-300)), np.log(np.maximum(before, 1e-300))
        width, prior_width = (float(np.diff(np.quantile(x, ENDS))[0]) for x in (after, before))
        contraction, relative = width / max(prior_width, 1e-300), width / (high - low)
        beyond = [contraction > CONTRACTION.unknown, limits is not None and relative > limits.unknown]
        within = [contraction <= CONTRACTION.known, limits is None or relative <= limits.known]
        if any(beyond):
            result["unidentified"].append(label)
        elif not all(within):
            result["weak"].append(label)
    return result


def _samples(law: Law, post: xr.DataTree) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """Name and label of each parameter, or level of a grouped one; draws, and draws of the prior given the level."""
    weight = _level_weights(law, post)
    for name in (name for name, prior in law.priors.items() if isinstance(prior, Prior)):
        after, before = (post[group][name].transpose(*SAMPLE_DIMS, ...) for group in ("posterior", "prior"))
        dims = after.dims[2:]
        for level in np.ndindex(after.shape[2:]):
            w = weight.isel({dim: i for dim, i in zip(dims, level, strict=True) if dim in weight.dims})
            w = w.mean([dim for dim in w.dims if dim not in SAMPLE_DIMS]).to_numpy().ravel()
            here = (slice(None), slice(None), *level)
            drawn = np.random.default_rng(0).choice(before.to_numpy()[here].ravel(), size=len(w), p=w / w.sum())
            labels = [str(after[dim].values[i]) for dim, i in zip(dims, level, strict=True)]
            yield name, name + (f"[{', '.join(labels)}]" if labels else ""), after.to_numpy()[here].ravel(), drawn


def _scale(prior: Prior, units: xr.Dataset, smallest: float | None) -> tuple[float, float, Limits | None]:
    """The range that the width of an interval is compared with, and its limits; None for a parameter of any sign.

    Parameters
    ----------
    prior : Prior
    units : Dataset of reference values.
    smallest : the smallest loss if the parameter is the floor.
    """
    if smallest is not None:
        return 0.0, smallest, SHARE
    if prior.known is None or prior.hyperpriors():
        return 0.0, 1.0, None
    unit = float(units[prior.unit_name].max()) if prior.unit_name in units else None
    lower, upper = prior.known.bounds(**prior.in_unit(prior.args, unit))
    if lower is not None and upper is not None:
        return float(lower), float(upper), SHARE
    return 0.0, 1.0, FACTOR if lower == 0 else None


def _level_weights(law: Law, post: xr.DataTree) -> xr.DataArray:
    """Weights of prior draws: high if the loss at the reference run is near the level of the runs."""
    prior = xr.DataTree.from_dict({"prior": post["prior"].dataset, "constant_data": post["constant_data"].dataset})
    given = {name: float(post["constant_data"][f"{name}0"]) for name in law.inputs}
    mu = law.evaluate(law.formula, prior, given)
    level = np.log(post["observed_data"]["loss"]).mean()
    weight = np.exp(-0.5 * ((np.log(mu) - level) / LEVEL_SD) ** 2).fillna(0)
    return weight + 1e-12  # the sum must be positive
