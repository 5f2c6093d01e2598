"""Compared: scores of several laws on one table, by leave-one-out and by a back-test on the same cuts."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.data.read import complete
from bayescale.forecasting.backtest import backtest, board
from bayescale.forecasting.log_scores import log_left_out
from bayescale.forecasting.trust.cuts import FEWEST
from bayescale.forecasting.trust.units import Units, behind, by_unit, units
from bayescale.inference.fit import draw
from bayescale.inference.laplace.psis import MAX_K
from bayescale.modelling.law import Law

#: Shares of the runs, smallest first, that are fitted to forecast the others. Neighbouring cuts fit nearly the same
#: runs, so more than three cost time and tell little.
SHARES = (0.4, 0.6, 0.8)
#: Columns of `bayescale.advise`'s table that come from the back-test and from leave-one-out.
SCORES = ("score", "score_diff", "score_se", "covered", "width", "crps")
ELPD = ("elpd", "elpd_diff", "elpd_se")


def on_all(
    laws: Mapping[str, Law], runs: pd.DataFrame, method: str, seed: int | None
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Fit each law to all runs.

    Returns
    -------
    DataFrame : one row a law, with all columns of `bayescale.advise`; scores are NaN.
    dict : law -> log density of each run given all others, of shape (run,), where the fit succeeded.
    """
    rows, left_out = {}, {}
    for name, law in laws.items():
        row: dict[str, Any] = {"parameters": len(law.parameters), "discrepancy": law.discrepancy is not None}
        row |= {"converged": False, **dict.fromkeys((*SCORES, *ELPD), np.nan), "bad_k": 0, "reason": ""}
        try:
            post = draw(law, runs, method=method, seed=seed, progressbar=False)
            densities = log_left_out(law, post, runs)
            left_out[name] = densities.to_numpy()
            row |= {"converged": bool(post.attrs["converged"]), "bad_k": int((densities["pareto_k"] > MAX_K).sum())}
        except (ValueError, ArithmeticError, RuntimeError) as error:  # one law that fails must not stop the others
            row["reason"] = f"{type(error).__name__}: {error}"
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("law"), left_out


def tested(
    laws: Mapping[str, Law], runs: pd.DataFrame, towards: pd.DataFrame | None, how: Mapping[str, Any]
) -> xr.Dataset | None:
    """The back-test of the laws on the same cuts, with the dim forecaster; None if no runs can be held out."""
    options: dict[str, Any] = {"towards": towards}
    if towards is None:
        inputs = next(iter(laws.values())).inputs
        table = complete(runs, ["C"])
        by = "C" if "C" in table and (len(inputs) > 1 or "C" in inputs) else inputs[0]
        options = {"by": by, "cuts": cuts(table[by].to_numpy(dtype=float))}
        if not options["cuts"]:
            return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the fits of all runs have warned of the table
        return backtest(laws, runs, **options, **how)


def cuts(size: np.ndarray) -> list[float]:
    """Sizes of the runs at which SHARES of the runs are fitted, at least FEWEST, and at least one is held out."""
    ordered = np.sort(size)
    at = {float(ordered[max(FEWEST, int(np.ceil(share * len(size)))) - 1]) for share in SHARES if len(size) > FEWEST}
    return sorted(cut for cut in at if cut < ordered[-1])


def comparable(tests: xr.Dataset, facts: pd.DataFrame) -> xr.Dataset:
    """The back-test of the laws and cuts that can be compared: those with a forecast that converged.

    A law without one at half of the cuts or more is left out, with the reason written into `facts`. Then a cut is left
    out for all laws if one has no such forecast there: scores of different cuts cannot be compared.
    """
    bad = (tests["failed"].astype(bool) | (tests["converged"] == 0)).transpose("forecaster", "cut").to_numpy()
    out = bad.mean(axis=1) >= 0.5
    for name in tests["forecaster"].values[out].tolist():
        texts = [text for text in tests["reason"].sel(forecaster=name).values.tolist() if text]
        facts.loc[name, "reason"] = f"back-test: {texts[0] if texts else 'fits did not converge'}"
    return tests.isel(forecaster=~out, cut=~bad[~out].any(axis=0))


def add_scores(facts: pd.DataFrame, tests: xr.Dataset, runs: pd.DataFrame) -> tuple[Units, dict[str, np.ndarray]]:
    """Write the scores of a back-test into `facts`; returns its units, and the log scores of each law by unit."""
    of = units(tests, runs)
    future = by_unit(tests, of)
    found, means = behind(future), board(tests)
    for name in future:
        scores = (*found.loc[name, ["sum", "diff", "se"]], *means.loc[name, ["covered_0.9", "width", "crps"]])
        facts.loc[name, list(SCORES)] = [float(value) for value in scores]
    return of, future


def add_left_out(facts: pd.DataFrame, left_out: Mapping[str, np.ndarray]) -> None:
    """Write leave-one-out into `facts`."""
    found = behind(left_out)
    for name in left_out:
        facts.loc[name, list(ELPD)] = found.loc[name, ["sum", "diff", "se"]].to_numpy(dtype=float)
