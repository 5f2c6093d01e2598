"""Verdict: may this posterior be used, and what do the data not say?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from bayescale.inference.draws import MAX_RHAT, quality
from bayescale.inference.laplace import psis
from bayescale.inference.laplace.psis import MAX_K, MIN_ESS
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

# Largest distance between the distribution functions of posterior and prior (Kolmogorov-Smirnov) to call them one.
SAME = 0.2
# Width of "about the loss of the runs" in log loss.
LEVEL = 0.1
# A tail needs draws: fewer are kept only of tables so long that no run moves the posterior.
FEWEST = 100
# A run is far out where the noise would put less than this many of all runs.
FAR = 0.05


@dataclass(frozen=True)
class Verdict:
    """What was found out about a posterior; `str` gives it in one line.

    Attributes
    ----------
    rhat : float, the worst R-hat of all parameters, of chains or of independent importance samples; NaN for Laplace;
        infinite for one chain, and where no chain visits a mode that is known.
    ess : float, the smallest effective sample size, bulk or tail; no more than that of the weights.
    divergences : int, divergent transitions after tuning.
    k : float, Pareto k of importance sampling; NaN where there is none (NUTS).
    unidentified : parameters whose posterior is their prior.
    influential : runs with a Pareto k above 0.7 in LOO, and their k.
    outliers : runs far outside the noise, and their residual in units of its scale.
    """

    rhat: float
    ess: float
    divergences: int
    k: float = np.nan
    unidentified: list[str] = field(default_factory=list)
    influential: Mapping[str, float] = field(default_factory=dict)
    outliers: Mapping[str, float] = field(default_factory=dict)

    @property
    def converged(self) -> bool:
        """Whether R-hat, ESS and divergences, or Pareto k and ESS, allow the posterior to be used."""
        if not np.isnan(self.k):
            return self.k <= MAX_K and self.ess >= MIN_ESS and not self.rhat > MAX_RHAT
        return self.rhat <= MAX_RHAT and self.ess >= MIN_ESS and self.divergences == 0

    def problems(self) -> list[str]:
        """What a user should know before using the posterior, gravest first."""
        found = []
        if not self.converged:
            cure = "draw more (draws=, tune=)" if not self.divergences else "raise nuts={'target_accept': 0.99}"
            if np.isinf(self.rhat):
                cure = "R-hat compares chains, so draw two or more (chains=), that visit every known mode (seed=)"
            found.append(f"the chains have not converged; {cure}, or use fewer parameters")
        if self.unidentified:
            found.append(f"the data do not identify {', '.join(self.unidentified)}: posterior and prior are the same")
        if self.influential:
            found.append(f"influential runs (Pareto k > {MAX_K}): {_list(self.influential, '{:.2f}')}")
        if self.outliers:
            found.append(f"runs far outside the noise (residual/scale): {_list(self.outliers, '{:+.1f}')}")
        return found

    def __str__(self) -> str:
        state = "converged" if self.converged else "NOT CONVERGED"
        if not np.isnan(self.k):
            line = f"Laplace approximation accepted: Pareto k {self.k:.2f}, importance ESS {self.ess:.0f}"
            if not np.isnan(self.rhat):
                line = line.replace("Laplace approximation", "importance sampling") + f", R-hat {self.rhat:.3f}"
            return "; ".join([line, *self.problems()])
        line = f"{state}: R-hat {self.rhat:.3f}, ESS {self.ess:.0f}, {self.divergences} divergences"
        return "; ".join([line, *(p for p in self.problems() if not p.startswith("the chains"))])


def _list(runs: Mapping[str, float], form: str, most: int = 6) -> str:
    shown = [f"{run} ({form.format(value)})" for run, value in list(runs.items())[:most]]
    return ", ".join(shown) + (f" and {len(runs) - most} more" if len(runs) > most else "")


def judge(law: Law, post: xr.DataTree) -> Verdict:
    """Judge a posterior: its draws alone, or all of it where it has prior, observed_data, fitted and log_likelihood."""
    if "log_likelihood" not in post.children:
        return Verdict(**_draws(post))
    log_likelihood = post["log_likelihood"]["loss"].transpose("run", *SAMPLE_DIMS)
    by_run = log_likelihood.to_numpy().reshape(log_likelihood.sizes["run"], -1)
    k = psis.pareto_k(-by_run) if by_run.shape[1] >= FEWEST else np.zeros(len(by_run))
    k = xr.DataArray(k, dims="run", coords={"run": log_likelihood["run"]})
    return Verdict(
        **_draws(post),
        unidentified=unidentified(law, post),
        influential=_named(k, k > MAX_K),
        outliers=_outliers(law, post),
    )


def _draws(post: xr.DataTree) -> dict[str, Any]:
    """How good the draws are."""
    if post.attrs.get("method") == "laplace":
        ess, rhat = post.attrs["importance_ess"], post.attrs.get("rhat", np.nan)  # no R-hat where nothing is compared
        return {"rhat": rhat, "ess": post.attrs.get("ess", ess), "divergences": 0, "k": post.attrs["pareto_k"]}
    known = {"rhat", "ess"} <= set(post.attrs)
    rhat, ess = (post.attrs["rhat"], post.attrs["ess"]) if known else quality(post["posterior"].to_dataset())
    diverging = int(post["sample_stats"]["diverging"].sum()) if "diverging" in post["sample_stats"] else 0
    return {"rhat": rhat, "ess": ess, "divergences": diverging}


def unidentified(law: Law, post: xr.DataTree) -> list[str]:
    """Parameters of the formula that the data say nothing on, beyond how high the loss is, group by group.

    The prior is first restricted to draws whose loss at the reference run is about that of the runs: E and excess
    trade against each other once their sum is known, which is not knowledge of either.
    """
    found = []
    weight = _level_weights(law, post)
    for name in (n for n, prior in law.priors.items() if isinstance(prior, Prior)):
        after, before = (post[group][name].transpose(*SAMPLE_DIMS, ...) for group in ("posterior", "prior"))
        dims = after.dims[2:]
        for where in np.ndindex(after.shape[2:]):
            w = weight.isel({dim: i for dim, i in zip(dims, where, strict=True) if dim in weight.dims})
            w = w.mean([dim for dim in w.dims if dim not in SAMPLE_DIMS]).to_numpy().ravel()
            here = (slice(None), slice(None), *where)
            drawn = np.random.default_rng(0).choice(before.to_numpy()[here].ravel(), size=len(w), p=w / w.sum())
            if distance(after.to_numpy()[here].ravel(), drawn) < SAME:
                labels = [str(after[dim].values[i]) for dim, i in zip(dims, where, strict=True)]
                found.append(name + (f"[{', '.join(labels)}]" if labels else ""))
    return found


def distance(x: np.ndarray, y: np.ndarray) -> float:
    """Largest distance between two samples' distribution functions (Kolmogorov & Smirnov)."""
    at = np.concatenate([x, y])
    below = [np.searchsorted(np.sort(sample), at, side="right") / len(sample) for sample in (x, y)]
    return float(np.abs(below[0] - below[1]).max())


