"""``bayescale data``: the data sets that come with the package or can be fetched."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bayescale.base.atomic import replacing
from bayescale.cli import options, show
from bayescale.cli.fit import COLUMN, GIVEN, WHERE

if TYPE_CHECKING:
    import pandas as pd

#: End of a file's name -> how a table is written to it.
WRITERS: "dict[str, Callable[[pd.DataFrame, Path], object]]" = {
    ".csv": lambda table, path: table.to_csv(path, index=False),
    ".tsv": lambda table, path: table.to_csv(path, index=False, sep="\t"),
    ".parquet": lambda table, path: table.to_parquet(path, index=False),
}
LOSS = "The loss of a run: last, 'mean of last 5', min; or every, for a row of each logged loss."
PATTERN = r"Regular expression of a text log's lines: 'step (?P<step>\d+) loss (?P<loss>[\d.]+)'. Can be repeated."


@click.group()
def data():
    """Read logs into a table; list, show and export data sets."""


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

    _check_end(file)
    _write(load(name), file)


@data.command("import")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("-o", "--out", required=True, metavar="FILE.csv", type=click.Path(path_type=Path), help="Table to write.")
@click.option("--column", "columns", type=options.Pair(example="loss=eval/loss"), multiple=True, help=COLUMN)
@click.option("--where", metavar="CONDITION", help=WHERE)
@click.option("--given", type=options.Pair(example="batch_tokens=524288"), multiple=True, help=GIVEN)
@click.option("--loss", default="last", show_default=True, metavar="RULE", help=LOSS)
@click.option("--pattern", multiple=True, metavar="REGEX", help=PATTERN)
def import_(paths, out, columns, where, given, loss, pattern):
    """Write the runs in logs of training tools as a table: a row for each run, with N, D, C and loss.

    PATH is a file or a folder: logs of Hugging Face, TensorBoard, Lightning, MLflow, W&B, JSON lines or text. What was
    found, and from where, is printed. A FILE that exists is replaced.
    """
    from bayescale.data.read import read

    _check_end(out)
    table = read(
        list(paths) if len(paths) > 1 else paths[0],
        options.once(columns, "--column"),
        where,
        given=options.of_runs(given),
        loss=loss,
        pattern=pattern or None,
    )
    for line in table.attrs.get("found", ()):
        show.say(line)
    show.frame(table[[name for name in ("run", "N", "D", "C", "loss", "step") if name in table]], 5)
    _write(table, out)


def _check_end(file: Path) -> None:
    """Refuse a name whose end says no format."""
    if file.suffix.lower() not in WRITERS:
        raise ValueError(f"'{file}' ends in '{file.suffix}'; wanted one of {list(WRITERS)}.")


def _write(table: "pd.DataFrame", file: Path) -> None:
    """Write a table in the format that the file's name says."""
    with replacing(file) as draft:
        WRITERS[file.suffix.lower()](table, draft)
    names = list(map(str, table.columns))
    shown = ", ".join(names[:30]) + (f" and {len(names) - 30} more" if len(names) > 30 else "")
    show.say(f"written to {file}: {len(table)} rows, columns {shown}")
