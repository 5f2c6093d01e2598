"""``python -m benchmarks decisions``: multipliers of simulated pairs of recipes, and of published ones."""

from pathlib import Path

import click

from benchmarks.decisions.pairs import KINDS

#: Folder of the stored records.
STORED = Path(__file__).parent / "stored"


@click.command()
@click.option("--kind", "kinds", multiple=True, type=click.Choice(list(KINDS)), help="Kind of pair; may be repeated.")
@click.option("--pairs", default=100, show_default=True, help="Pairs of each kind; 0 for none.")
@click.option(
    "--kept",
    type=click.Path(dir_okay=False, path_type=Path),
    default=STORED / "simulated.jsonl",
    help="Simulated pairs: keep finished ones there, and continue from it.  [default: the stored ones]",
)
@click.option("--real/--no-real", default=True, show_default=True, help="Published recipes that are not stored yet.")
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
        from benchmarks.decisions.recipes_page import mixtures
        from benchmarks.decisions.recipes_page import published as pairs_of_recipes

        found = published(STORED / "recipes.jsonl", say)
        click.echo(pairs_of_recipes(found["pairs"]) + mixtures(found["mixtures"]))


def _next_runs(repeats: int | None, page: bool, measured: str | None) -> None:
    """Measure designs, or write the page."""
    from benchmarks.decisions import design, promise, scalebench
    from benchmarks.decisions.page import report
    from benchmarks.decisions.paths import append
    from benchmarks.evidence import EVIDENCE, stamp

    def say(text):
        click.echo(text, err=True)

    if repeats:
        scalebench.measure(STORED / "scalebench.jsonl", repeats, ("discrepancy", "law"), say)
        scalebench.all_runs(STORED / "whole.jsonl", say)
        design.measure(STORED / "design.jsonl", 2 * repeats, say)
        promise.promises(STORED / "promises.jsonl", 2 * repeats, say)
        append(STORED / "speed.jsonl", promise.speed())
    if page:
        report(EVIDENCE / "decisions.md", measured or stamp())
        click.echo(EVIDENCE / "decisions.md")
