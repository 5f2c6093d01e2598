"""Diagnostics: convergence, parameters that the data do not identify, influential runs and outliers."""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.inference.diagnostics.identification import identification
from bayescale.inference.diagnostics.residuals import explanatory, scale_of, stated_errors
from bayescale.inference.diagnostics.verdict import Verdict
from bayescale.inference.draws import quality
from bayescale.inference.laplace import psis
from bayescale.inference.laplace.psis import MAX_K
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

#: Influential runs are examined only with at least this many draws, since Pareto k needs a tail. Only very long tables
#: keep fewer draws of each run, and there no single run moves the posterior.
FEWEST_DRAWS = 100
#: A run is an outlier if, by the noise, fewer than this many runs of the table are expected to lie as far out.
OUTLIERS_EXPECTED = 0.05
#: Runs have no noise if the scale of the log loss is below this: real runs repeat to no better than 5e-4.
NO_NOISE = 5e-5
#: Prior and data disagree on a parameter if its posterior median is beyond this tail probability of its prior.
TAIL = 0.001
#: The same where the prior ends at a bound, which a posterior in conflict approaches and cannot pass.
TAIL_AT_BOUND = 0.01


def judge(law: Law, post: xr.DataTree, others: pd.DataFrame | None = None) -> Verdict:
    """Judge a posterior.

    Parameters
    ----------
    law : Law, the one fitted.
    post : DataTree. Without the group log_likelihood only convergence is judged. With it, the groups prior,
        constant_data, observed_data and fitted are needed too.
    others : DataFrame, optional
        Columns of the table that the law does not use, one row a run: do they explain the residuals?
    """
    if "log_likelihood" not in post.children:
        return Verdict(**_of_draws(post))
    log_likelihood = post["log_likelihood"]["loss"].transpose("run", *SAMPLE_DIMS)
    by_run = log_likelihood.to_numpy().reshape(log_likelihood.sizes["run"], -1)
    k = psis.pareto_k(-by_run) if by_run.shape[1] >= FEWEST_DRAWS else np.zeros(len(by_run))
    k = xr.DataArray(k, dims="run", coords={"run": log_likelihood["run"]})
    others, scale = pd.DataFrame() if others is None else others, scale_of(post)
    exact = {"scale": scale} if scale < NO_NOISE else {}
    return Verdict(
        **_of_draws(post),
        noise_free=exact,
        explanatory={} if exact else explanatory(law, post, others),
        stated_errors={} if exact else stated_errors(law, post, others),
        **identification(law, post),
        influential=_named(k, k > MAX_K),
        outliers=_outliers(law, post),
        conflicts=conflicts(law, post),
    )


def _of_draws(post: xr.DataTree) -> dict[str, Any]:
    """R-hat, ESS, divergences and Pareto k, from ``attrs`` or, where they are not stored there, from the draws."""
    attrs = post.attrs
    if attrs.get("method") == "laplace":  # R-hat and ESS are stored only if importance sampling replaced chains
        ess = attrs.get("ess", attrs["importance_ess"])
        return {"rhat": attrs.get("rhat", np.nan), "ess": ess, "divergences": 0, "k": attrs["pareto_k"]}
    known = {"rhat", "ess"} <= set(attrs)
    rhat, ess = (attrs["rhat"], attrs["ess"]) if known else quality(post["posterior"].to_dataset())
    diverging = int(post["sample_stats"]["diverging"].sum()) if "diverging" in post["sample_stats"] else 0
    return {"rhat": rhat, "ess": ess, "divergences": diverging}


def conflicts(law: Law, post: xr.DataTree) -> list[str]:
    """Parameters on which prior and data disagree: the posterior median lies in the far tail of the prior.

    How often this finds a prior that is wrong, and how often it warns of one that is right, is measured by
    ``python -m benchmarks conflicts``.

    Returns
    -------
    list of str : names; of a grouped parameter, one for each level: ``E[llama]``.
    """
    names = []
    for name, prior in law.all_priors.items():
        if not isinstance(prior, Prior) or name not in post["prior"] or name not in post["posterior"]:
            continue
        after, before = (post[group][name].transpose(*SAMPLE_DIMS, ...) for group in ("posterior", "prior"))
        dims = after.dims[2:]
        for level in np.ndindex(after.shape[2:]):
            here = (slice(None), slice(None), *level)
            middle, drawn = np.median(after.to_numpy()[here]), before.to_numpy()[here].ravel()
            below, above = float((drawn < middle).mean()), float((drawn > middle).mean())
            lower, upper = (TAIL_AT_BOUND if ends else TAIL for ends in _ends(prior))
            if below < lower or (above < upper and not _ends_at_the_losses(prior)):
                labels = [str(after[dim].values[i]) for dim, i in zip(dims, level, strict=True)]
                names.append(name + (f"[{', '.join(labels)}]" if labels else ""))
    return names


def _ends(prior: Prior) -> tuple[bool, bool]:
    """Whether the density of a prior ends abruptly, below and above: only a uniform one's does for sure."""
    return (True, True) if prior.family == "Uniform" and not prior.hyperpriors() else (False, False)


def _ends_at_the_losses(prior: Prior) -> bool:
    """Whether a prior ends at the smallest loss: a floor that is close to it contradicts nothing."""
    return prior.unit == "loss_min" and prior.args.get("upper") == 1


def _outliers(law: Law, post: xr.DataTree) -> dict[str, float]:
    """Runs far outside the noise -> median residual, in units of the noise's scale."""
    loss, fitted = post["observed_data"]["loss"], post["fitted"]
    z = (np.log(loss / fitted["mu"]) / fitted["scale"]).transpose(*SAMPLE_DIMS, "run")
    z = loss.copy(data=np.median(z.to_numpy(), axis=(0, 1)))  # xarray's median also looks for NaN, which is slow
    shape = {
        name: float(post["posterior"][name].median()) if name in post["posterior"] else law.noise.priors[name]
        for name in law.noise.shape
    }
    tail = 2 * law.noise.tail(np.abs(z.to_numpy()), shape)
    return _named(z, xr.DataArray(tail * z.size < OUTLIERS_EXPECTED, dims=z.dims))


def _named(values: xr.DataArray, chosen: xr.DataArray) -> dict[str, float]:
    """Label of a chosen run -> value, the largest absolute value first."""
    pairs = [
        (str(run), float(v)) for run, v, c in zip(values["run"].values, values.values, chosen.values, strict=True) if c
    ]
    return dict(sorted(pairs, key=lambda pair: -abs(pair[1])))
