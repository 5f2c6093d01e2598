"""HTML: escaping, tables, figures and sections."""

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple


class Cell(NamedTuple):
    """A number in a table: its text, and the exact value that the text rounds, kept in ``data-value``."""

    text: str
    value: float | None = None
    left: bool = False


def cell(item: "str | Cell") -> str:
    """A cell; numbers are aligned to the right, unless their column also has text (`left`)."""
    if isinstance(item, str):
        return f"<td>{escape(item)}</td>"
    value = "" if item.value is None or not math.isfinite(item.value) else f' data-value="{item.value!r}"'
    kind = "" if item.left else ' class="number"'
    return f"<td{kind}{value}>{escape(item.text)}</td>"


def heads(texts: Sequence[str], numbers: Sequence[bool]) -> str:
    """The head of a table; heads of numbers are aligned as the numbers are."""
    kinds = (' class="number"' if number else "" for number in numbers)
    return "".join(f'<th scope="col"{kind}>{escape(text)}</th>' for text, kind in zip(texts, kinds, strict=True))


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence["str | Cell"]], name: str = "") -> str:
    """A table with a caption; it scrolls on its own where it is wider than the page. The first column is its head."""
    rows = list(rows)
    body = "".join(f"<tr>{_head_cell(first)}{''.join(map(cell, rest))}</tr>" for first, *rest in rows)
    mark = f' id="{name}"' if name else ""
    numbers = [bool(rows) and isinstance(each, Cell) and not each.left for each in (rows[0] if rows else head)]
    top = f"<caption>{escape(caption)}</caption><thead><tr>{heads(head, numbers)}</tr></thead>"
    return scroll(caption, f"<table{mark}>{top}<tbody>{body}</tbody></table>")


def scroll(label: str, content: str) -> str:
    """Content that scrolls on its own where it is wider than the page, also by keyboard."""
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}">{content}</div>'


def _head_cell(item: "str | Cell") -> str:
    text = item if isinstance(item, str) else item.text
    return f'<th scope="row">{escape(text)}</th>'


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of plain text."""
    mark = f' class="{kind}"' if kind else ""
    return f"<p{mark}>{escape(text)}</p>"


def items(texts: Iterable[str]) -> str:
    """A list of sentences, which start with a capital; empty if there are no texts."""
    rows = "".join(f"<li>{escape(text[:1].upper() + text[1:])}</li>" for text in texts)
    return f"<ul>{rows}</ul>" if rows else ""


def figure(svg: str, caption: str, name: str = "") -> str:
    """A figure with its caption."""
    mark = f' id="{name}"' if name else ""
    return f"<figure{mark}>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


def gallery(figures: Iterable[str]) -> str:
    """Figures next to each other, as many as the page is wide."""
    joined = "".join(figures)
    return f'<div class="gallery">{joined}</div>' if joined else ""


def folded(summary: str, content: str) -> str:
    """Content that is hidden until asked for."""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def code(text: str) -> str:
    """Text to copy."""
    return f'<pre tabindex="0"><code>{escape(text)}</code></pre>'
