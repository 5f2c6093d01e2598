"""Entropy: the loss that runs approach as compute grows, by averaging over laws with and without a floor."""

import json
from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.frontiers.closed_form import closed_form
from bayescale.frontiers.curvature import _ends
from bayescale.frontiers.shapes import NAMES, WITH_FLOOR, WITH_SLOW
from bayescale.frontiers.weigh import Weighed, prior_of, probabilities, weigh
from bayescale.modelling.discrepancy import Discrepancy, smooth_and_local

#: P(floor) within these: the runs do not say whether there is a floor.
UNDECIDED = (0.1, 0.9)
#: A 90 % interval this many times as wide as the prior's is about as wide.
NARROWER = 0.5
#: Number of draws of each law's E and of the average.
SIZE = 4000


def entropy(
    runs: pd.DataFrame,
    *,
    by: str | None = None,
    prior: Mapping[str, float] | None = None,
    discrepancy: Discrepancy | None = smooth_and_local,
    seed: int | None = None,
) -> xr.Dataset:
    """The entropy of the data: the loss that no run can fall below, averaged over laws with and without a floor.

    The laws are those of `bayescale.curvature`. Under floor and curved_floor, E is the floor. The others have no floor
    within reach and bound E from above only. Under slow and curved_slow, E is uniform between zero and the slow term at
    the largest run; under straight and free, between zero and the loss of the frontier there.

    Parameters
    ----------
    runs : DataFrame, as in `bayescale.curvature`.
    by : str, optional
        The column that names the loss, corpus or family of each row, as of `bayescale.losses`. Each of its values is
        analysed alone: nothing is pooled. `bayescale.pooling` asks whether losses share exponents.
    prior : prior probability of each law, as in `bayescale.curvature`.
    discrepancy : errors of the laws; by default smooth ones and those that runs of similar size share.
    seed : int, optional

    Returns
    -------
    Dataset : ``E`` [nats/token] (law, sample), and its average over the laws, ``average`` (sample); ``prior_average``;
        ``probability`` and ``prior_probability`` (law); ``log_evidence`` (law). ``attrs``: ``floor``, the probability
        of the two laws with a floor; ``told``, whether the runs determine the entropy; ``conclusion``, a sentence;
        ``warnings``, a JSON list. With `by`, every variable has the dim `by` too, ``floor``, ``told`` and
        ``conclusion`` are variables, and each sentence in ``attrs`` begins with the value that it is about.

    Raises
    ------
    TypeError, ValueError
        As `bayescale.curvature`; if `runs` has no column `by`, or its name is that of a dim of the result.

    See Also
    --------
    pooling : do several losses share exponents, and their floors if they do.

    Examples
    --------
    >>> import numpy as np, pandas as pd, bayescale as bs
    >>> C = np.geomspace(1e17, 1e23, 20)
    >>> noise = np.exp(0.003 * np.random.default_rng(0).standard_normal(20))
    >>> runs = pd.DataFrame({"C": C, "loss": (1.82 + 1968 * C**-0.178) * noise})
    >>> found = bs.entropy(runs, discrepancy=None, seed=1)
    >>> low, high = found["E"].sel(law="floor").quantile([0.05, 0.95]).to_numpy()
    >>> bool(low < 1.82 < high)
    True
    """
    if by is not None:
        parts = {
            level: entropy(part, prior=prior, discrepancy=discrepancy, seed=seed) for level, part in _split(runs, by)
        }
        return _joined(parts, by)
    weights = prior_of(prior)
    found, limits = weigh(runs, discrepancy, seed)
    shares = probabilities(found, weights)
    top, rng = _ends(runs, None)[1], np.random.default_rng(seed)
    after = np.stack([_limit(n, w, w.posterior, top, rng) for n, w in found.items()])
    before = np.stack([_limit(n, w, w.prior, top, rng) for n, w in found.items()])
    result = xr.Dataset(
        {
            "E": (("law", "sample"), after),
            "average": ("sample", _average(after, shares, rng)),
            "prior_average": ("sample", _average(before, weights, rng)),
            "probability": ("law", [shares[n] for n in NAMES]),
            "prior_probability": ("law", [weights[n] for n in NAMES]),
            "log_evidence": ("law", [found[n].log_evidence for n in NAMES]),
        },
        coords={"law": list(NAMES)},
    )
    unit = runs.attrs.get("units", {}).get("loss", "nats/token")
    for name in ("E", "average", "prior_average"):
        result[name].attrs = {"units": unit}
    return result.assign_attrs(_told(result, shares, unit), warnings=json.dumps(limits))


