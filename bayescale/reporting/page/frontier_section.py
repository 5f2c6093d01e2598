"""The section of the frontier: a slider along it, figures and a table."""

import json
from html import escape

import xarray as xr

from bayescale.base.columns import with_unit
from bayescale.reporting import facts
from bayescale.reporting.page import drawings, html
from bayescale.reporting.page.drawings import Drawing
from bayescale.reporting.page.findings import Findings
from bayescale.reporting.page.html import Cell
from bayescale.reporting.page.quantiles import HEADS, figures, quantile_cells

#: Every so many budgets one is in the table.
EVERY = 5


def along_the_frontier(found: Findings) -> str:
    """Slider, figures and a table of the frontier."""
    best = found.best
    if best is None:
        return html.items(text for text in found.notes if "frontier" in text)
    drawn = drawings.frontier(found)
    quantities = _quantities(best, found.post)
    total = best.sizes["chain"] * best.sizes["draw"]
    whole = found.post["posterior"].sizes["chain"] * found.post["posterior"].sizes["draw"]
    budgets = list(range(0, best.sizes["C"], EVERY))
    rows = []
    for i in budgets:
        line: list[str | Cell] = [f"{float(best['C'][i]):.2e}".replace("e+", "e")]
        for _, _, values in quantities:
            line.append(quantile_cells(values.isel(C=i))[0])
        rows.append(line)
    held = ", ".join(f"{key} = {value}" for key, value in found.cell.items())
    head = ["C [FLOP]", *(with_unit(name, unit) for name, unit, _ in quantities)]
    words = f"From {total} of {whole} draws; C = 6ND." + (f" At {held}." if held else "")
    return (
        slider(best, quantities, drawn)
        + figures(drawn)
        + html.table("Compute-optimal runs: medians", head, rows, "frontier-table")
        + html.items([words, *json.loads(best.attrs.get("warnings", "[]")), *_left_out(found)])
    )


def _left_out(found: Findings) -> list[str]:
    """Figures of the frontier that could not be drawn, and why."""
    return [text for text in found.notes if text.startswith("The figure 'frontier-")]


def _quantities(best: xr.Dataset, post: xr.DataTree) -> list[tuple[str, str, xr.DataArray]]:
    """Name, unit and draws of what the slider and the table show."""
    found = [
        ("N", facts.unit_of(post, "N"), "N"),
        ("D", facts.unit_of(post, "D"), "D"),
        ("D/N", "1", "tokens_per_param"),
    ]
    found += [("loss", facts.unit_of(post, "loss"), "loss"), ("slope", "1", "slope"), ("curvature", "1", "curvature")]
    return [(name, unit, best[key]) for name, unit, key in found if key in best]


def slider(best: xr.Dataset, quantities: list[tuple[str, str, xr.DataArray]], drawn: list[Drawing]) -> str:
    """A slider for C with the frontier's values there; its data are JSON in the page."""
    budgets = [f"{value:.3g}".replace("e+", "e") for value in best["C"].to_numpy()]
    rows = []
    for name, unit, values in quantities:
        cells = [[each.text for each in quantile_cells(values.isel(C=i))] for i in range(len(budgets))]
        rows.append({"name": with_unit(name, unit), "cells": cells})
    document = {"C": budgets, "rows": rows, "figures": {each.name: each.cursor for each in drawn}}
    start = len(budgets) // 2
    lines = [
        f'<tr><th scope="row">{escape(row["name"])}</th>'
        + "".join(f'<td class="number">{text}</td>' for text in row["cells"][start])
        for row in rows
    ]
    head = html.heads(["compute-optimal run", *HEADS], [False, True, True, True])
    optimum = f'<table id="optimum"><thead><tr>{head}</tr></thead><tbody>{"</tr>".join(lines)}</tr></tbody></table>'
    return (
        '<div class="slider"><label for="budget">Training compute C</label>'
        f'<input type="range" id="budget" min="0" max="{len(budgets) - 1}" step="1" value="{start}" disabled>'
        f'<output for="budget" id="budget-value" aria-live="polite">{budgets[start]} FLOP</output>'
        f"{html.scroll('Compute-optimal run', optimum)}</div>"
        f'<script type="application/json" id="frontier-data">{_json(document)}</script>'
    )


def _json(document: object) -> str:
    """JSON that cannot end a script element."""
    return json.dumps(document, allow_nan=False).replace("<", "\\u003c")
