"""Drawings: every figure of a report. No other module of the page calls `bayescale.plots`."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from html import escape
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bayescale import plots
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.reporting import facts
from bayescale.reporting.dialects import short
from bayescale.reporting.page.findings import Findings, runs_of
from bayescale.reporting.page.svg import inline, places

#: Radius of the invisible circle around a run that shows its values [points]; large enough for a finger.
REACH = 5
#: Points of a band along a size.
GRID = 60
#: Most parameters whose prior and posterior are drawn.
MOST = 12
#: Quantities of the frontier that are drawn, and their captions.
FRONTIER = {
    "loss": "Median loss of the compute-optimal run.",
    "N": "Parameters of the compute-optimal run.",
    "tokens_per_param": "Tokens per parameter of the compute-optimal run.",
    "curvature": "Curvature of the frontier: zero for a power law, positive where returns diminish.",
}


@dataclass
class Drawing:
    """A figure as SVG, with its caption; `cursor` has the positions of the budgets of a frontier on it."""

    name: str
    svg: str
    caption: str
    cursor: dict[str, list[float | None]] = field(default_factory=dict)


def _figure() -> tuple[Figure, Axes]:
    figure = Figure(figsize=plots.SINGLE, layout="constrained")
    return figure, figure.subplots()


def _drawn(found: Findings, name: str, title: str, caption: str, draw: Callable[..., Any]) -> list[Drawing]:
    """A figure; none, and a note, if its data cannot be drawn: that must not cost the report."""
    figure, ax = _figure()
    try:
        draw(ax=ax)
    except ValueError as error:
        found.notes.append(f"The figure '{name}' was left out: {error}.")
        return []
    return [Drawing(name, inline(figure, name, title), caption)]


def residuals(found: Findings) -> list[Drawing]:
    """Residuals against each size, with the values of each run on hover."""
    post, table = found.post, runs_of(found.post)
    table.attrs["units"] = json.loads(post.attrs.get("data_units", "{}"))
    ratio = post["observed_data"].to_dataset()["loss"] / post["fitted"].to_dataset()["mu"]
    residual = xr.apply_ufunc(np.log, ratio.transpose(*SAMPLE_DIMS, "run")).drop_vars("run")
    middle = 100 * residual.median(SAMPLE_DIMS).to_numpy()
    drawings = []
    for x in found.law.inputs:
        if x not in table or len(np.unique(table[x])) < 2:
            continue
        figure, ax = _figure()
        plots.residuals(residual, table, x=x, ax=ax)
        name, title = f"residuals-{x}", f"Residuals of the runs against {x}"
        inline(figure, name, title)  # the layout is known once the figure is drawn
        hits = _hits(ax, post, table, x, middle)
        caption = f"Log residuals against {x}: median and 90 % interval of each run. Point at a run for its values."
        drawings.append(Drawing(name, inline(figure, name, title, hits), caption))
    return drawings


def _hits(ax: Axes, post: xr.DataTree, table: Any, x: str, y: np.ndarray) -> str:
    """Circles over the runs, which name their values."""
    labels = post["observed_data"]["run"].to_numpy()
    columns = [name for name in table if table[name].dtype.kind in "fiu"]
    circles = []
    for i, (left, top) in enumerate(zip(*places(ax, table[x], y), strict=True)):
        values = [f"{name} {short(float(table[name].iloc[i]))}{_unit(post, name)}" for name in columns]
        text = "\n".join([f"run {labels[i]}", *values, f"residual {y[i]:+.2f} %"])
        at = f'cx="{left:.1f}" cy="{top:.1f}" r="{REACH}" data-run="{i}"'
        circles.append(f'<circle class="hit" {at}><title>{escape(text)}</title></circle>')
    return f'<g class="hits">{"".join(circles)}</g>'


def _unit(post: xr.DataTree, name: str) -> str:
    unit = facts.unit_of(post, name)
    return "" if unit == "1" else f" {unit}"


def prior_posterior(found: Findings) -> list[Drawing]:
    """Prior and posterior of each scalar parameter."""
    post = found.post
    if "prior" not in post.children:
        return []
    law, drawings = facts.law_of(post), []
    names = [name for name in law.priors if name in post["prior"] and name in post["posterior"]]
    for name in [name for name in names if not post["posterior"][name].dims[2:]][:MOST]:
        both = {group: xr.Dataset({name: post[group].to_dataset()[name]}) for group in ("prior", "posterior")}
        tree = xr.DataTree.from_dict(both)
        tree["posterior"].attrs["units"] = {name: facts.unit_of_parameter(post, law, name)}
        draw = partial(plots.prior_posterior, tree, name)
        title = f"Prior and posterior density of {name}"
        drawings += _drawn(found, f"prior-{name}", title, f"{name}: prior and posterior.", draw)
    return drawings


def frontier(found: Findings) -> list[Drawing]:
    """Quantities along the frontier, each with a line that the slider moves."""
    best = found.best
    if best is None:
        return []
    table, drawings = runs_of(found.post), []
    table.attrs["units"] = json.loads(found.post.attrs.get("data_units", "{}"))
    for var, caption in FRONTIER.items():
        if var not in best and not (var == "tokens_per_param" and "N" in best):
            continue
        shown = {"runs": table} if var in ("loss", "N") and not found.cell else {}
        figure, ax = _figure()
        name, title = f"frontier-{var}", caption.rstrip(".")
        try:
            plots.frontier(best, var=var, ax=ax, **shown)
        except ValueError as error:
            found.notes.append(f"The figure '{name}' was left out: {error}.")
            continue
        inline(figure, name, title)
        values = best["D"] / best["N"] if var == "tokens_per_param" else best[var]
        marks, cursor = _cursor(ax, best["C"].to_numpy(), values.median(SAMPLE_DIMS).to_numpy())
        words = f"{caption} Bands: 50 % and 90 %."
        drawings.append(Drawing(name, inline(figure, name, title, marks), words, cursor))
    return drawings


def _cursor(ax: Axes, budgets: np.ndarray, values: np.ndarray) -> tuple[str, dict[str, list[float | None]]]:
    """A line and a dot at the first budget, and where they are at each; None where there is no value."""
    x, y = places(ax, budgets, values)
    low, high = (float(edge) for edge in places(ax, budgets[[0, 0]], ax.get_ylim())[1])
    line = f'<line class="cursor" x1="{x[0]:.1f}" x2="{x[0]:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>'
    dot = f'<circle class="cursor" cx="{x[0]:.1f}" cy="{low:.1f}" r="3"/>'
    known = [float(value) if np.isfinite(value) else None for value in y.round(1)]
    return line + dot, {"x": x.round(1).tolist(), "y": known}


def curves(found: Findings) -> list[Drawing]:
    """For a law in one column: its loss with the runs."""
    law, post = found.law, found.post
    if len(law.inputs) != 1 or law.groups:
        return []
    (x,), table = law.inputs, runs_of(post)
    table.attrs["units"] = json.loads(post.attrs.get("data_units", "{}"))
    grid = np.geomspace(table[x].min() / 1.2, table[x].max() * 10, GRID)
    loss = law(post, **{x: xr.DataArray(grid, dims=x, coords={x: grid})})
    caption = f"Runs and the law's loss against {x}, to ten times the largest run. Bands: 50 % and 90 %."
    return _drawn(found, "curves", f"Loss against {x}", caption, partial(plots.curves, table, loss, x=x))


def backtest(found: Findings) -> list[Drawing]:
    """Coverage and errors of the back-test."""
    if found.tests is None or found.told is None or not found.told.runs:
        return []
    inside = "share of held-out runs inside the central intervals; calibrated forecasts lie on the diagonal."
    error = "error of the median forecast of each held-out run, against its size over the largest fitted run."
    drawings = []
    for kind, words in (("coverage", inside), ("error", error)):
        draw = partial(plots.backtest, found.tests, kind)
        drawings += _drawn(found, f"backtest-{kind}", f"Back-test: {kind}", f"Back-test: {words}", draw)
    return drawings


def forecast(found: Findings) -> list[Drawing]:
    """The runs that were not trained, with their intervals, and the fitted ones."""
    law, post = found.law, found.post
    if found.cell:  # one band cannot stand for several groups
        return []
    table, x = runs_of(post), "C" if found.best is not None else law.inputs[0]
    if x not in found.targets or x not in table or (found.best is None and len(law.inputs) > 1):
        return []
    table.attrs["units"] = json.loads(post.attrs.get("data_units", "{}"))
    if found.best is not None:
        fan, words = found.best, "the loss along the frontier"
    else:
        grid = np.geomspace(table[x].min(), found.targets[x].max(), GRID)
        fan = law(post, **{x: xr.DataArray(grid, dims=x, coords={x: grid})}).to_dataset()
        words = f"the law's loss along {x}"
    draw = partial(plots.forecast, found.predicted, found.targets, x=x, runs=table, fan=fan)
    caption = f"Fitted runs, and 50 % and 90 % intervals of runs that were not trained. Band: {words}."
    return _drawn(found, "forecast-figure", f"Forecasts against {x}", caption, draw)
