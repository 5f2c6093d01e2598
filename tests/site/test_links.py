"""Every page is in a toctree, every relative link leads to a file, and the scripts of the gallery name their call."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
#: Folders that the build writes.
BUILT = ("_build", "generated")
PAGES = [
    page
    for kind in ("*.md", "*.ipynb")
    for page in sorted(DOCS.rglob(kind))
    if not set(BUILT) & set(page.relative_to(DOCS).parts)
]
SCRIPTS = sorted((DOCS / "gallery").glob("plot_*.py"))


def covered(page: Path) -> Iterator[Path]:
    """Pages below this one in its toctrees, without suffix."""
    text = page.read_text(encoding="utf-8")
    for body in re.findall(r"^```\{toctree\}\n(.*?)^```$", text, re.S | re.M):
        for line in (line.strip() for line in body.splitlines()):
            if line and not line.startswith(":"):
                entry = re.sub(r"^.*<(.*)>$", r"\1", line)
                found = page.parent.glob(f"{entry}.md") if ":glob:" in body else [page.parent / f"{entry}.md"]
                yield from (path.with_suffix("") for path in found)


def test_toctrees_cover_every_page():
    reached, waiting = {DOCS / "index"}, [DOCS / "index"]
    while waiting:
        page = waiting.pop().with_suffix(".md")
        if page.is_file():
            new = {path.resolve() for path in covered(page)} - reached
            reached |= new
            waiting += new
    assert {page.with_suffix("").resolve() for page in PAGES} - reached == set()


def test_the_cards_of_the_front_page_lead_to_pages():
    found = re.findall(r"^:link: (\S+)\.html$", (DOCS / "index.md").read_text(encoding="utf-8"), re.M)
    assert len(found) >= 6
    for page in found:
        assert set(BUILT) & set(Path(page).parts) or (DOCS / f"{page}.md").is_file(), f"{page} is not there"


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_to_files(page):
    prose = re.sub(r"^```.*?^```$|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    for link in re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", prose):
        if not set(BUILT) & set(Path(link).parts):
            assert (page.parent / link).exists(), f"{page.name}: '{link}' is not there"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_gallery_script_says_what_its_figure_tells(script):
    said = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""
    title, line, _, text = said.split("\n", 3)
    assert line == "=" * len(title), "the title is underlined, as the gallery wants it"
    assert re.search(r"``(bs|az)\.", text), "it names the call that draws it"
