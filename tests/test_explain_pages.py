"""Pages of docs/explain: their code runs, and their links lead somewhere."""

import re
import warnings
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "docs" / "explain"
PAGES = sorted(FOLDER.glob("*.md"))


def headings(page: Path) -> set[str]:
    """Anchors of a page's headings, as Sphinx makes them."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in found}


def test_the_index_names_every_page():
    index = (FOLDER / "index.md").read_text(encoding="utf-8")
    listed = index.partition("```{toctree}")[2]
    for page in PAGES:
        if page.stem != "index":
            assert f"]({page.name})" in index and f"\n{page.stem}\n" in listed, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_within_the_folder_lead_somewhere(page):
    for path, anchor in re.findall(r"\]\((?!https:|\.\./)([^)#]+)#?([^)]*)\)", page.read_text(encoding="utf-8")):
        assert (FOLDER / path).is_file(), path
        assert not anchor or anchor in headings(FOLDER / path), f"{path}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_code_runs_in_the_order_of_the_page(page):
    names: dict = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for block in re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.S | re.M):
            exec(compile(block, str(page), "exec"), names)
    if page.stem == "floor":  # the block ends with the recommended law
        row = re.search(
            r"^\| recommended \| ([\d.]+) \| ([\d.]+) to ([\d.]+) \|", page.read_text(encoding="utf-8"), re.M
        )
        assert row is not None
        stated = [float(number) for number in row.groups()]
        assert names["post"]["posterior"]["E"].quantile([0.5, 0.05, 0.95]).to_numpy() == pytest.approx(stated, abs=0.03)
