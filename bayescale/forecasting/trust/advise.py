"""Advise: fit the laws that suit a table, back-test and compare them, and say which to use and why."""

from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Any

import pandas as pd
import xarray as xr

from bayescale.forecasting.trust.advice import Advice
from bayescale.forecasting.trust.candidates import candidates
from bayescale.forecasting.trust.choice import chosen
from bayescale.forecasting.trust.compared import add_left_out, add_scores, comparable, on_all, tested
from bayescale.forecasting.trust.evidence import evidence
from bayescale.inference.door import arguments as door
from bayescale.modelling.law import Law

#: The page with the coverage of laws on simulated truths.
SIMULATED = "docs/evidence/simulated.md"


def advise(
    runs: pd.DataFrame,
    laws: Mapping[str, Law] | None = None,
    *,
    towards: pd.DataFrame | None = None,
    method: str = "laplace",
    seed: int | None = None,
    executor: Executor | None = None,
    progressbar: bool = True,
) -> Advice:
    """Fit several laws to a table, back-test and compare them, and say which to use and why.

    The rule, in this order:

    1. Forecasts decide first, because a law is fitted to forecast. Every law is back-tested on the same cuts, and its
       log scores are averaged over the runs of one size, which err together (over those of one N, or of one training
       run, if there are fewer). A law drops out if the best is better by more than 2 standard errors of the paired
       difference and by more than 4 nats: two standard errors contain about 95 % of a normal distribution, and below 4
       nats the standard error itself is too small (Sivula et al. 2020, arXiv:2008.10296).
    2. A law also drops out if less than 70 % of the larger runs were inside its 90 % intervals, unless that is true of
       all: such a back-test came before bad forecasts (docs/evidence/signs.md).
    3. Of the laws left, those drop out that are behind in the log density of left-out runs (leave-one-out), by the
       same two thresholds. Leave-one-out comes second because it scores gaps between runs, not larger runs.
    4. The laws left tie. A law with a discrepancy is taken, because its intervals contained new runs more often on
       simulated truths (docs/evidence/simulated.md); without one, the law with the widest intervals.

    If fewer than 4 sizes could be held out, steps 1 and 2 are left out, and the advice says that the table cannot tell.
    A law that fails or does not converge on all runs, or at half of the cuts, is left out; at a single cut, the cut is.

    Parameters
    ----------
    runs : DataFrame, as in `fit`.
    laws : mapping from a name to a Law, optional
        By default those that suit the columns. If N and D vary: `generalised`, `chinchilla`, `overtrained` and Kaplan's
        `L_ND`; with repeated tokens (D above U), `data_constrained`, `generalised` and `chinchilla`. If one column
        varies, or N and D lie on one line (then C): generalised_C, henighan2020.L_C and kaplan2020.L_C, or those in N
        or D.
    towards : DataFrame, optional
        Runs that are to be forecast, as in `backtest`, which then resembles that forecast.
    method : {"laplace", "nuts"}, how the laws are fitted, as in `fit`.
    seed : int, optional
    executor : concurrent.futures.Executor, optional, where cuts are computed, as in `backtest`.
    progressbar : bool

    Returns
    -------
    Advice : ``take`` (the law), ``told``, ``reasons``, and ``table``, one row a law, best forecast first:

        - ``parameters`` of the formula, ``discrepancy`` (bool) and ``converged`` (on all runs);
        - ``score``: log scores of the larger runs, averaged over runs of one size and summed over sizes;
          ``score_diff`` from the best, and its standard error ``score_se``;
        - ``covered`` by the 90 % intervals, their ``width`` and ``crps`` [% of the loss];
        - ``elpd``: log density of left-out runs, summed; ``elpd_diff`` from the best, and its standard error
          ``elpd_se``; ``bad_k``, the number of runs for which it is unreliable (Pareto k above 0.7);
        - ``reason``: why the law was not compared; empty if it was.

    Raises
    ------
    TypeError, ValueError
        If an argument is of a wrong kind, no size varies, or no law can be fitted.

    See Also
    --------
    backtest, evidence : one law.
    stacking.weights : average laws instead of choosing one.

    Examples
    --------
    >>> import bayescale as bs
    >>> runs = bs.load("known_entropy").query("split == 'grid'").drop(columns=["run", "budget"])
    >>> laws = {"additive": bs.laws.chinchilla, "overtrained": bs.laws.overtrained}
    >>> advice = bs.advise(runs, laws, seed=1, progressbar=False)
    >>> advice.told in ("differ", "tie", "cannot tell"), advice.table.index.name
    (True, 'law')
    """
    laws = _checked(runs, laws)
    door.check_method(method)
    door.check_seed(seed)
    facts, left_out = on_all(laws, runs, method, seed)
    how: dict[str, Any] = {"method": method, "seed": seed, "executor": executor, "progressbar": progressbar}
    tests, of, future, lost, tried = None, None, None, 0, 0
    if left_out:
        add_left_out(facts, left_out)
        tests = tested({name: laws[name] for name in left_out}, runs, towards, how)
    if tests is not None:
        tried, tests = tests.sizes["cut"], comparable(tests, facts)
        lost = tried - tests.sizes["cut"]
        if tests.sizes["forecaster"] and tests.sizes["cut"]:
            of, future = add_scores(facts, tests, runs)
    good = facts[facts["reason"] == ""]
    if good.empty:
        raise ValueError(f"No law could be fitted and back-tested: {dict(facts['reason'])}.")
    choice = chosen(good[good["converged"]] if good["converged"].any() else good, left_out, future, of)
    reasons = [*choice.reasons, *_limits(choice.take, facts, tests if future else None)]
    if lost:
        reasons.append(f"{lost} of {tried} cuts are left out, because a fit failed or did not converge there.")
    order = facts.assign(first=facts["score"] if future else facts["elpd"])["first"].sort_values(ascending=False)
    return Advice(choice.take, choice.told, tuple(reasons), facts.loc[order.index], laws, tests)


