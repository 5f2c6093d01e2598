"""Recovered: does the frontier of a fit contain the true one, on simulated sweeps?

Truths are drawn from the prior of the fitted law, so that the law is right, or follow `benchmarks.truths`, where it is
right (additive) or wrong in a stated way.
"""

import json
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import minimize_scalar

import bayescale as bs
from bayescale.data.check import check
from bayescale.forecasting.predict import predict
from bayescale.inference.sample_prior import sample_prior
from benchmarks.truths.truths import TRUTHS, log_loss, parameters, sweep

#: The truth that is drawn from the prior of the law, without discrepancy.
PRIOR = "drawn from the prior"
#: Truths, in the order of the table.
NAMES = (PRIOR, "additive", "kappa .6", "no floor", "interaction", "size effects")
#: Budgets over the largest fitted compute.
TIMES = (1.0, 10.0, 100.0, 1000.0)
#: Step in ln C of the numerical derivatives of the true frontier.
STEP = 0.05


class Line(NamedTuple):
    """The true frontier at the budgets of `TIMES`: N*, L*, a and q (all of shape (C,)), and the floor E."""

    N: np.ndarray
    loss: np.ndarray
    a: np.ndarray
    curvature: np.ndarray
    E: float


def one(name: str, seed: int) -> dict[str, Any]:
    """Whether 90 % intervals contain the truth, and log errors of the medians, of one sweep."""
    law, runs, true, C = _drawn(seed) if name == PRIOR else _given(name, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        post = bs.fit(law, runs, method="laplace", seed=seed, progressbar=False)
        best = bs.frontier(law, post, C, seed=seed)
    record: dict[str, Any] = {"truth": name, "seed": seed, "converged": bool(post.attrs["converged"])}
    for key in ("loss", "N", "a", "curvature"):
        low, middle, high = best[key].quantile([0.05, 0.5, 0.95], ("chain", "draw")).to_numpy()
        exact = getattr(true, key)
        error = np.log(middle / exact) if key in ("loss", "N") else middle - exact
        record[key] = [[float(e), bool(a <= x <= b)] for e, a, x, b in zip(error, low, exact, high, strict=True)]
    low, middle, high = post["posterior"]["E"].quantile([0.05, 0.5, 0.95]).to_numpy()
    record["E"] = None if np.isnan(true.E) else [float(middle / true.E - 1), bool(low <= true.E <= high)]
    return record


def _given(name: str, seed: int) -> tuple[bs.Law, pd.DataFrame, Line, np.ndarray]:
    """Default law, runs, true frontier and budgets of a sweep of `benchmarks.truths`."""
    truth, made = TRUTHS[name], sweep(name, seed)
    p = parameters(truth, made.design, seed)
    C = made.design.compute.max() * np.array(TIMES)

    def best(c: float) -> tuple[float, float]:
        middle = 0.5 * np.log(c / 120)
        found = minimize_scalar(
            lambda n: log_loss(p, np.exp(n), c / 6 / np.exp(n)), bounds=(middle - 6, middle + 6), method="bounded",
            options={"xatol": 1e-7},
        )  # fmt: skip
        return float(found.x), float(log_loss(p, np.exp(found.x), c / 6 / np.exp(found.x)))

    at = np.array([[best(c * np.exp(h)) for h in (-STEP, 0.0, STEP)] for c in C])
    n, loss = at[..., 0], at[..., 1]
    true = Line(
        np.exp(n[:, 1]), np.exp(loss[:, 1]), (n[:, 2] - n[:, 0]) / (2 * STEP),
        (loss[:, 2] - 2 * loss[:, 1] + loss[:, 0]) / STEP**2,
        p["level"] * (1 - p["reducible"]) if truth.floor else np.nan,
    )  # fmt: skip
    return bs.laws.generalised, made.runs, true, C


def _drawn(seed: int) -> tuple[bs.Law, pd.DataFrame, Line, np.ndarray]:
    """The default law without discrepancy, a sweep simulated from its prior, its true frontier, and budgets."""
    made = sweep("additive", seed)  # its design, and the losses that priors have as unit
    law = replace(bs.laws.generalised, discrepancy=None)
    table = check(law, made.runs)
    law = replace(law, reference=dict(table.reference))
    prior = sample_prior(law, made.runs, draws=1, seed=seed)
    loss = predict(law, prior, made.runs, seed=seed)["loss"].isel(chain=0, draw=0).to_numpy()
    C = made.design.compute.max() * np.array(TIMES)
    known = {"posterior": prior["prior"].to_dataset(), "constant_data": prior["constant_data"].to_dataset()}
    best = bs.frontier(law, xr.DataTree.from_dict(known), C).isel(chain=0, draw=0)
    true = Line(
        *(best[key].to_numpy() for key in ("N", "loss", "a", "curvature")), float(prior["prior"]["E"].squeeze())
    )
    return law, made.runs.assign(loss=loss), true, C


def recovered(sweeps: int, kept: Path, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """This many sweeps of each truth; finished ones are read from `kept`."""
    rows = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.exists() else []
    done = {(row["truth"], row["seed"]) for row in rows}
    for seed in range(sweeps):
        for name in NAMES:
            if (name, seed) not in done:
                rows.append(one(name, seed))
                with kept.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(rows[-1]) + "\n")
        say(f"frontiers, {seed + 1} of {sweeps}")
    return rows


def page(rows: list[dict[str, Any]]) -> str:
    """The section of the page; empty without rows."""
    if not rows:
        return ""
    head = ["truth", "sweeps", *(f"L* x{t:g}" for t in TIMES), *(f"N* x{t:g}" for t in TIMES), "a", "q", "E"]
    head += ["error of L* x100", "of N* x100"]
    lines = [f"| {' | '.join(head)} |", f"|---{'|--:' * (len(head) - 1)}|"]
    frame = pd.DataFrame(rows)
    for name in NAMES:
        own = frame[frame["truth"] == name]
        if own.empty:
            continue
        shares = [_share(own[key], i) for key in ("loss", "N") for i in range(len(TIMES))]
        shares += [_share(own["a"], 0), _share(own["curvature"], 0)]
        known = own["E"].dropna()
        shares.append(f"{np.mean([cell[1] for cell in known]):.2f}" if len(known) else "")
        cells = [name, str(len(own)), *shares, _error(own["loss"], 2), _error(own["N"], 2)]
        lines.append(f"| {' | '.join(cells)} |")
    most = frame.groupby("truth").size().max()
    return f"""## Does the frontier of a fit contain the true one?

Share of simulated sweeps whose 90 % interval contains the true smallest loss L* and the true optimal N*, at 1, 10, 100
and 1,000 times the largest fitted compute; the exponent a and the curvature q at the largest fitted compute; and the
floor E. With {most} sweeps a share of .9 has a standard error of {np.sqrt(0.09 / most):.2f}. The law is `generalised`:
without its discrepancy where truths are drawn from its prior, and with it elsewhere. The last columns are mean log
errors of the medians, with standard errors. The truths other than the first are those of
[forecasts where the truth is known](simulated.md).

{chr(10).join(lines)}

Far from the runs the intervals contain the truth, but medians of N* are too large on most of these truths.
"""


def _share(cells: pd.Series, at: int) -> str:
    return f"{np.mean([cell[at][1] for cell in cells]):.2f}"


def _error(cells: pd.Series, at: int) -> str:
    errors = np.array([cell[at][0] for cell in cells])
    return f"{errors.mean():+.3f} ± {errors.std() / np.sqrt(len(errors)):.3f}"
