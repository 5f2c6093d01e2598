"""``python -m benchmarks geometry``: where the exponent comes from."""

import re
from collections.abc import Callable
from pathlib import Path

import click

from benchmarks.evidence import DOCS

#: Stored measurements.
STORED = Path(__file__).parent / "stored"
PAGE = DOCS / "explain" / "geometry.md"
FIGURES = DOCS / "figures" / "geometry"


def blocks(stored: Path) -> dict[str, Callable[[], str]]:
    """Name of a block of the page -> what writes it."""
    from benchmarks.geometry import language, tables, trained

    return {
        "kernels": lambda: tables.kernels(stored),
        "features": lambda: tables.random_features(stored),
        "memoriser": lambda: tables.memoriser(stored),
        "manifolds": lambda: tables.manifolds(stored),
        "peers": lambda: tables.peers(stored),
        "images": lambda: tables.images(stored),
        "networks": lambda: trained.students(stored),
        "image-networks": lambda: trained.images(stored),
        "bits": lambda: trained.bits(stored),
        "memory": lambda: trained.memory(stored),
        "language": language.implied,
    }


def draw(stored: Path, folder: Path) -> None:
    """Write the figures of the page."""
    from benchmarks.geometry import figures, trained

    figures.spacing(folder / "spacing.png")
    figures.implied(folder / "language.png")
    figures.networks(trained.figure_rows(stored), folder / "networks.png")


def measure(stored: Path) -> None:
    """Measure what the stored tables lack; images and other packages need the group `geometry`."""
    from benchmarks.geometry import embedding, features, images, kernels, manifolds, memory, networks, santa_fe

    def say(text):
        click.echo(text, err=True)

    features.measure(stored / "features.csv", say)
    santa_fe.measure(stored / "santa_fe.csv", say)
    manifolds.measure(stored / "manifolds.csv", say)
    manifolds.measure_peers(stored / "peers.csv", say)
    memory.measure(stored / "memory.csv", say)
    embedding.measure(stored / "embedding.csv", say)
    images.measure_networks(stored / "image_networks.csv", say)
    images.measure_dimension(stored / "images.csv", say)
    networks.measure(stored / "networks.csv", say)
    kernels.measure(stored / "kernels.csv", say)


def filled(text: str, name: str, block: str) -> str:
    """The page with the text between ``<!-- NAME -->`` and ``<!-- end NAME -->`` replaced.

    Raises
    ------
    ValueError
        If the page has no such marks.
    """
    start, end = f"<!-- {name} -->", f"<!-- end {name} -->"
    if start not in text or end not in text:
        raise ValueError(f"The page has no lines '{start}' and '{end}'; add them where the table belongs.")
    return re.sub(f"{start}.*?{end}", lambda _: f"{start}\n\n{block.strip()}\n\n{end}", text, flags=re.DOTALL)


@click.command()
@click.option("--rerun", is_flag=True, help="Measure what is missing from --stored first; needs the group `geometry`.")
@click.option("--stored", type=click.Path(file_okay=False, path_type=Path), default=STORED, help="Folder of tables.")
@click.option("--block", "names", multiple=True, help="A table of the page; may be repeated.  [default: all]")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=PAGE)
def geometry(rerun, stored, names, output):
    """Fit exponents and dimensions whose truth is known, and renew the tables and figures of docs/explain/geometry.md.

    Experiments are read from stored tables. With --rerun, rows that are missing are measured and added; to measure all
    of them, name an empty folder with --stored. An interrupted run continues.
    """
    if rerun:
        measure(stored)
    writers = blocks(stored)
    if unknown := set(names) - set(writers):
        raise click.UsageError(f"There are no blocks {sorted(unknown)}; known: {list(writers)}.")
    for name in names or writers:
        block = writers[name]()
        click.echo(block)
        output.write_text(filled(output.read_text(encoding="utf-8"), name, block), encoding="utf-8")
    if not names:
        draw(stored, FIGURES)
    click.echo(output)
