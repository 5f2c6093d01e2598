"""``bayescale design``: which runs to train next."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bayescale.cli import options, show
from bayescale.cli.forecast import given_at

if TYPE_CHECKING:
    import pandas as pd

#: Rows of the table that are printed unless more are chosen.
SHOWN = 10


@click.command()
@options.folder
@click.argument("candidates", metavar="CANDIDATES", type=click.Path(path_type=Path))
@options.number("N", "Parameters of the run whose loss is to be known; can be repeated.")
@options.number("D", "Tokens of that run; can be repeated.")
@options.number("C", "Budget [FLOP] of a target on the frontier; can be repeated.")
@click.option("--target", metavar="NAME", help="A parameter such as E; with --C, one of N, D, loss, a, curvature, ….")
@click.option("--choose", is_flag=True, help="Reduce the regret of choosing the best of the runs --N, --D.")
@options.at
@click.option("--cost", metavar="COLUMN", help="Column of the costs.  [default: cost, else C, else 6ND]")
@click.option("--budget", type=float, metavar="NUMBER", help="Largest total cost of the chosen runs.")
@click.option("--count", type=int, metavar="NUMBER", help="Most runs.  [default: 50 with a budget, 1 without]")
@options.law
@click.option("--seed", default=1, show_default=True, help="Seed of the simulated losses.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Also write the plan as CSV.")
@options.as_json
def design(folder, candidates, target, choose, at, cost, budget, count, spec, seed, output, as_json, **sizes):
    """Choose the next runs from the table CANDIDATES, given the posterior in DIR.

    \b
    --N 70e9 --D 1.4e12 --budget 1e21      the loss of one run
    --N 1e9 --N 7e9 --D 1e11 --choose      which of two runs ends lower
    --target E --budget 1e21               a parameter
    --target N --C 1e24 --budget 1e21      the optimal N at a budget; also a, curvature, loss

    CANDIDATES has one row for each run that could be trained, with the columns of the law. Each is judged by how much
    it reduces the variance of the target, or the expected regret, for its cost. Runs are chosen one after the
    other until the budget is spent or nothing affordable helps. Train them, fit again, and ask again.
    """
    from bayescale.data.read import from_table, read
    from bayescale.frontiers.planning.design import design as choose_runs

    post, law = options.reopen(folder, spec)
    table = read(candidates) if candidates.suffix.lower() in (".csv", ".tsv", ".txt") else from_table(candidates)
    held = given_at(law, post, at)
    runs = {name: list(sizes[name]) for name in ("N", "D") if sizes[name]}
    how: dict[str, Any] = {"choose": choose, "cost": cost, "budget": budget, "count": count, "seed": seed}
    wanted: Any = target
    if target is None:
        wanted = _runs(runs, held, sizes["C"])
    elif runs:
        raise ValueError("Give either --target, or a run by --N and --D; got both.")
    elif sizes["C"]:
        how |= {"C": list(sizes["C"]), **held}
    plan = choose_runs(law, post, table, wanted, **how)
    if output is not None:
        plan.to_csv(output, index=False)
    if as_json:
        records = json.loads(plan.to_json(orient="records"))
        about = {**plan.attrs, "warnings": json.loads(plan.attrs["warnings"])}
        show.as_json({"law": law.name, **options.verdict(post), "seed": seed, **about, "candidates": records})
    else:
        _print(plan)
    options.leave(post)


def _runs(runs: dict[str, list[float]], held: dict[str, Any], C: tuple) -> "pd.DataFrame":
    """The runs whose losses are the target."""
    import pandas as pd

    if not runs and not held:
        raise ValueError("Say what is to be known: a run by --N and --D, or --target.")
    if C:
        raise ValueError("--C is for a target on the frontier: give --target N, a, loss, … with --C.")
    lengths = {name: len(values) for name, values in runs.items()}
    most = max(lengths.values(), default=1)
    if any(length not in (1, most) for length in lengths.values()):
        raise ValueError(f"There are {lengths} values; give the same number of each, or one value for all runs.")
    return pd.DataFrame(
        {name: values * (most // len(values)) for name, values in runs.items()} or {}, range(most)
    ).assign(**held)


def _print(plan: "pd.DataFrame") -> None:
    """The chosen candidates, and the best of the others."""
    about, word = plan.attrs, plan.attrs["measure"]
    unit = f" [{about['unit']}]" if about["unit"] not in ("", "1") else ""
    name = {"sd": "standard deviation of the target", "regret": "expected regret"}[word]
    chosen = int(plan["order"].notna().sum())
    show.say(f"{name}{unit}: {about['now']:.4g} now, {about['after']:.4g} expected after {chosen} chosen runs")
    new = ("cost", "order", f"{word}_chosen", f"{word}_alone", "reduction", "per_cost")
    columns = [str(column) for column in plan if column not in new][:4]
    rows = []
    for place, (_, row) in enumerate(plan.head(max(chosen, SHOWN)).iterrows()):
        done = str(place + 1) if place < chosen else ""
        cells = [show.plain(v) if isinstance(v, float) else str(v) for v in (row[column] for column in columns)]
        so_far = f"{row[f'{word}_chosen']:.4g}" if done else ""
        rows.append(
            [done, *cells, f"{row['cost']:.3g}", so_far, f"{row[f'{word}_alone']:.4g}", f"{row['reduction']:.1%}"]
        )
    heads = ["order", *columns, "cost", "after it, in order", "after it alone", "reduction"]
    show.table(heads, rows)
    if chosen:
        show.say(f"total cost {about['spent']:.3g}")
    for text in json.loads(about["warnings"]):
        show.say(f"note: {text}")
