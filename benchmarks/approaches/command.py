"""``python -m benchmarks approaches``: IsoFLOP valleys on simulated sweeps, approaches compared on published ones."""

from pathlib import Path

import click

from benchmarks.evidence import EVIDENCE, stamp


@click.command()
@click.option("--sweeps", default=100, show_default=True, help="Sweeps of each truth and grid.")
@click.option(
    "--kept",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Kept fits of simulated valleys; continued. Those of envelopes are kept next to it.",
)
@click.option("--measured", metavar="TEXT", help="Date and commit of kept records.  [default: today's]")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=EVIDENCE / "approaches.md")
def approaches(sweeps, kept, measured, output):
    """Fit valleys of known laws, and published sweeps by several approaches; write docs/evidence/approaches.md.

    The published tables are read from BAYESCALE_DATA.
    """
    from benchmarks.approaches import curves, real
    from benchmarks.approaches.page import report
    from benchmarks.approaches.simulated import measure

    def say(text: str) -> None:
        click.echo(text, err=True)

    records = measure(sweeps, kept, say)
    envelopes = curves.measure(sweeps, kept.with_stem(f"{kept.stem}_envelopes"), say)
    results = [*(real.measure(name, say=say) for name in real.sweeps())]
    results += [real.pile(), real.gpt3(), real.corpora(say), real.gadre(say)]
    report(output, (records, envelopes), results, real.exponents(say), measured or stamp())
    click.echo(output)
