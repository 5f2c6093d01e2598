"""reach: what it takes to get down to a loss."""

from typing import Any

import click

from bayescale.cli import options, show
from bayescale.cli.forecast import UNITS, given_at


@click.command()
@options.folder
@click.option("--loss", "losses", type=float, multiple=True, required=True, metavar="NUMBER", help="Can be repeated.")
@click.option("--by", type=click.Choice(list(UNITS)), default="C", show_default=True, help="What grows.")
@click.option("--N", "N", type=float, metavar="NUMBER", help="Parameters, held.")
@click.option("--D", "D", type=float, metavar="NUMBER", help="Tokens, held.")
@click.option(
    "--up-to", type=float, metavar="NUMBER", help="Largest value to consider.  [default: 1e6 times the runs']"
)
@options.at
@options.law
@click.option("--seed", default=1, show_default=True, help="Seed of the discrepancy beyond the runs.")
@options.as_json
def reach(folder, losses, by, N, D, up_to, at, spec, seed, as_json):
    """Compute (or parameters, or tokens) needed to reach a loss, from the posterior in DIR.

    \b
    --loss 2.0                  compute, each budget spent as well as one knows how to
    --loss 2.0 --N 7e9          compute, with N held and D growing
    --loss 2.0 --by D --N 7e9   tokens

    The loss is the expected one. Draws of the posterior that do not get there count as infinite; the probability that
    the loss is reached at all, up to the largest value considered, is told beside.
    """
    from bayescale.forecasting.forecast import sizes_of
    from bayescale.frontiers.reach import reach as find

    post, law = options.reopen(folder, spec)
    held = {key: value for key, value in {"N": N, "D": D}.items() if value is not None}
    search = None if up_to is None else (float(sizes_of(post)[by].min()), up_to)
    found = find(law, post, losses, by=by, search=search, seed=seed, **held, **given_at(law, post, at))
    rows: list[dict[str, Any]] = [
        {
            "loss": loss,
            by: show.summary(found[by].sel(loss=loss)),
            "probability": float(found["probability"].sel(loss=loss)),
        }
        for loss in losses
    ]
    most = float(found.attrs["search"][1])
    if as_json:
        head = {"law": law.name, "runs": int(post.attrs["runs"]), "by": by, "up_to": most, "held": held, "seed": seed}
        verdict = {"converged": options.converged(post), "verdict": post.attrs.get("verdict", "")}
        units = {by: UNITS[by], "loss": options.loss_unit(post)}
        show.as_json({**head, **verdict, "units": units, "targets": rows})
    else:
        _print(rows, by, most, options.loss_unit(post))
    options.leave(post)


def _print(rows: list[dict[str, Any]], by: str, most: float, unit: str) -> None:
    end = show.plain(float(f"{most:.3g}"))
    show.say(f"expected loss in {unit}; probability: that it is reached with {by} up to {end} {UNITS[by]}")
    lines = [[*show.row(show.plain(one["loss"]), one[by]), f"{one['probability']:.2f}"] for one in rows]
    show.table(["loss", f"{by} [{UNITS[by]}]", "50 %", "90 %", "probability"], lines)
