"""backtest: would a law have forecast the larger runs of a table from its smaller ones?"""

from pathlib import Path

import click

from bayescale.base.atomic import filling
from bayescale.cli import options, show
from bayescale.cli.fit import COLUMN, WHERE, read_runs

BASELINES = ("last_value", "power_law", "huber_bootstrap")


@click.command()
@click.argument("runs")
@click.option("--law", "specs", required=True, multiple=True, metavar="NAME", help="As for fit. Can be repeated.")
@click.option("--baseline", "baselines", multiple=True, type=click.Choice(BASELINES), help="Can be repeated.")
@click.option("--by", default="C", show_default=True, metavar="COLUMN", help="What orders the runs.")
@click.option(
    "--cut",
    "cuts",
    type=float,
    multiple=True,
    metavar="NUMBER",
    help="Fit the runs up to it. Can be repeated.  [default: behind 40, 50, … 90 % of the runs]",
)
@click.option("--column", "columns", type=options.Pair(example="N=params"), multiple=True, help=COLUMN)
@click.option("--where", metavar="CONDITION", help=WHERE)
@click.option("--nuts", is_flag=True, help="Always NUTS, not Laplace where that holds.")
@click.option("--seed", default=1, show_default=True, help="Same seed, same draws.")
@click.option("-o", "--out", metavar="DIR", type=click.Path(path_type=Path), help="Folder for scores and figures.")
@options.as_json
def backtest(runs, specs, baselines, by, cuts, columns, where, nuts, seed, out, as_json):
    """Fit the runs up to a cut, forecast those beyond it, and score the forecasts; for every cut.

    RUNS is a table or a data set, as for fit. Of each law and baseline: the share of held-out runs inside the central
    intervals, which should be their probability; width of the 90 % interval, CRPS, RMSLE and signed error of the median
    (positive: forecast too high), all in % of the loss. Means over runs, then over cuts.

    DIR gets scores.csv (a row a forecaster, cut and run) and figures of the coverage and the errors.
    """
    import sys

    from bayescale.forecasting import baselines as known
    from bayescale.forecasting.backtest import backtest as test
    from bayescale.forecasting.backtest import board

    laws = {spec: options.find_law(spec) for spec in specs}
    table = read_runs(next(iter(laws.values())), runs, dict(columns), where)
    found = test(
        {**laws, **{name: getattr(known, name) for name in baselines}},
        table,
        by=by,
        cuts=cuts or None,
        method="nuts" if nuts else "laplace",
        seed=seed,
        progressbar=sys.stderr.isatty(),
    )
    scores = board(found)
    for name, one in found.groupby("forecaster"):
        for cut, reason in zip(found["cut"].values, one["reason"].values.ravel(), strict=True):
            if reason:
                click.echo(f"warning: {name}, cut {cut:g}: {reason}", err=True)
    if out is not None:
        _write(out, found)
    if as_json:
        show.as_json({"by": by, "cuts": found["cut"].values.tolist(), "seed": seed, "scores": scores.to_dict("index")})
    else:
        _print(scores, table, by, found["cut"].values.tolist())
        if out is not None:
            show.say(f"written to {out}: scores.csv, coverage.pdf/.png, error.pdf/.png")
    if scores["unconverged"].any():
        click.get_current_context().exit(options.NOT_CONVERGED)


def _print(scores, table, by, cuts) -> None:
    show.say(f"{len(table)} runs, cut by {by} at {', '.join(show.plain(float(f'{c:.3g}')) for c in cuts)}\n")
    head = ["forecaster", "inside 50/80/90/95 %", "width", "CRPS", "RMSLE", "error", "cuts"]
    lines = []
    for name, one in scores.iterrows():
        shares = "/".join(f"{100 * one[f'covered_{level}']:.0f}" for level in (0.5, 0.8, 0.9, 0.95))
        numbers = [f"{one[key]:.3g}" for key in ("width", "crps", "rmsle", "error")]
        bad = [f"{one[key]:.0f} {key}" for key in ("failed", "unconverged") if one[key]]
        lines.append([str(name), shares, *numbers, ", ".join([f"{one['cuts']:.0f}", *bad])])
    show.table(head, lines)


def _write(out: Path, found) -> None:
    """All of it beside, then put in place."""
    from matplotlib.figure import Figure

    from bayescale.plots import SINGLE, save
    from bayescale.plots import backtest as draw

    flat = found[["error", "crps", "interval_score", "log_score", "pit", "ratio"]].to_dataframe()
    for level in found["level"].values.tolist():
        flat[f"covered_{level}"] = found["covered"].sel(level=level, drop=True).to_dataframe()["covered"]
    with filling(out) as draft:
        flat.dropna(subset=["error"]).to_csv(draft / "scores.csv")
        for kind in ("coverage", "error"):
            figure = Figure(figsize=SINGLE, layout="constrained")
            draw(found, kind, ax=figure.subplots())
            save(figure, draft / kind)
