"""``bayescale multiplier``: how many times the compute of one recipe another needs for the same loss."""

import json
from pathlib import Path
from typing import Any

import click

from bayescale.cli import options, show
from bayescale.cli.forecast import UNITS, given_at

#: What grows -> what the multiplier counts.
WORDS = {"C": "compute", "N": "parameters", "D": "tokens"}


@click.command()
@click.argument("first", metavar="DIR_A", type=click.Path(path_type=Path))
@click.argument("second", metavar="DIR_B", type=click.Path(path_type=Path))
@options.number("C", "Training compute of A [FLOP]; can be repeated.")
@options.number("N", "Parameters of A's run, in place of --C; can be repeated.")
@options.number("D", "Tokens of A's run, in place of --C; can be repeated.")
@click.option("--by", type=click.Choice(list(WORDS)), default="C", show_default=True, help="What grows from A to B.")
@click.option("--tokens-per-param", type=float, metavar="NUMBER", help="D/N of both recipes at each budget.")
@click.option("--A", "at_A", type=options.Pair(), multiple=True, help="Level of A, or another column: family=llama.")
@click.option("--B", "at_B", type=options.Pair(), multiple=True, help="The same for B.")
@options.law
@click.option("--law-B", "spec_B", metavar="NAME", help="The same for the law of B, if it is another.")
@click.option("--inference", type=float, metavar="TOKENS", help="Tokens to serve; the budget also pays for them.")
@click.option("--no-discrepancy", is_flag=True, help="Compare the laws' losses, without discrepancy.")
@click.option("--shared-errors", is_flag=True, help="Runs of A and B share seeds; so do their discrepancies.")
@click.option("--seed", default=1, show_default=True, help="Seed of the discrepancy beyond the fitted runs.")
@options.figure
@options.as_json
def multiplier(
    first, second, by, spec, spec_B, inference, no_discrepancy, shared_errors, seed, figure, as_json, **given
):
    """How many times the compute of recipe A recipe B needs for the same loss. DIR_A and DIR_B are fits of each.

    \b
    a b --C 1e21                            each compute-optimal at its budgets
    a b --C 1e21 --tokens-per-param 20      both with 20 tokens per parameter
    a b --N 1e9 --D 2e10                    at A's run, B at the same D/N
    a b --N 1e9 --D 2e10 --by D             B with more tokens, and the same N
    s s --A family=x --B family=y --C 1e21  two levels of one fit

    Prints medians and central intervals, the probability that A has the smaller loss at the same compute, and the
    probability that B reaches the loss of A at all. Below 1, B needs less. Below the table: what limits the comparison.
    """
    from bayescale.frontiers.recipes.multiplier import multiplier as compared

    post_A, law_A = options.reopen(first, spec)
    same = second.resolve() == first.resolve() and spec_B in (None, spec)
    post_B, law_B = (post_A, law_A) if same else options.reopen(second, spec_B or spec)
    A = (law_A, post_A, given_at(law_A, post_A, given["at_A"]))
    B = (law_B, post_B, given_at(law_B, post_B, given["at_B"]))
    for option, (law, _, held) in (("--A", A), ("--B", B)):
        if missing := [group for group in law.groups if group not in held]:
            raise ValueError(
                f"The law '{law.name}' has the groups {list(law.groups)}; give {option} {missing[0]}=LEVEL."
            )
    sizes = {name: list(given[name]) for name in ("C", "N", "D") if given[name]}
    how: dict[str, Any] = {"discrepancy": not no_discrepancy, "shared_errors": shared_errors, "seed": seed, "by": by}
    if inference is not None:
        from bayescale.frontiers import costs

        how["cost"] = costs.inference(inference)
    needs = compared(A, B, tokens_per_param=given["tokens_per_param"], **sizes, **how)
    rows, limits = _rows(needs), json.loads(needs.attrs["warnings"])
    crosses = float(needs["crosses"]) if "crosses" in needs else None
    if as_json:
        head = {
            "A": {"law": law_A.name, **options.verdict(post_A)},
            "B": {"law": law_B.name, **options.verdict(post_B)},
        }
        units = {**UNITS, "loss": options.loss_unit(post_A)}
        show.as_json(
            {**head, "by": by, "units": units, "seed": seed, "runs": rows, "crosses": crosses, "warnings": limits}
        )
    else:
        _print(rows, by)
        if crosses is not None:
            show.say(f"probability that the losses cross between these budgets: {crosses:.2f}")
        for text in limits:
            show.say(f"note: {text}")
    if figure:
        from bayescale.cli.drawings.canvas import canvas, write
        from bayescale.plots import multiplier as draw

        drawn, (ax,) = canvas(1)
        draw(needs, ax=ax)
        write(drawn, figure, quiet=as_json)
    options.leave(*((post_A,) if same else (post_A, post_B)))


def _rows(needs) -> list[dict[str, Any]]:
    """One record for each budget or run."""
    dim = "C" if "C" in needs.dims else "run"
    names = [name for name in ("C", "N", "D") if name in needs.coords]
    return [
        {
            **{name: float(each[name]) for name in names},
            "multiplier": show.summary(each["multiplier"]),
            **{name: float(each[name]) for name in ("better", "reached")},
        }
        for each in (needs.isel({dim: i}) for i in range(needs.sizes[dim]))
    ]


def _print(rows: list[dict[str, Any]], by: str) -> None:
    show.say(f"B needs so many times the {WORDS[by]} of A for the same loss")
    names = [name for name in ("C", "N", "D") if name in rows[0]]
    lines = []
    for row in rows:
        cells = show.row("", row["multiplier"])[1:]
        lines.append(
            [*(show.plain(row[name]) for name in names), *cells, f"{row['better']:.2f}", f"{row['reached']:.2f}"]
        )
    heads = [*(f"{name} [{UNITS[name]}]" for name in names), "times", "50 %", "90 %", "A better", "reached"]
    show.table(heads, lines, left=0)
