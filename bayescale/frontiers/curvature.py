"""Curvature: whether the compute-optimal frontier bends, by averaging over laws that do and do not."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.columns import FLOP_PER_PARAMETER_AND_TOKEN
from bayescale.frontiers.closed_form import closed_form
from bayescale.frontiers.power import TYPICAL, decades_needed, power
from bayescale.frontiers.shapes import NAMES, SIZES, WITH_FLOOR, WITH_SLOW
from bayescale.frontiers.weigh import Weighed, prior_of, probabilities, weigh
from bayescale.modelling.discrepancy import Discrepancy

#: Number of budgets.
BUDGETS = 41
#: Probability from which a bend is called found, or absent at one minus it.
SURE = 0.95


def curvature(
    runs: pd.DataFrame,
    *,
    by: float = 0.01,
    between: tuple[float, float] | None = None,
    prior: Mapping[str, float] | None = None,
    discrepancy: Discrepancy | None = SIZES,
    loo: bool = False,
    seed: int | None = None,
) -> xr.Dataset:
    """Whether the compute-optimal frontier bends: slope and curvature, averaged over six laws.

    The laws are straight (a power law), floor (it bends to an entropy), slow (it bends to a slower power law) and free
    (a curvature of either sign). curved_floor and curved_slow are floor and slow with a reducible loss that is no exact
    power of compute; see `bayescale.frontiers.shapes`. An additive law alone cannot answer: its curvature is positive
    in every draw of its prior. A negative curvature rejects every sum of falling power laws.

    Parameters
    ----------
    runs : DataFrame with N [parameters], D [tokens] and loss [nats/token]; or C [FLOP] and loss, for runs on a
        frontier. Laws are in C alone if N and D lie on one line.
    by : change of the slope d ln L / d ln C whose probability is reported.
    between : smallest and largest budget [FLOP]; by default of the runs.
    prior : prior probability of each law; by default a quarter for straight, floor, slow and free, where floor and slow
        share theirs with their curved variants. A law that is not named has none.
    discrepancy : errors of the laws; by default those that runs of similar size share. None for independent errors. A
        smooth part, as in ``smooth_and_local``, may bend the frontier itself, so that runs tell less.
    loo : also compute the expected log predictive density of each law by leave-one-out cross-validation.
    seed : int, optional

    Returns
    -------
    Dataset : ``probability`` and ``log_evidence`` (law); ``slope`` and ``curvature`` (sample, C), draws of the average
        over the laws; ``prior_slope`` and ``prior_curvature``, the same before the runs. ``attrs``:

        - ``bends_up`` and ``bends_down``, probabilities that the slope rises and falls between the two budgets;
        - ``bends_by``, the probability that the slope rises by more than `by` between the two budgets;
        - ``free``, the probability of the law free, and ``direction``, that of a positive curvature under it;
        - ``floor_over_slow``, P(floor) / (P(floor) + P(slow)), each with its curved variant;
        - ``power``, the chance that these runs show a curvature of 0.005 (a one-sided test at 5 %), and ``decades``,
          those over which as many runs would show it with a chance of 0.8;
        - ``conclusion``, a sentence; ``warnings``, a JSON list.

    Raises
    ------
    TypeError, ValueError
        If the table is not fit for a law (`bayescale.fit`), or an argument is out of range.

    Notes
    -----
    The evidence of each law is the mean importance weight (`bayescale.inference.laplace`). All laws have the same noise
    and proper priors; doubling the range of a prior that the runs do not limit costs a law a factor of up to two.

    Examples
    --------
    >>> import numpy as np, pandas as pd, bayescale as bs
    >>> C = np.geomspace(1e18, 1e22, 20)
    >>> noise = np.exp(0.003 * np.random.default_rng(0).standard_normal(20))
    >>> found = bs.curvature(pd.DataFrame({"C": C, "loss": (1.82 + 1968 * C**-0.178) * noise}), seed=1)
    >>> found.attrs["bends_up"] > 0.95
    True
    """
    if not (isinstance(by, int | float) and np.isfinite(by) and by > 0):
        raise ValueError(f"by is {by!r}; wanted a positive number, such as 0.01, a change of d ln L / d ln C.")
    weights = prior_of(prior)
    found, limits = weigh(runs, discrepancy, seed)
    ends = _ends(runs, between)
    shares = probabilities(found, weights)
    C = np.geomspace(*ends, BUDGETS)
    rng = np.random.default_rng(seed)
    along = {n: _along(n, w, w.posterior, C) for n, w in found.items()}
    after = averaged(along, shares, rng)
    before = averaged({n: _along(n, w, w.prior, C) for n, w in found.items()}, weights, rng)
    result = after[["slope", "curvature"]].assign(
        prior_slope=before["slope"].rename(sample="prior_sample"),
        prior_curvature=before["curvature"].rename(sample="prior_sample"),
        probability=("law", [shares[n] for n in NAMES]),
        prior_probability=("law", [weights[n] for n in NAMES]),
        log_evidence=("law", [found[n].log_evidence for n in NAMES]),
        log_evidence_error=("law", [found[n].error for n in NAMES]),
    )
    result = result.assign_coords(law=list(NAMES), C=C)
    if loo:
        result["elpd_loo"] = ("law", [_loo(found[n]) for n in NAMES])
    attrs = _numbers(runs, found, shares, {n: _change(each["slope"]) for n, each in along.items()}, by)
    result.attrs = {**attrs, "by": by, "between": list(ends), "warnings": json.dumps(limits + _embeddings(runs))}
    result.attrs["conclusion"] = _conclusion(result.attrs)
    result["C"].attrs = {"units": "FLOP"}
    return result


def averaged(each: Mapping[str, xr.Dataset], shares: Mapping[str, float], rng: np.random.Generator) -> xr.Dataset:
    """Draws of the average over laws, dims (sample, …), from draws of each, dims (chain, draw, …)."""
    size, parts = 0, []
    for name, draws in each.items():
        flat = draws.stack(sample=("chain", "draw"), create_index=False).transpose("sample", ...)
        size = flat.sizes["sample"]
        parts.append(flat.isel(sample=rng.permutation(size)[: round(shares[name] * size)]))
    kept = [part for part in parts if part.sizes["sample"]]
    return xr.concat(kept, "sample").drop_vars(("chain", "draw"), errors="ignore")


def _along(name: str, weighed: Weighed, draws: xr.Dataset, C: np.ndarray) -> xr.Dataset:
    return closed_form(name, draws, weighed.reference, xr.DataArray(C, dims="C"))


def _ends(runs: pd.DataFrame, between: tuple[float, float] | None) -> tuple[float, float]:
    """Smallest and largest budget [FLOP]."""
    if between is not None:
        low, high = map(float, between)
        if not 0 < low < high < np.inf:
            raise ValueError(f"between is {between}; wanted two budgets in FLOP, the smaller first: (1e18, 1e22).")
        return low, high
    compute = _compute(runs)
    if compute.min() == compute.max():
        raise ValueError("All runs have the same compute, so they cannot show a slope; add runs of another budget.")
    return float(compute.min()), float(compute.max())


def _compute(runs: pd.DataFrame) -> np.ndarray:
    if {"N", "D"} <= set(runs):
        return FLOP_PER_PARAMETER_AND_TOKEN * (runs["N"] * runs["D"]).to_numpy(float)
    return runs["C"].to_numpy(float)


def _change(slope: xr.DataArray) -> xr.DataArray:
    """Rise of the slope from the smallest to the largest budget."""
    return slope.isel(C=-1) - slope.isel(C=0)


def _numbers(runs, found, shares, changes: Mapping[str, xr.DataArray], by: float) -> dict[str, Any]:
    """The probabilities and the power of the design, for the attributes of `curvature`."""
    bend = found["free"].posterior["bend"]
    down, far = (
        sum(shares[name] * float(true.mean()) for name, true in each.items())
        for each in ({n: x < 0 for n, x in changes.items()}, {n: x > by for n, x in changes.items()})
    )
    with_floor, with_slow = (sum(shares[name] for name in names) for names in (WITH_FLOOR, WITH_SLOW))
    either, sigma = with_floor + with_slow, float(found["free"].posterior["sigma"].median())
    return {
        "bends_up": 1.0 - shares["straight"] - down,
        "bends_down": down,
        "free": shares["free"],
        "direction": float((bend > 0).mean()),
        "bends_by": far,
        "floor_over_slow": with_floor / either if either > 0 else np.nan,
        "curvature_error": float(bend.std()),
        "power": power(float(bend.std())),
        "decades": decades_needed(sigma, len(runs)),
        "typical": TYPICAL,
    }


def _conclusion(a: Mapping[str, Any]) -> str:
    if a["bends_up"] >= SURE:
        first = f"The frontier bends upward (probability {a['bends_up']:.2f})"
    elif a["bends_down"] >= SURE:
        return f"The frontier bends downward (probability {a['bends_down']:.2f}), which no sum of falling powers does."
    elif a["bends_up"] + a["bends_down"] <= 1 - SURE:
        return f"The frontier is straight within these runs (probability {1 - a['bends_up'] - a['bends_down']:.2f})."
    else:
        return f"These runs cannot tell whether the frontier bends (probability of a bend upward {a['bends_up']:.2f})."
    share = a["floor_over_slow"]
    if a["free"] > 0.5:
        return f"{first}, but neither a floor nor a slower power law describes how (free {a['free']:.2f})."
    if 0.1 < share < 0.9:
        return f"{first}; whether to a floor or to a slower power law, the runs cannot tell (floor {share:.2f})."
    return f"{first}; of the two, {'a floor' if share > 0.5 else 'a slower power law'} fits better (floor {share:.2f})."


def _embeddings(runs: pd.DataFrame) -> list[str]:
    """The effect of counting embeddings in N, where the table has both counts."""
    if not {"N", "D", "N_no_embed"} <= set(runs) or runs["N_no_embed"].isna().any():
        return []
    share = 1 - (runs["N_no_embed"] / runs["N"]).to_numpy(float)
    low, high = share[np.argmax(runs["N"])], share[np.argmin(runs["N"])]
    if high - low < 0.01:
        return []
    # d ln M / d ln N = 1 / (1 - 2/3 share), with M + w M^(1/3) = N (Pearce & Song 2024, arXiv:2406.12907).
    steeper = (1 - 2 * low / 3) / (1 - 2 * high / 3) - 1
    return [
        f"N counts embeddings: {high:.0%} of the smallest model and {low:.0%} of the largest. The exponent of N is "
        f"therefore {steeper:.0%} larger at the small end, which bends the frontier by itself. Compare N without "
        "embeddings: runs.assign(N=runs['N_no_embed'])."
    ]


def _loo(weighed: Weighed) -> float:
    """Expected log predictive density by leave-one-out cross-validation."""
    import arviz as az

    groups = {"posterior": weighed.posterior, "log_likelihood": weighed.log_likelihood.rename("loss").to_dataset()}
    return float(az.loo(xr.DataTree.from_dict(groups)).elpd)
