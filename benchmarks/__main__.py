"""``python -m benchmarks``: one command for each benchmark; heavy imports happen when it runs."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from bayescale.cli.options import Pair
from benchmarks.approaches.command import approaches
from benchmarks.decisions.command import decisions
from benchmarks.evidence import DOCS, EVIDENCE, stamp
from benchmarks.forecasts.methods import METHODS
from benchmarks.frontier.command import frontier
from benchmarks.frontier.decades_command import decades
from benchmarks.frontier.groups import groups
from benchmarks.geometry.command import geometry
from benchmarks.papers import PAPERS
from benchmarks.speed.run import CONTENDERS, TABLES
from benchmarks.truths.command import truths

PARTS = ("contenders", "curves", "calibration", "scale", "laplace", "sampling", "default")
KEPT = click.Path(dir_okay=False, path_type=Path)
MEASURED = click.option("--measured", metavar="TEXT", help="Date and commit of kept records.  [default: today's]")
EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


def _say(text: str) -> None:
    """Tell how far the work is."""
    click.echo(text, err=True)


class Papers(click.Group):
    """A group whose command is `papers`, if none is named."""

    def parse_args(self, ctx, args):
        if not args or args[0] not in (*self.commands, "--help"):
            args = ["papers", *args]
        return super().parse_args(ctx, args)


@click.group(cls=Papers)
def main():
    """Benchmarks of bayescale; without a command, reproductions of papers (`papers --help`)."""


main.add_command(decisions)
main.add_command(frontier)
main.add_command(decades)
main.add_command(groups)
main.add_command(truths)
main.add_command(geometry)
main.add_command(approaches)


@main.command()
@click.argument("names", nargs=-1, type=click.Choice(PAPERS))
@click.option("--quick", is_flag=True, help="Laplace approximation, nothing kept, no report.")
@click.option("--refit", is_flag=True, help="Fit again, instead of reading the posteriors that are kept.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the report, with figures.")
def papers(names, quick, refit, output):
    """Reproduce published results (all, or the papers NAMES): published, here, verdict.

    The exit status is 1 if a verdict differs from the expected one. The published run tables are read from
    BAYESCALE_DATA, or downloaded.
    """
    from benchmarks.reproductions import reproduce, write

    judged = reproduce(names or PAPERS, quick, refit, click.echo)
    if output:
        write(output, judged, stamp())
    surprises = [claim for paper in judged for claim in paper.unexpected]
    for claim in surprises:
        click.echo(f"unexpected: {claim.quantity}: expected '{claim.expect}'", err=True)
    raise SystemExit(bool(surprises))


@main.command()
@click.option("--only", multiple=True, type=click.Choice(list(CONTENDERS)), help="A contender; may be repeated.")
@click.option("--table", "tables", multiple=True, type=click.Choice(TABLES), default=TABLES, help="A table of runs.")
@click.option("--caches", type=click.Choice(["warm", "empty"]), default="warm", help="Compiled code on disk.")
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), default=PARTS, help="May be repeated.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=EVIDENCE / "speed.md")
@click.option("--raw", type=click.Path(dir_okay=False, path_type=Path), help="Keep the measurements, as JSON.")
def speed(only, tables, caches, parts, output, raw):
    """Time bayescale and its peers, and write docs/evidence/speed.md (uv run --group bench).

    With --raw, parts that are not measured in this run are taken from that file.
    """
    from benchmarks.speed import report
    from benchmarks.speed.engine import PARTS as MEASURES
    from benchmarks.speed.run import Measured, described, run

    known = Measured(**json.loads(raw.read_text())) if raw is not None and raw.is_file() else described(caches)
    measured = run(only, tables, caches) if "contenders" in parts else known
    measured.engine = known.engine
    for part in (part for part in parts if part in MEASURES):
        click.echo(part, err=True)
        measured.engine[part] = MEASURES[part]()
        if raw is not None:
            raw.write_text(json.dumps(asdict(measured), indent=1))
    if raw is not None:
        raw.write_text(json.dumps(asdict(measured), indent=1))
    report.write(output, measured)
    click.echo(output)


@main.command()
@click.option(
    "--method", "methods", multiple=True, type=click.Choice(list(METHODS)), help="May be repeated.  [default: all]"
)
@click.option("--data", multiple=True, metavar="NAME", help="A data set of the scoreboard; may be repeated.")
@click.option("--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Score its CSVs instead.")
@click.option("--column", "columns", type=Pair(example="N=params"), multiple=True, help="With --folder: N=params.")
@click.option("--fast", is_flag=True, help="Without learning curves.")
@click.option("--across", is_flag=True, help="Cut along N and D, and to ladders of few sizes, in place of compute.")
@click.option("--kept", type=KEPT, help="Keep finished work there, and continue from it.")
@click.option("--before", type=EXISTING, help="Of --kept at another version: print a comparison with its default.")
@MEASURED
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="[default: docs/evidence/forecasts.md]"
)
def forecasts(methods, data, folder, columns, fast, across, kept, before, measured, output):
    """Forecast held-out runs, and write docs/evidence/forecasts.md (BAYESCALE_DATA).

    With --folder, your own tables are scored: every CSV in it, with the columns loss, N and D (or C), and optionally
    group and heldout (0 or 1). The report is then forecasts.md in that folder, unless -o names another. With --across,
    larger models and longer runs are forecast at a compute that was fitted, and the page is docs/evidence/across.md.
    """
    from benchmarks.forecasts import across as cuts
    from benchmarks.forecasts import own, report
    from benchmarks.forecasts.run import measure, read
    from benchmarks.forecasts.splits import tasks

    if across and folder:
        raise click.UsageError("--across cuts the tables of the scoreboard; leave it out, or --folder.")
    if columns and not folder:
        raise click.UsageError("--column names columns of the tables of --folder; give that too.")
    try:
        every = own.own(folder, dict(columns)) if folder else cuts.across(tasks()) if across else tasks()
        chosen = [task for task in every if (not data or task.data in data) and not (fast and task.curve)]
        earlier = read(before) if before else None
    except ValueError as error:
        if folder is None and before is None:
            raise
        raise click.UsageError(str(error)) from None
    if not chosen:
        raise click.UsageError(f"There is nothing to score: no data set {list(data)}, or no CSV in '{folder}'.")
    records = measure(chosen, own.wanted(methods, list(METHODS)), kept, _say)
    target = output or (folder or EVIDENCE) / ("across.md" if across else "forecasts.md")
    command = "python -m benchmarks forecasts" + (" --folder FOLDER" if folder else " --across" if across else "")
    command += "".join(f" --column {ours}={theirs}" for ours, theirs in columns)
    command += "".join(f" --method {method}" for method in methods)
    if folder:
        own.report(target, records, command)
    else:
        report.report(target, records, command, across=across, measured=measured or stamp())
        if earlier:
            click.echo(report.compared(records, earlier))
    click.echo(target)


@main.command()
@click.option("--variant", "variants", multiple=True, metavar="NAME", help="May be repeated.  [default: all]")
@click.option("--data", multiple=True, metavar="NAME", help="May be repeated.  [default: halves A and C]")
@click.option("--fast", is_flag=True, help="Without learning curves.")
@click.option("--across", is_flag=True, help="Cut along N and D, and to ladders of few sizes, in place of compute.")
@click.option("--counted", is_flag=True, help="Choose how N is counted, as the scoreboard does; keep apart.")
@click.option("--kept", type=KEPT, help="Keep finished work there, and continue from it.")
@click.option("--before", type=EXISTING, help="Of --kept at another version: compare its default too.")
@MEASURED
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the page there.")
def choices(variants, data, fast, across, counted, kept, before, measured, output):
    """Compare variants of the default law, and print them or write docs/evidence/choices.md (BAYESCALE_DATA).

    Variants are listed in benchmarks/forecasts/choices.py; the default is always among them. To compare the defaults of
    two versions in some ten minutes, run this at the first with --fast --variant default --kept A.jsonl, and at the
    second with --fast --variant default --kept B.jsonl --before A.jsonl. Without any of --variant, --data, --fast and
    -o, the page docs/evidence/choices.md is written.
    """
    from benchmarks.forecasts import across as cuts
    from benchmarks.forecasts import choices as module
    from benchmarks.forecasts.report import variants as page
    from benchmarks.forecasts.run import read
    from benchmarks.forecasts.splits import tasks

    if unknown := set(variants) - set(module.VARIANTS):
        raise click.UsageError(f"There are no variants {sorted(unknown)}; known: {list(module.VARIANTS)}.")
    every = cuts.across(tasks()) if across else tasks()
    if not (chosen := module.chosen(every, data, curves=not fast)):
        raise click.UsageError(f"There is nothing to compare: no data set {list(data)}.")
    try:
        earlier = read(before) if before else []
        records = module.measure(chosen, variants or list(module.VARIANTS), kept, _say, counted)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    records = page.with_before(records, earlier) if before else records
    given = {"--fast": fast, "--across": across, "--counted": counted}
    options = " ".join(
        [*(name for name, is_given in given.items() if is_given)]
        + [f'--variant "{name}"' for name in variants]
        + [f"--data {name}" for name in data]
    )
    if output is None and (options or before):
        click.echo("\n\n".join(page.sections(records, options)))
        return
    page.report(output or EVIDENCE / "choices.md", records, options, measured or stamp())
    click.echo(output or EVIDENCE / "choices.md")


@main.command()
@click.option("--kept", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder of the fits.")
def population(kept):
    """Print what the sweeps of halves A and C say of the priors of a new sweep (BAYESCALE_DATA)."""
    from benchmarks.forecasts.population import fits, report
    from benchmarks.forecasts.splits import tasks

    click.echo(report(fits(tasks(), kept, _say)))


@main.command()
@click.option("--kept", type=KEPT, help="Keep finished work there, and continue from it.")
@MEASURED
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=EVIDENCE / "signs.md")
def signs(kept, measured, output):
    """Count signs of a bad forecast, and write docs/evidence/signs.md (BAYESCALE_DATA)."""
    from benchmarks.forecasts.signs import counts, measure, report
    from benchmarks.forecasts.splits import tasks

    every = list(tasks())
    report(output, measure(every, kept, _say), counts(every, _say), measured or stamp())
    click.echo(output)


@main.command()
@click.option("--sweeps", default=200, show_default=True, help="Sweeps of each truth.")
@click.option("--kept", type=click.Path(dir_okay=False, path_type=Path), help="Of truths --kept; it is continued.")
@MEASURED
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=EVIDENCE / "simulated.md")
def simulated(sweeps, kept, measured, output):
    """Measure forecasts and calibration on simulated runs, and write docs/evidence/simulated.md."""
    from benchmarks.forecasts.simulated import report

    report(output, _say, sweeps, kept, measured or stamp())
    click.echo(output)


@main.command()
def index():
    """Write docs/evidence/index.md from the first sentence of each page of evidence."""
    from benchmarks.evidence import index as write

    click.echo(write())


@main.command()
@click.option("--tables", default=100, show_default=True, help="Simulated tables for each prior.")
def conflicts(tables):
    """Hit and false-alarm rates of the warning that prior and data disagree, on simulated tables."""
    from benchmarks.conflicts import measure

    click.echo(measure(tables, say=lambda row: click.echo(row, err=True)).to_string(index=False))


@main.command()
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=DOCS / "project" / "house.md")
def house(output):
    """Measure the layout of the package, and write the page and a picture of its imports."""
    from benchmarks.house import page

    page(output)
    click.echo(output)


@main.command()
@click.option("--verb", "verbs", multiple=True, help="Only the cases of a verb; may be repeated. No page is written.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=EVIDENCE / "robustness.md")
def robustness(verbs, output):
    """Give bad inputs to every verb, and write docs/evidence/robustness.md.

    The exit status is 1 if something else came than is right.
    """
    from benchmarks.robustness.run import CASES, measure, page, summary, wrong

    if unknown := set(verbs) - {case.verb for case in CASES}:
        raise click.UsageError(
            f"There are no cases of {sorted(unknown)}; see docs/evidence/robustness.md for the verbs."
        )
    found = measure([case for case in CASES if not verbs or case.verb in verbs], click.echo)
    click.echo(summary(found))
    if not verbs:
        page(output, found, stamp())
        click.echo(output)
    raise SystemExit(bool(wrong(found)))


if __name__ == "__main__":
    main()
