"""Every python and bash block of the pages of Start and How to runs, in the order of the page."""

from pathlib import Path

import pytest

from tests.site.blocks import _commands as commands
from tests.site.blocks import blocks, run

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [page for section in ("start", "howto") for page in sorted((DOCS / section).glob("*.md")) if any(blocks(page))]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working directory, without a screen."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    yield tmp_path
    import matplotlib.pyplot as plt

    plt.close("all")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_the_blocks_of_a_page_run(page, folder):
    skipped = run(page, folder)
    assert all(skipped), "a block that is skipped says why"
    if len(skipped) == len(list(blocks(page))):
        pytest.skip("; ".join(skipped))


def write(folder: Path, *parts: str) -> Path:
    page = folder / "page.md"
    page.write_text("# Page\n\n" + "\n\n".join(parts) + "\n", encoding="utf-8")
    return page


def test_blocks_share_names_and_folder(folder):
    page = write(
        folder,
        "```python\nx = 2\nopen('a.txt', 'w').write('two')\n```",
        "```bash\nmv a.txt b.txt\n```",
        "```text\nnot run\n```",
        "```python\nassert x == 2 and open('b.txt').read() == 'two'\nopen('c.txt', 'w')\n```",
    )
    assert run(page, folder) == []
    assert (folder / "c.txt").is_file()


def test_a_block_that_fails_says_where(folder):
    page = write(folder, "```python\nx = 1\n```", "```python\nx = 1\nraise KeyError('here')\n```")
    with pytest.raises(KeyError, match="here") as caught:
        run(page, folder)
    assert caught.traceback[-1].lineno + 1 == page.read_text().splitlines().index("raise KeyError('here')") + 1
    with pytest.raises(AssertionError, match=r"page.md:4 ended with 3:\nsaid"):
        run(write(folder, "```bash\necho said\nfalse || exit 3\n```"), folder)


def test_commands_run_in_this_process_unless_they_need_a_shell(folder):
    assert commands("bayescale fit a \\\n    --where 'N < 1'\nbayescale data list\n") == [
        ["fit", "a", "--where", "N < 1"],
        ["data", "list"],
    ]
    assert commands("bayescale data list > out\n") is None
    assert commands("echo 1\n") is None
    assert run(write(folder, "```bash\nbayescale data list\n```"), folder) == []
    with pytest.raises(AssertionError, match=r"page.md:4 ended with 2:\n(.|\n)*There is no"):
        run(write(folder, "```bash\nbayescale fit absent.csv --law chinchilla -o x\n```"), folder)


def test_blocks_are_skipped_for_a_reason(folder):
    page = write(folder, "<!-- skip: needs the network -->\n```python\nraise KeyError\n```", "```python\nx = 1\n```")
    assert run(page, folder) == ["needs the network"]
    assert [block.skip for block in blocks(page)] == ["needs the network", None]
