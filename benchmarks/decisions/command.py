"""``python -m benchmarks decisions``: multipliers of simulated pairs of recipes, and of published ones."""

from pathlib import Path

import click

from benchmarks.decisions.pairs import KINDS


@click.command()
@click.option("--kind", "kinds", multiple=True, type=click.Choice(list(KINDS)), help="Kind of pair; may be repeated.")
@click.option("--pairs", default=100, show_default=True, help="Pairs of each kind; 0 for none.")
@click.option(
    "--kept", type=click.Path(dir_okay=False, path_type=Path), help="Keep finished work there, and continue from it."
)
@click.option("--real/--no-real", default=True, show_default=True, help="Published recipes, from BAYESCALE_DATA.")
def decisions(kinds, pairs, kept, real):
    """Compare simulated recipes whose multiplier is known, and published ones; print how good the answers are."""
    from benchmarks.decisions.measure import measure, report

    def say(text):
        click.echo(text, err=True)

    if pairs:
        click.echo(report(measure(kinds or KINDS, pairs, kept, say)))
    if real:
        from benchmarks.decisions.real import real as published

        click.echo(published(say))
