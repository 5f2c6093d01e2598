"""Checklist: what a paper on scaling laws should state, as far as a fit knows it.

The questions follow the checklist of Li, Kudugunta and Zettlemoyer 2025, (Mis)Fitting, arXiv:2502.18969, in our words.
"""

import json
from collections.abc import Iterator
from typing import NamedTuple

import xarray as xr

from bayescale.data.cost_ratio import CostRatio, between
from bayescale.data.literature.catalogue import info, names
from bayescale.inference.diagnostics.verdict import Verdict
from bayescale.reporting import facts
from bayescale.reporting.dialects import short
from bayescale.reporting.page.findings import Findings

#: Answer to what no fit can know.
OPEN = "Not known to the fit; state it in the paper."
#: Parts of the checklist.
FORM, TRAINING, COLLECTION, FITTING = "Form of the law", "Training setup", "Data collection", "Fitting"


class Item(NamedTuple):
    """A question, its answer, and whether the fit knows it."""

    part: str
    question: str
    answer: str

    @property
    def known(self) -> bool:
        """Whether the fit has an answer."""
        return "state it in the paper" not in self.answer


def items(found: Findings) -> list[Item]:
    """The checklist of a fit."""
    return [*_form(found.post), *_training(found.post), *_collection(found.post), *_fitting(found)]


def _form(post: xr.DataTree) -> Iterator[Item]:
    law = facts.law_of(post)
    yield Item(FORM, "What is the form of the law?", "; ".join(law.statements).replace("np.", ""))
    columns = [each.symbol for each in facts.ranges(post) if each.symbol in post["constant_data"]]
    yield Item(FORM, "Which variables does it relate?", f"The loss and {', '.join(columns)}.")
    fixed = ", ".join(f"{name} = {value}" for name, value in law.fixed.items())
    inferred = f"Inferred: {', '.join(law.priors)}." + (f" Fixed: {fixed}." if fixed else "")
    yield Item(FORM, "Which parameters are fitted?", inferred)
    yield Item(FORM, "Where does the form come from?", f"{law.source}." if law.source else OPEN)
    exact = "The formula is taken to be exact: runs differ from it by noise alone."
    misfit = "A discrepancy of the law is part of the model." if law.discrepancy else exact
    yield Item(FORM, "What does the form assume?", misfit)


def _training(post: xr.DataTree) -> Iterator[Item]:
    rows, training = facts.counts(post)
    spans = {each.symbol: each for each in facts.ranges(post)}
    sizes = [
        f"{each.values} different {each.symbol} from {short(each.low)} to {short(each.high)} {each.unit}"
        for each in (spans[name] for name in ("N", "D", "C") if name in spans)
    ]
    yield Item(TRAINING, "How many models, of which sizes, on how much data?", f"{training} runs: {'; '.join(sizes)}.")
    yield Item(TRAINING, "How are N, D and C counted?", _counted(post, spans))
    repeated = "The law has the unique tokens U." if "U" in spans else OPEN
    yield Item(TRAINING, "Are data repeated within a run?", repeated)
    yield Item(TRAINING, "How are hyperparameters chosen, and do they change with size?", OPEN)
    yield Item(TRAINING, "What is the architecture, and how does its shape change with size?", OPEN)
    yield Item(TRAINING, "Is the training code public?", OPEN)


def _counted(post: xr.DataTree, spans: dict[str, facts.Range]) -> str:
    """How the sizes are counted, as far as the table's record, the logs and the cost ratio tell."""
    parts, name = [], str(post.attrs.get("data_name", ""))
    if name in names():
        columns = info(name).columns
        parts += [f"{size}: {columns[size][1]}." for size in ("N", "D", "C") if size in columns and size in spans]
    parts += [f"{line}." for line in json.loads(post.attrs.get("data_found", "[]"))]
    if "C" in spans and "C" not in post["constant_data"]:
        parts.append("C is 6ND.")
    if "cost_ratio" in post.attrs:
        ratio = CostRatio(**json.loads(post.attrs["cost_ratio"]))
        parts.append(f"The table's C is {between(ratio)} times 6ND.")
    known = name in names() or "data_found" in post.attrs
    return " ".join(
        parts if known else [*parts, "Whether N has embeddings is not known to the fit; state it in the paper."]
    )


def _collection(post: xr.DataTree) -> Iterator[Item]:
    rows, training = facts.counts(post)
    points = "One loss for each run." if rows == training else f"{rows} checkpoints of {training} runs, autocorrelated."
    yield Item(COLLECTION, "How many checkpoints of each run are used?", points)
    name, unit = str(post.attrs.get("data_name", "")), facts.unit_of(post, "loss")
    meaning = info(name).columns.get("loss", ("", ""))[1] if name in names() else ""
    unknown = ". On which data is not known to the fit; state it in the paper."
    yield Item(COLLECTION, "Which metric, on which data?", f"Loss [{unit}]" + (f": {meaning}." if meaning else unknown))
    yield Item(COLLECTION, "Are the values smoothed, interpolated or otherwise changed?", OPEN)
    source = str(post.attrs.get("data_source", ""))
    digest = f"SHA-256 of the fitted columns: {post.attrs.get('data_sha256', 'unknown')}."
    yield Item(COLLECTION, "Where are the data?", f"{source}. {digest}" if source else f"{digest} {OPEN}")


def _fitting(found: Findings) -> Iterator[Item]:
    post, ours = found.post, f"bayescale {facts.versions(found.post).get('bayescale', '')}"
    law, verdict, sizes = facts.law_of(post), Verdict.of(post), post["posterior"].sizes
    scatter = f"the log loss scatters with noise '{law.noise}' ({law.variate})"
    yield Item(FITTING, "What is the objective?", f"The posterior density: {scatter}, and every parameter has a prior.")
    laplace = "Laplace approximation, corrected by importance sampling."
    nuts = f"No-U-Turn sampler ({facts.library(post) or 'PyMC'})."
    yield Item(FITTING, "By which algorithm?", laplace if post.attrs.get("method") == "laplace" else nuts)
    known = "".join(f", {key} {value:g}" for key, value in facts.settings(post).items())
    drawn = f"{sizes['chain']} chains of {sizes['draw']} draws, seed {post.attrs.get('seed')}{known}"
    yield Item(FITTING, "With which settings and starting points?", f"{drawn}; starting points chosen by {ours}.")
    outliers = f" Far outside the noise: {', '.join(verdict.outliers)}." if verdict.outliers else ""
    used = f"All {post['observed_data'].sizes['run']} points of the fitted table.{outliers}"
    yield Item(FITTING, "Are all points used, or are some dropped?", f"{used} State which runs are not in that table.")
    tested = str(found.told) if found.told is not None else "No back-test in this report."
    yield Item(FITTING, "How is the fit checked?", f"{verdict}. Intervals are posterior intervals. {tested}")
    yield Item(FITTING, "Is the fitting code public?", f"{ours}, Apache-2.0.")
