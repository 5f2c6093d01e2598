"""``bayescale backtest``: would a law have forecast the larger runs of a table from its smaller ones?"""

from pathlib import Path

import click

from bayescale.base.atomic import filling
from bayescale.cli import options, show
from bayescale.cli.fit import COLUMN, GIVEN, WHERE, read_runs, writable

#: Baselines on offer: functions of `bayescale.forecasting.baselines`.
BASELINES = ("last_value", "power_law", "huber_bootstrap")


@click.command()
@click.argument("runs")
@click.option("--law", "specs", required=True, multiple=True, metavar="NAME", help="Law, as for fit. Can be repeated.")
@click.option(
    "--baseline",
    "baselines",
    multiple=True,
    type=click.Choice(BASELINES),
    help="Method to compare with. Can be repeated.",
)
@click.option("--by", metavar="COLUMN", help="Column that orders the runs.  [default: C, or that of --towards]")
@click.option(
    "--towards",
    type=options.Pair(float, "N=7e9"),
    multiple=True,
    help="Size of a run to be forecast (N=7e9, D=1.4e12); the back-test then resembles that forecast. Can be repeated.",
)
@click.option(
    "--cut",
    "cuts",
    type=float,
    multiple=True,
    metavar="NUMBER",
    help="Fit the runs up to this value. Can be repeated.  [default: after 40, 50, …, 90 % of the runs]",
)
@click.option("--column", "columns", type=options.Pair(example="N=params"), multiple=True, help=COLUMN)
@click.option("--where", metavar="CONDITION", help=WHERE)
@click.option("--given", type=options.Pair(example="batch_tokens=524288"), multiple=True, help=GIVEN)
@click.option("--nuts", is_flag=True, help="Fit by NUTS, not by the Laplace approximation.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same draws.")
@click.option("-o", "--out", metavar="DIR", type=click.Path(path_type=Path), help="Folder for scores and figures.")
@options.as_json
def backtest(runs, specs, baselines, by, towards, cuts, columns, where, given, nuts, seed, out, as_json):
    """For every cut, fit the runs up to it, forecast the runs beyond it, and score the forecasts.

    RUNS is a table, logs or a data set, as for fit. Scores of each law and baseline, means over runs, then over cuts:

    \b
    inside 50/80/90/95 %  share of held-out runs inside these central intervals (ideally that percentage)
    width                 width of the 90 % interval, in % of the loss
    CRPS, RMSLE           sizes of the error, in % of the loss
    error                 signed error of the median, in % of the loss (positive: forecast too high)

    With --towards N=7e9 --towards D=1.4e12 the cuts are by N, D or C, wherever that run exceeds the others most, and
    only runs are scored that exceed the fitted ones by about as much. The last lines say on how many sizes the scores
    rest, why good scores would not reassure, and which law to use, or that they tie.

    DIR gets scores.csv (one row per forecaster, cut and run) and figures of coverage and errors.
    """
    import pandas as pd

    from bayescale.forecasting import baselines as known
    from bayescale.forecasting.backtest import backtest as run_backtest
    from bayescale.forecasting.backtest import board
    from bayescale.forecasting.trust.evidence import evidence

    laws = {spec: options.find_law(spec) for spec in specs}
    columns = options.once(columns, "--column")
    table = read_runs(next(iter(laws.values())), runs, columns, where, given=options.of_runs(given))
    if out is not None:
        writable(out)
    forecasts = run_backtest(
        {**laws, **{name: getattr(known, name) for name in baselines}},
        table,
        by=by,
        cuts=cuts or None,
        towards=pd.DataFrame([dict(towards)]) if towards else None,
        method="nuts" if nuts else "laplace",
        seed=seed,
        progressbar=True,
    )
    scores = board(forecasts)
    for name, own in forecasts.groupby("forecaster"):
        for cut, reason in zip(forecasts["cut"].values, own["reason"].values.ravel(), strict=True):
            if reason:
                click.echo(f"warning: {name}, cut {cut:g}: {reason}", err=True)
    if out is not None:
        _write(out, forecasts)
    cut_values, by = forecasts["cut"].values.tolist(), forecasts.attrs["by"]
    told = {str(name): evidence(forecasts.sel(forecaster=name)) for name in forecasts["forecaster"].values}
    if as_json:
        rests = {name: {"sizes": each.sizes, "jump": each.jump, "gaps": list(each.gaps)} for name, each in told.items()}
        show.as_json({"by": by, "cuts": cut_values, "seed": seed, "scores": scores.to_dict("index"), "rests_on": rests})
    else:
        _print(scores, table, by, cut_values)
        for name, each in told.items():
            show.say(f"{name}: {each}")
        _advise(laws, forecasts, table, scores)
        if out is not None:
            show.say(f"written to {out}: scores.csv, coverage.pdf/.png, error.pdf/.png")
    if scores["unconverged"].any():
        click.get_current_context().exit(options.NOT_CONVERGED)


