"""``bayescale data``: the data sets that come with the package or can be fetched."""

from pathlib import Path

import click

from bayescale.base.atomic import replacing
from bayescale.cli import show


@click.group()
def data():
    """List, show and export data sets."""


@data.command("list")
def list_():
    """Name, rows, kind, source and licence of each data set."""
    from bayescale.data.literature.catalogue import info, names

    records = [info(name) for name in names()]
    rows = [[r.name, str(r.rows), r.kind, r.source] for r in records]
    show.table(["name", "rows", "kind", "source"], rows, left=4, fold=(3,))
    show.say("\nLicences")
    for licence in dict.fromkeys(r.licence for r in records):
        show.say(f"  {', '.join(r.name for r in records if r.licence == licence)}: {licence}")


@data.command("show")
@click.argument("name")
@click.option("--rows", default=5, show_default=True, type=click.IntRange(0), metavar="INTEGER", help="Rows to show.")
def show_(name, rows):
    """Describe data set NAME (columns, units, source, licence, notes, citation) and show its first rows."""
    from bayescale.data.literature.catalogue import info, load

    record = info(name)
    show.say(f"{record}\n")
    table = load(name)
    show.frame(table, rows)
    if rows < len(table):
        show.say(f"{min(rows, len(table))} of {len(table)} rows")


@data.command()
@click.argument("name")
@click.argument("file", metavar="FILE.csv|FILE.parquet", type=click.Path(path_type=Path))
def export(name, file):
    """Write data set NAME as CSV, TSV or Parquet. An existing FILE is replaced."""
    from bayescale.data.literature.catalogue import load

    writers = {
        ".csv": lambda table, path: table.to_csv(path, index=False),
        ".tsv": lambda table, path: table.to_csv(path, index=False, sep="\t"),
        ".parquet": lambda table, path: table.to_parquet(path, index=False),
    }
    if file.suffix.lower() not in writers:
        raise ValueError(f"'{file}' ends in '{file.suffix}'; wanted one of {list(writers)}.")
    table = load(name)
    with replacing(file) as draft:
        writers[file.suffix.lower()](table, draft)
    show.say(f"written to {file}: {len(table)} rows, columns {', '.join(map(str, table.columns))}")
