"""Sections: what a report says, a function for each section."""

import json
from collections.abc import Callable

import numpy as np
import xarray as xr

from bayescale.base.columns import column, with_unit
from bayescale.base.typeset.card import card
from bayescale.data.cost_ratio import note
from bayescale.inference.diagnostics.verdict import Verdict, render, sentence
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.reporting import facts
from bayescale.reporting.cite import cite
from bayescale.reporting.dialects import short
from bayescale.reporting.methods import methods
from bayescale.reporting.page import drawings, html
from bayescale.reporting.page.checklist import items as checklist_of
from bayescale.reporting.page.drawings import Drawing
from bayescale.reporting.page.findings import MOST_RUNS, Findings, runs_of
from bayescale.reporting.page.html import Cell
from bayescale.reporting.rounding import error_of, last_place, rounded
from bayescale.reporting.summary import Row

#: Central intervals of forecasts and frontiers: ends of the 50 % and of the 90 % interval, and the median.
QUANTILES = (0.5, 0.25, 0.75, 0.05, 0.95)
#: Heads of the columns of `quantile_cells`.
HEADS = ["median", "50 % interval", "90 % interval"]


def quantile_cells(draws: xr.DataArray) -> list[Cell]:
    """Median, 50 % and 90 % interval of draws, rounded by the width and the Monte Carlo error."""
    values = draws.transpose(*SAMPLE_DIMS).to_numpy()
    found = np.nanquantile(values, QUANTILES)
    place = last_place(found[3], found[4], error_of(values, (0.5, 0.05, 0.95)))
    median, *ends = rounded(found.tolist(), place)
    return [
        Cell(median, float(found[0])),
        Cell(f"{ends[0]} to {ends[1]}"),
        Cell(f"{ends[2]} to {ends[3]}"),
    ]


def _figures(drawn: list[Drawing]) -> str:
    return html.gallery(html.figure(each.svg, each.caption, each.name) for each in drawn)


def data(found: Findings) -> str:
    """Columns with units and ranges, the source, and the runs."""
    post = found.post
    rows = [
        [f"{each.heading} ({each.symbol})", each.unit if each.unit != "1" else "", Cell(str(each.values)),
         Cell(short(each.low), each.low), Cell(short(each.high), each.high)]
        for each in facts.ranges(post)
    ]  # fmt: skip
    runs, training = facts.counts(post)
    what = f"{runs} runs" if runs == training else f"{runs} checkpoints of {training} runs"
    source = str(post.attrs.get("data_source", ""))
    lines = [
        f"Source: {source}." if source else "The table names no source.",
        f"SHA-256: {post.attrs.get('data_sha256')}.",
    ]
    lines += [
        text for text in (note(post), *(f"{line}." for line in json.loads(post.attrs.get("data_found", "[]")))) if text
    ]
    table = runs_of(post)
    labels = [str(run) for run in post["observed_data"]["run"].values]
    heads = ["run", *(with_unit(name, facts.unit_of(post, name)) for name in table)]
    cells = [
        [label, *(Cell(short(v, 6), float(v)) if isinstance(v, int | float) else str(v) for v in line)]
        for label, line in zip(labels, table.itertuples(index=False), strict=True)
    ]
    head = ["column", "unit", "values", "smallest", "largest"]
    return (
        html.table(f"{what} of {post.attrs.get('data_name') or 'the fitted table'}", head, rows, "data")
        + html.items(lines)
        + _figures([*drawings.curves(found), *drawings.residuals(found)])
        + html.folded(f"All {runs} rows", html.table("Fitted runs", heads, cells, "runs"))
    )


def law(found: Findings) -> str:
    """Formula, priors, noise and the reference run."""
    post = found.post
    reference = json.loads(post.attrs["reference"])
    known = [f"{name} = {short(value)}" for name, value in reference.items() if np.isscalar(value)]
    return html.scroll("Law and priors", card(str(post.attrs["law_text"]))) + html.paragraph(
        f"Reference: {', '.join(known)}. Losses in priors are in {facts.unit_of(post, 'loss')}."
    )