def _split(runs: pd.DataFrame, by: str) -> list[tuple[str, pd.DataFrame]]:
    """The rows of each value of a column, in the order of their first appearance."""
    if not isinstance(runs, pd.DataFrame):
        raise TypeError(f"runs is a {type(runs).__name__}; wanted a pandas.DataFrame with one row for each run.")
    if by not in runs or by in ("law", "sample", "loss"):
        raise ValueError(
            f"by is {by!r}; wanted a column of labels, not law, sample or loss. It has {list(runs.columns)}."
        )
    return [(str(level), part.drop(columns=by)) for level, part in runs.groupby(by, sort=False)]


def _joined(parts: Mapping[str, xr.Dataset], by: str) -> xr.Dataset:
    """The results of each value of a column, along a dim of its name."""
    said = [f"{level}: {words}" for level, part in parts.items() for words in json.loads(part.attrs["warnings"])]
    conclusion = " ".join(f"{level}: {part.attrs['conclusion']}" for level, part in parts.items())
    each = [part.assign({k: part.attrs[k] for k in ("floor", "told", "conclusion")}) for part in parts.values()]
    joined = xr.concat(each, pd.Index(list(parts), name=by), combine_attrs="drop")
    for name, values in each[0].data_vars.items():
        joined[name].attrs = dict(values.attrs)
    return joined.assign_attrs(conclusion=conclusion, warnings=json.dumps(said))


def _limit(name: str, weighed: Weighed, draws: xr.Dataset, top: float, rng: np.random.Generator) -> np.ndarray:
    """Draws of E under a law, of shape (SIZE,)."""
    there = closed_form(name, draws, weighed.reference, xr.DataArray([top], dims="C")).isel(C=0)
    most = there["base"] if name in (*WITH_FLOOR, *WITH_SLOW) else there["loss"]
    most = rng.choice(most.to_numpy().ravel(), SIZE)
    return most if name in WITH_FLOOR else most * rng.uniform(size=SIZE)


def _average(each: np.ndarray, shares: Mapping[str, float], rng: np.random.Generator) -> np.ndarray:
    """Draws of the average over laws, of shape (SIZE,), from draws of each, of shape (law, SIZE)."""
    law = rng.choice(len(NAMES), SIZE, p=[shares[name] for name in NAMES])
    return each[law, np.arange(SIZE)]


def _told(result: xr.Dataset, shares: Mapping[str, float], unit: str) -> dict:
    """What the runs say, as attributes."""
    low, middle, high = result["average"].quantile([0.05, 0.5, 0.95]).to_numpy()
    before = result["prior_average"].quantile([0.05, 0.95]).to_numpy()
    share, narrow = sum(shares[name] for name in WITH_FLOOR), high - low < NARROWER * (before[1] - before[0])
    told = bool(narrow and share >= UNDECIDED[1])
    words = f"{middle:.3g} [{low:.3g}, {high:.3g}] {unit}"
    if told:
        conclusion = f"The runs end in a floor (probability {share:.2f}): the entropy is {words}."
    elif share <= UNDECIDED[0]:
        conclusion = f"No floor is seen (probability {share:.2f}); the runs only bound the entropy, {words}."
    else:
        conclusion = f"The runs cannot tell the entropy: P(floor) is {share:.2f}, and the average over laws is {words}."
    return {"floor": share, "told": int(told), "conclusion": conclusion}
