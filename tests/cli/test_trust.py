"""A law file runs only if the user names it, or has run the same file before."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import platformdirs
import pytest
from click.testing import CliRunner

from bayescale.cli.main import main
from bayescale.inference.storage import load, save
from bayescale.laws import _trust
from bayescale.laws._find import find

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="XDG_STATE_HOME names the folder of states on Linux")

LAW = """
import pathlib

from bayescale import Law, Prior

with open(pathlib.Path(__file__).parent / "executed", "a") as file:
    file.write("once ")


def formula(N, N0, *, E, excess_N, alpha_N):
    return E + excess_N * (N / N0) ** -alpha_N


law = Law(
    formula,
    {
        "E": Prior("Uniform", lower=0, upper=1, unit="loss_min"),
        "excess_N": Prior("LogNormal", mu=-1, sigma=1, unit="loss_min"),
        "alpha_N": Prior("LogNormal", mu=-1.2, sigma=0.8),
    },
    name="own",
)
"""
#: What is added to a law file to plant code that leaves a trace beside it.
PLANTED = "\n(pathlib.Path(__file__).parent / 'planted').touch()\n"
root_only = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file to another user"
)


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def sent(tmp_path_factory):
    """A folder as its author has it: a law file, and the fit of it; with the author's list of files."""
    folder = tmp_path_factory.mktemp("author")
    N = np.geomspace(1e7, 1e9, 12)
    loss = 2 + (N / 1e8) ** -0.3 + 0.003 * np.cos(np.arange(12))
    pd.DataFrame({"N": N, "loss": loss}).to_csv(folder / "runs.csv", index=False)
    (folder / "mine.py").write_text(LAW)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        result = run("fit", "runs.csv", "--law", "mine.py:law", "--quick", "-o", "out")
    assert result.exit_code in (0, 3), result.output
    (folder / "executed").unlink()
    return folder


@pytest.fixture
def own(sent, monkeypatch):
    """The author, in the folder of the fit."""
    monkeypatch.setenv("XDG_STATE_HOME", str(sent / "state"))
    monkeypatch.chdir(sent)
    yield sent
    for name in ("executed", "planted"):
        (sent / name).unlink(missing_ok=True)
    (sent / "mine.py").write_text(LAW)
    shutil.rmtree(sent / "__pycache__", ignore_errors=True)