def convergence(found: Findings) -> str:
    """The verdict in words and numbers, and what else a reader should know."""
    post, verdict = found.post, Verdict.of(found.post)
    sizes = post["posterior"].sizes
    rows = [
        ["method", "importance sampling" if post.attrs.get("method") == "laplace" else "No-U-Turn sampler"],
        ["chains × draws", f"{sizes['chain']} × {sizes['draw']}"],
        ["seed", str(post.attrs.get("seed"))],
        ["largest R-hat", _number(verdict.rhat, ".3f")],
        ["smallest ESS", _number(verdict.ess, ".0f")],
        ["divergences", Cell(str(verdict.divergences), float(verdict.divergences))],
        ["Pareto k of the weights", _number(verdict.k, ".2f")],
    ]
    problems = [f"{render(problem)}." for problem in verdict.problems()]
    state = "converged" if verdict.converged else "not converged"
    return html.table(f"Sampling: {state}", ["check", "value"], rows, "checks") + (
        html.items(problems) if problems else html.paragraph("No check found a problem.")
    )


def _number(value: float, form: str) -> "str | Cell":
    return "not defined for this method" if np.isnan(value) else Cell(f"{value:{form}}", float(value))


def parameters(found: Findings) -> str:
    """The table of parameters."""
    law = facts.law_of(found.post)
    rows = [_parameter(row, facts.unit_of_parameter(found.post, law, row.name)) for row in found.rows]
    head = ["parameter", "unit", "median", "90 % from", "to", "R-hat", "ESS"]
    return html.table("Posterior: medians and central 90 % intervals", head, rows, "parameters")


def _parameter(row: Row, unit: str) -> list["str | Cell"]:
    texts = row.words()
    numbers = [Cell(text, value) for text, value in zip(texts, (row.median, row.low, row.high), strict=True)]
    checks = [Cell("" if np.isnan(v) else f"{v:{form}}", v) for v, form in ((row.rhat, ".3f"), (row.ess, ".0f"))]
    return [row.name, "" if unit == "1" else unit, *numbers, *checks]


def prior_posterior(found: Findings) -> str:
    """Prior against posterior, parameter by parameter."""
    drawn = drawings.prior_posterior(found)
    return _figures(drawn) if drawn else html.paragraph("No parameter has a prior without groups that can be drawn.")


def frontier(found: Findings) -> str:
    """Slider, figures and a table of the frontier."""
    best = found.best
    if best is None:
        return html.items(text for text in found.notes if "frontier" in text)
    drawn = drawings.frontier(found)
    quantities = _quantities(best, found.post)
    total = best.sizes["chain"] * best.sizes["draw"]
    whole = found.post["posterior"].sizes["chain"] * found.post["posterior"].sizes["draw"]
    budgets = list(range(0, best.sizes["C"], 6))
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
        + _figures(drawn)
        + html.table("Compute-optimal runs: medians", head, rows, "frontier-table")
        + html.items([words, *json.loads(best.attrs.get("warnings", "[]"))])
    )


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
    body = "".join(
        f'<tr><th scope="row">{row["name"]}</th>'
        + "".join(f'<td class="number">{text}</td>' for text in row["cells"][start])
        + "</tr>"
        for row in rows
    )
    heads = "".join(f'<th scope="col">{each}</th>' for each in HEADS)
    return (
        '<div class="slider"><label for="budget">Training compute C</label>'
        f'<input type="range" id="budget" min="0" max="{len(budgets) - 1}" step="1" value="{start}" disabled>'
        f'<output for="budget" id="budget-value" aria-live="polite">{budgets[start]} FLOP</output>'
        '<div class="scroll" tabindex="0" role="region" aria-label="Compute-optimal run">'
        f'<table id="optimum"><thead><tr><th scope="col">compute-optimal run</th>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></div>"
        f'<script type="application/json" id="frontier-data">{_json(document)}</script>'
    )


def _json(document: object) -> str:
    """JSON that cannot end a script element."""
    return json.dumps(document).replace("<", "\\u003c")


