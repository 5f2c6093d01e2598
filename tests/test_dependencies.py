"""What the package imports is declared in pyproject.toml, and what is declared is used."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: Declared, though no file of the package imports them -> why.
UNSEEN = {
    "h5netcdf": "xarray writes and reads posteriors with it",
    "h5py": "h5netcdf needs it and does not declare it",
    "pyarrow": "pandas reads Parquet with it",
    "numba": "imported by the code that bayescale.autodiff.numba_backend writes",
}


def declared(requirements):
    """Names of packages, normalised."""
    return {re.split(r"[ <>=\[;]", text)[0].lower().replace("_", "-") for text in requirements}


def imported(source: str) -> set[str]:
    """Top-level modules that a file imports, anywhere in it, beyond the standard library and the package itself."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module" and node.args:
            if isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
    return {name.partition(".")[0] for name in found} - sys.stdlib_module_names - {"bayescale"}


@pytest.fixture(scope="module")
def packages():
    """The installed packages that the package imports modules of."""
    owners = packages_distributions()
    modules = {name for path in (ROOT / "bayescale").rglob("*.py") for name in imported(path.read_text("utf-8"))}
    absent = modules - set(owners)
    assert not absent, f"not installed, so their packages are unknown: {absent}"
    return {owners[name][0].lower().replace("_", "-") for name in modules}


def test_imports_are_declared(packages):
    extras = {name for group in PROJECT["optional-dependencies"].values() for name in declared(group)}
    assert packages - declared(PROJECT["dependencies"]) - extras == set()


def test_what_is_declared_is_used(packages):
    assert declared(PROJECT["dependencies"]) - packages - set(UNSEEN) == set()


def test_every_lower_bound_is_one_version():
    """So that `.ci/lowest` can pin it."""
    assert all(re.match(r"[\w-]+ >= [\d.]+(, <|$)", text) for text in PROJECT["dependencies"])


def test_the_checker_sees_every_kind_of_import():
    source = "import a.b, os\ndef f():\n    from c import d\n    importlib.import_module('e.f')\nimport bayescale.laws"
    assert imported(source) == {"a", "c", "e"}
