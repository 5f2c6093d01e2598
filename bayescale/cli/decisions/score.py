"""``bayescale score``: how good a sealed forecast was."""

from pathlib import Path

import click

from bayescale.cli import options, show


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--loss", "losses", type=float, multiple=True, metavar="NUMBER", help="Observed loss; can be repeated.")
@options.as_json
def score(file, losses, as_json):
    """Score the sealed forecast in FILE against the losses of its runs.

    \b
    bayescale forecast sweep --N 70e9 --D 1.4e12 --seal forecast.json      before the run
    bayescale score forecast.json --loss 1.94                              after it

    Give one --loss for each sealed run, in their order. Prints inside which central intervals each loss lies; PIT, the
    forecast probability of a smaller loss; and CRPS, in percent of the loss (smaller is better). A file that has
    changed since it was sealed is refused. Without --loss, the file is only checked.
    """
    from bayescale.forecasting.sealed.document import load
    from bayescale.forecasting.sealed.score_seal import score_seal

    document = load(file)
    if not losses:
        count = len(document["runs"])
        if as_json:
            show.as_json({key: document[key] for key in ("created", "sha256", "law", "unit", "versions")})
            return
        show.say(
            f"{file}: {count} run{'s' * (count > 1)}, sealed {document['created']}; the digest is that of the content"
        )
        show.say(f"sha256 {document['sha256']}")
        return
    table = score_seal(file, losses)
    records = table.to_dict("records")
    if as_json:
        show.as_json({**table.attrs, "runs": records})
        return
    show.say(f"sealed {table.attrs['created']}, law {table.attrs['law']}, loss in {table.attrs['unit']}")
    show.say(f"sha256 {table.attrs['sha256']}")
    inside = [name for name in table if str(name).startswith("inside_")]
    heads = ["run", "loss", "median", "error [%]", *(f"in {float(n[7:]):.0%}" for n in inside), "PIT", "CRPS [%]"]
    show.table(heads, [_row(i, record, inside) for i, record in enumerate(records)])


def _row(i: int, record: dict, inside: list[str]) -> list[str]:
    numbers = [show.plain(record["loss"]), f"{record['median']:.4g}", f"{record['error']:+.2f}"]
    marks = ["yes" if record[name] else "no" for name in inside]
    return [str(i + 1), *numbers, *marks, f"{record['pit']:.3f}", f"{record['crps']:.2f}"]
