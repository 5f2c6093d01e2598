"""Docstrings: public names have the sections that apply, and every example runs."""

import ast
import doctest
import importlib
import inspect
import re
import warnings
from pathlib import Path

import matplotlib
import pytest

import bayescale as bs
from tests.public import callables, methods

PACKAGE = Path(bs.__file__).parent
#: Files with examples. Finding them by text keeps collection quick: nothing is imported for it.
FILES = sorted(path for path in PACKAGE.rglob("*.py") if ">>> " in path.read_text(encoding="utf-8"))
#: Words that docstrings, comments and messages do not use. "None if there is none" is plain English.
RETIRED = re.compile(
    r"\b(beside|alike|go(?:es)? on|dear|stands? still|told apart|work(?:s|ed)? out|anew|nought"
    r"|(?<!there )(?:is|are) none)\b"
)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def sections(value) -> set[str]:
    """Headings of a NumPy-style docstring."""
    return set(re.findall(r"^(\w[\w ]*)\n-{3,}$", inspect.getdoc(value) or "", re.MULTILINE))


def described(value) -> str:
    """The text of the section Parameters (or Attributes) of a docstring."""
    text = inspect.getdoc(value) or ""
    found = re.search(r"^(?:Parameters|Attributes)\n-+\n(.*?)(?=^\w[\w ]*\n-{3,}$|\Z)", text, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


def arguments(value) -> list[str]:
    """Names of the arguments that users give."""
    return [name for name in inspect.signature(value).parameters if name not in ("self", "cls")]


def returns(value) -> bool:
    """Whether a function gives a value back, by its annotation."""
    return not inspect.isclass(value) and value.__annotations__.get("return", ...) is not None


def missing(value, examples: bool) -> set[str]:
    """Sections that a docstring lacks, and arguments that it does not describe."""
    lines, has, wanted = (inspect.getdoc(value) or "").splitlines(), sections(value), set()
    if not lines or not lines[0].rstrip().endswith("."):
        wanted.add("a summary of one line that ends with a full stop")
    text = described(value)
    for name in arguments(value):
        if not re.search(rf"^(?:[*\w, ]*[ ,*])?{name}\b", text, re.MULTILINE):
            wanted.add(f"Parameters: {name}")
    if returns(value) and not has & {"Returns", "Yields"}:
        wanted.add("Returns")
    if examples and "Examples" not in has:
        wanted.add("Examples")
    if "Examples" in has and ">>> " not in (inspect.getdoc(value) or ""):
        wanted.add("an example that runs")
    return wanted


@pytest.mark.parametrize("path", sorted(callables()))
def test_public_names_have_every_section(path):
    assert missing(callables()[path], examples=True) == set()


@pytest.mark.parametrize("path", sorted(methods()))
def test_public_methods_have_every_section(path):
    assert missing(methods()[path], examples=False) == set()


def test_the_check_of_sections_can_fail():
    """A docstring that lacks everything is reported."""

    def bare(runs, *, seed):
        return runs

    assert {"Parameters: runs", "Parameters: seed", "Returns", "Examples"} <= missing(bare, examples=True)


def test_the_laws_say_their_source_and_have_an_example():
    for law in bs.laws.names().values():
        assert law.source, law.name
    for path in (PACKAGE / "laws").glob("[!_]*.py"):
        assert ">>> " in (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""), path.name


def test_no_file_has_a_retired_word():
    found = {}
    for path in PACKAGE.rglob("*.py"):
        if words := RETIRED.findall(path.read_text(encoding="utf-8")):
            found[str(path.relative_to(PACKAGE))] = words
    assert found == {}


def test_every_public_name_with_an_example_is_executed():
    """The files that `test_examples_run` takes include the file of every public name."""
    files = {Path(inspect.getsourcefile(inspect.unwrap(value)) or "").resolve() for value in callables().values()}
    assert files <= {path.resolve() for path in FILES}


@pytest.fixture(scope="module")
def shared_fits():
    """`bayescale.fit` that computes equal fits once, so that each example can start from its table."""
    real, known = bs.fit, {}

    def fit(law, runs, **options):
        key = (law.name, str(law), runs.to_csv(), tuple(sorted(options.items())))
        if key not in known:
            known[key] = real(law, runs, **options)
        return known[key].copy()

    bs.fit = fit
    yield
    bs.fit = real


@pytest.mark.parametrize("file", [str(path.relative_to(PACKAGE).with_suffix("")) for path in FILES])
def test_examples_run(file, shared_fits, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # examples may write files
    matplotlib.use("Agg")
    name = "bayescale." + file.replace("/", ".").removesuffix(".__init__")
    module = importlib.import_module(name)
    tests = [test for test in doctest.DocTestFinder().find(module, name) if test.examples]
    assert tests, f"{file} has '>>> ' outside of docstrings"
    runner, report = doctest.DocTestRunner(optionflags=FLAGS), []
    for test in tests:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            runner.run(test, out=report.append)
    matplotlib.pyplot.close("all")
    assert runner.failures == 0, "".join(report)
