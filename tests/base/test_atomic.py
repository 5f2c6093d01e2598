"""Atomic writes: whole files or none, whatever stops the process, with the modes of ordinary files."""

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bayescale.base import atomic
from bayescale.base.atomic import filling, replacing

OLD, NEW = "old", "new" * 5000
#: What a killed process does before it kills itself.
PREAMBLE = """
import os, pathlib, signal, sys
from bayescale.base import atomic

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

folder, stage = pathlib.Path(sys.argv[1]), sys.argv[2]
replace, moved = os.replace, []

def counted(source, target):
    if stage == f"before move {len(moved)}":
        die()
    replace(source, target)
    moved.append(target)

os.replace = counted
"""
ONE = """
with atomic.replacing(folder / "a.txt") as draft:
    with draft.open("w") as file:
        file.write("new" * 2000)
        file.flush()
        stage == "writing" and die()
        file.write("new" * 3000)
    stage == "written" and die()
die()
"""
SET = """
with atomic.filling(folder, last="seal", stale=["gone"]) as draft:
    for name in ("a", "seal", "b"):
        (draft / name).write_text("new" * 5000)
        stage == "writing" and die()
    stage == "written" and die()
die()
"""


def killed(code, folder, stage):
    done = subprocess.run([sys.executable, "-c", PREAMBLE + code, str(folder), stage], check=False)
    assert done.returncode == -signal.SIGKILL


def seen(folder):
    """Name -> text of the files that are not hidden."""
    return {path.name: path.read_text() for path in folder.iterdir() if not path.name.startswith(".")}


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask():
    before = os.umask(0o027)
    yield
    os.umask(before)


@pytest.mark.parametrize("there", [True, False], ids=["over an old file", "as the first"])
@pytest.mark.parametrize("stage", ["writing", "written", "before move 0", "done"])
def test_a_killed_process_leaves_the_old_file_or_the_new_one(tmp_path, stage, there):
    if there:
        (tmp_path / "a.txt").write_text(OLD)
    killed(ONE, tmp_path, stage)
    assert seen(tmp_path) == ({"a.txt": NEW} if stage == "done" else {"a.txt": OLD} if there else {})
    assert not list(tmp_path.glob("*.txt"))[1:]  # no draft has the ending of a finished file


@pytest.mark.parametrize("stage", ["writing", "written", "before move 0", "before move 1", "before move 2", "done"])
def test_a_killed_process_leaves_no_mixed_set_with_its_last_file(tmp_path, stage):
    for name in ("a", "b", "seal", "gone", "other"):
        (tmp_path / name).write_text(OLD)
    killed(SET, tmp_path, stage)
    found = seen(tmp_path)
    assert found.pop("other") == OLD
    assert set(found.values()) <= {OLD, NEW}
    if stage in ("writing", "written"):
        assert found == {"a": OLD, "b": OLD, "seal": OLD, "gone": OLD}
    elif stage == "done":
        assert found == {"a": NEW, "b": NEW, "seal": NEW}
    else:
        assert "seal" not in found


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_the_old_file_and_no_draft(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text(OLD)
    with pytest.raises(error), replacing(path) as draft:
        draft.write_text(NEW)
        raise error
    assert os.listdir(tmp_path) == ["a.txt"] and path.read_text() == OLD


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_the_old_set_and_no_draft(tmp_path, error):
    (tmp_path / "a").write_text(OLD)
    with pytest.raises(error), filling(tmp_path, last="a") as draft:
        (draft / "a").write_text(NEW)
        raise error
    assert os.listdir(tmp_path) == ["a"] and (tmp_path / "a").read_text() == OLD


def test_a_rename_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text(OLD)

    def refused(*_):
        raise PermissionError("no")

    monkeypatch.setattr(atomic.os, "replace", refused)
    with pytest.raises(PermissionError), replacing(path) as draft:
        draft.write_text(NEW)
    assert os.listdir(tmp_path) == ["a.txt"] and path.read_text() == OLD


def test_modes_follow_the_umask(tmp_path, umask):
    with replacing(tmp_path / "a.txt") as draft:
        draft.write_text(NEW)
    with filling(tmp_path / "made" / "here") as drafts:
        (drafts / "b.txt").write_text(NEW)
    assert mode(tmp_path / "a.txt") == mode(tmp_path / "made" / "here" / "b.txt") == 0o640


def test_a_set_replaces_what_it_has_and_leaves_the_rest(tmp_path):
    for name in ("a", "stale", "mine"):
        (tmp_path / name).write_text(OLD)
    with filling(tmp_path, stale=["a", "stale", "never"]) as draft:
        assert not list(draft.iterdir()) and draft.parent == tmp_path
        (draft / "a").write_text(NEW)
    assert seen(tmp_path) == {"a": NEW, "mine": OLD} and len(os.listdir(tmp_path)) == 2


def test_a_set_without_its_last_file_moves_nothing(tmp_path):
    (tmp_path / "seal").write_text(OLD)
    with pytest.raises(FileNotFoundError, match=r"has \['a'\] and no 'seal'"), filling(tmp_path, last="seal") as draft:
        (draft / "a").write_text(NEW)
    assert seen(tmp_path) == {"seal": OLD}


def test_threads_of_one_process_do_not_share_a_draft(tmp_path):
    path, meet = tmp_path / "a.txt", threading.Barrier(4)

    def write(letter):
        with replacing(path) as draft:
            draft.write_text(letter * 1000)
            meet.wait()

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(path.read_text())) == 1 and os.listdir(tmp_path) == ["a.txt"]


def test_errors_name_the_path_that_was_given(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no folder '.*none' to write 'a.txt' to; make it first"):
        replacing(tmp_path / "none" / "a.txt").__enter__()
    with pytest.raises(IsADirectoryError, match="is a folder; wanted the name of a file"):
        replacing(tmp_path).__enter__()


def test_it_is_the_only_place_that_renames():
    package = Path(atomic.__file__).parents[1]
    words = ("os.replace", "NamedTemporaryFile", "TemporaryDirectory", "mkdtemp", "mkstemp")
    found = [path.name for path in package.rglob("*.py") if any(word in path.read_text("utf-8") for word in words)]
    assert found == ["atomic.py"]
