"""Running the cases, and the page that says what came of them."""

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.evidence import opening
from benchmarks.robustness import commands, doors, posteriors, tables
from benchmarks.robustness.case import FOREIGN, HANG, SILENT, WRONG, Case, Outcome, outcome
from benchmarks.robustness.world import World
from benchmarks.table import table, write

#: All cases.
CASES = [*tables.CASES, *doors.CASES, *posteriors.CASES, *commands.CASES, *commands.PROCESSES]
#: How the page explains itself.
HEAD = """Each case gives one bad or unusual input to one verb and states what is right: an error with a given word, a
warning with a given word, or a number. An error counts if it is a ValueError, TypeError or OSError that this package
raises, or the system's error on a path. Any other error is a foreign traceback. A result without the wanted warning is
a silent number. A case that takes more than a minute hangs."""
KEYS = """Cells count what came: e, an error; w, a warning with a number; n, a number that is right."""


def measure(chosen: Sequence[Case], say: Callable[[str], None]) -> list[tuple[Case, Outcome]]:
    """Run cases, verb by verb, and report each verb in a line."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        for verb in dict.fromkeys(case.verb for case in chosen):
            here = [(case, outcome(case, world)) for case in chosen if case.verb == verb]
            found += here
            say(f"{verb}: {_counts(here)}")
            for case, came in wrong(here):
                say(f"  {case.kind}, {case.name}: wanted {case.right} '{case.word}'; {came.came}: {came.message[:300]}")
    return found


def wrong(found: Sequence[tuple[Case, Outcome]]) -> list[tuple[Case, Outcome]]:
    """The cases of which something else came than is right."""
    return [(case, came) for case, came in found if came.came != case.right]


def summary(found: Sequence[tuple[Case, Outcome]]) -> str:
    """What came, in a line."""
    counts = Counter(came.came for _, came in found)
    return (
        f"{len(found)} cases: {counts[SILENT]} silent numbers, {counts[FOREIGN]} foreign tracebacks, "
        f"{counts[HANG]} hangs; {len(wrong(found))} not as stated."
    )


def page(path: Path, found: Sequence[tuple[Case, Outcome]], measured: str = "") -> None:
    """Write the page: the summary, verb by kind, what is not right, and every case."""
    kinds = list(dict.fromkeys(case.kind for case, _ in found))
    grid = []
    for verb in dict.fromkeys(case.verb for case, _ in found):
        here = [(case, came) for case, came in found if case.verb == verb]
        grid.append((verb, *(_counts([pair for pair in here if pair[0].kind == kind]) for kind in kinds)))
    holes = [(case.verb, case.kind, case.name, case.right, came.came) for case, came in wrong(found)]
    every = [(case.verb, case.kind, case.name, came.came) for case, came in found]
    rows = table(["verb", *kinds], grid, 1 + len(kinds))
    sections = [*opening(_conclusion(found), rows, "python -m benchmarks robustness", measured, KEYS), HEAD]
    sections += ["## Known holes", table(["verb", "kind", "input", "right", "came"], holes, 5) if holes else "None."]
    sections += ["## Every case", table(["verb", "kind", "input", "came"], every, 4)]
    write(path, "Bad inputs", sections)


def _conclusion(found: Sequence[tuple[Case, Outcome]]) -> list[str]:
    """The conclusion in three sentences."""
    counts = Counter(came.came for _, came in found)
    right = len(found) - len(wrong(found))
    return [
        f"On {right:,} of {len(found):,} bad or unusual inputs, bayescale did what the case states: an error that "
        "names the problem, a warning, or the right number.",
        f"It returned {counts[SILENT]} numbers without a wanted warning and let {counts[FOREIGN]} tracebacks of other "
        f"packages through; {counts[HANG]} cases took more than a minute.",
    ]


def _counts(found: Sequence[tuple[Case, Outcome]]) -> str:
    """Outcomes in short: ``3 e, 1 w``."""
    counts = Counter(came.came if came.came in WRONG else came.came[0] for _, came in found)
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "–"
