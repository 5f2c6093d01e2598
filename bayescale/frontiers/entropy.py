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
    prior : prior probability of each law, as in `bayescale.curvature`.
    discrepancy : errors of the laws; by default smooth ones and those that runs of similar size share.
    seed : int, optional

    Returns
    -------
    Dataset : ``E`` [nats/token] (law, sample), and its average over the laws, ``average`` (sample); ``prior_average``;
        ``probability`` and ``prior_probability`` (law); ``log_evidence`` (law). ``attrs``: ``floor``, the probability
        of the two laws with a floor; ``told``, whether the runs determine the entropy; ``conclusion``, a sentence;
        ``warnings``, a JSON list.

    Raises
    ------
    TypeError, ValueError
        As `bayescale.curvature`.

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
