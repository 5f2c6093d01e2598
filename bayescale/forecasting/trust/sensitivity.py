"""Sensitivity of a forecast to the priors: how far it moves when the prior of one parameter changes.

Draws are reweighted by the ratio of the changed prior to the prior, with Pareto-smoothed importance sampling, as in
Kallioinen et al. 2023 (doi:10.1007/s11222-023-10366-5) and `az.psense`. These change the power of all priors or of the
likelihood by a little; here the prior of each parameter changes by as much as experts may disagree on it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.forecasting.predict import predict
from bayescale.inference.door.arguments import check_seed
from bayescale.inference.door.posterior import check_posterior
from bayescale.inference.fit import draw
from bayescale.inference.laplace import psis
from bayescale.modelling.draws import SAMPLE_DIMS, draws_of
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

#: Changes of a prior. The first two need a positive parameter without an upper bound.
CHANGES = ("halved", "doubled", "widened")
#: Factor by which "widened" multiplies the standard deviation [log parameter] of a LogNormal: its density is raised to
#: the power 1/2.
WIDER = float(np.sqrt(2.0))
#: Ends of the 90 % interval, and the median.
QUANTILES = (0.05, 0.5, 0.95)


def sensitivity(
    law: Law,
    post: xr.DataTree,
    runs: pd.DataFrame,
    *,
    parameters: Sequence[str] | None = None,
    fitted: pd.DataFrame | None = None,
    seed: int | None = None,
) -> pd.DataFrame:
    """How far the forecast of new runs moves when the prior of a parameter changes.

    Parameters
    ----------
    law, post : as in `predict`.
    runs : DataFrame, the runs to forecast, as in `predict`.
    parameters : sequence of str, optional
        By default every parameter of the law, its noise and its discrepancy that has a prior without groups.
    fitted : DataFrame, optional
        The runs that were fitted. With them, the law is fitted again (method "laplace") with each changed prior for
        which importance weights are unreliable.
    seed : int, optional, of the forecasts and of fits.

    Returns
    -------
    DataFrame : a row for each run, parameter and change, those that move the forecast most first within a run.

        - ``run``, ``parameter`` and ``change``: "halved" and "doubled" scale the prior, and so its median; "widened"
          raises its density to the power 1/2, for a LogNormal the standard deviation of the log times 1.41;
        - ``moved``: 100 times the change of the log of the median loss [%];
        - ``share``: the same over the width of the 90 % interval before the change;
        - ``width``: width of the 90 % interval [log loss], over that before;
        - ``k``: Pareto k of the weights, and ``refitted``. Where k is above 0.7 and there are no `fitted` runs, the
          numbers are NaN.

    Raises
    ------
    TypeError, ValueError
        As `predict`; and if a parameter has no prior, or one that this package cannot evaluate.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy")
    >>> post = bs.fit(chinchilla, runs.query("split == 'grid'"), method="laplace", seed=1)
    >>> targets = runs.query("split == 'heldout'")
    >>> moves = bs.sensitivity(chinchilla, post, targets, parameters=["alpha_N"], seed=1)
    >>> sorted(moves["change"].unique())
    ['doubled', 'halved', 'widened']
    >>> bool((moves["k"] < 0.7).all())  # the reweighted draws are reliable
    True
    """
    check_posterior(law, post)
    check_seed(seed)
    before = _logs(predict(law, post, runs, seed=seed))
    base = np.quantile(before, QUANTILES, axis=0)
    rows = []
    for name in chosen(law, post, parameters):
        prior, x, units = law.all_priors[name], *values_of(law, post, name)
        for change, ratio in ratios(prior, units).items():
            weights, k = psis.smooth(ratio(x))
            refit = float(k) > psis.MAX_K and fitted is not None and prior.family == "LogNormal"
            if refit:
                other = with_prior(law, name, changed(prior, change))
                again = draw(other, fitted, method="laplace", seed=seed, progressbar=False)
                after = np.quantile(_logs(predict(other, again, runs, seed=seed)), QUANTILES, axis=0)
            elif float(k) > psis.MAX_K:
                after = np.full_like(base, np.nan)
            else:
                after = _weighted(before, weights)
            rows += _compared(base, after, name, change, float(k), refit)
    table = pd.DataFrame(rows)
    table["run"] = np.asarray(runs.index)[table["run"]]
    order = table.assign(by=-table["share"].abs()).sort_values("by", kind="stable").index
    return table.loc[order].sort_values("run", kind="stable").reset_index(drop=True)


def changed(prior: Prior, change: str) -> Prior:
    """A LogNormal prior with its median halved or doubled, or its spread widened."""
    mu, sigma = prior.args["mu"], prior.args["sigma"]
    args = {
        "halved": {"mu": mu - np.log(2.0), "sigma": sigma},
        "doubled": {"mu": mu + np.log(2.0), "sigma": sigma},
        "widened": {"mu": mu, "sigma": sigma * WIDER},
    }
    return Prior("LogNormal", unit=prior.unit, args=args[change])


def with_prior(law: Law, name: str, prior: Prior) -> Law:
    """The law with another prior of a parameter of its formula, noise or discrepancy."""
    if name in law.priors:
        return replace(law, priors={**law.priors, name: prior})
    if name in law.noise.priors:
        return replace(law, noise=replace(law.noise, priors={**law.noise.priors, name: prior}))
    discrepancy: Any = law.discrepancy
    return replace(law, discrepancy=replace(discrepancy, priors={**discrepancy.priors, name: prior}))


def chosen(law: Law, post: xr.DataTree, parameters: Sequence[str] | None) -> list[str]:
    """The parameters whose priors are changed."""
    able = [
        name
        for name, prior in law.all_priors.items()
        if isinstance(prior, Prior) and prior.known is not None and not prior.dims and not prior.hyperpriors()
    ]
    wrong = [] if parameters is None else [name for name in parameters if name not in able]
    if wrong:
        raise ValueError(f"parameters has {wrong}; wanted some of {able}, whose priors can be changed.")
    return able if parameters is None else list(parameters)


def values_of(law: Law, post: xr.DataTree, name: str) -> tuple[np.ndarray, dict[str, float]]:
    """Draws of a parameter, of shape (draw,), and the values of units."""
    draws, reference = draws_of(law, post)
    return draws[name].transpose(*SAMPLE_DIMS).to_numpy().ravel(), reference


def ratios(prior: Prior, units: dict[str, float]) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """For each change that the prior allows, the log of the changed density over the density, up to a constant."""
    family: Any = prior.known
    args = prior.in_unit(prior.args, units[prior.unit_name] if prior.unit_name else None)

    def logp(x):
        return family.logp(x, **args)

    if family.bounds(**args) != (0.0, None):
        return {"widened": lambda x: -0.5 * (logp(x) + np.zeros_like(x))}
    return {
        "halved": lambda x: logp(2.0 * x) - logp(x),
        "doubled": lambda x: logp(x / 2.0) - logp(x),
        "widened": lambda x: -0.5 * (logp(x) + np.log(x)),  # as a density of the log
    }


def _logs(drawn: xr.Dataset) -> np.ndarray:
    """Logs of the losses of new runs, of shape (draw, run)."""
    return np.log(drawn["loss"].stack(sample=SAMPLE_DIMS).transpose("sample", "run").to_numpy())


def _weighted(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted quantiles of each column, of shape (quantile, run)."""
    order = np.argsort(values, axis=0)
    mass = np.cumsum(weights[order], axis=0) - weights[order] / 2
    columns = range(values.shape[1])
    return np.stack([np.interp(QUANTILES, mass[:, j], values[order[:, j], j]) for j in columns], axis=1)


def _compared(base: np.ndarray, after: np.ndarray, name: str, change: str, k: float, refitted: bool) -> list[dict]:
    """The rows of one change, from quantiles of shape (quantile, run) before and after."""
    width, moved = base[2] - base[0], after[1] - base[1]
    return [
        {
            "run": i,
            "parameter": name,
            "change": change,
            "moved": 100 * moved[i],
            "share": moved[i] / width[i],
            "width": (after[2, i] - after[0, i]) / width[i],
            "k": k,
            "refitted": refitted,
        }
        for i in range(len(width))
    ]
