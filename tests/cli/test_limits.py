"""The command line says what limits a frontier and what C means."""

import json

import pytest
from click.testing import CliRunner

from bayescale.cli.main import main
from tests.conftest import simulate


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A fit of a table whose C is 1.3 times 6ND."""
    path = tmp_path_factory.mktemp("limits")
    runs = simulate(30, seed=1)
    runs.assign(C=1.3 * 6 * runs["N"] * runs["D"]).to_csv(path / "runs.csv", index=False)
    words = ["fit", str(path / "runs.csv"), "--law", "chinchilla", "-o", str(path / "out"), "--quick"]
    assert CliRunner().invoke(main, words).exit_code == 0
    return path / "out"


@pytest.mark.parametrize(
    "words",
    [["frontier", "--C", "1e21"], ["forecast", "--C", "1e21"], ["reach", "--loss", "2.2"]],
)
def test_the_meaning_of_C_is_printed(folder, words):
    verb, *rest = words
    plain = CliRunner().invoke(main, [verb, str(folder), *rest])
    assert plain.exit_code == 0 and "1.3 times 6ND" in plain.output, plain.output
    document = json.loads(CliRunner().invoke(main, [verb, str(folder), *rest, "--json"]).stdout)
    assert any("1.3 times 6ND" in text for text in document["warnings"])


def test_a_frontier_beyond_the_runs_says_so(folder):
    result = CliRunner().invoke(main, ["frontier", str(folder), "--C", "1e27"])
    assert "note: At C = 1e+27 FLOP the optimal N is above the largest N" in " ".join(result.output.split())


def test_targets_in_another_unit_are_refused(folder):
    result = CliRunner().invoke(main, ["forecast", str(folder), "--N", "70", "--D", "1400"])
    assert result.exit_code == 2 and "error: N is 70 parameters" in result.output
    result = CliRunner().invoke(main, ["frontier", str(folder), "--C", "6829"])
    assert result.exit_code == 2 and "PF-days" in result.output