def _level_weights(law: Law, post: xr.DataTree) -> xr.DataArray:
    """Weights of the prior's draws given the middle of the losses to within LEVEL."""
    prior = xr.DataTree.from_dict({"prior": post["prior"].dataset, "constant_data": post["constant_data"].dataset})
    given = {name: float(post["constant_data"][f"{name}0"]) for name in law.inputs}
    mu = law.evaluate(law.formula, prior, given)
    level = np.log(post["observed_data"]["loss"]).mean()
    weight = np.exp(-0.5 * ((np.log(mu) - level) / LEVEL) ** 2).fillna(0)
    return weight + 1e-12  # never all zero


def _outliers(law: Law, post: xr.DataTree) -> dict[str, float]:
    loss, fitted = post["observed_data"]["loss"], post["fitted"]
    z = (np.log(loss / fitted["mu"]) / fitted["scale"]).transpose(*SAMPLE_DIMS, "run")
    z = loss.copy(data=np.median(z.to_numpy(), axis=(0, 1)))  # xarray's median is slow, and there is nothing to skip
    shape = {
        name: float(post["posterior"][name].median()) if name in post["posterior"] else law.noise.priors[name]
        for name in law.noise.shape
    }
    tail = 2 * law.noise.tail(np.abs(z.to_numpy()), shape)
    return _named(z, xr.DataArray(tail * z.size < FAR, dims=z.dims))


def _named(values: xr.DataArray, chosen: xr.DataArray) -> dict[str, float]:
    """The chosen runs by their label, largest first."""
    pairs = [
        (str(run), float(v)) for run, v, c in zip(values["run"].values, values.values, chosen.values, strict=True) if c
    ]
    return dict(sorted(pairs, key=lambda pair: -abs(pair[1])))
