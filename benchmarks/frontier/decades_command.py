"""``python -m benchmarks decades``: the picture of thirteen decades of compute."""

import click


@click.command()
@click.option("--refit", is_flag=True, help="Fit every panel again, instead of those that are not kept.")
def decades(refit):
    """Draw docs/figures/decades.png: loss against compute on six corpora, with bands by the default law.

    Bands are kept in benchmarks/frontier/stored/decades.jsonl. The published tables are read from BAYESCALE_DATA, or
    downloaded.
    """
    from benchmarks.frontier.decades import FIGURE, measure
    from benchmarks.frontier.decades_picture import draw

    draw(measure(lambda text: click.echo(text, err=True), refit), FIGURE)
    click.echo(FIGURE)
