"""HTML: escaping, tables, figures and sections."""

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple


class Cell(NamedTuple):
    """A cell of a table: its text, and the exact value that the text rounds, kept in ``data-value``."""

    text: str
    value: float | None = None


def cell(item: "str | Cell", tag: str = "td") -> str:
    """A cell; numbers are aligned to the right."""
    if isinstance(item, str):
        return f"<{tag}>{escape(item)}</{tag}>"
    value = "" if item.value is None or not math.isfinite(item.value) else f' data-value="{item.value!r}"'
    return f'<{tag} class="number"{value}>{escape(item.text)}</{tag}>'


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence["str | Cell"]], name: str = "") -> str:
    """A table with a caption; it scrolls on its own where it is wider than the page. The first column is its head."""
    body = "".join(f"<tr>{_head_cell(first)}{''.join(map(cell, rest))}</tr>" for first, *rest in rows)
    heads = "".join(f'<th scope="col">{escape(each)}</th>' for each in head)
    mark = f' id="{name}"' if name else ""
    top = f"<caption>{escape(caption)}</caption><thead><tr>{heads}</tr></thead>"
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
    """A list; empty if there are no texts."""
    rows = "".join(f"<li>{escape(text)}</li>" for text in texts)
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
