"""Imports between rooms point down, and every room is small and says what it is."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import bayescale as bs
from bayescale import _HOME, _MODULES
from tests.rooms import FLOORS, GROWING, MOST_FILES, ONLY, ROOT, imports, modules


def test_every_module_lies_in_a_room():
    assert {room for room, _ in modules()} == set(FLOORS)
    assert {path.name for path in ROOT.glob("*.py")} <= {"__init__.py", "__main__.py"}


@pytest.mark.parametrize(
    "room, path", list(modules()), ids=lambda x: str(x.relative_to(ROOT)) if isinstance(x, Path) else x
)
def test_imports_point_down(room, path):
    for name in imports(path):
        other = name.partition(".")[0]
        if other == room:
            continue
        assert FLOORS[other] < FLOORS[room], f"{path.name} of {room} imports {name}, which is not below it"
        if room in ONLY:
            assert other in ONLY[room] or name in ONLY[room], f"{room} may import only {sorted(ONLY[room])}"


@pytest.mark.parametrize(
    "folder", sorted({path.parent for _, path in modules()}), ids=lambda p: str(p.relative_to(ROOT))
)
def test_rooms_are_small_and_say_what_they_are(folder):
    names = [path.name for path in folder.glob("*.py") if path.name != "__init__.py"]
    if str(folder.relative_to(ROOT)) not in GROWING:
        assert len(names) <= MOST_FILES
    said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    assert "May be touched:" in said and "May import:" in said and len(said.splitlines()) <= 6


def test_no_module_waits_for_itself():
    """Within a room, too, imports form no ring."""
    known = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for _, path in modules()
    }
    wanted = {name: imports(path) & set(known) for name, path in known.items()}
    while done := [name for name, others in wanted.items() if not others - {name}]:
        wanted = {name: others - set(done) for name, others in wanted.items() if name not in done}
    assert not wanted


def test_the_checker_sees_every_kind_of_import(tmp_path):
    source = """
from typing import TYPE_CHECKING
from bayescale import fit, laws
from bayescale.modelling.law import Law
import bayescale.plots.shapes
if TYPE_CHECKING:
    from bayescale.data.table import RunTable
def f():
    from bayescale.inference.diagnostics.judge import judge
"""
    (tmp_path / "a.py").write_text(source)
    found = {"inference.fit", "laws", "modelling.law", "plots.shapes", "inference.diagnostics.judge"}
    assert imports(tmp_path / "a.py") == found


def test_public_names_have_their_home():
    assert sorted(_HOME) == sorted(bs.__all__) == dir(bs)
    assert all(getattr(bs, name) is not None for name in _HOME)
    for name in set(_HOME) - set(_MODULES):
        if callable(value := getattr(bs, name)):
            assert value.__module__ == f"bayescale.{_HOME[name]}"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = bs.nothing


def test_a_public_name_lives_in_a_module_of_its_own_name():
    apart = {"load", "fit_many"}  # the catalogue of data sets; many fits
    for name in set(_HOME) - set(_MODULES) - apart:
        assert _HOME[name].rpartition(".")[2] == name.lower()


@pytest.mark.parametrize("module, absent", [
    ("bayescale", ["pymc", "arviz", "matplotlib", "pandas", "xarray", "scipy"]),
    ("bayescale.modelling.law", ["pymc", "arviz", "matplotlib"]),
    ("bayescale.cli.main", ["pymc", "arviz", "matplotlib", "pandas", "numpy", "xarray", "rich"]),
    ("bayescale.data.literature", ["pymc", "arviz", "matplotlib", "pooch"]),
    ("bayescale.frontiers.frontier", ["pymc", "arviz", "matplotlib"]),
])  # fmt: skip
def test_light_imports(module, absent):
    code = f"import {module}, sys; print([m for m in {absent!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
