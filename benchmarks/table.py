"""Markdown tables and numbers, for every benchmark's report."""

from collections.abc import Iterable, Sequence

ABSENT = "–"


def table(header: Sequence[str], rows: Iterable[Sequence[object]], left: int = 1) -> str:
    """A Markdown table: the first columns, `left` of them, to the left, the others to the right.

    Parameters
    ----------
    header : the names of the columns.
    rows : cells; numbers are rounded by `number`, None is shown as a dash.
    """
    lines = [list(header), ["---"] * left + ["---:"] * (len(header) - left)]
    lines += [[cell if isinstance(cell, str) else number(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines) + "\n"


def number(value, digits: int = 3) -> str:
    """A number with `digits` significant digits, without decimals from 100 on; a dash for None."""
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def write(path, title: str, sections: Iterable[str]) -> None:
    """Write a report: a title, and sections of Markdown with a blank line between them."""
    parts = [f"# {title}", *(section.strip() for section in sections)]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n\n".join(part for part in parts if part) + "\n")