def _checked(runs: pd.DataFrame, laws: Mapping[str, Law] | None) -> dict[str, Law]:
    """The laws to compare, by name."""
    if not isinstance(runs, pd.DataFrame):
        raise TypeError(f"runs is a {type(runs).__name__}; wanted a pandas.DataFrame with one row for each run.")
    if laws is None:
        return candidates(runs)
    if not isinstance(laws, Mapping) or not laws:
        raise TypeError(f"laws is {laws!r}; wanted a mapping from names to laws, or None for those that suit the runs.")
    for law in laws.values():
        door.check_law(law, runs)
    return {str(name): law for name, law in laws.items()}


def _limits(take: str, facts: pd.DataFrame, tests: xr.Dataset | None) -> list[str]:
    """Sentences on how far the advice can be trusted."""
    limits = [f"{name} was not compared: {reason}" for name, reason in facts["reason"].items() if reason]
    limits += [f"{name} did not converge." for name in facts.index[~facts["converged"] & (facts["reason"] == "")]]
    bad = facts.loc[take, "bad_k"]
    if bad:
        limits.append(f"The elpd of {take} is unreliable for {bad} runs (Pareto k above 0.7).")
    if tests is None:
        return limits
    told = evidence(tests.sel(forecaster=take))
    inside = f"90 % intervals of {take} contained {told.covered[0.9]:.0%} of the larger runs"
    wide = f"{inside}, and are {told.width:.2g} % of the loss wide."
    limits.append(f"Do not trust its forecasts: {inside}." if told.poor else wide)
    limits += [f"The back-test does not reassure: {gap}." for gap in told.gaps if told.times > 1]
    if not facts.loc[take, "discrepancy"]:
        limits.append(
            f"The back-test's runs are {told.jump:.2g} times the largest fitted (median). For a farther forecast, "
            f"intervals of a law without a discrepancy were often too narrow ({SIMULATED})."
        )
    return limits
