"""Bad inputs: a part of the cases, and how outcomes are told apart."""

import time
import warnings

import pytest
from click.testing import CliRunner

from benchmarks.__main__ import main
from benchmarks.robustness import run
from benchmarks.robustness.case import FOREIGN, HANG, SILENT, WORDLESS, Case, cases, outcome
from benchmarks.robustness.run import CASES
from benchmarks.robustness.world import World

#: Verbs whose cases run files or start processes take longest; one fit of the table serves all others.
SLOW = ("a process", "bayescale")
#: Each so manyth of the other cases is tried here; ``python -m benchmarks robustness`` tries all.
STEP = 5
CHOSEN = [case for case in CASES if not case.verb.startswith(SLOW)][::STEP]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return World(tmp_path_factory.mktemp("robustness"))


@pytest.mark.parametrize("case", CHOSEN, ids=lambda case: f"{case.verb}: {case.name}")
def test_what_comes_is_what_is_right(case, world):
    came = outcome(case, world)
    assert came.came == case.right, came.message


def test_every_verb_has_cases():
    assert len(CASES) >= 120 and len(CHOSEN) >= 30
    assert len({(case.verb, case.kind, case.name) for case in CASES}) == len(CASES)
    assert len([case for case in CASES if case.verb == "a process"]) >= 12


def test_outcomes_are_told_apart():
    def warns(_):
        warnings.warn("far below the runs", UserWarning, stacklevel=1)

    def calls(_):
        import bayescale as bs

        bs.laws.find("nothing")

    def raises(_):
        raise ValueError("not of the package")

    found = {
        "silent": (lambda _: 1, "error", "", SILENT),
        "number": (lambda _: 1, "number", "", "number"),
        "warned": (warns, "warning", "BELOW", "warning"),
        "warned of something else": (warns, "warning", "above", SILENT),
        "warned, and error wanted": (warns, "error", "far", "warning"),
        "ours": (calls, "error", "nothing", "error"),
        "without the word": (calls, "error", "billions", WORDLESS),
        "foreign": (raises, "error", "", FOREIGN),
        "key": (lambda _: {}["a"], "error", "", FOREIGN),
        "hang": (lambda _: time.sleep(20), "error", "", HANG),
    }
    for name, (call, right, word, came) in found.items():
        assert outcome(Case("v", "k", name, call, right, word), None, limit=1).came == came, name


def test_the_command_writes_the_page_and_ends_with_1_if_something_is_not_right(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "CASES", cases("verb", ("kind", "an input", "", lambda _: 1)))
    done = CliRunner().invoke(main, ["robustness", "-o", str(tmp_path / "page.md")])
    assert done.exit_code == 1 and "1 silent numbers" in done.output, done.output
    text = (tmp_path / "page.md").read_text()
    assert "| verb | 1 silent number |" in text and "| verb | kind | an input | error | silent number |" in text
    monkeypatch.setattr(run, "CASES", cases("verb", ("kind", "an input", "", lambda _: 1), right="number"))
    done = CliRunner().invoke(main, ["robustness", "-o", str(tmp_path / "page.md")])
    assert done.exit_code == 0 and "## Known holes\n\nNone." in (tmp_path / "page.md").read_text()
    assert CliRunner().invoke(main, ["robustness", "--verb", "sing"]).exit_code == 2