def _advise(laws, forecasts, table, scores) -> None:
    """Print which of several laws to use, by the rule of `bayescale.advise`; and its CRPS over those of baselines."""
    import pandas as pd

    from bayescale.cli.advise import say
    from bayescale.forecasting.trust.choice import chosen
    from bayescale.forecasting.trust.units import by_unit, units

    good = [name for name in laws if not scores.loc[name, "failed"]]
    if len(good) < 2:
        return
    tests = forecasts.sel(forecaster=good)
    of = units(tests, table)
    facts = pd.DataFrame({"discrepancy": [laws[name].discrepancy is not None for name in good]}, index=good)
    facts = facts.assign(covered=scores["covered_0.9"], width=scores["width"])
    choice = chosen(facts, {}, by_unit(tests, of), of)
    for name in scores.index.difference(list(laws)):
        ratio = scores.loc[choice.take, "crps"] / scores.loc[name, "crps"]
        choice.reasons.append(f"The CRPS of {choice.take} is {ratio:.2g} times that of {name}.")
    say(choice.take, choice.reasons)


def _print(scores, table, by, cuts) -> None:
    from bayescale.data.cost_ratio import between, cost_ratio

    show.say(f"{len(table)} runs, cut by {by} at {', '.join(show.plain(float(f'{c:.3g}')) for c in cuts)}\n")
    ratio = cost_ratio(table) if by == "C" else None
    if ratio is not None and ratio.differs:
        show.say(f"C is that of the table, {between(ratio)} times 6ND\n")
    head = ["forecaster", "inside 50/80/90/95 %", "width", "CRPS", "RMSLE", "error", "cuts"]
    lines = []
    for name, score in scores.iterrows():
        covered = "/".join(f"{100 * score[f'covered_{level}']:.0f}" for level in (0.5, 0.8, 0.9, 0.95))
        numbers = [f"{score[key]:.3g}" for key in ("width", "crps", "rmsle", "error")]
        bad = [f"{score[key]:.0f} {key}" for key in ("failed", "unconverged") if score[key]]
        lines.append([str(name), covered, *numbers, ", ".join([f"{score['cuts']:.0f}", *bad])])
    show.table(head, lines)


def _write(out: Path, forecasts) -> None:
    """Write scores and figures to a temporary folder, then move them to `out`."""
    from matplotlib.figure import Figure

    from bayescale.plots import SINGLE, save
    from bayescale.plots import backtest as draw

    flat = forecasts[["error", "crps", "interval_score", "log_score", "pit", "ratio"]].to_dataframe()
    for level in forecasts["level"].values.tolist():
        flat[f"covered_{level}"] = forecasts["covered"].sel(level=level, drop=True).to_dataframe()["covered"]
    with filling(out) as draft:
        flat.dropna(subset=["error"]).to_csv(draft / "scores.csv")
        for kind in ("coverage", "error"):
            figure = Figure(figsize=SINGLE, layout="constrained")
            draw(forecasts, kind, ax=figure.subplots())
            save(figure, draft / kind)
