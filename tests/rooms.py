"""The rooms of the package: their floors, what each may import, and what each imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

from bayescale import _HOME

#: The folder of the package.
ROOT = Path(__file__).parents[1] / "bayescale"
#: Floor of each room. A room may import rooms of lower floors, and itself.
FLOORS = {
    "base": 0,
    "autodiff": 1,
    "plots": 1,
    "geometry": 1,
    "modelling": 2,
    "data": 3,
    "laws": 3,
    "density": 4,
    "inference": 5,
    "forecasting": 6,
    "frontiers": 7,
    "reporting": 8,
    "cli": 9,
}
#: Rooms that may import less than their floor allows: room -> what it may import, with itself.
ONLY = {
    "modelling": {"autodiff.node", "autodiff.tape", "base"},
    "laws": {"modelling", "base"},
    "plots": {"base"},
    "geometry": {"base"},
}
#: Files a room may have, sub-rooms apart. Laws and tables of the literature grow by a file a paper, plots by a file
#: a plot.
MOST_FILES = 14
GROWING = ("laws", "data/literature", "plots")


def imports(path: Path) -> set[str]:
    """Modules of ours that a file imports, anywhere in it but for type checking, without the package's name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
    found = set()
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            base = node.module or ""
            names = [base] if base != "bayescale" else [f"bayescale.{_HOME.get(a.name, a.name)}" for a in node.names]
        assert "bayescale" not in names, f"{path}: import what is needed, not the whole package"
        found |= {name.removeprefix("bayescale.") for name in names if name.startswith("bayescale.")}
    return found


def modules() -> Iterator[tuple[str, Path]]:
    """Room and path of every module that lies in a room."""
    for path in sorted(ROOT.rglob("*.py")):
        inside = path.relative_to(ROOT).parts
        if len(inside) > 1:
            yield inside[0], path


def arrows() -> dict[tuple[str, str], int]:
    """(room, room that it imports) -> number of imports."""
    found: dict[tuple[str, str], int] = {}
    for room, path in modules():
        for name in imports(path):
            other = name.partition(".")[0]
            if other != room:
                found[room, other] = found.get((room, other), 0) + 1
    return found
