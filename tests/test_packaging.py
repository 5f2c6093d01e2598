"""What an index and an installed package show: version, metadata, links, the command as a module."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import bayescale as bs

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
#: The two addresses under which a file of the repository is shown: as a page, and as it is (images).
PAGE = f"{PROJECT['urls']['Homepage']}/blob/main/"
RAW = PAGE.replace("github.com", "raw.githubusercontent.com").replace("/blob/", "/")
DECISIONS = sorted((ROOT / "docs" / "project" / "decisions").glob("[0-9]*.md"))


def test_version():
    assert bs.__version__ == PROJECT["version"]
    assert "__version__" not in bs.__all__ and "__version__" not in dir(bs)
    assert f"## {bs.__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_package_is_typed():
    assert (Path(bs.__file__).parent / "py.typed").is_file()


@pytest.mark.parametrize("arguments, said", [(["--version"], PROJECT["version"]), (["data", "list"], "known_entropy")])
def test_the_command_line_runs_as_a_module(arguments, said):
    done = subprocess.run([sys.executable, "-m", "bayescale", *arguments], capture_output=True, text=True, check=True)
    assert said in done.stdout


def test_metadata_names_authors_and_addresses():
    assert PROJECT["authors"] and set(PROJECT["urls"]) == {"Homepage", "Documentation", "Changelog", "Issues"}
    for url in PROJECT["urls"].values():
        assert url.startswith(PROJECT["urls"]["Homepage"])
        path = url.partition("/main/")[2]
        assert not path or (ROOT / path).exists()


def test_the_citation_agrees_with_the_project():
    """The fields that the Citation File Format 1.2.0 requires, and those that say the same as pyproject.toml."""
    lines = (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    fields = dict(line.split(": ", 1) for line in lines if re.match(r"[a-z-]+: \S", line))
    assert fields["cff-version"] == "1.2.0" and fields["message"] and fields["title"]
    assert f"  - name: {PROJECT['authors'][0]['name']}" in lines
    assert fields["version"] == PROJECT["version"] and fields["license"] == PROJECT["license"]
    assert fields["repository-code"] == PROJECT["urls"]["Homepage"]


def links() -> list[str]:
    """Targets of the README's links and images, inline or by reference."""
    prose = re.sub(r"^```.*?^```$|`[^`\n]*`", "", README, flags=re.S | re.M)
    inline = re.findall(r"\]\(([^)]+)\)", prose)
    defined = dict(re.findall(r"^\[([^\]]+)\]: (\S+)$", prose, re.M))
    used = re.findall(r"\]\[([^\]]+)\]", prose)
    assert set(used) == set(defined), "each reference is defined, and used"
    return inline + list(defined.values())


def test_the_readmes_links_work_outside_the_repository():
    assert len(links()) >= 10
    for link in links():
        assert link.startswith(("https://", "#")), f"'{link}' is relative: an index cannot follow it"
        if link.startswith((PAGE, RAW)):
            path, _, anchor = link.removeprefix(PAGE).removeprefix(RAW).partition("#")
            if "/figures/" not in path:  # figures are not in the sdist
                assert (ROOT / path).is_file(), f"'{link}' names a file that is not there"
            headings = re.findall(r"^#+ (.+)$", (ROOT / path).read_text(encoding="utf-8"), re.M) if anchor else []
            assert not anchor or anchor in {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}
            assert link.startswith(RAW) == path.endswith(".png")


def test_decisions_are_short_pages_of_one_form():
    assert 0 < len(DECISIONS) <= 20
    assert [int(path.name[:2]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    index = (ROOT / "docs" / "project" / "decisions" / "README.md").read_text(encoding="utf-8")
    for path in DECISIONS:
        page = path.read_text(encoding="utf-8")
        assert len(page.splitlines()) <= 25 and max(map(len, page.splitlines())) <= 120, path.name
        assert re.findall(r"^\*\*(\w+)\.\*\*", page, re.M) == ["Question", "Decision", "Evidence", "Rejected"], (
            path.name
        )
        assert f"({path.name})" in index, f"{path.name} is not in the index"


def test_the_law_of_the_page_on_adding_works():
    page = (ROOT / "docs" / "project" / "contributing.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```$", page, re.S | re.M)
    scope: dict = {}
    exec(block, scope)
    assert scope["law"].rename("mine.L_C", N="C").inputs == ("C",)
    assert scope["law"].formula(8.0, 1.0, E=1.5, excess_N=0.5, alpha_N=1 / 3) == pytest.approx(1.75)
