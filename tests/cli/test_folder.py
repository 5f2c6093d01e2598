"""The folder of a fit: killed at any step of a refit, it has the old fit or the new one, whole."""

import json
import os
import signal
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from bayescale.cli import figures, folder
from bayescale.cli.main import main
from bayescale.inference import storage
from bayescale.laws import find

OLD = Path(__file__).parents[1] / "data_files" / "old_posterior.nc"
FORECAST = ["--json", "--N", "901120", "--D", "18497536"]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the process that is killed is a fork")


@pytest.fixture
def prepared(monkeypatch):
    """A function that makes the writing of a fit, whose files all say which one it is; a fork may then call it."""
    post, contents = storage.load(OLD), {}
    law = find(str(post.attrs["law"]))
    for word in ("old", "new"):
        post.attrs["created"] = word
        contents[word] = storage.as_bytes(post)

    def prepared(out, word, drawings, writer=folder.write):
        table = pd.DataFrame({"word": [word]})

        def write():
            monkeypatch.setattr(storage, "as_bytes", lambda _: contents[word])
            monkeypatch.setattr(figures, "draw", lambda at, *_: [_drawn(at, stem, word) for stem in drawings])
            writer(out, law, post, table, table)

        return write

    return prepared


@pytest.fixture
def write(prepared):
    """Write a fit."""
    return lambda *arguments: prepared(*arguments)()


def _drawn(at, stem, word):
    for ending in ("pdf", "png"):
        (at / f"{stem}.{ending}").write_text(word)
    return stem


def words(out):
    """Name -> the fit that a file belongs to."""
    found = {p.name: p.read_text() for p in out.iterdir() if p.is_file() and p.name != storage.NAME}
    return {name: "new" if "new" in text else "old" if "old" in text else text for name, text in found.items()}


def killed(function, at):
    """Call a function in a process that kills itself before its `at`-th change of a name; whether it came so far."""
    child = os.fork()
    if child == 0:
        left = [at]

        def counted(name):
            change = getattr(os, name)

            def step(*arguments, **options):
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1
                return change(*arguments, **options)

            return step

        try:
            for name in ("replace", "unlink", "rmdir", "mkdir"):
                setattr(os, name, counted(name))
            function()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def forecast(out):
    result = CliRunner().invoke(main, ["forecast", str(out), *FORECAST])
    assert result.exit_code in (0, 3), result.output
    return json.loads(result.stdout)


STEMS = list(figures.DRAWINGS)


def test_killed_at_every_step_of_a_refit_leaves_the_old_fit_or_the_new_one(write, prepared, tmp_path):
    seen, at = [], 0  # names of fits
    while True:
        out = tmp_path / f"killed {at}"
        write(out, "old", STEMS[:2])
        (out / "notes.txt").write_text("mine")
        (out / "more").mkdir()
        (out / "more" / "notes.txt").write_text("mine")
        if not killed(prepared(out, "new", STEMS[1:]), at):
            break
        if at % 8 == 0:
            assert forecast(out)["law"] == "busbridge2025.generalised"
        fit = str(storage.load(out, verify=False).attrs["created"])
        stems = STEMS[:2] if fit == "old" else STEMS[1:]
        names = [*folder.TABLES, *(f"{stem}.{ending}" for stem in stems for ending in ("pdf", "png"))]
        assert words(out) == {**dict.fromkeys(names, fit), "notes.txt": "mine"}
        assert (out / "more" / "notes.txt").read_text() == "mine"
        seen.append(fit)
        at += 1
    assert seen == sorted(seen, reverse=True) and set(seen) == {"old", "new"} and len(seen) > 10
    assert not list(out.glob(".*"))


def test_a_first_fit_that_is_killed_is_found_once_it_is_complete(prepared, tmp_path):
    out = tmp_path / "first"
    at = 0
    while killed(prepared(out, "new", STEMS[:1]), at) and not list(out.glob(".arriving")):
        with pytest.raises(FileNotFoundError):
            storage.load(out)
        at += 1
    assert not (out / storage.NAME).exists()
    result = CliRunner().invoke(main, ["fit", "gpt3", "--law", "henighan2020.L_C", "-o", str(out)])
    assert result.exit_code == 2 and "already has a posterior.nc" in result.stderr
    assert storage.load(out / storage.NAME).attrs["created"] == "new"


def test_a_full_disk_leaves_the_old_fit(write, tmp_path, monkeypatch):
    import errno

    write(tmp_path, "old", STEMS[:1])
    monkeypatch.setattr(Path, "write_bytes", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left")))
    with pytest.raises(OSError, match="is full: .* MB needed, .* MB free. Free space, or choose another folder.$"):
        write(tmp_path, "new", STEMS[:1])
    assert storage.load(tmp_path).attrs["created"] == "old" and set(words(tmp_path).values()) == {"old"}
    assert not list(tmp_path.glob(".*"))


@pytest.fixture
def full(monkeypatch):
    """A function that makes the disks of some folders full."""
    import errno

    write_bytes = Path.write_bytes

    def full(*folders):
        def limited(path, content):
            if any(path.is_relative_to(folder) for folder in folders):
                raise OSError(errno.ENOSPC, "No space left")
            return write_bytes(path, content)

        monkeypatch.setattr(Path, "write_bytes", limited)

    return full


def test_a_fit_that_finds_its_disk_full_goes_elsewhere(write, prepared, full, tmp_path, monkeypatch):
    out, here, temporary = (tmp_path / name for name in ("out", "here", "temporary"))
    write(out, "old", STEMS[:1])
    here.mkdir()
    temporary.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(folder.tempfile, "gettempdir", lambda: str(temporary))
    monkeypatch.setattr(Path, "home", lambda: temporary)
    for places, place in (([out], here), ([out, here], temporary)):
        full(*places)
        with pytest.raises(OSError, match=r"is full: .* The fit is complete in '(.*)' instead") as caught:
            prepared(out, "new", STEMS[:1], folder.keep)()
        (kept,) = place.iterdir()
        assert str(kept) in str(caught.value) and set(words(kept).values()) == {"new"}
        assert storage.load(kept).attrs["created"] == "new" and not list(kept.glob(".*"))
        assert storage.load(out).attrs["created"] == "old"
        assert forecast(kept)["law"] == "busbridge2025.generalised"
    full(tmp_path)
    with pytest.raises(OSError, match="is full: .* The fit is lost, since '.*here' and '.*temporary' could not"):
        prepared(out, "new", STEMS[:1], folder.keep)()
    assert len(list(here.iterdir())) == len(list(temporary.iterdir())) == 1


def test_names_that_repeat_by_accident_do_not_become_training_runs(tmp_path):
    post = storage.load(OLD)
    law = find(str(post.attrs["law"]))
    runs = pd.DataFrame({"N": [1e8, 1e8], "D": [1e9, 2e9], "loss": [3.0, 2.9]}, index=[0, 0])
    folder.write(tmp_path, law, post, runs, runs)
    assert pd.read_csv(tmp_path / "runs.csv")["run"].tolist() == [0, 1]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="nothing is write-protected for root")
def test_a_write_protected_folder_is_read(write, prepared, tmp_path):
    write(tmp_path, "old", STEMS[:1])
    killed(prepared(tmp_path, "new", STEMS[:1]), 8)
    tmp_path.chmod(0o500)
    try:
        assert storage.load(tmp_path).attrs["created"] in ("old", "new")
    finally:
        tmp_path.chmod(0o700)
