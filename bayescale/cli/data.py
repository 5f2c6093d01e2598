"""data: the data sets that come with bayescale."""

import click


@click.group()
def data():
    """Data sets: list them, look at one, export one."""