@pytest.fixture
def got(sent, tmp_path, monkeypatch):
    """A reader, in a folder that was got from the author, with a fresh list."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    shutil.copytree(sent / "out", tmp_path / "got" / "out")
    shutil.copy(sent / "mine.py", tmp_path / "got")
    monkeypatch.chdir(tmp_path / "got")
    return tmp_path / "got"


def changed(folder: Path, **attrs):
    """Write other attributes into a posterior."""
    post = load(folder / "out")
    post.attrs |= attrs
    save(post, folder / "out" / "posterior.nc")


def refused(*arguments, folder: Path):
    """A command that must not run the law; returns its one line."""
    result = run(*arguments)
    assert result.exit_code == 2 and not result.stdout, result.output
    assert not (folder / "executed").exists() and not (folder / "planted").exists()
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith("error: ") and "it was not run" in line and "--law path/to/" in line
    return line


# The author of a fit


@pytest.mark.parametrize(
    "command", [["forecast", "--N", "1e10"], ["reach", "--loss", "2.5", "--by", "N"]], ids=lambda words: words[0]
)
def test_an_unchanged_file_runs_and_that_is_said(own, command):
    result = run(command[0], "out", *command[1:])
    assert f"running the law file '{own.resolve()}/mine.py', unchanged since the fit" in result.stderr, result.output
    assert result.exit_code in (0, 3) and (own / "executed").read_text() == "once "


def test_the_posterior_says_what_ran(own):
    attrs = load("out").attrs
    digest = hashlib.sha256((own / "mine.py").read_bytes()).hexdigest()
    assert attrs["cli_law"] == "mine.py:law"
    assert attrs["cli_law_file"] == str(own.resolve() / "mine.py") and attrs["cli_law_sha256"] == digest


def test_the_list_is_closed_to_others(own):
    (file,) = (own / "state").rglob("*.jsonl")
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700
    assert len(file.read_text().splitlines()) == 1


def test_a_changed_file_is_not_run(own):
    (own / "mine.py").write_text(LAW + PLANTED)
    assert "changed since the fit" in refused("forecast", "out", "--N", "1e10", folder=own)
    result = run("forecast", "out", "--N", "1e10", "--law", "mine.py:law")
    assert result.exit_code in (0, 3) and (own / "planted").exists()


def test_a_missing_file_is_said(own):
    (own / "mine.py").unlink()
    assert "no longer there" in refused("forecast", "out", "--N", "1e10", folder=own)


def test_a_file_of_the_same_name_elsewhere_is_not_run(own, tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(LAW + PLANTED)
    monkeypatch.chdir(tmp_path)
    result = run("forecast", own / "out", "--N", "1e10")
    assert result.exit_code in (0, 3) and not list(tmp_path.iterdir()) == []
    assert not (tmp_path / "planted").exists() and (own / "executed").exists()


def test_a_law_of_the_package_needs_no_trust(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    result = run("fit", "gpt3", "--law", "henighan2020.L_C", "--quick", "-o", tmp_path / "out")
    assert result.exit_code in (0, 3), result.output
    assert not {"cli_law_file", "cli_law_sha256"} & set(load(tmp_path / "out").attrs)
    result = run("forecast", tmp_path / "out", "--C", "1e22")
    assert result.exit_code in (0, 3) and "running the law file" not in result.stderr
    assert not (tmp_path / "state").exists()


# The reader of somebody else's fit


@pytest.mark.parametrize(
    "command",
    [["forecast", "--N", "1e10"], ["frontier", "--C", "1e22"], ["reach", "--loss", "2.5"]],
    ids=lambda w: w[0],
)
def test_a_file_beside_the_posterior_is_not_run(got, command):
    assert "mine.py" in refused(command[0], "out", *command[1:], folder=got)


def test_a_file_that_the_user_names_runs(got):
    result = run("forecast", "out", "--N", "1e10", "--law", "mine.py:law")
    assert result.exit_code in (0, 3) and (got / "executed").read_text() == "once ", result.output
    assert "running the law file" not in result.stderr


def test_hash_and_path_in_the_posterior_prove_nothing(got):
    """Who wrote the file wrote the hash."""
    (got / "mine.py").write_text(LAW + PLANTED)
    digest = hashlib.sha256((got / "mine.py").read_bytes()).hexdigest()
    changed(got, cli_law_file=str(got / "mine.py"), cli_law_sha256=digest)
    assert "you have not run it on this machine" in refused("forecast", "out", "--N", "1e10", folder=got)


def test_the_same_content_elsewhere_is_not_the_same_file(got):
    """The file may read others beside it."""
    (got.parent / "mine").mkdir()
    shutil.copy("mine.py", got.parent / "mine")
    assert run("forecast", "out", "--N", "1e10", "--law", f"{got.parent}/mine/mine.py:law").exit_code in (0, 3)
    digest = hashlib.sha256((got / "mine.py").read_bytes()).hexdigest()
    changed(got, cli_law_file=str(got / "mine.py"), cli_law_sha256=digest)
    assert "you have not run it" in refused("forecast", "out", "--N", "1e10", folder=got)


@pytest.mark.parametrize(
    "attrs",
    [
        {"cli_law": "mine.py:law", "cli_law_file": "", "cli_law_sha256": ""},
        {"cli_law": "./mine.py:law", "cli_law_file": "mine.py"},
        {"cli_law": "", "law": "mine.py:law"},
        {"cli_law": ":mine.py:law", "cli_law_file": "mine.py", "cli_law_sha256": 7},
        {"cli_law": "henighan2020.py:law"},
        {"cli_law": "../got/mine.py:law", "cli_law_file": "/proc/self/cwd/mine.py"},
    ],
)
def test_no_attribute_makes_a_file_run(got, attrs):
    changed(got, **attrs)
    refused("forecast", "out", "--N", "1e10", folder=got)


def test_control_characters_of_a_posterior_are_not_printed(got):
    changed(got, cli_law="mine.py:\x1b[2Jlaw", cli_law_file="/\x1b[2J/mine.py")
    assert "\x1b" not in run("forecast", "out", "--N", "1e10").stderr


def test_byte_code_beside_a_law_file_is_not_run(got):
    """Python would prefer it to the source that the user has read."""
    import py_compile

    (got / "evil.py").write_text(LAW + PLANTED)
    target = got / "__pycache__" / f"mine.{sys.implementation.cache_tag}.pyc"
    py_compile.compile("evil.py", str(target), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    assert find("mine.py:law").name == "own"
    assert not (got / "planted").exists() and (got / "executed").exists()


def test_content_that_changes_meanwhile_is_not_run(got):
    with pytest.raises(ValueError, match="changed while"):
        find("mine.py:law", hashlib.sha256(b"other").hexdigest())
    assert not (got / "executed").exists()


# The list itself

MARK = {_trust.FILE: "/somewhere/mine.py", _trust.SHA256: "0" * 64}


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Path(platformdirs.user_state_dir("bayescale"))


def test_files_are_listed_once(state):
    assert not _trust.known(MARK)
    for _ in range(3):
        _trust.remember(MARK)
    assert _trust.known(MARK) and not _trust.known(MARK | {_trust.FILE: "/elsewhere/mine.py"})
    assert len((state / "laws.jsonl").read_text().splitlines()) == 1


def opened(state):
    state.chmod(0o777)


def opened_list(state):
    (state / "laws.jsonl").chmod(0o666)


def linked(state):
    (state / "laws.jsonl").rename(state / "other")
    (state / "laws.jsonl").symlink_to(state / "other")


def given(state):
    os.chown(state / "laws.jsonl", 54321, -1)


@pytest.mark.parametrize("change", [opened, opened_list, linked, pytest.param(given, marks=root_only)])
def test_a_list_that_others_can_write_counts_for_nothing(state, change):
    _trust.remember(MARK)
    change(state)
    before = (state / "laws.jsonl").read_bytes()
    assert not _trust.known(MARK)
    _trust.remember(MARK | {_trust.SHA256: "1" * 64})
    assert (state / "laws.jsonl").read_bytes() == before


def test_without_a_home_folder_nothing_is_remembered(monkeypatch, tmp_path):
    def nobody(*_):
        raise RuntimeError("no home")

    monkeypatch.chdir(tmp_path)
    for home in (nobody, lambda *_: "~no-such-user/state"):
        monkeypatch.setattr("platformdirs.user_state_dir", home)
        _trust.remember(MARK)
        assert not _trust.known(MARK) and list(tmp_path.iterdir()) == []


def test_a_path_with_a_line_break_is_one_entry(state):
    _trust.remember(MARK | {_trust.FILE: "/a\n" + '["x", "/b"]'})
    assert len((state / "laws.jsonl").read_text().splitlines()) == 1 and not _trust.known({"x": "/b"} | MARK)


# Conditions, on the command line


def test_a_condition_runs_nothing(tmp_path):
    mark = tmp_path / "executed"
    condition = f"@pd.io.common.os.system('touch {mark}') == 0"
    done = subprocess.run(
        [sys.executable, "-m", "bayescale", "fit", "gpt3", "--law", "chinchilla", "--where", condition, "-o", "out"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 2 and "'@'" in done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_condition_that_is_none_is_an_error(tmp_path):
    result = run("fit", "gpt3", "--law", "henighan2020.L_C", "--where", "N", "-o", tmp_path / "out")
    assert result.exit_code == 2 and "neither true nor false" in result.stderr and not (tmp_path / "out").exists()
