"""``bayescale report`` and ``bayescale show``: a fit as one HTML page, and in words."""

import sys
from pathlib import Path

import click

from bayescale.cli import options, show, tested


@click.command()
@options.folder
@click.option("-o", "--out", metavar="FILE.html", type=click.Path(path_type=Path), help="[default: DIR/report.html]")
@options.number("N", "Parameters of a run to forecast; can be repeated.")
@options.number("D", "Training tokens of the run; can be repeated.")
@options.number("C", "Training compute of the run [FLOP]; can be repeated.")
@options.at
@options.law
@click.option(
    "--backtest", is_flag=True, help="Forecast the larger fitted runs from the smaller ones, too: takes minutes."
)
@click.option("--seed", default=1, show_default=True, help="Seed of the forecasts.")
def report(folder, out, at, spec, backtest, seed, **sizes):
    """Write the fit in DIR as one HTML page: data, law, checks, parameters, frontier, forecasts, methods, citations.

    The page needs no network, prints to PDF, and has a slider along the frontier. By default it forecasts runs of 10
    and 100 times the largest compute; --N, --D and --C choose others, as for `bayescale forecast`.

    A back-test that `bayescale forecast DIR --backtest` has kept for such runs is shown; --backtest runs one, with its
    figures.
    """
    from bayescale.cli.folder import PAGE
    from bayescale.cli.forecast import targets
    from bayescale.reporting.report import report as write

    out = (folder if folder.is_dir() else folder.parent) / PAGE if out is None else out
    post, law = options.reopen(folder, spec)
    given = {key: values for key, values in sizes.items() if values}
    table = targets(law, post, given, at)[0] if given or at else None
    if table is not None and "N" in law.inputs and "N" not in table:
        raise ValueError("The report forecasts runs of a given N and D; give two of --N, --D and --C.")

    def tests(towards):
        if not backtest:
            return tested.as_evidence(tested.backtest_scores(folder, (law, post), towards, seed, run=False))
        from bayescale.forecasting.backtest import backtest as run_backtest

        runs = tested.fitted_runs(folder, post)
        return run_backtest(law, runs, towards=towards, seed=seed, progressbar=sys.stderr.isatty())

    write(post, out, law=law, targets=table, backtest=tests, seed=seed)
    show.say(f"written to {out}")
    options.leave(post)


@click.command("show")
@options.folder
@click.option("--table", "table", is_flag=True, help="Parameters: median, 90 % interval, R-hat and ESS.")
@click.option("--law", "law", is_flag=True, help="Formula, priors and noise.")
@click.option("--methods", is_flag=True, help="A paragraph for the methods section of a paper.")
@click.option("--cite", "cite", is_flag=True, help="BibTeX of the package, the law's paper, the data and the tools.")
@click.option("--latex", is_flag=True, help="Write table, law and methods as LaTeX, for booktabs, amsmath and natbib.")
def show_words(folder, table, law, methods, cite, latex):
    """Print the fit in DIR in words: its table of parameters and its verdict, or what the options name.

    \b
    bayescale show sweep --methods --latex > methods.tex
    bayescale show sweep --cite > references.bib
    """
    from bayescale.inference.diagnostics.verdict import sentence
    from bayescale.inference.storage import load
    from bayescale.reporting.cite import cite as cited
    from bayescale.reporting.equation import equation
    from bayescale.reporting.methods import methods as described
    from bayescale.reporting.table import table as tabled

    post = load(folder)
    parts = []
    if table or not (law or methods or cite):
        parts.append(tabled(post, form="latex" if latex else "markdown"))
    if law:
        parts.append(equation(post) if latex else str(post.attrs["law_text"]))
    if methods:
        parts.append(described(post, form="latex" if latex else "text"))
    if cite:
        parts.append(cited(post))
    if not (table or law or methods or cite or latex):
        parts.append(sentence(post))
    click.echo("\n\n".join(parts))
    options.leave(post)
