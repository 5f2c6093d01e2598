"""``python -m benchmarks truths``: forecasts of simulated sweeps, by any forecaster."""

from pathlib import Path

import click

from benchmarks.truths.truths import TRUTHS


@click.command()
@click.option("--truth", "names", multiple=True, type=click.Choice(list(TRUTHS)), help="May be repeated.")
@click.option(
    "--forecaster",
    "specs",
    multiple=True,
    metavar="NAME[=LAW]",
    help="A method of the scoreboard, or a name and a law (wide=file.py:law); may be repeated; the first is judged "
    "against the targets.  [default: default, additive]",
)
@click.option("--sweeps", default=200, show_default=True, help="Sweeps of each truth.")
@click.option(
    "--kept", type=click.Path(dir_okay=False, path_type=Path), help="Keep finished work there, and continue from it."
)
@click.option("--processes", default=2, show_default=True, type=click.IntRange(1, 2))
def truths(names, specs, sweeps, kept, processes):
    """Forecast simulated sweeps whose truth is known, and print how good the forecasts are.

    The widths are compared with the additive law, if it is among the forecasters. `simulated` writes the page.
    """
    from benchmarks.truths import page, report
    from benchmarks.truths.measure import measure

    forecasters = dict(map(_forecaster, specs or ("default", "additive")))
    records = measure(names or TRUTHS, sweeps, forecasters, kept, lambda text: click.echo(text, err=True), processes)
    found = report.frame(records)
    first = next(iter(forecasters))
    for part in (report.main_table(found), report.targets_table(found, first), report.design_table(found, first)):
        click.echo(part)
    click.echo(f"{page.UNKNOWABLE}\n\n{report.notes(records)}")


def _forecaster(spec: str):
    """Name and forecaster of an option."""
    from bayescale.laws import find
    from benchmarks.forecasts.methods import METHODS

    name, equals, law = spec.partition("=")
    try:
        return name, find(law) if equals else METHODS[name]
    except KeyError:
        raise click.BadParameter(f"'{name}' is none of {list(METHODS)}; or give a law: {name}=file.py:law.") from None
    except (ValueError, OSError) as error:
        raise click.BadParameter(str(error)) from None
