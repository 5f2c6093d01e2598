"""``bayescale advise``: which law to use for a table, and why."""

import shlex
from typing import TYPE_CHECKING

import click

from bayescale.cli import options, show
from bayescale.cli.fit import COLUMN, GIVEN, WHERE, table_of

if TYPE_CHECKING:
    import pandas as pd


@click.command()
@click.argument("runs")
@click.option("--law", "specs", multiple=True, metavar="NAME", help="Law to compare, in place of those that suit RUNS.")
@click.option(
    "--towards",
    type=options.Pair(float, "N=7e9"),
    multiple=True,
    help="Size of a run to be forecast (N=7e9, D=1.4e12); the back-test then resembles that forecast. Can be repeated.",
)
@click.option("--column", "columns", type=options.Pair(example="N=params"), multiple=True, help=COLUMN)
@click.option("--where", metavar="CONDITION", help=WHERE)
@click.option("--given", type=options.Pair(example="batch_tokens=524288"), multiple=True, help=GIVEN)
@click.option("--nuts", is_flag=True, help="Fit by NUTS, not by the Laplace approximation.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same draws.")
@options.as_json
def advise(runs, specs, towards, columns, where, given, nuts, seed, as_json):
    """Fit the laws that suit RUNS, back-test and compare them, and say which to use and why.

    RUNS is a table, logs or a data set, as for fit. The laws follow from the columns that vary: N and D, or one of N, D
    and C. The larger runs are forecast from the smaller at three cuts, the same for all laws. The table, best first:

    \b
    score, diff, se   log score of the forecasts, summed over distinct sizes; less that of the best; its standard error
    in 90 %           share of the larger runs inside the 90 % intervals
    width             width of these intervals, in % of the loss
    elpd, diff, se    expected log predictive density of left-out runs, summed; the same

    A difference below 2 standard errors or below 4 is a tie. A tie goes to a law with a discrepancy. If fewer than 4
    distinct sizes can be held out, the table cannot tell, and the advice says so.
    """
    import pandas as pd

    from bayescale.forecasting.trust.advise import advise as advised

    table = table_of(runs, options.once(columns, "--column"), where, options.of_runs(given))
    advice = advised(
        table,
        {spec: options.find_law(spec) for spec in specs} or None,
        towards=pd.DataFrame([dict(towards)]) if towards else None,
        method="nuts" if nuts else "laplace",
        seed=seed,
        progressbar=True,
    )
    if as_json:
        rows = advice.table.reset_index().to_dict("records")
        show.as_json({"take": advice.take, "told": advice.told, "reasons": advice.reasons, "laws": rows, "seed": seed})
    else:
        show.say(f"{len(table)} runs, {len(advice.table)} laws\n")
        _print(advice.table)
        say(advice.take, advice.reasons)
        show.say(f"\nnext: {_next(runs, advice.take, columns, where, given)}")
    if not advice.table.loc[advice.take, "converged"]:
        click.get_current_context().exit(options.NOT_CONVERGED)


def _next(runs: str, take: str, columns, where: str | None, given) -> str:
    """The command that fits the law that was advised to the same table."""
    named = [("--column", "=".join(pair)) for pair in columns] + [("--where", where)] * bool(where)
    named += [("--given", "=".join(map(str, pair))) for pair in given]
    read = [part for option, value in named for part in (option, shlex.quote(str(value)))]
    return " ".join(["bayescale fit", shlex.quote(runs), *read, "--law", take, "-o DIR"])


def _print(table: "pd.DataFrame") -> None:
    rows = []
    for name, line in table.iterrows():
        numbers = [f"{line[key]:.1f}" for key in ("score", "score_diff", "score_se")]
        numbers += [f"{100 * line['covered']:.0f}", f"{line['width']:.2g}"]
        numbers += [f"{line[key]:.1f}" for key in ("elpd", "elpd_diff", "elpd_se")]
        rows.append([str(name), *("" if number == "nan" else number for number in numbers)])
    show.table(["law", "score", "diff", "se", "in 90 %", "width", "elpd", "diff", "se"], rows)


def say(take: str, reasons) -> None:
    """Print advice: the law, then a line for each reason."""
    show.say(f"\nadvice: use {take}")
    for reason in reasons:
        show.say(f"- {reason}")
