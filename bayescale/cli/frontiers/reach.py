"""``bayescale reach``: the compute, parameters or tokens needed to reach a loss."""

import json
from typing import Any

import click

from bayescale.cli import options, show
from bayescale.cli.forecast import UNITS, given_at


@click.command()
@options.folder
@click.option("--loss", "losses", type=float, multiple=True, required=True, metavar="NUMBER", help="Can be repeated.")
@click.option("--by", type=click.Choice(list(UNITS)), default="C", show_default=True, help="Quantity that grows.")
@click.option("--N", "N", type=float, metavar="NUMBER", help="Parameters, held fixed.")
@click.option("--D", "D", type=float, metavar="NUMBER", help="Tokens, held fixed.")
@click.option(
    "--up-to", type=float, metavar="NUMBER", help="Largest value considered.  [default: 1e6 times that of the runs]"
)
@options.at
@options.law
@click.option("--seed", default=1, show_default=True, help="Seed of the discrepancy beyond the fitted runs.")
@options.as_json
def reach(folder, losses, by, N, D, up_to, at, spec, seed, as_json):
    """Compute (or parameters, or tokens) needed to reach a loss, from the posterior in DIR.

    \b
    --loss 2.0                  compute, each budget spent on the compute-optimal run
    --loss 2.0 --N 7e9          compute, with N fixed and D growing
    --loss 2.0 --by D --N 7e9   tokens

    The loss is the median loss of such runs. Posterior draws that do not reach it count as infinite. The last column is
    the probability that the loss is reached at all, up to the largest value considered.
    """
    from bayescale.forecasting.forecast import sizes_of
    from bayescale.frontiers.reach import reach as needed_for

    post, law = options.reopen(folder, spec)
    held = {key: value for key, value in {"N": N, "D": D}.items() if value is not None}
    search = None if up_to is None else (float(sizes_of(post)[by].min()), up_to)
    needed = needed_for(law, post, losses, by=by, search=search, seed=seed, **held, **given_at(law, post, at))
    rows: list[dict[str, Any]] = [
        {
            "loss": loss,
            by: show.summary(needed[by].sel(loss=loss)),
            "probability": float(needed["probability"].sel(loss=loss)),
        }
        for loss in losses
    ]
    most, limits = float(needed.attrs["search"][1]), json.loads(needed.attrs["warnings"])
    if as_json:
        head = {"law": law.name, "runs": int(post.attrs["runs"]), "by": by, "up_to": most, "held": held, "seed": seed}
        units = {by: UNITS[by], "loss": options.loss_unit(post)}
        show.as_json({**head, **options.verdict(post), "units": units, "targets": rows, "warnings": limits})
    else:
        _print(rows, by, most, options.loss_unit(post))
        for text in limits:
            show.say(f"note: {text}")
    options.leave(post)


def _print(rows: list[dict[str, Any]], by: str, most: float, unit: str) -> None:
    end = show.plain(float(f"{most:.3g}"))
    show.say(f"median loss in {unit}; probability that it is reached with {by} up to {end} {UNITS[by]}")
    lines = [[*show.row(show.plain(row["loss"]), row[by]), f"{row['probability']:.2f}"] for row in rows]
    show.table(["loss", f"{by} [{UNITS[by]}]", "50 %", "90 %", "probability"], lines)
