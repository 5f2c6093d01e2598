"""``bayescale isoflop``: the frontier from runs that share budgets of compute."""

import json

import click

from bayescale.base.columns import column
from bayescale.cli import options, show
from bayescale.cli.fit import COLUMN, GIVEN, WHERE, read_runs

#: Parameters of the fit that are printed -> what they are called.
WORDS = {"a": "a = d ln N*/d ln C", "sd_N": "scatter of ln N* of budgets", "sigma": "scatter of ln loss of runs"}


@click.command()
@click.argument("runs")
@options.number("C", "Training compute [FLOP]; can be repeated.")
@click.option("--valley", type=click.Choice(["law", "parabola"]), default="law", show_default=True, help="Its shape.")
@click.option("--by", metavar="COLUMN", help="Column that names budgets.  [default: runs of about equal C]")
@click.option("--tolerance", default=0.1, show_default=True, help="Without --by: a budget ends where C rises by more.")
@click.option("--column", "columns", type=options.Pair(example="N=params"), multiple=True, help=COLUMN)
@click.option("--where", metavar="CONDITION", help=WHERE)
@click.option("--given", type=options.Pair(example="batch_tokens=524288"), multiple=True, help=GIVEN)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same draws.")
@options.figure
@options.as_json
def isoflop(runs, C, valley, by, tolerance, columns, where, given, seed, figure, as_json):
    """Optimal N and smallest loss from IsoFLOP valleys (approach 2 of Hoffmann et al. 2022).

    RUNS is a table or a data set, as for fit: N, loss, and D or C. Each budget needs three sizes of models. Prints the
    optimum of each budget, the exponent a of N* in C, and the frontier at each --C. A budget is C = 6ND. With --figure,
    the valleys and the optimal N along compute are drawn.
    """
    from bayescale.frontiers.approaches.isoflop import isoflop as fitted
    from bayescale.frontiers.approaches.optimal import optimal
    from bayescale.laws.hoffmann2022 import chinchilla

    table = read_runs(chinchilla, runs, options.once(columns, "--column"), where, given=options.of_runs(given))
    post = fitted(table, valley=valley, by=by, tolerance=tolerance, seed=seed)
    posterior = post["posterior"]
    document = {
        "runs": int(post.attrs["runs"]),
        "valley": valley,
        "pareto_k": post.attrs["pareto_k"],
        "parameters": {name: show.summary(posterior[name]) for name in WORDS},
        "budgets": [
            {"C": float(b), **{k: show.summary(posterior[k].sel(budget=b)) for k in ("N_valley", "L_valley")}}
            for b in posterior["budget"].to_numpy()
        ],
        "frontier": _frontier(optimal(post, list(C))) if C else [],
        "warnings": json.loads(post.attrs["warnings"]),
    }
    if as_json:
        show.as_json(document)
    else:
        _print(document)
    if figure:
        from bayescale.cli.drawings.isoflop import draw

        unit = table.attrs.get("units", {}).get("loss", column("loss").unit)
        draw(figure, post, list(C), unit, quiet=as_json)


def _frontier(best) -> list[dict]:
    """Summaries of the frontier at each budget."""
    return [
        {"C": float(best["C"][i]), **{name: show.summary(best[name].isel(C=i)) for name in ("N", "D", "loss")}}
        for i in range(best.sizes["C"])
    ]


def _print(document: dict) -> None:
    head = ["", "median", "50 %", "90 %"]
    show.say(f"{document['runs']} runs on {len(document['budgets'])} budgets\n")
    show.table(head, [show.row(words, document["parameters"][name]) for name, words in WORDS.items()])
    show.say("\noptimum of each budget: N* [parameters], then L* [nats/token]")
    rows = []
    for at in document["budgets"]:
        words = f"C = {show.plain(float(f'{at["C"]:.3g}'))}"
        rows += [show.row(f"{words}, N*", at["N_valley"]), show.row(f"{words}, L*", at["L_valley"])]
    show.table(head, rows)
    for at in document["frontier"]:
        show.say(f"\nC = {show.plain(at['C'])} FLOP")
        show.table(head, [show.row(f"{name}*" if name != "loss" else "L*", at[name]) for name in ("N", "D", "loss")])
