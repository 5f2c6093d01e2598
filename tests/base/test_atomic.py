"""Atomic writes: whole files or none, whatever stops the process, with the modes of ordinary files."""

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bayescale.base import atomic
from bayescale.base.atomic import filling, replacing, settle, write

OLD, NEW = "old", "new" * 5000
#: What a killed process does before it kills itself.
PREAMBLE = """
import os, pathlib, signal, sys
from bayescale.base import atomic

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

folder, stage = pathlib.Path(sys.argv[1]), sys.argv[2]
steps = []

def counted(name):
    function = getattr(os, name)

    def step(*arguments, **options):
        if stage == f"before {name} {steps.count(name)}":
            die()
        steps.append(name)
        return function(*arguments, **options)

    setattr(os, name, step)

for name in ("replace", "unlink", "rmdir"):
    counted(name)
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
@pytest.mark.parametrize("stage", ["writing", "written", "before replace 0", "done"])
def test_a_killed_process_leaves_the_old_file_or_the_new_one(tmp_path, stage, there):
    if there:
        (tmp_path / "a.txt").write_text(OLD)
    killed(ONE, tmp_path, stage)
    assert seen(tmp_path) == ({"a.txt": NEW} if stage == "done" else {"a.txt": OLD} if there else {})
    assert not list(tmp_path.glob("*.txt"))[1:]  # no draft has the ending of a finished file


#: Steps from the written files to the finished folder: the draft, a, b and the seal move; the old seal, the stale file
#: and the order are removed; the set's own folder is removed.
STEPS = [*(f"before replace {k}" for k in range(4)), *(f"before unlink {k}" for k in range(3)), "before rmdir 0"]


@pytest.mark.parametrize("stage", ["writing", "written", *STEPS, "done"])
def test_a_killed_process_leaves_the_old_set_or_the_new_one(tmp_path, stage):
    for name in ("a", "b", "seal", "gone", "other"):
        (tmp_path / name).write_text(OLD)
    killed(SET, tmp_path, stage)
    found = seen(tmp_path)
    assert set(found.values()) <= {OLD, NEW} and found["other"] == OLD
    if "seal" in found:  # not a mixed set, even for readers who do not settle
        assert {found[name] for name in ("a", "b")} == {found["seal"]} and ("gone" in found) == (found["seal"] == OLD)
    assert settle(tmp_path) == tmp_path
    old = stage in ("writing", "written", "before replace 0")
    whole = {"a": OLD, "b": OLD, "seal": OLD, "gone": OLD} if old else {"a": NEW, "b": NEW, "seal": NEW}
    assert seen(tmp_path) == {**whole, "other": OLD}
    assert old or not list(tmp_path.glob(".*"))


def test_a_set_in_a_folder_that_cannot_be_written_is_read_where_it_is(tmp_path, monkeypatch):
    (tmp_path / "seal").write_text(OLD)
    killed(SET, tmp_path, "before replace 2")
    with monkeypatch.context() as patch:
        patch.setattr(atomic.os, "replace", lambda *_: (_ for _ in ()).throw(PermissionError("write-protected")))
        assert (settle(tmp_path) / "seal").read_text() == NEW
    assert settle(tmp_path) == tmp_path and (tmp_path / "seal").read_text() == NEW


def test_the_next_set_finishes_the_one_before(tmp_path):
    killed(SET, tmp_path, "before replace 2")
    with filling(tmp_path, last="seal") as draft:
        (draft / "seal").write_text("newest")
    assert seen(tmp_path) == {"a": NEW, "b": NEW, "seal": "newest"} and not list(tmp_path.glob(".arriving"))


@pytest.mark.parametrize("order", ["", "{}", '{"last": "../seal", "stale": []}', '{"last": "seal", "stale": ["../x"]}'])
def test_a_foreign_folder_of_that_name_is_left_alone(tmp_path, order):
    (tmp_path / ".arriving").mkdir()
    (tmp_path / ".arriving" / ".order").write_text(order)
    (tmp_path / ".arriving" / "seal").write_text(NEW)
    assert settle(tmp_path) == tmp_path and not seen(tmp_path)
    with pytest.raises(OSError, match="not empty"), filling(tmp_path, last="seal") as draft:
        (draft / "seal").write_text("newest")
    assert not seen(tmp_path) and len(os.listdir(tmp_path)) == 1


def test_writers_and_readers_at_a_time_lose_nothing(tmp_path):
    def write(word):
        for _ in range(20):
            with filling(tmp_path, last="seal", stale=["a", "b", "c"]) as draft:
                for name in ("a", "b", "seal"):
                    (draft / name).write_text(word)
            settle(tmp_path)

    threads = [threading.Thread(target=write, args=(word,)) for word in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    settle(tmp_path)
    assert len(set(seen(tmp_path).values())) == 1 and sorted(os.listdir(tmp_path)) == ["a", "b", "seal"]


def test_old_drafts_of_killed_processes_are_removed(tmp_path):
    killed(SET, tmp_path, "written")
    (draft,) = tmp_path.glob(".draft.*")
    with filling(tmp_path):
        assert draft.is_dir()
    os.utime(draft, (0, 0))
    with filling(tmp_path):
        assert not draft.is_dir()


@pytest.mark.parametrize("code, says", [("ENOSPC", "disk of '.*' is full"), ("EDQUOT", "quota"), ("EFBIG", "ulimit")])
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path, monkeypatch, code, says):
    number = getattr(errno, code)
    monkeypatch.setattr(Path, "write_bytes", lambda *_: (_ for _ in ()).throw(OSError(number, os.strerror(number))))
    (tmp_path / "a").write_text(OLD)
    with pytest.raises(OSError, match=says + r".*: 2 MB needed, .* MB free. Free space, or choose") as caught:
        write(tmp_path / "a", bytes(2_000_000))
    assert caught.value.errno == number and seen(tmp_path) == {"a": OLD}
    with pytest.raises(OSError, match=says), filling(tmp_path, last="a") as draft:
        (draft / "a").write_bytes(b"new")
    assert seen(tmp_path) == {"a": OLD} and os.listdir(tmp_path) == ["a"]


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
    words = ("os.replace", "NamedTemporaryFile", "TemporaryDirectory", "mkstemp")
    found = [path.name for path in package.rglob("*.py") if any(word in path.read_text("utf-8") for word in words)]
    assert found == ["atomic.py"]


def test_old_drafts_of_a_file_are_removed_and_nothing_else(tmp_path):
    path = tmp_path / "a[1].nc"
    drafts = [tmp_path / f".a[1].nc.0123abcd-7-{number}" for number in (0, 1)]
    others = [
        tmp_path / name for name in (".a[1].nc.bak-2", ".a1.nc.0123abcd-7-0", ".a[1].nc.0123abcd-7-0.txt", "a.nc")
    ]
    for file in (*drafts, *others):
        file.write_text(OLD)
    for file in (drafts[0], *others):
        os.utime(file, (0, 0))
    with replacing(path) as draft:
        draft.write_text(NEW)
    assert sorted(tmp_path.iterdir()) == sorted([path, drafts[1], *others])


def test_processes_of_one_id_do_not_share_a_draft(tmp_path):
    code = "import os; os.getpid = lambda: 7\nfrom bayescale.base.atomic import replacing\n"
    code += f"with replacing({str(tmp_path / 'a')!r}) as draft: draft.write_text('x'); print(draft)"
    names = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout for _ in range(2)}
    assert len(names) == 2 and all("-7-0" in name for name in names)


def test_a_file_system_without_locks_will_do(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setattr(fcntl, "flock", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSYS, "not implemented")))
    with filling(tmp_path, last="a") as draft:
        (draft / "a").write_text(NEW)
    assert [path.name for path in tmp_path.iterdir()] == ["a"] and settle(tmp_path) == tmp_path
