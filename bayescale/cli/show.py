"""Output: numbers with as many digits as their spread warrants, tables, and JSON."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

#: Central intervals that are printed: name in CSV and JSON -> probabilities of their ends.
INTERVALS = {"eti50": (0.25, 0.75), "eti90": (0.05, 0.95)}


#: Widths in characters: more than any table takes, and the least of a column that is wrapped.
WIDEST, NARROWEST = 10_000, 20


def digits(values: Iterable[float]) -> list[str]:
    """The numbers as text, to two digits of their spread and at least two digits each; as 8.9e20 if they are large.

    Examples
    --------
    >>> digits([1.0586, 1.0246, 1.0921])
    ['1.059', '1.025', '1.092']
    >>> digits([8.78e20, 7.3e20, 1.08e21])
    ['8.8e20', '7.3e20', '1.08e21']
    """
    values = [float(value) for value in values]
    finite = [value for value in values if math.isfinite(value)]
    spread = max(finite, default=0.0) - min(finite, default=0.0)
    largest = max(map(abs, finite), default=0.0)
    last = math.floor(math.log10(spread)) - 1 if spread else math.floor(math.log10(largest)) - 3 if largest else 0
    return [_text(value, last, scientific=not 1e-3 <= largest < 1e5) for value in values]


def _text(value: float, last: int, scientific: bool) -> str:
    """`value` rounded to the decimal place 10^last."""
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    power = math.floor(math.log10(abs(value)))
    if scientific:
        mantissa, exponent = f"{value:.{min(max(power - last, 1), 3)}e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{value:.{min(max(-last, 1 - power, 0), 6)}f}"


def plain(value: float) -> str:
    """An exact number, such as one the user gave, in its shortest form: 7e10, 1.4e12, 300."""
    mantissa, e, exponent = f"{value:.6g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def summary(draws: "xr.DataArray") -> dict[str, Any]:
    """Median and central intervals of draws, dims (chain, draw); NaN is skipped, infinity is a value."""
    method = "linear" if float(abs(draws).max()) < math.inf else "higher"  # interpolating towards infinity gives NaN
    probabilities = [0.5, *(q for pair in INTERVALS.values() for q in pair)]
    values = draws.quantile(probabilities, skipna=True, method=method).values.tolist()
    return {"median": values[0]} | {key: values[1 + 2 * i : 3 + 2 * i] for i, key in enumerate(INTERVALS)}


def equations(values: Mapping[str, Any]) -> str:
    """``N = 7e10, family = llama``."""
    return ", ".join(f"{key} = {plain(v) if isinstance(v, float) else v}" for key, v in values.items())


def row(name: str, stats: Mapping[str, Any]) -> list[str]:
    """Cells of a table row: name, median, 50 % and 90 % interval, of a `summary`."""
    text = digits([stats["median"], *(bound for key in INTERVALS for bound in stats[key])])
    return [name, text[0], *(f"[{low}, {high}]" for low, high in zip(text[1::2], text[2::2], strict=True))]


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1, fold: Sequence[int] = ()) -> None:
    """Print a table; the first `left` columns are left-aligned, and those in `fold` may be wrapped.

    A table that does not fit runs over the width of the console. Cells are never cut: a cut number is a wrong one.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    rich_table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for i, name in enumerate(columns):
        rich_table.add_column(name, justify="left" if i < left else "right", no_wrap=i not in fold, overflow="fold")
    rows = [tuple(cells) for cells in rows]
    for cells in rows:
        rich_table.add_row(*cells)
    out = console()
    unwrapped = out.measure(rich_table, options=out.options.update(max_width=WIDEST)).maximum
    folded = sum(max(0, max(len(cells[i]) for cells in (columns, *rows)) - NARROWEST) for i in fold)
    out.width = max(out.width, unwrapped - folded)
    out.print(rich_table, crop=False)


def frame(data: "pd.DataFrame", most: int) -> None:
    """Print the first rows of a table of runs."""
    columns = {str(name): [_cell(value) for value in data[name].head(most)] for name in data.columns}
    text = [name for name in columns if data[name].dtype.kind not in "fiu"]
    columns = {name: columns[name] for name in (*text, *(name for name in columns if name not in text))}
    table(list(columns), list(zip(*columns.values(), strict=True)), left=len(text))


def _cell(value: Any) -> str:
    return plain(value) if isinstance(value, float) else str(value)


def say(text: str = "") -> None:
    """Print a line without markup; it is wrapped only on a terminal."""
    out = console()
    out.print(text, markup=False, highlight=False, soft_wrap=not out.is_terminal)


def console():
    """A new console for stdout, so that redirecting stdout also redirects it."""
    from rich.console import Console

    return Console(highlight=False, markup=False)


def as_json(document: Any) -> None:
    """Print one JSON document; NaN and infinity become null."""
    import json

    def clean(value):
        if isinstance(value, Mapping):
            return {str(key): clean(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [clean(part) for part in value]
        return None if isinstance(value, float) and not math.isfinite(value) else value

    click.echo(json.dumps(clean(document), indent=2, ensure_ascii=False))
