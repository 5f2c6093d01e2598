"""The page docs/evidence/decisions.md, from stored records."""

from pathlib import Path

from benchmarks.decisions import next_runs, recipes_page
from benchmarks.decisions.paths import known
from benchmarks.evidence import figures, opening
from benchmarks.table import write

#: The command that writes the page.
COMMAND = "python -m benchmarks decisions --page"


def report(path: Path, measured: str) -> None:
    """Write the page."""
    said, rows = next_runs.rows_of_page()
    records = known(next_runs.STORED / "simulated.jsonl")
    found = known(next_runs.STORED / "recipes.jsonl")
    pairs, suites = [r for r in found if "multiplier" in r], [r for r in found if "brier" in r]
    recipes = [recipes_page.simulated(records)] if records else []
    if pairs:
        recipes_page.draw(pairs, figures(path) / "pairs.png")
        recipes.append(recipes_page.published(pairs))
    recipes += [recipes_page.mixtures(suites)] if suites else []
    write(path, "Decisions", [*opening(said, rows, COMMAND, measured), *next_runs.sections(), *recipes])
