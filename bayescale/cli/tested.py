"""The back-test kept in a posterior's folder."""

import json
import sys
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayescale.base.atomic import replacing
from bayescale.cli import show

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from bayescale.forecasting.trust.evidence import Evidence
    from bayescale.modelling.law import Law

#: Name of the file in the folder.
NAME = "backtest.json"
#: Central intervals whose coverage is kept.
LEVELS = (0.5, 0.8, 0.9, 0.95)


def backtest_scores(
    folder: Path, fitted: tuple["Law", "xr.DataTree"], towards: "pd.DataFrame", seed: int, run: bool
) -> dict[str, Any] | None:
    """Scores of forecasts of the larger fitted runs from the smaller ones.

    Parameters
    ----------
    folder : Path, of `bayescale fit`.
    fitted : Law and DataTree of the fit.
    towards : DataFrame, the runs that are forecast: the back-test is in their direction and with a similar jump.
    seed : int
    run : bool, whether to run the back-test, and keep its scores, if the folder has none for this posterior.

    Returns
    -------
    dict or None : the fields of `bayescale.forecasting.trust.evidence.Evidence`, with covered_0.5 … covered_0.95 in
        place of covered, reassures (bool) and says; None if no such back-test has been run for this posterior.
    """
    from bayescale.forecasting.backtest import backtest
    from bayescale.forecasting.forecast import sizes_of
    from bayescale.forecasting.trust.cuts import direction
    from bayescale.forecasting.trust.evidence import evidence

    (law, post), path = fitted, folder / NAME
    known = sizes_of(post)
    by, times = direction(known, towards, law.inputs) if len(known.columns) else (law.inputs[0], None)
    key = {"data": post.attrs.get("data_sha256", ""), "law": str(law), "by": by}
    key |= {} if times is None else {"times": f"{times:.2g}"}
    if path.is_file():
        kept = None
        with suppress(ValueError):  # it is damaged, or of another program
            kept = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(kept, dict) and kept.get("of") == key and isinstance(kept.get("scores"), dict):
            return kept["scores"]
    if not run:
        return None
    table = fitted_runs(folder, post)
    resembling = {"by": by} if times is None else {"towards": towards}
    told = evidence(backtest(law, table, **resembling, seed=seed, progressbar=sys.stderr.isatty()))
    scores = {**asdict(told), **{f"covered_{level}": share for level, share in told.covered.items()}}
    del scores["covered"]
    scores |= {"reassures": told.reassures, "says": str(told)}
    with replacing(path) as draft:
        draft.write_text(json.dumps({"of": key, "scores": scores}, indent=1), encoding="utf-8")
    return scores


def fitted_runs(folder: Path, post: "xr.DataTree") -> "pd.DataFrame":
    """The fitted runs, from the folder of the posterior.

    Raises
    ------
    FileNotFoundError, ValueError
        If the folder has no table of them, or another one.
    """
    import numpy as np
    import pandas as pd

    file = folder / "runs.csv"
    if not file.is_file():
        raise FileNotFoundError(f"The folder '{folder}' has no runs.csv, which the back-test needs; fit again.")
    try:
        table = pd.read_csv(file)
    except ValueError:  # it is empty, or no table
        table = pd.DataFrame()
    losses = post["observed_data"]["loss"].to_numpy() if "observed_data" in post.children else []
    if "loss" not in table or len(table) != len(losses) or not np.allclose(table["loss"], losses, rtol=1e-9, atol=0):
        raise ValueError(f"'{file}' has not the runs of the posterior next to it; was it changed? Fit again.")
    return table


def as_evidence(scores: dict[str, Any] | None) -> "Evidence | None":
    """The scores of `backtest_scores` as Evidence."""
    from bayescale.forecasting.trust.evidence import Evidence

    if scores is None:
        return None
    covered = {level: scores[f"covered_{level}"] for level in LEVELS}
    rest = {field.name: scores[field.name] for field in fields(Evidence) if field.name != "covered"}
    return Evidence(covered=covered, **rest)


def say(scores: dict[str, Any] | None) -> None:
    """Print the scores, or how to get them."""
    told = as_evidence(scores)
    if told is None:
        show.say("back-test: not run for such runs; --backtest forecasts the larger fitted runs from the smaller ones")
        return
    show.say(str(told))
