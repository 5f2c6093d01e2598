"""Folders whose files are damaged, changed or incomplete, options given twice, and errors of samplers."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from bayescale.cli import fit as command
from bayescale.cli.main import main
from bayescale.inference import storage

OLD = Path(__file__).parents[1] / "data_files" / "old_posterior.nc"
SIZES = ["--N", "901120", "--D", "18497536"]


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def refused(*words):
    """The one line with which a command refuses."""
    result = run(*words)
    assert result.exit_code == 2 and result.stderr.startswith("error: "), result.output
    return result.stderr


@pytest.fixture
def folder(tmp_path):
    shutil.copy(OLD, tmp_path / storage.NAME)
    return tmp_path


@pytest.mark.parametrize("content", ["", "[]", "{", "5", '{"of": 1}', '{"scores": 1}'])
def test_a_damaged_back_test_counts_as_none(folder, content):
    (folder / "backtest.json").write_text(content)
    result = run("forecast", folder, *SIZES)
    assert result.exit_code in (0, 3) and "back-test: not run" in result.stdout, result.output


@pytest.mark.parametrize("content", ["", "N,D,loss\n1e8,1e9,3\n", "a\n1\n"])
def test_a_back_test_needs_the_runs_that_were_fitted(folder, content):
    (folder / "runs.csv").write_text(content)
    assert "has not the runs of the posterior next to it" in refused("forecast", folder, *SIZES, "--backtest")


@pytest.mark.parametrize("group", ["observed_data", "log_likelihood"])
def test_a_comparison_names_the_group_that_is_missing(folder, tmp_path, group):
    post = storage.load(OLD)
    del post[group]
    storage.save(post, tmp_path / "other" / storage.NAME)
    for pair in ([folder, tmp_path / "other"], [tmp_path / "other", folder]):
        assert f"no group ['{group}']" in refused("compare", *pair)


@pytest.fixture
def runs(tmp_path):
    pd.DataFrame({"N": [1e8, 2e8], "D": [1e9, 2e9], "loss": [3.0, 2.9]}).to_csv(tmp_path / "runs.csv")
    return tmp_path / "runs.csv"


@pytest.mark.parametrize("option", [["--reference", "N0=1e9"], ["--column", "N=D"]])
def test_an_option_that_gives_a_key_twice_is_refused(runs, tmp_path, option):
    words = ["fit", runs, "--law", "chinchilla", "-o", tmp_path / "out", *option, *option]
    assert f"{option[0]} gives ['N" in refused(*words)


def test_a_back_test_checks_its_folder_before_any_work(runs):
    words = ["backtest", runs, "--law", "chinchilla", "--cut", "1e17", "-o", runs]
    assert "is no folder or is write-protected" in refused(*words)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (RuntimeError("All points failed\n\nStack backtrace:\n 0: x"), "error: All points failed"),
        (MemoryError(), "error: MemoryError"),
    ],
)
def test_errors_of_samplers_are_one_line(runs, tmp_path, monkeypatch, error, line):
    monkeypatch.setattr(command, "_sample", lambda *_: (_ for _ in ()).throw(error))
    assert refused("fit", runs, "--law", "chinchilla", "-o", tmp_path / "out").strip() == line
