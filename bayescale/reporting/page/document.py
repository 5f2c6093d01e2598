"""Document: the sections of a report as one HTML file.

Style and script are in the page, and its policy forbids every connection. The script is plain JavaScript of 60 lines:
a plotting library that draws in the browser (Plotly's bundle is 4 MB, the whole page 0.8 MB) would draw the figures a
second time in another style, and the page needs only to name runs and to move a line.
"""

from html import escape
from importlib.resources import files

from bayescale.inference.diagnostics.verdict import Verdict
from bayescale.reporting import facts
from bayescale.reporting.page.findings import Findings
from bayescale.reporting.page.sections import SECTIONS, headline

#: What the page may load: nothing but what it has.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def document(found: Findings) -> str:
    """The page of a report."""
    title = f"{found.law.name}: {facts.counts(found.post)[0]} runs"
    names = {name: f"section-{name.lower().replace(' ', '-')}" for name in SECTIONS}
    links = "".join(f'<li><a href="#{mark}">{escape(name)}</a></li>' for name, mark in names.items())
    body = "".join(
        f'<section aria-labelledby="{names[name]}"><h2 id="{names[name]}">{escape(name)}</h2>{write(found)}</section>'
        for name, write in SECTIONS.items()
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} – bayescale report</title><style>{_asset('page.css')}</style></head><body>"
        f'<header><h1>{escape(title)}</h1>{_head(found)}<nav aria-label="Sections"><ul>{links}</ul></nav></header>'
        f"<main>{body}</main><footer>{escape(_foot(found))}</footer><script>{_asset('page.js')}</script></body></html>\n"
    )


def _head(found: Findings) -> str:
    verdict, *rest = headline(found)
    kind = "state" if Verdict.of(found.post).converged else "state bad"
    return f'<p class="{kind}">{escape(verdict)}</p>' + "".join(f"<p>{escape(line)}</p>" for line in rest)


def _foot(found: Findings) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in facts.versions(found.post).items())
    lacking = [text for text in found.notes if text.startswith("The figure") and "frontier-" not in text]
    return " ".join([f"Fitted {found.post.attrs.get('created', '')} with {versions}.", *lacking])


def _asset(name: str) -> str:
    return files("bayescale.reporting.page").joinpath(name).read_text(encoding="utf-8")
