"""``bayescale frontier``: the compute-optimal run at each budget."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bayescale.base.atomic import replacing
from bayescale.base.columns import column, with_unit
from bayescale.cli import options, show

if TYPE_CHECKING:
    import xarray as xr

#: Quantities of the frontier: key in JSON and CSV -> label in the printed table.
WORDS = {
    "N": with_unit("N*", column("N").unit),
    "D": with_unit("D*", column("D").unit),
    "tokens_per_param": "D*/N*",
    "loss": "median loss",
    "loss_law": "law's loss, without discrepancy",
    "a": "a = d ln N*/d ln C",
    "b": "b = d ln D*/d ln C",
    "slope": "slope d ln L/d ln C",
    "slope_reducible": "slope d ln(L - E)/d ln C",
    "curvature": "curvature d2 ln L/d(ln C)2",
    "reducible": "reducible share (L - E)/L",
    "C_E": with_unit("C_E, where L - E = E", column("C").unit),
}
#: Marks of budgets beyond the fitted runs -> what they are called.
BEYOND = {"beyond_N": "N*", "beyond_D": "D*", "beyond_C": "C"}


@click.command()
@options.folder
@options.number("C", "Training compute [FLOP]; can be repeated.")
@options.at
@options.law
@click.option("--inference", type=float, metavar="TOKENS", help="Tokens to serve; the budget also pays for them.")
@click.option("--no-discrepancy", is_flag=True, help="The law's loss and its optimum, without the discrepancy.")
@click.option("--seed", default=1, show_default=True, help="Seed of the discrepancy beyond the fitted runs.")
@click.option("-o", "--out", metavar="FILE.csv", type=click.Path(path_type=Path), help="Write the table to a file.")
@options.figure
@options.as_json
def frontier(folder, C, at, spec, inference, no_discrepancy, seed, out, figure, as_json):
    """Compute-optimal N and D at budgets C = 6ND, and the loss along the frontier with its slope and curvature.

    Prints medians and central intervals over the posterior in DIR. For a law in C alone, N and D are left out.
    The median loss is that of the law with its discrepancy, as in `bayescale forecast`. With --inference, a budget is
    C = 6ND + 2N TOKENS.
    Below the tables: what limits the frontier, such as problems of the fit and optima beyond the fitted runs.

    With --figure, the loss along the frontier is drawn from the smallest fitted run to the largest --C, and, for a law
    in N and D, lines of equal loss with the optimal path.
    """
    from bayescale.cli.forecast import targets

    if not C:
        raise ValueError("No budget was given. Give one or more: --C 1e22 --C 1e24.")
    if out and out.suffix != ".csv":
        raise ValueError(f"'{out}' ends in '{out.suffix}'; wanted .csv.")
    post, law = options.reopen(folder, spec)
    table, _ = targets(law, post, {"C": C}, at)
    how = {"discrepancy": not no_discrepancy, "seed": seed}
    if inference is not None:
        from bayescale.frontiers import costs

        how["cost"] = costs.inference(inference)
    found = [_optimum(law, post, run.to_dict(), how) for _, run in table.iterrows()]
    budgets, limits = [budget for budget, _ in found], list(dict.fromkeys(text for _, own in found for text in own))
    if out:
        _write(budgets, out)
    if as_json:
        units = {**{name: column(name).unit for name in ("C", "N", "D")}, "loss": options.loss_unit(post)}
        head = {"law": law.name, "runs": int(post.attrs["runs"]), **options.verdict(post)}
        show.as_json({**head, "units": units, "frontier": budgets, "warnings": limits})
    else:
        _print(budgets, options.loss_unit(post))
        for text in limits:
            show.say(f"note: {text}")
        if out:
            show.say(f"\nwritten to {out}")
    if figure:
        from bayescale.cli.drawings.frontier import draw

        draw(figure, (law, post), table, how, quiet=as_json)
    options.leave(post)


def _optimum(law, post: "xr.DataTree", at: dict[str, Any], how: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Summaries at one budget, as in the JSON document, and what limits them."""
    import json

    from bayescale.forecasting.forecast import largest
    from bayescale.frontiers.frontier import frontier

    held = {key: value for key, value in at.items() if key != "C"}
    best = frontier(law, post, at["C"], **how, **held).isel(C=0)
    if not best.attrs["discrepancy"]:
        best = best.drop_vars("loss_law")  # the same as the loss
    beyond = [words for name, words in BEYOND.items() if name in best.coords and bool(best[name])]
    most = largest(post).get("C")
    times = {"times_largest": at["C"] / most} if most else {}
    limits = json.loads(best.attrs["warnings"])
    return {**at, **times, "beyond": beyond, **{key: show.summary(best[key]) for key in WORDS if key in best}}, limits


def _write(budgets: list[dict[str, Any]], out: Path) -> None:
    """Write a CSV file with one line per budget: ``N_median``, ``N_eti90_low``, …; an interruption leaves no part."""
    import pandas as pd

    lines = []
    for budget in budgets:
        line = {key: value for key, value in budget.items() if key not in WORDS}
        line["beyond"] = " ".join(budget["beyond"])
        for key in (key for key in WORDS if key in budget):
            line[f"{key}_median"] = budget[key]["median"]
            for name in show.INTERVALS:
                line[f"{key}_{name}_low"], line[f"{key}_{name}_high"] = budget[key][name]
        lines.append(line)
    with replacing(out) as draft:
        pd.DataFrame(lines).to_csv(draft, index=False)


def _print(budgets: list[dict[str, Any]], unit: str) -> None:
    words = {**WORDS, "loss": f"median loss [{unit}]", "loss_law": f"law's loss, no discrepancy [{unit}]"}
    for i, budget in enumerate(budgets):
        held = show.equations(
            {key: v for key, v in budget.items() if key not in (*WORDS, "C", "times_largest", "beyond")}
        )
        held = f", {held}" if held else ""
        ratio = budget.get("times_largest")
        times = "" if ratio is None else f" ({ratio:.3g} times the largest of the runs fitted)"
        show.say(("\n" if i else "") + f"C = {show.plain(budget['C'])} FLOP{held}{times}")
        rows = [show.row(word, budget[key]) for key, word in words.items() if key in budget]
        show.table(["", "median", "50 %", "90 %"], rows)
        if budget["beyond"]:
            show.say("beyond the fitted runs: " + ", ".join(budget["beyond"]))
