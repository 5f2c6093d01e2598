"""frontier: the compute-optimal run at each budget."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bayescale.base.atomic import replacing
from bayescale.base.columns import column, with_unit
from bayescale.cli import options, show

if TYPE_CHECKING:
    import xarray as xr

WORDS = {
    "N": with_unit("N*", column("N").unit),
    "D": with_unit("D*", column("D").unit),
    "tokens_per_param": "D*/N*",
    "loss": "loss",
    "slope": "slope d ln L/d ln C",
    "curvature": "curvature d2 ln L/d(ln C)2",
}


@click.command()
@options.folder
@options.number("C", "Training compute [FLOP]; can be repeated.")
@options.at
@options.law
@click.option("-o", "--out", metavar="FILE.csv", type=click.Path(path_type=Path), help="Write the table too.")
@options.as_json
def frontier(folder, C, at, spec, out, as_json):
    """Compute-optimal N and D at budgets C = 6ND, with the loss along the frontier, its slope and its curvature.

    Medians and central intervals over the posterior in DIR. For a law in C alone there are no N and D to choose.
    """
    from bayescale.cli.forecast import targets

    if not C:
        raise ValueError("No budget was given; give one or more: --C 1e22 --C 1e24.")
    if out and out.suffix != ".csv":
        raise ValueError(f"'{out}' ends in '{out.suffix}'; wanted .csv.")
    post, law = options.reopen(folder, spec)
    table, _ = targets(law, post, {"C": C}, at)
    found = [_optimum(law, post, run.to_dict()) for _, run in table.iterrows()]
    if out:
        _write(found, out)
    if as_json:
        verdict = {"converged": options.converged(post), "verdict": post.attrs.get("verdict", "")}
        units = {**{name: column(name).unit for name in ("C", "N", "D")}, "loss": options.loss_unit(post)}
        show.as_json({"law": law.name, "runs": int(post.attrs["runs"]), **verdict, "units": units, "frontier": found})
    else:
        _print(found, options.loss_unit(post))
        if out:
            show.say(f"\nwritten to {out}")
    options.leave(post)


def _optimum(law, post: "xr.DataTree", at: dict[str, Any]) -> dict[str, Any]:
    """Summaries at one budget, as JSON has them."""
    from bayescale.forecasting.forecast import largest
    from bayescale.frontiers.frontier import frontier

    held = {key: value for key, value in at.items() if key != "C"}
    best = frontier(law, post, at["C"], **held).isel(C=0)
    if "N" in best:
        best["tokens_per_param"] = best["D"] / best["N"]
    most = largest(post).get("C")
    times = {"times_largest": at["C"] / most} if most else {}
    return {**at, **times, **{key: show.summary(best[key]) for key in WORDS if key in best}}


def _write(found: list[dict[str, Any]], out: Path) -> None:
    """One line a budget: ``N_median``, ``N_eti90_low``, …; whole or not at all."""
    import pandas as pd

    lines = []
    for one in found:
        line = {key: value for key, value in one.items() if key not in WORDS}
        for key in (key for key in WORDS if key in one):
            line[f"{key}_median"] = one[key]["median"]
            for name, pair in one[key].items():
                if name != "median":
                    line |= {f"{key}_{name}_low": pair[0], f"{key}_{name}_high": pair[1]}
        lines.append(line)
    with replacing(out) as draft:
        pd.DataFrame(lines).to_csv(draft, index=False)


def _print(found: list[dict[str, Any]], unit: str) -> None:
    for i, one in enumerate(found):
        held = show.equations({key: v for key, v in one.items() if key not in (*WORDS, "C", "times_largest")})
        held = f", {held}" if held else ""
        times = f" ({one['times_largest']:.3g} times the largest of the runs fitted)" if "times_largest" in one else ""
        show.say(("\n" if i else "") + f"C = {show.plain(one['C'])} FLOP{held}{times}")
        words = {**WORDS, "loss": f"loss [{unit}]"}
        rows = [show.row(word, one[key]) for key, word in words.items() if key in one]
        show.table(["", "median", "50 %", "90 %"], rows)
