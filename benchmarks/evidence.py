"""Pages of evidence: their common opening, the stamp of a measurement, and the index of the pages."""

import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.table import table, write

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
#: Folder of the pages; their figures are in ``docs/figures``.
EVIDENCE = DOCS / "evidence"
#: Page -> the question that it answers, and the command that writes it.
PAGES = {
    "forecasts": (
        "How good are forecasts of larger published runs?",
        "python -m benchmarks forecasts --fast --method default",
    ),
    "simulated": ("How good are forecasts where the truth is known?", "python -m benchmarks simulated"),
    "choices": ("Would other priors or another discrepancy forecast better?", "python -m benchmarks choices"),
    "signs": ("What warns of a bad forecast?", "python -m benchmarks signs"),
    "approaches": ("Do three approaches find the same frontier?", "python -m benchmarks approaches --kept FILE"),
    "sweeps": ("Does E approach the entropy of a known language?", "python -m benchmarks.sweep.outcome"),
    "decades": ("What do published runs say over thirteen decades?", "python -m benchmarks decades"),
    "frontier": ("Does the frontier bend, and is there a floor?", "python -m benchmarks frontier --kept FOLDER"),
    "groups": (
        "Do losses share exponents, and what are the entropies of five modalities?",
        "python -m benchmarks groups",
    ),
    "decisions": (
        "Which recipe is better, and which runs should be trained next?",
        "python -m benchmarks decisions --page",
    ),
    "reproductions": ("Do published results come out again?", "python -m benchmarks -o PAGE"),
    "speed": ("How fast is it, compared with other tools?", "python -m benchmarks speed"),
    "robustness": ("What happens on bad input?", "python -m benchmarks robustness"),
}


def stamp() -> str:
    """Date and commit of this moment, as in ``2026-11-29, commit abc1234``."""
    words = datetime.now(UTC).strftime("%Y-%m-%d")
    asked = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    try:
        commit = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return f"{words}, commit unknown"
    return f"{words}, commit {commit}"


def opening(conclusion: Sequence[str], rows: str, command: str, measured: str, note: str = "") -> list[str]:
    """The first sections of a page: its conclusion in at most three sentences, one table, command and measurement.

    Raises
    ------
    ValueError
        If the conclusion has no sentence, or more than three.
    """
    if not 1 <= len(conclusion) <= 3:
        raise ValueError(f"The conclusion has {len(conclusion)} sentences; wanted one to three.")
    written = f"Written by `{command}`. Measured: {measured}. {note}"
    return [" ".join(conclusion), rows, written.strip()]


def figures(page: Path) -> Path:
    """The folder of the figures of a page of evidence."""
    return page.parent.parent / "figures"


def answer(text: str) -> str:
    """The first sentence below the title of a page."""
    paragraphs = [part for part in text.split("\n\n")[1:] if not part.startswith("<!--")]
    paragraph = " ".join(paragraphs[0].split())
    return re.split(r"(?<=\.)\s", paragraph, maxsplit=1)[0]


def index(folder: Path = EVIDENCE) -> Path:
    """Write the index: for each page its question, the first sentence of its conclusion, and its command."""
    rows = []
    for name, (question, command) in PAGES.items():
        found = answer((folder / f"{name}.md").read_text(encoding="utf-8"))
        rows.append([question, found, f"[{name}]({name}.md)", f"`{command}`"])
    pages = "\n".join(PAGES)
    sections = [
        "Each page answers one question. It begins with the conclusion and one table; details follow. The command "
        "writes the page, and each page has the date and the commit of its measurement.",
        table(["question", "answer", "page", "command"], rows, left=4),
        "`python -m benchmarks index` writes this page from the others.",
        f"```{{toctree}}\n:hidden:\n\n{pages}\n```",
    ]
    write(folder / "index.md", "Evidence", sections)
    return folder / "index.md"
