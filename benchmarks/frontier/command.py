"""``python -m benchmarks frontier``: does it bend, and is there a floor, on simulated and published runs."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import click


@click.command()
@click.option("--sweeps", default=200, show_default=True, help="Sweeps of each truth.")
@click.option("--quick", is_flag=True, help="Three sweeps of each truth, and no published tables.")
@click.option("--stored", is_flag=True, help="Only write the page from the results in --kept.")
@click.option("--kept", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder of the results.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the page.")
def frontier(sweeps, quick, stored, kept, output):
    """Curvature and entropy of simulated truths and of published tables; results are kept as lines of JSON."""
    from benchmarks.frontier.design import designs
    from benchmarks.frontier.evidence import compare_all, few
    from benchmarks.frontier.known import known
    from benchmarks.frontier.measure import measure
    from benchmarks.frontier.published import published
    from benchmarks.frontier.recovered import recovered
    from benchmarks.frontier.report import page, read

    def say(text: str) -> None:
        click.echo(text, err=True)

    kept.mkdir(parents=True, exist_ok=True)
    files = {
        name: kept / f"{name}.jsonl" for name in ("simulated", "design", "recovered", "published", "known", "evidence")
    }
    if not stored:
        measure(3 if quick else sweeps, files["simulated"], say)
        recovered(3 if quick else sweeps, files["recovered"], say)
        if not quick:
            designs(files["design"], say)
            published(files["published"], say)
            known(files["known"], say)
            compare_all(few(), files["evidence"], say)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    text = page({name: read(path) for name, path in files.items()}, f"{datetime.now(UTC):%d %B %Y}", commit)
    click.echo(text)
    if output:
        output.write_text(text, encoding="utf-8")