def forecast(found: Findings) -> str:
    """Forecasts, where their uncertainty comes from, signs that they may be bad, and the back-test."""
    unit, rows, parts = facts.unit_of(found.post, "loss"), [], []
    for i, at in enumerate(found.targets.to_dict("records")):
        what = ", ".join(f"{key} = {short(v, 3) if isinstance(v, float) else v}" for key, v in at.items())
        own = found.predicted["loss"].isel(run=i)
        rows.append([what, *quantile_cells(found.predicted["mu"].isel(run=i))[::2], *quantile_cells(own)[::2]])
        shown = (f"{part} {float(found.parts.sel(part=part)[i]):.0%}" for part in found.parts["part"].values)
        parts.append(f"{what}: {', '.join(shown)}")
    head = ["run", f"median loss [{unit}]", "90 %", f"a new run's loss [{unit}]", "90 %"]
    warned = [f"{text}" for text in found.signs.values()]
    told = str(found.told) if found.told is not None else (
        "No back-test was run. bayescale report DIR --backtest forecasts the larger fitted runs from the smaller ones."
    )  # fmt: skip
    return (
        html.table("Losses of runs that were not trained", head, rows, "forecast")
        + html.paragraph(
            "Half of all runs of that size end below the median loss; a new run's loss also has its own noise."
        )
        + html.folded("Share of the uncertainty", html.items(parts))
        + "<h3>Signs of a bad forecast</h3>"
        + (html.items(warned) if warned else html.paragraph("No sign was found."))
        + "<h3>Back-test</h3>"
        + html.paragraph(told)
        + _figures(drawings.backtest(found))
    )


def influence(found: Findings) -> str:
    """Runs and priors that move the first forecast most."""
    first = ", ".join(f"{k} = {short(v, 3) if isinstance(v, float) else v}" for k, v in found.targets.iloc[0].items())
    rows = [
        [str(run), Cell(f"{line['k']:.2f}", float(line["k"])), _moved(float(line["moved"]))]
        for run, line in found.influence.head(MOST_RUNS).iterrows()
    ]
    text = html.paragraph(
        f"How far the forecast of {first} moves. Leave-one-out weights with k above 0.7 are unreliable."
    )
    text += html.table(
        "Without one run: the runs that move it most",
        ["run left out", "Pareto k", "median moves [%]"],
        rows,
        "influence",
    )
    if found.moves is None:
        return text + html.items(each for each in found.notes if "priors" in each)
    lines = [
        [f"{each.parameter}, {each.change}", _moved(each.moved), _share(each.share), Cell(f"{each.k:.2f}", each.k)]
        for each in found.moves.head(2 * MOST_RUNS).itertuples()
    ]
    head = ["prior changed", "median moves [%]", "of the 90 % width", "Pareto k"]
    return text + html.table("With another prior: the changes that move it most", head, lines, "sensitivity")


def _moved(value: float) -> Cell:
    return Cell("unreliable" if np.isnan(value) else f"{value:+.3f}", value)


def _share(value: float) -> Cell:
    return Cell("unreliable" if np.isnan(value) else f"{100 * value:+.1f} %", value)


def checklist(found: Findings) -> str:
    """The checklist of (Mis)Fitting, as far as the fit knows the answers."""
    listed = checklist_of(found)
    known = sum(item.known for item in listed)
    rows = [[item.question, item.part, item.answer] for item in listed]
    source = "After (Mis)Fitting: A Survey of Scaling Laws (Li et al. 2025, arXiv:2502.18969), in our words."
    return html.paragraph(
        f"{source} The fit answers {known} of {len(listed)} questions; the rest are for the authors."
    ) + html.table("Checklist", ["question", "part", "answer"], rows, "checklist")


def words(found: Findings) -> str:
    """Methods text, plain and as LaTeX."""
    return html.paragraph(methods(found.post), "methods") + html.folded(
        "As LaTeX", html.code(methods(found.post, form="latex"))
    )


def citations(found: Findings) -> str:
    """BibTeX of package, law, data and tools."""
    return html.code(cite(found.post))


#: Title of a section -> what writes it, in the order of the page.
SECTIONS: dict[str, Callable[[Findings], str]] = {
    "Data": data,
    "Law and priors": law,
    "Convergence": convergence,
    "Parameters": parameters,
    "Prior and posterior": prior_posterior,
    "Frontier and curvature": frontier,
    "Forecast": forecast,
    "Influence and sensitivity": influence,
    "Checklist": checklist,
    "Methods": words,
    "Citations": citations,
}


def headline(found: Findings) -> list[str]:
    """The verdict, and what column E is if the law has it."""
    lines = [sentence(found.post)]
    for row in found.rows:
        if row.name == "E":
            median, low, high = row.words()
            lines.append(f"{column('E').label} = {median}, 90 % {low} to {high} {facts.unit_of(found.post, 'loss')}")
    return lines
