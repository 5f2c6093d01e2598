"""The back-test kept in a posterior's folder."""

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayescale.base.atomic import replacing
from bayescale.cli import show

if TYPE_CHECKING:
    import xarray as xr

    from bayescale.modelling.law import Law

#: Name of the file in the folder.
NAME = "backtest.json"
#: Central intervals whose coverage is kept.
LEVELS = (0.5, 0.8, 0.9, 0.95)
#: A back-test whose 90 % intervals held a smaller share of the larger runs is a sign of a bad forecast.
POOR = 0.7


def backtest_scores(folder: Path, law: "Law", post: "xr.DataTree", seed: int, run: bool) -> dict[str, Any] | None:
    """Scores of forecasts of the larger fitted runs from the smaller ones.

    Parameters
    ----------
    folder : Path, of `bayescale fit`.
    law, post : Law and DataTree of the fit.
    seed : int
    run : bool, whether to run the back-test, and keep its scores, if the folder has none for this posterior.

    Returns
    -------
    dict or None : by, cuts (number), runs (forecasts: runs held out, summed over cuts), failed, unconverged,
        covered_0.5 … covered_0.95, rmsle [%], width [%]; None if the back-test has not been run for this posterior.
    """
    path = folder / NAME
    key = {"data": post.attrs.get("data_sha256", ""), "law": str(law)}
    if path.is_file():
        kept = None
        with suppress(ValueError):  # it is damaged, or of another program
            kept = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(kept, dict) and kept.get("of") == key and isinstance(kept.get("scores"), dict):
            return kept["scores"]
    if not run:
        return None
    import numpy as np
    import pandas as pd

    from bayescale.forecasting.backtest import backtest, board

    file = folder / "runs.csv"
    if not file.is_file():
        raise FileNotFoundError(f"The folder '{folder}' has no runs.csv, which the back-test needs; fit again.")
    try:
        table = pd.read_csv(file)
    except ValueError:  # it is empty, or no table
        table = pd.DataFrame()
    fitted = post["observed_data"]["loss"].to_numpy() if "observed_data" in post.children else []
    if "loss" not in table or len(table) != len(fitted) or not np.allclose(table["loss"], fitted, rtol=1e-9, atol=0):
        raise ValueError(f"'{file}' has not the runs of the posterior beside it; was it changed? Fit again.")
    by = "C" if "C" in table or {"N", "D"} <= set(table) else law.inputs[0]
    forecasts = backtest(law, table, by=by, seed=seed, progressbar=sys.stderr.isatty())
    means = board(forecasts).iloc[0]
    scores = {"by": by, "cuts": int(means["cuts"]), "runs": int(forecasts["error"].notnull().sum())}
    scores |= {name: int(means[name]) for name in ("failed", "unconverged")}
    scores |= {name: float(means[name]) for name in (*(f"covered_{level}" for level in LEVELS), "rmsle", "width")}
    with replacing(path) as draft:
        draft.write_text(json.dumps({"of": key, "scores": scores}, indent=1), encoding="utf-8")
    return scores


def say(scores: dict[str, Any] | None) -> None:
    """Print the scores, or how to get them."""
    if scores is None:
        show.say("back-test: not run; --backtest forecasts the larger of these runs from the smaller ones")
        return
    bad = "".join(f", {scores[name]} {name}" for name in ("failed", "unconverged") if scores[name])
    inside = "/".join(f"{100 * scores[f'covered_{level}']:.0f}" for level in LEVELS)
    show.say(
        f"back-test on the runs fitted, {scores['cuts']} cuts by {scores['by']}{bad}: "
        f"{inside} % of the larger runs inside the 50/80/90/95 % intervals, RMSLE {scores['rmsle']:.2g} %"
    )
