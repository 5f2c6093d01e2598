"""The page and the picture of the package's layout."""

import pytest
from click.testing import CliRunner

from benchmarks import house
from benchmarks.__main__ import main
from tests.rooms import FLOORS, ROOT, arrows


def test_the_command_writes_every_room_and_every_import(tmp_path, monkeypatch):
    monkeypatch.setattr(house, "loaded", lambda method: [ROOT / "__init__.py"])  # tested below
    done = CliRunner().invoke(main, ["house", "-o", str(tmp_path / "house.md")])
    assert done.exit_code == 0, done.output
    text, drawn = (tmp_path / "house.md").read_text(), (tmp_path / "figures" / "house.svg").read_text()
    for room, floor in FLOORS.items():
        assert f"| {room} | {floor} |" in text and f">{room}</text>" in drawn
    assert f"| imports between rooms | {sum(arrows().values())} |" in text
    for count in set(arrows().values()):
        assert drawn.count(f">{count}</text>") == list(arrows().values()).count(count)
    again = tmp_path / "again.svg"
    house.picture(again, house.sizes())
    assert again.read_text() == drawn


def test_sizes_are_those_of_the_files():
    sizes = house.sizes()
    assert list(sizes) == sorted(FLOORS, key=lambda room: -FLOORS[room])
    assert sum(files for files, _ in sizes.values()) == len([*ROOT.rglob("*.py")]) - len([*ROOT.glob("*.py")])
    assert sizes["laws"][1] == sum(len(path.read_text().splitlines()) for path in (ROOT / "laws").glob("*.py"))


def test_loaded_modules_are_those_of_a_fit():
    found = {str(path.relative_to(ROOT)) for path in house.loaded("laplace")}
    assert {"inference/fit.py", "inference/laplace/approximate.py", "laws/hoffmann2022.py"} <= found
    assert not any(name.startswith(("cli", "plots", "frontiers")) for name in found)


def test_lines_of_an_addition(tmp_path):
    path = tmp_path / "a.py"
    path.write_text('"""Of paper1."""\nfrom x import paper1\nALL = (\n    "paper1",\n    "paper10",\n)\nx._paper1()\n')
    assert house.naming(path, "paper1") == 3
    assert house.defined("tests/twelve_fits.py", ["scale"]) == 3
    with pytest.raises(ValueError, match="does not define.*nothing"):
        house.defined("tests/twelve_fits.py", ["scale", "nothing"])
    for kind, costs in house.additions().items():
        assert all(files >= (1 if kind == "a law" else 2) and lines > 10 for files, lines in costs)


def test_the_committed_page_has_every_room():
    text = (ROOT.parent / "docs" / "project" / "house.md").read_text()
    assert all(f"| {room} | {floor} |" in text for room, floor in FLOORS.items())
