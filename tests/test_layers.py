"""Imports point one way, and `import bayescale` is light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from bayescale import _HOME

ROOT = Path(__file__).parents[1] / "bayescale"
#: Each module may import those before it.
ORDER = (
    "threads",
    "signature",
    "tape",
    "reverse",
    "families",
    "prior",
    "discrepancy",
    "noise",
    "law",
    "laws",
    "checkpoints",
    "checked",
    "doubts",
    "runs",
    "coefficients",
    "conditional",
    "build",
    "arrays",
    "rounds",
    "source",
    "chart",
    "integral",
    "likelihood",
    "joint",
    "density",
    "modes",
    "psis",
    "proposal",
    "ground",
    "pool",
    "laplace",
    "prepared",
    "elementary",
    "evidence",
    "native",
    "charted",
    "chains",
    "engine",
    "verdict",
    "predictive",
    "infer",
    "many",
    "checks",
    "scores",
    "baselines",
    "backtests",
    "stacking",
    "optimum",
    "forecasts",
    "inverse",
    "signals",
    "files",
    "datasets",
    "plots",
    "cli",
)
ALONE = ("datasets", "plots")


def imports(path: Path) -> set[str]:
    """Top modules of ours that a file imports, anywhere in it but for type checking; public names by their home."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
    found = set()
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            base = node.module or ""
            names = [f"{base}.{alias.name}" for alias in node.names] if base == "bayescale" else [base]
            assert node.level == 0, f"{path}: relative import"
        tops = {name.split(".")[1] for name in names if name.startswith("bayescale.")}
        found |= {_HOME.get(top, top) for top in tops}
        assert "bayescale" not in names, f"{path}: import what is needed, not the whole package"
    return found


def modules():
    for path in sorted(ROOT.rglob("*.py")):
        top = path.relative_to(ROOT).parts[0].removesuffix(".py")
        if top != "__init__":
            yield top, path


def test_every_module_has_its_place():
    assert {top for top, _ in modules()} == set(ORDER)


@pytest.mark.parametrize(
    "top, path", list(modules()), ids=lambda x: str(x.relative_to(ROOT)) if isinstance(x, Path) else x
)
def test_imports_point_up(top, path):
    above = set(ORDER[: ORDER.index(top) + 1]) if top not in ALONE else {top}
    assert imports(path) <= above


def test_the_checker_sees_every_kind_of_import(tmp_path):
    source = """
from typing import TYPE_CHECKING
from bayescale import fit, engine
from bayescale.law import Law
import bayescale.plots.shapes
if TYPE_CHECKING:
    from bayescale.checked import Checked
def f():
    from bayescale.verdict import judge
"""
    (tmp_path / "a.py").write_text(source)
    assert imports(tmp_path / "a.py") == {"infer", "engine", "law", "plots", "verdict"}


def test_public_names_have_their_home():
    import bayescale

    assert sorted(_HOME) == sorted(bayescale.__all__) == dir(bayescale)
    assert all(getattr(bayescale, name) is not None for name in _HOME)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = bayescale.nothing


@pytest.mark.parametrize("module, absent", [
    ("bayescale", ["pymc", "arviz", "matplotlib", "pandas", "xarray", "scipy"]),
    ("bayescale.law", ["pymc", "arviz", "matplotlib"]),
    ("bayescale.cli", ["pymc", "arviz", "matplotlib", "pandas", "numpy", "xarray", "rich"]),
    ("bayescale.datasets", ["pymc", "arviz", "matplotlib", "pooch"]),
    ("bayescale.optimum", ["pymc", "arviz", "matplotlib"]),
])  # fmt: skip
def test_light_imports(module, absent):
    code = f"import {module}, sys; print([m for m in {absent!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
