"""Fills the page of laws from the laws: formula, parameters with priors, derived quantities, source.

The line ``<!-- laws -->`` of a page becomes one section for each paper.
"""

import inspect
import re
from typing import TYPE_CHECKING

from formulas import lines

from bayescale import Law, Prior, laws
from bayescale.modelling.formula import text

if TYPE_CHECKING:
    from sphinx.application import Sphinx

#: The line that is replaced.
MARK = "<!-- laws -->"


def helpers(law: Law) -> dict[str, str]:
    """Functions that the formula calls, by signature, with their text."""
    found, function = {}, law.formula
    while hasattr(function, "function"):
        function = function.function
    known = getattr(function, "__globals__", {})
    waiting = [text(law.formula)]
    while waiting:
        for name in re.findall(r"(?<![\w.])([a-z]\w*)\(", waiting.pop()):
            helper = known.get(name)
            if (
                inspect.isfunction(helper)
                and name != "smaller"
                and not any(key.startswith(f"{name}(") for key in found)
            ):
                found[f"{name}({', '.join(inspect.signature(helper).parameters)})"] = body = text(helper)
                waiting.append(body)
    return found


def formula(law: Law) -> str:
    """The formula as LaTeX, or as code where it is not a sequence of expressions."""
    said = text(law.formula)
    code = [f"{name}: {body.replace('loss = ', '')}" for name, body in helpers(law).items()]
    try:
        found = lines(said)
    except ValueError:
        return "```text\n" + "\n".join([*said.split("; "), *code]) + "\n```"
    shown = "$$\n\\begin{aligned}\n" + " \\\\\n".join(found) + "\n\\end{aligned}\n$$"
    return shown + ("\n\nwith\n\n```text\n" + "\n".join(code) + "\n```" if code else "")


def priors(law: Law) -> str:
    """A table of the parameters and their priors."""
    parts = {"": law.priors, " (noise)": law.noise.priors}
    if law.discrepancy is not None:
        parts[" (discrepancy)"] = law.discrepancy.priors
    rows = []
    for part, found in parts.items():
        for name, prior in found.items():
            said = str(prior) if isinstance(prior, Prior) else f"fixed at {prior:g}"
            said = re.sub(r"\d+\.\d{4,}", lambda digits: f"{float(digits[0]):.3g}", said)
            rows.append(f"| `{name}`{part} | `{said}` |")
    return "\n".join(["| parameter | prior |", "| --- | --- |", *rows])


def section(name: str, law: Law) -> str:
    """One law."""
    noise = f"`{law.noise.name}`" + (" with a discrepancy" if law.discrepancy is not None else "")
    parts = [
        f"### `{name.partition('.')[2]}`",
        f"Columns: {', '.join(f'`{column}`' for column in law.inputs)}. Noise: {noise}. Source: {law.source}.",
        formula(law),
        priors(law),
    ]
    if law.derived:
        parts.append(f"Derived: {', '.join(f'`{each}`' for each in law.derived)}.")
    return "\n\n".join(parts)


def page() -> str:
    """A section for each paper, with one for each of its laws."""
    found, last = [], ""
    for name, law in laws.names().items():
        paper = name.partition(".")[0]
        if paper != last:
            said = (getattr(laws, paper).__doc__ or "").strip()
            found += [f"## `{paper}`", said]
            last = paper
        found.append(section(name, law))
    return "\n\n".join(found)


def fill(app: "Sphinx", name: str, source: list[str]) -> None:
    """Replace the mark in a page that has it."""
    if MARK in source[0]:
        source[0] = source[0].replace(MARK, page())


def setup(app: "Sphinx") -> dict:
    """Connect to Sphinx."""
    app.connect("source-read", fill)
    return {"parallel_read_safe": True}
