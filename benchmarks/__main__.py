"""``python -m benchmarks``: one command a benchmark; nothing heavy is imported before it runs."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from benchmarks.speed.run import CONTENDERS, TABLES

DOCS = Path(__file__).parents[1] / "docs"


@click.group()
def main():
    """Benchmarks of bayescale."""


@main.command()
@click.option("--only", multiple=True, type=click.Choice(list(CONTENDERS)), help="A contender; may be repeated.")
@click.option("--table", "tables", multiple=True, type=click.Choice(TABLES), default=TABLES, help="A table of runs.")
@click.option("--caches", type=click.Choice(["warm", "empty"]), default="warm", help="Compiled code on disk.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=DOCS / "speed.md")
@click.option("--raw", type=click.Path(dir_okay=False, path_type=Path), help="Keep the measurements, as JSON.")
def speed(only, tables, caches, output, raw):
    """Time bayescale and its peers, and write the report (uv run --group bench)."""
    from benchmarks.speed import report
    from benchmarks.speed.run import run

    measured = run(only, tables, caches)
    if raw is not None:
        raw.write_text(json.dumps(asdict(measured), indent=1))
    report.write(output, measured)
    click.echo(output)


if __name__ == "__main__":
    main()
