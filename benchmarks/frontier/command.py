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
    from benchmarks.frontier.evidence import compare_all, few
    from benchmarks.frontier.measure import measure
    from benchmarks.frontier.published import published
    from benchmarks.frontier.report import page, read

    kept.mkdir(parents=True, exist_ok=True)
    simulated, tables, checks = (kept / f"{name}.jsonl" for name in ("simulated", "published", "evidence"))
    if not stored:
        measure(3 if quick else sweeps, simulated, lambda text: click.echo(text, err=True))
        if not quick:
            published(tables, lambda text: click.echo(text, err=True))
            compare_all(few(), checks, lambda text: click.echo(text, err=True))
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    text = page(read(simulated), read(tables), read(checks), f"{datetime.now(UTC):%d %B %Y}", commit)
    click.echo(text)
    if output:
        output.write_text(text, encoding="utf-8")
