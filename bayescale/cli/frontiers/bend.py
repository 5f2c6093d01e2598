"""``bayescale curvature`` and ``bayescale entropy``: does the frontier bend, and what is the entropy."""

import json
from typing import TYPE_CHECKING, Any

import click

from bayescale.cli import options, show
from bayescale.cli.fit import GIVEN, table_of

if TYPE_CHECKING:
    import xarray as xr

_RUNS = (
    click.argument("runs"),
    click.option("--column", "columns", type=options.Pair(example="N=params"), multiple=True, help="As in `fit`."),
    click.option("--where", metavar="CONDITION", help="Use only the runs that meet it: 'C < 1e22'."),
    click.option("--given", type=options.Pair(example="batch_tokens=524288"), multiple=True, help=GIVEN),
    click.option(
        "--prior",
        type=options.Pair(float, "straight=0.5"),
        multiple=True,
        help="Prior probability of a law; repeat it.",
    ),
    click.option("--seed", default=1, show_default=True, help="The same seed gives the same draws."),
    click.option("-o", "--out", metavar="STEM", help="Write the figure as STEM.pdf and STEM.png."),
    options.as_json,
)


def _of_runs(command):
    for decorate in reversed(_RUNS):
        command = decorate(command)
    return command


@click.command()
@_of_runs
@click.option("--by", default=0.01, show_default=True, help="Change of the slope d ln L/d ln C to report.")
@click.option("--loo", is_flag=True, help="Also compare the laws by leave-one-out cross-validation.")
def curvature(runs, columns, where, given, prior, seed, out, as_json, by, loo):
    """Does the frontier of RUNS bend? RUNS is a file or a data set, as in `fit`; there is no fit to make before.

    Six laws are weighed: straight, floor, slow (a slower power law in place of the floor), free (a curvature of either
    sign), and floor and slow with a curved reducible loss. Prints the probability of each, slope and curvature, and one
    sentence.
    """
    from bayescale.frontiers.curvature import curvature as bend

    table = table_of(runs, options.once(columns, "--column"), where, options.of_runs(given))
    found = bend(table, by=by, prior=options.once(prior, "--prior") or None, loo=loo, seed=seed)
    if out:
        _draw(out, found, ("slope", "curvature"))
    names = ("bends_up", "bends_down", "bends_by", "floor_over_slow", "power", "decades")
    middle = found.isel(C=found.sizes["C"] // 2)
    stats = {name: _summary(middle[name]) for name in ("slope", "curvature")}
    if as_json:
        numbers = {name: float(found.attrs[name]) for name in names}
        show.as_json({"runs": len(table), "by": by, **_laws(found), **numbers, "C": float(middle["C"]), **stats})
        return
    _print_laws(found)
    show.table(["", "probability"], [
        ["bends upward", f"{found.attrs['bends_up']:.3f}"],
        ["bends downward", f"{found.attrs['bends_down']:.3f}"],
        [f"slope rises by more than {by:g}", f"{found.attrs['bends_by']:.3f}"],
        ["floor rather than slow", f"{found.attrs['floor_over_slow']:.3f}"],
        [f"these runs would show a curvature of {found.attrs['typical']:g}", f"{found.attrs['power']:.3f}"],
    ])  # fmt: skip
    show.say()
    title = f"at C = {show.plain(float(f'{float(middle.C):.3g}'))} FLOP"
    show.table([title, "median", "50 %", "90 %"], [show.row(name, value) for name, value in stats.items()])
    _end(found, out)


@click.command()
@_of_runs
@click.option("--by", metavar="COLUMN", help="Analyse the rows of each value of a column alone, such as a loss a row.")
def entropy(runs, columns, where, given, prior, seed, out, as_json, by):
    """What is the entropy of the data behind RUNS? RUNS is a file or a data set, as in `fit`.

    Averages over laws that end in a floor, decline slowly or have none, and says if the runs cannot tell. With --by,
    prints a row for each value of a column.
    """
    from bayescale.frontiers.entropy import entropy as of_runs

    if by is not None and out:
        raise ValueError("--out draws one entropy; leave --by out, and choose the rows with --where.")
    table = table_of(runs, options.once(columns, "--column"), where, options.of_runs(given))
    found = of_runs(table, by=by, prior=options.once(prior, "--prior") or None, seed=seed)
    if by is not None:
        _by_level(found, by, as_json)
        return
    if out:
        _draw(out, found, ("entropy",))
    stats = {str(law): _summary(found["E"].sel(law=law)) for law in found["law"].to_numpy()}
    stats |= {"average": _summary(found["average"]), "prior": _summary(found["prior_average"])}
    if as_json:
        show.as_json({"runs": len(table), **_laws(found), "told": bool(found.attrs["told"]), "E": stats})
        return
    _print_laws(found)
    title = f"E [{found['average'].attrs['units']}]"
    show.table([title, "median", "50 %", "90 %"], [show.row(name, value) for name, value in stats.items()])
    _end(found, out)


def _by_level(found: "xr.Dataset", by: str, as_json: bool) -> None:
    """The average over laws for each value of a column."""
    levels = found[by].to_numpy().tolist()
    stats = {level: _summary(found["average"].sel({by: level})) for level in levels}
    floor = dict(zip(levels, found["floor"].to_numpy().tolist(), strict=True))
    if as_json:
        told = dict(zip(levels, map(bool, found["told"].to_numpy()), strict=True))
        show.as_json({"by": by, "E": stats, "floor": floor, "told": told, "conclusion": found.attrs["conclusion"],
                      "warnings": json.loads(found.attrs["warnings"])})  # fmt: skip
        return
    title = f"E [{found['average'].attrs['units']}]"
    rows = [[*show.row(level, stats[level]), f"{floor[level]:.3f}"] for level in levels]
    show.table([title, "median", "50 %", "90 %", "P(floor)"], rows)
    for level in levels:
        show.say(f"\n{level}: {found['conclusion'].sel({by: level}).item()}")
    for text in json.loads(found.attrs["warnings"]):
        show.say(f"note: {text}")


def _summary(draws: "xr.DataArray") -> dict[str, Any]:
    return show.summary(draws.drop_vars([name for name in draws.coords if name not in draws.dims]))


def _laws(found: "xr.Dataset") -> dict[str, Any]:
    """Probabilities, conclusion and warnings, for JSON."""
    probability = dict(zip(found["law"].to_numpy().tolist(), found["probability"].to_numpy().tolist(), strict=True))
    said = json.loads(found.attrs["warnings"])
    more = {name: found[name].to_series().to_dict() for name in ("log_evidence", "elpd_loo") if name in found}
    return {"probability": probability, **more, "conclusion": found.attrs["conclusion"], "warnings": said}


def _print_laws(found: "xr.Dataset") -> None:
    """One row for each law: probabilities, log evidence over that of the best law, and elpd over the best if given."""
    heads = ["law", "prior", "probability", "log evidence"]
    columns = [found[name] for name in ("prior_probability", "probability")]
    columns.append(found["log_evidence"] - found["log_evidence"].max())
    if "elpd_loo" in found:
        heads.append("elpd by LOO")
        columns.append(found["elpd_loo"] - found["elpd_loo"].max())
    numbers = [[f"{float(x):.3f}" if at < 2 else f"{float(x):.2f}" for x in c] for at, c in enumerate(columns)]
    show.table(heads, [list(row) for row in zip(map(str, found["law"].to_numpy()), *numbers, strict=True)])
    show.say("log evidence and elpd: minus those of the best law")
    show.say()


def _end(found: "xr.Dataset", out: str | None) -> None:
    show.say(f"\n{found.attrs['conclusion']}")
    for text in json.loads(found.attrs["warnings"]):
        show.say(f"note: {text}")
    if out:
        show.say(f"\nwritten to {out}.pdf and {out}.png")


def _draw(stem: str, found: "xr.Dataset", panels: tuple[str, ...]) -> None:
    """Draw the probabilities and the panels: side by side, or two panels below the probabilities."""
    from matplotlib.figure import Figure

    from bayescale import plots

    tall = len(panels) > 1
    figure = Figure(figsize=(plots.DOUBLE[0], plots.DOUBLE[1] * (1.7 if tall else 1.0)), layout="constrained")
    axes = figure.subplot_mosaic([["law"] * len(panels), list(panels)] if tall else [["law", *panels]])
    plots.probabilities(found, ax=axes["law"])
    for name in panels:
        plots.entropy(found, ax=axes[name]) if name == "entropy" else plots.bend(found, name, ax=axes[name])
    plots.save(figure, stem)
