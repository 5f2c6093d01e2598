"""``python -m benchmarks groups``: what losses of one sweep share, and the entropies of five modalities."""

import json
from pathlib import Path
from typing import Any

import click

from benchmarks.evidence import EVIDENCE
from benchmarks.frontier.groups_page import sections
from benchmarks.frontier.modalities import modalities
from benchmarks.frontier.pooling_truths import measure
from benchmarks.frontier.several_losses import loss_entropies, several_losses
from benchmarks.table import write

#: Stored results.
STORED = Path(__file__).parent / "stored"
#: Their files, without the ending.
RESULTS = ("several_losses", "loss_entropies", "pooling_truths", "modalities")
#: Simulated sweeps of each truth.
SWEEPS = 20
TITLE = "Do losses share exponents, and what are the entropies of five modalities"


def read(stored: Path) -> dict[str, list[dict[str, Any]]]:
    """Stored results by name; none where a file is absent."""
    files = {name: stored / f"{name}.jsonl" for name in RESULTS}
    return {
        name: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
        for name, path in files.items()
    }


@click.command()
@click.option("--rerun", is_flag=True, help="Measure what is missing; the losses need gadre2024 (BAYESCALE_DATA).")
@click.option("--stored", type=click.Path(file_okay=False, path_type=Path), default=STORED, help="Folder of results.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=EVIDENCE / "groups.md")
def groups(rerun, stored, output):
    """What losses of one sweep share, and the entropies of five modalities: write docs/evidence/groups.md."""

    def say(text: str) -> None:
        click.echo(text, err=True)

    if rerun:
        several_losses(stored / "several_losses.jsonl", say)
        loss_entropies(stored / "loss_entropies.jsonl", say)
        measure(SWEEPS, stored / "pooling_truths.jsonl", say)
        modalities(stored / "modalities.jsonl")
    write(output, TITLE, sections(read(stored)))
    click.echo(output)
