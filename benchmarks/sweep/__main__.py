"""``python -m benchmarks.sweep known_entropy -o runs.jsonl``: train the models of a sweep.

Each finished run is one line of the file. If the command is started again, it continues with the runs that are left.
``benchmarks.sweep.table`` turns the file into the bundled tables.
"""

import argparse
import json
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks.sweep.plan import PLANS, rate_rule
from benchmarks.sweep.task import TASKS
from benchmarks.sweep.training import Run, do


def main() -> None:
    """Do the runs of a sweep that are left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sweep", choices=list(PLANS))
    parser.add_argument("-o", "--output", type=Path, required=True, help="results, one JSON object a line")
    parser.add_argument("--text", type=Path, help="the text of text_sweep")
    parser.add_argument("--until", choices=["tuning", "grid", "seeds", "heldout"], default="heldout")
    given = parser.parse_args()
    if given.sweep == "text_sweep" and given.text is None:
        parser.error("text_sweep needs --text FILE, the text to learn (see docs/evidence/sweeps.md).")
    sweep(given.sweep, given.output, given.text, given.until)


def sweep(name: str, output: Path, text: Path | None = None, until: str = "heldout") -> list[dict]:
    """Do the runs of a plan that are not in `output` yet, stage by stage."""
    task, plan = TASKS[name](text), PLANS[name]
    done = finished(output)
    stages = {
        "tuning": lambda: plan.tuning(),
        "grid": lambda: plan.grid(task, rate_rule(done)),
        "seeds": lambda: plan.repeats(task, rate_rule(done)),
        "heldout": lambda: plan.larger(task, rate_rule(done), done),
    }
    for stage, runs in stages.items():
        carry_out(task, runs(), output, done, stage)
        if stage == until:
            break
    return done


def carry_out(task, runs: list[Run], output: Path, done: list[dict], stage: str) -> None:
    """Train the runs that are left, smallest first, and write each to the file as it ends."""
    known = {Run(**{key: run[key] for key in Run.__dataclass_fields__}).key for run in done}
    left = [run for run in runs if run.key not in known]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        shown = bar.add_task(stage, total=len(left))
        for run in sorted(left, key=lambda run: run.budget):
            result = do(task, run)
            with output.open("a", encoding="utf-8") as file:
                file.write(json.dumps(result) + "\n")
            done.append(result)
            bar.advance(shown)


def finished(output: Path) -> list[dict]:
    """Finished runs; an incomplete last line is dropped."""
    if not output.exists():
        return []
    lines = output.read_text(encoding="utf-8").splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines.pop()
        output.write_text("".join(lines), encoding="utf-8")
    return [json.loads(line) for line in lines]


if __name__ == "__main__":
    main()
