"""Sections: what a report says, a function for each section."""

import json
from collections.abc import Callable

import numpy as np

from bayescale.base.columns import column, with_unit
from bayescale.base.typeset.card import card
from bayescale.data.cost_ratio import note
from bayescale.inference.diagnostics.verdict import Verdict, render, sentence
from bayescale.reporting import facts
from bayescale.reporting.cite import cite
from bayescale.reporting.dialects import short
from bayescale.reporting.methods import methods
from bayescale.reporting.page import drawings, html
from bayescale.reporting.page.checklist import items as checklist_of
from bayescale.reporting.page.findings import MOST_RUNS, Findings, runs_of
from bayescale.reporting.page.frontier_section import along_the_frontier
from bayescale.reporting.page.html import Cell
from bayescale.reporting.page.quantiles import figures, quantile_cells
from bayescale.reporting.summary import Row


def data(found: Findings) -> str:
    """Columns with units and ranges, the source, and the runs."""
    post = found.post
    rows = [
        [each.heading, each.unit if each.unit != "1" else "", Cell(str(each.values)),
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
        + figures([*drawings.curves(found), *drawings.residuals(found)])
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
        ["divergences", Cell(str(verdict.divergences), float(verdict.divergences), left=True)],
        ["Pareto k of the weights", _number(verdict.k, ".2f")],
    ]
    problems = [f"{render(problem)}." for problem in verdict.problems()]
    state = "converged" if verdict.converged else "not converged"
    return html.table(f"Sampling: {state}", ["check", "value"], rows, "checks") + (
        html.items(problems) if problems else html.paragraph("No check found a problem.")
    )


def _number(value: float, form: str) -> "str | Cell":
    return "not defined for this method" if np.isnan(value) else Cell(f"{value:{form}}", float(value), left=True)


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
    return figures(drawn) if drawn else html.paragraph("No parameter has a prior without groups that can be drawn.")


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
        + figures(drawings.forecast(found))
        + html.paragraph(
            "Half of all runs of that size end below the median loss; a new run's loss also has its own noise."
        )
        + html.folded("Share of the uncertainty", html.items(parts))
        + "<h3>Signs of a bad forecast</h3>"
        + (html.items(warned) if warned else html.paragraph("No sign was found."))
        + "<h3>Back-test</h3>"
        + html.paragraph(told)
        + figures(drawings.backtest(found))
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
    source = "After (Mis)Fitting: A Survey of Scaling Laws (Li et al. 2025, arXiv:2502.18969), in our words."
    text = f"{source} The fit answers {known} of {len(listed)} questions; the rest are for the authors."
    tables = [
        html.table(part, ["question", "answer"], [[each.question, each.answer] for each in listed if each.part == part])
        for part in dict.fromkeys(each.part for each in listed)
    ]
    return html.paragraph(text) + f'<div class="checklist">{"".join(tables)}</div>'


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
    "Frontier and curvature": along_the_frontier,
    "Forecast": forecast,
    "Influence and sensitivity": influence,
    "Checklist": checklist,
    "Methods": words,
    "Citations": citations,
}


def headline(found: Findings) -> list[str]:
    """The verdict without its details, how many problems there are, and the irreducible loss if the law has it."""
    verdict, problems = sentence(found.post).partition("; ")[0], Verdict.of(found.post).problems()
    lines = [verdict[:1].upper() + verdict[1:]]
    if problems:
        lines.append(f"{len(problems)} problem{'s' if len(problems) > 1 else ''} to know about: see Convergence.")
    for row in found.rows:
        if row.name == "E":
            median, low, high = row.words()
            unit = facts.unit_of(found.post, "loss")
            lines.append(f"{column('E').label} = {median} {unit}, 90 % interval {low} to {high}.")
    return lines
