"""``python -m benchmarks decades``: the picture of thirteen decades of compute."""

import click

from benchmarks.evidence import EVIDENCE, stamp


@click.command()
@click.option("--refit", is_flag=True, help="Fit every panel again, instead of those that are not kept.")
@click.option("--measured", metavar="TEXT", help="Date and commit of kept bands.  [default: today's]")
def decades(refit, measured):
    """Write docs/evidence/decades.md and its figure: loss against compute on six corpora, with bands.

    Bands are kept in benchmarks/frontier/stored/decades.jsonl. The published tables are read from BAYESCALE_DATA, or
    downloaded.
    """
    from benchmarks.frontier.decades import FIGURE, measure
    from benchmarks.frontier.decades_page import page
    from benchmarks.frontier.decades_picture import draw

    bands = measure(lambda text: click.echo(text, err=True), refit)
    draw(bands, FIGURE)
    page(EVIDENCE / "decades.md", bands, "python -m benchmarks decades", measured or stamp())
    click.echo(EVIDENCE / "decades.md")
