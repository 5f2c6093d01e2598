"""Atomic: files that appear under their names complete, or not at all.

A draft is written next to its target, on the same file system, and renamed when it is complete. If the process raises
or is killed before that, the file that was there stays as it was. A killed process leaves its draft behind, under a
hidden name; the next writing of that file or folder removes it if it is old. Nothing is promised for a loss of power.
"""

import errno
import glob
import importlib
import itertools
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bayescale.base.space import space

#: Tells drafts of one process apart, so that its threads may write the same file.
_NUMBERS = itertools.count()
#: Tells processes apart that have one id, as in containers that share a folder.
_PROCESS = secrets.token_hex(4)
#: How the name of a draft ends.
_ENDING = re.compile(r"\.[0-9a-f]{8}-\d+-\d+")
#: A complete set of files that is moving into its folder (`filling` with `last`).
_ARRIVING = ".arriving"
#: In that set: which file moves last, and which old files are removed.
_ORDER = ".order"
#: Age [s] above which the writer of a draft is taken to have been killed: a day.
_ABANDONED = 86_400.0
#: How often a set is offered to a folder into which other processes are moving theirs.
_OFFERS = 200


@contextmanager
def replacing(path: str | Path, *, size: int | None = None) -> Iterator[Path]:
    """Write one file: yields the path of a draft, which takes the place of `path` if the block succeeds.

    The file has the mode that the umask gives to new files. The draft's name has no suffix, so that no search for
    ``*.csv`` picks it up; a writer that goes by suffixes must be told the format.

    Parameters
    ----------
    path : str or Path, in a folder that exists. A file of that name is replaced.
    size : int, optional
        Size of the file [bytes], for the error of a full disk.

    Yields
    ------
    Path : the draft, which does not exist yet.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist, or the block wrote no draft.
    IsADirectoryError
        If `path` is a folder.
    OSError
        If the disk is full.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"'{path}' is a folder; wanted the name of a file, such as '{path / 'name'}'.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder '{path.parent}' to write '{path.name}' to; make it first.")
    draft = path.with_name(_hidden(path.name))
    _sweep(path.parent, path.name)
    try:
        with space(path.parent, size):
            yield draft
            os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def write(path: str | Path, content: bytes | memoryview) -> None:
    """Write bytes to one file, as `replacing`; the error of a full disk says how much is needed and how much is free.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, OSError
        As `replacing`.
    """
    with replacing(path, size=len(content)) as draft:
        draft.write_bytes(content)


@contextmanager
def filling(folder: str | Path, *, last: str | None = None, stale: Iterable[str] = ()) -> Iterator[Path]:
    """Write several files of a folder: yields a draft folder, whose files move to `folder` if the block succeeds.

    Files move one by one, in alphabetical order. Other files in the folder are not touched.

    Where a reader must not see some files of an old set and some of a new one, name the file that readers open first as
    `last`, and have them call `settle` before. The draft then becomes the new set in one rename. A process killed
    before it leaves the old set whole. If it is killed later, `settle` finishes the move. The old `last` is removed
    before anything moves, and the new one arrives when all others are in place, so that readers who do not call
    `settle` find no `last` rather than a mixed set.

    Parameters
    ----------
    folder : str or Path, created if it does not exist.
    last : str, optional, name of the file that moves last.
    stale : names of files of an earlier set, which are removed unless the draft has them too.

    Yields
    ------
    Path : the draft folder, inside `folder`.

    Raises
    ------
    FileNotFoundError
        If the block wrote no file `last`; the folder is then as it was.
    OSError
        If the disk is full; the folder is then as it was.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder, "draft")
    draft = folder / _hidden("draft")
    try:
        with space(folder):
            draft.mkdir()
            yield draft
            names = sorted(path.name for path in draft.iterdir())
            stale = sorted(set(stale) - set(names))
            if last is None:
                _move(draft, folder, names, stale)
                return
            if last not in names:
                raise FileNotFoundError(f"The draft of '{folder}' has {names} and no '{last}', which is to move last.")
            (draft / _ORDER).write_text(json.dumps({"last": last, "stale": stale}), encoding="utf-8")
        _offer(draft, folder)
        _arrive(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def settle(folder: str | Path) -> Path:
    """Finish the move of a set that a killed process has left (`filling` with `last`).

    Returns
    -------
    Path : the folder to read the set from. It is `folder`; in a write-protected folder it may be the hidden set itself.
    """
    folder = Path(folder)
    try:
        _arrive(folder)
    except OSError:
        order = _order(folder / _ARRIVING)
        if order is not None and (folder / _ARRIVING / order[0]).is_file():
            return folder / _ARRIVING
    return folder


def _offer(draft: Path, folder: Path) -> None:
    """Rename a draft to the set that moves next."""
    for offer in range(_OFFERS):
        try:
            os.replace(draft, folder / _ARRIVING)
            return
        except OSError as error:  # a set is there, of a process that is moving it or was killed
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or offer == _OFFERS - 1:
                raise
            time.sleep(1e-3)
        _arrive(folder)


def _arrive(folder: Path) -> None:
    """Move the set that has arrived, if there is one. One process moves it; others wait."""
    arriving = folder / _ARRIVING
    if arriving.is_symlink() or not arriving.is_dir():
        return
    with suppress(OSError):
        arriving.rmdir()  # empty: all has moved
        return
    with suppress(FileNotFoundError), _locked(arriving) as same:
        order = _order(arriving) if same else None
        if order is None:  # another process has moved it, or it is not ours
            return
        last, stale = order
        if (arriving / last).is_file():
            (folder / last).unlink(missing_ok=True)
            names = sorted(path.name for path in arriving.iterdir() if path.name not in (last, _ORDER))
            _move(arriving, folder, [*names, last], stale)
        (arriving / _ORDER).unlink()
        with suppress(OSError):  # another process may have put its set here, now that it is empty
            arriving.rmdir()


def _order(arriving: Path) -> tuple[str, list[str]] | None:
    """Name of the last file of a set and of the files that it makes stale; None if this is no set."""
    try:
        order = json.loads((arriving / _ORDER).read_text(encoding="utf-8"))
        last, stale = order["last"], list(order["stale"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    plain = all(isinstance(name, str) and name and name == os.path.basename(name) for name in (last, *stale))
    return (last, stale) if plain else None


def _move(source: Path, folder: Path, names: Iterable[str], stale: Iterable[str]) -> None:
    """Remove stale files and move others, in order."""
    for name in stale:
        (folder / name).unlink(missing_ok=True)
    for name in names:
        os.replace(source / name, folder / name)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Keep other processes that lock `folder` waiting; False if it has been replaced in the meantime."""
    try:
        fcntl = importlib.import_module("fcntl")
    except ImportError:  # Windows has no lock of this kind
        yield True
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems of clusters have no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield folder.is_dir() and os.path.samestat(os.fstat(handle), os.stat(folder))
    finally:
        os.close(handle)


def _sweep(folder: Path, name: str) -> None:
    """Remove the drafts called `name` that killed processes have left in a folder."""
    for draft in folder.glob(f".{glob.escape(name)}.*-*"):
        if not _ENDING.fullmatch(draft.name.removeprefix(f".{name}")):
            continue
        with suppress(OSError):
            if time.time() - draft.lstat().st_mtime > _ABANDONED:
                if draft.is_dir():
                    shutil.rmtree(draft, ignore_errors=True)
                else:
                    draft.unlink()


def _hidden(name: str) -> str:
    """A hidden name that no other process or thread uses."""
    return f".{name}.{_PROCESS}-{os.getpid()}-{next(_NUMBERS)}"
