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
@click.option("--next-runs", type=int, help="Instead, measure so many repeats of designs, and continue stored records.")
@click.option("--page", is_flag=True, help="Instead, write docs/evidence/decisions.md from stored records.")
@click.option("--measured", metavar="TEXT", help="Date and commit of stored records.  [default: today's]")
def decisions(kinds, pairs, kept, real, next_runs, page, measured):
    """Compare simulated recipes whose multiplier is known, and published ones; print how good the answers are.

    With --next-runs, choose runs for ScaleBench (BAYESCALE_DATA) and for simulated sweeps.
    """
    if next_runs or page:
        _next_runs(next_runs, page, measured)
        return
    from benchmarks.decisions.measure import measure, report

    def say(text):
        click.echo(text, err=True)

    if pairs:
        click.echo(report(measure(kinds or KINDS, pairs, kept, say)))
    if real:
        from benchmarks.decisions.real import real as published

        click.echo(published(say))


def _next_runs(repeats: int | None, page: bool, measured: str | None) -> None:
    """Measure designs, or write the page."""
    from benchmarks.decisions import design, scalebench
    from benchmarks.decisions.next_runs import STORED
    from benchmarks.decisions.page import report
    from benchmarks.decisions.paths import append
    from benchmarks.evidence import EVIDENCE, stamp

    def say(text):
        click.echo(text, err=True)

    if repeats:
        scalebench.measure(STORED / "scalebench.jsonl", repeats, ("discrepancy", "law"), say)
        design.measure(STORED / "design.jsonl", 2 * repeats, say)
        append(STORED / "speed.jsonl", design.speed())
    if page:
        report(EVIDENCE / "decisions.md", measured or stamp())
        click.echo(EVIDENCE / "decisions.md")
