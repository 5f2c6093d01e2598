"""Card: a law as HTML, for notebooks and reports."""

from html import escape

from bayescale.base.typeset import lines
from bayescale.base.typeset.law_text import read
from bayescale.base.typeset.mathml import MathML, math

#: Style of the rows; set in place, because notebooks drop style sheets.
_LEFT = ' style="text-align: left"'


def card(text: str) -> str:
    """Formula, priors and noise of a law as an HTML table; the text of the law as it is, if it cannot be read.

    Parameters
    ----------
    text : str, as of ``str(law)``.
    """
    try:
        law = read(text)
    except ValueError:
        return f"<pre>{escape(text)}</pre>"
    to = MathML()
    parts = [
        ("Law", lines.of_formula(law, to)),
        ("Priors", lines.of_priors(law, to)),
        ("Noise", lines.of_noise(law, to)),
    ]
    source = f", {escape(law.source)}" if law.source else ""
    rows = []
    for title, own in parts:
        cell = "".join(f"<div>{_line(line, to)}</div>" for line in own)
        rows.append(f'<tr><th scope="row"{_LEFT}>{title}</th><td{_LEFT}>{cell}</td></tr>')
    caption = f"<caption{_LEFT}><b>{escape(law.name)}</b>{source}</caption>"
    return f'<table class="bayescale-law">{caption}{"".join(rows)}</table>'


def _line(line: lines.Line, to: MathML) -> str:
    if not line.plain:
        return math(line.left + to.operator(line.sign) + line.right)
    left = math(line.left + to.operator(line.sign)) if line.left else ""
    return f'{left}<code style="white-space: pre-wrap">{escape(line.right)}</code>'
