"""``bayescale forecast``: the loss of new runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bayescale.base.columns import budget_parameters, budget_tokens, column, training_flop
from bayescale.cli import options, show, tested

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from bayescale.modelling.law import Law

#: Sizes of a run that are options of their own, in this order.
SIZES = ("N", "D", "C")
#: Unit of each size.
UNITS = {name: column(name).unit for name in SIZES}


@click.command()
@options.folder
@options.number("N", "Parameters.")
@options.number("D", "Tokens.")
@options.number("C", "Training compute [FLOP].")
@options.at
@options.law
@click.option("--seed", default=1, show_default=True, help="Seed of the noise of a new run.")
@click.option(
    "--backtest",
    is_flag=True,
    help="Also forecast the larger fitted runs from the smaller; the scores are kept in DIR.",
)
@click.option("--seal", metavar="FILE", type=click.Path(path_type=Path), help="Also write a sealed forecast, new.")
@options.figure
@options.as_json
def forecast(folder, at, spec, seed, backtest, seal, figure, as_json, **sizes):
    """Forecast the loss of new runs from the posterior in DIR.

    \b
    --N 70e9 --D 1.4e12     the run of that size
    --N 70e9 --C 5.9e23     with D = C/(6N); likewise N from --D and --C
    --C 5.9e23              the compute-optimal run, for a law in N and D
    --at run=NAME           a later checkpoint of a fitted run (column run)

    Options can be repeated: `--C 1e22 --C 1e23` are two runs, `--N 1e9 --N 7e9 --D 1e11` two runs of the same D.

    The median loss is the law's with its discrepancy: half of all runs of that size end below it. A new run's loss also
    has the noise of a run. For several runs, the probability that one ends below another is printed.

    With --backtest, the coverage of intervals in forecasts of the larger fitted runs from the smaller is printed too,
    and kept in DIR as backtest.json. The runs are larger in N, D or C, wherever the run asked for exceeds the fitted
    ones most, and by a similar factor if there are such runs.

    With --seal, quantiles of each loss, the law, a hash of the data, versions and the time are written to a JSON file
    with a digest, to publish before the run. `bayescale score FILE --loss NUMBER` scores it.

    With --figure, the fitted runs, the new ones, and a band of runs like the largest new one are drawn.
    """
    import pandas as pd

    from bayescale.forecasting.sealed.seal import seal as write_seal
    from bayescale.forecasting.signs import signs as find_signs

    post, law = options.reopen(folder, spec)
    table, optimal = targets(law, post, {k: v for k, v in sizes.items() if v}, at)
    best = _optima(law, post, table, seed) if optimal else []
    if best:
        table = table.assign(N=[optimum["N"]["median"] for optimum in best])
        table = table.assign(D=budget_tokens(table["C"], table["N"]))
    forecasts, probabilities = _forecast(law, post, table, best, seed)
    digest = write_seal(law, post, table, seal, seed=seed)["sha256"] if seal else None
    compute = _compute_note(post, table)
    towards = pd.DataFrame([run["at"] for run in forecasts])
    scores = tested.backtest_scores(folder, (law, post), towards, seed, backtest)
    signs = find_signs(law, post, tested.as_evidence(scores))
    if as_json:
        head = {"law": law.name, "noise": law.noise.name, "runs": int(post.attrs["runs"]), "seed": seed}
        units = {**UNITS, "loss": options.loss_unit(post)}
        results = {"targets": forecasts, "beats": probabilities, "backtest": scores, "signs": signs}
        results["warnings"] = [compute] if compute else []
        results |= {"sealed": {"file": str(seal), "sha256": digest}} if digest else {}
        show.as_json({**head, **options.verdict(post), "units": units, **results})
    else:
        for i, run in enumerate(forecasts):
            _print(run, options.loss_unit(post), first=i == 0)
        if len(forecasts) > 1:
            _print_beats(probabilities)
        if compute:
            show.say(f"note: {compute}")
        tested.say(scores)
        for text in signs.values():
            show.say(f"sign: {text}")
        if digest:
            show.say(f"sealed in {seal}, sha256 {digest}")
    if figure:
        from bayescale.cli.drawings.forecast import draw

        draw(figure, (law, post), table, bool(best), seed, quiet=as_json)
    options.leave(post)


def _compute_note(post: "xr.DataTree", table: "pd.DataFrame") -> str:
    """What C means, if it is said of these runs and the fitted table has another C."""
    from bayescale.data.cost_ratio import note

    return note(post) if "C" in table else ""


def targets(law: "Law", post, sizes: dict[str, tuple], at: tuple) -> tuple["pd.DataFrame", bool]:
    """A table with one row per run to forecast, and whether the runs are to be compute-optimal."""
    import pandas as pd

    given: dict[str, Any] = {key: list(values) for key, values in sizes.items()}
    for key, value in at:
        given.setdefault(key, []).append(_value(law, post, key, value))
    lengths = {key: len(values) for key, values in given.items()}
    most = max(lengths.values(), default=0)
    if not given or any(length not in (1, most) for length in lengths.values()):
        counts = ", ".join(f"{n} of {key}" for key, n in lengths.items()) or "no"
        raise ValueError(f"There are {counts} values; give the same number of each, or one value for all runs.")
    table = pd.DataFrame({key: values * (most // len(values)) for key, values in given.items()})
    optimal = _check(law, post, [key for key in SIZES if key in sizes], set(given) - set(sizes))
    if "N" not in table and {"C", "D"} <= set(table):
        table["N"] = budget_parameters(table["C"], table["D"])
    elif "D" not in table and {"C", "N"} <= set(table):
        table["D"] = budget_tokens(table["C"], table["N"])
    elif "C" not in table and {"N", "D"} <= set(table):
        table["C"] = training_flop(table["N"], table["D"])
    return table, optimal


def training_runs(post: "xr.DataTree") -> list[str]:
    """Names of the training runs whose later checkpoints can be forecast."""
    from bayescale.density.expected import ends

    group = ends(post)
    return [] if group is None else group["training_run"].values.tolist()


def given_at(law: "Law", post, at: tuple) -> dict[str, Any]:
    """The values of ``--at``, each of which must be given once."""
    return {key: _value(law, post, key, value) for key, value in options.once(at, "--at").items()}


def _value(law: "Law", post, key: str, text: str) -> Any:
    """A value of ``--at``: a level of a group, the name of a training run, or a number."""
    if key in law.groups:
        levels = {str(level): level for level in post["posterior"][key].values.tolist()}
        if text not in levels:
            raise ValueError(f"--at {key}={text}: the posterior was fitted on the levels {list(levels)} of {key}.")
        return levels[text]
    if key == "run" and (names := training_runs(post)):
        if text not in names:
            raise ValueError(f"--at run={text}: the posterior was fitted on checkpoints of the runs {names}.")
        return text
    try:
        return float(text)
    except ValueError:
        raise ValueError(
            f"--at {key}={text}: wanted a number; '{law.name}' has the groups {list(law.groups)}."
        ) from None


def _check(law: "Law", post, sizes: list[str], others: set[str]) -> bool:
    """Whether the runs are to be compute-optimal; an error if the options determine too little or too much."""
    needed = dict.fromkeys((*law.inputs, *law.noise.columns))
    wanted = [key for key in SIZES if key in needed]
    rest = [key for key in (*needed, *law.groups) if key not in SIZES]
    known = {*rest, "run"} if training_runs(post) else set(rest)
    missing, unknown = [key for key in rest if key not in others], sorted(others - known)
    if missing or unknown:
        levels = {group: post["posterior"][group].values.tolist() for group in law.groups}
        raise ValueError(
            f"The law '{law.name}' takes {[*needed, *law.groups]}"
            + "".join(f"; give --at {key}={levels.get(key, ['…'])[0]}" for key in missing)
            + "".join(f"; it does not take {key}" for key in unknown)
            + (f". Groups: {levels}." if levels else ".")
        )
    if sizes == wanted or (len(sizes) == 2 and not set(wanted) <= set(sizes)):
        return False
    if sizes == ["C"] and {"N", "D"} <= set(law.inputs):
        return True
    came = " and ".join(f"--{key}" for key in sizes) or "none of --N, --D, --C"
    cure = " and ".join(f"--{key}" for key in wanted)
    if {"N", "D"} <= set(law.inputs):
        cure = "two of --N, --D, --C, or --C alone for the compute-optimal run"
    raise ValueError(f"The law '{law.name}' is in {list(law.inputs)}; got {came}. Give {cure}.")


def _forecast(
    law: "Law", post: "xr.DataTree", table: "pd.DataFrame", best: list[dict[str, Any]], seed: int
) -> tuple[list[dict[str, Any]], list[list[float]]]:
    """Forecasts as in the JSON document, and the probabilities that the run of a row ends below that of a column."""
    from bayescale.forecasting.beats import beats
    from bayescale.forecasting.forecast import largest
    from bayescale.forecasting.predict import predict
    from bayescale.forecasting.shares import shares

    drawn = predict(law, post, table, seed=seed)
    most, parts = largest(post), shares(law, post, drawn)
    forecasts = [
        {
            "at": at,
            "times_largest": {key: at[key] / most[key] for key in most if key in at},
            **({"optimal": best[i]} if best else {}),
            "mu": show.summary(drawn["mu"].isel(run=i)),
            "loss": show.summary(drawn["loss"].isel(run=i)),
            "shares": {str(name): float(parts.sel(part=name)[i]) for name in parts["part"].values},
        }
        for i, at in enumerate(table.to_dict("records"))
    ]
    return forecasts, beats(drawn).values.tolist()


def _optima(law: "Law", post: "xr.DataTree", table: "pd.DataFrame", seed: int) -> list[dict[str, Any]]:
    """Summaries of the optimal N and D at the budget C of each row."""
    from bayescale.frontiers.frontier import frontier

    summaries = []
    for at in table.to_dict("records"):
        held = {key: value for key, value in at.items() if key in (*law.inputs, *law.groups)}
        optimum = frontier(law, post, at["C"], seed=seed, **held).isel(C=0)
        summaries.append({key: show.summary(optimum[key]) for key in ("N", "D")})
    return summaries


def _print(run: dict[str, Any], unit: str, first: bool) -> None:
    what = "compute-optimal run: " if "optimal" in run else ""
    show.say(("" if first else "\n") + what + show.equations(run["at"]))
    ratios = [f"{key} {ratio:.3g}" for key, ratio in run["times_largest"].items()]
    if ratios:
        show.say(f"times the largest of the runs fitted: {', '.join(ratios)}")
    rows = [show.row(f"median loss [{unit}]", run["mu"]), show.row(f"a new run's loss [{unit}]", run["loss"])]
    rows += [show.row(f"optimal {key} [{UNITS[key]}]", stats) for key, stats in run.get("optimal", {}).items()]
    show.table(["", "median", "50 %", "90 %"], rows)
    parts = {name: share for name, share in run["shares"].items() if share}
    show.say("share of the uncertainty: " + ", ".join(f"{name} {share:.0%}" for name, share in parts.items()))


def _print_beats(probabilities: list[list[float]]) -> None:
    show.say("\nprobability that the run of a row ends below that of a column")
    numbers = [str(i + 1) for i in range(len(probabilities))]
    rows = [
        [number, *("" if i == j else f"{p:.2f}" for j, p in enumerate(row))]
        for i, (number, row) in enumerate(zip(numbers, probabilities, strict=True))
    ]
    show.table(["run", *numbers], rows)
