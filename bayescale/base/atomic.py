"""Atomic: files that appear under their names complete, or not at all.

A draft is written beside its target, on the same file system, and renamed when it is complete. If the process raises
or is killed before that, the file that was there stays as it was. A killed process leaves its draft behind, under a
hidden name. Nothing is promised for a loss of power.
"""

import itertools
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

#: Tells drafts of one process apart, so that its threads may write the same file.
_NUMBERS = itertools.count()


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Write one file: yields the path of a draft, which takes the place of `path` if the block succeeds.

    The file has the mode that the umask gives to new files. The draft's name has no suffix, so that no search for
    ``*.csv`` picks it up; a writer that goes by suffixes must be told the format.

    Parameters
    ----------
    path : str or Path, in a folder that exists. A file of that name is replaced.

    Yields
    ------
    Path : the draft, which does not exist yet.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist, or the block wrote no draft.
    IsADirectoryError
        If `path` is a folder.
    """
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"'{path}' is a folder; wanted the name of a file, such as '{path / 'name'}'.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder '{path.parent}' to write '{path.name}' to; make it first.")
    draft = path.with_name(_hidden(path.name))
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def filling(folder: str | Path, *, last: str | None = None, stale: Iterable[str] = ()) -> Iterator[Path]:
    """Write several files of a folder: yields a draft folder, whose files move to `folder` if the block succeeds.

    Files move one by one, in alphabetical order. Where a reader must not see some files of an old set and some of a new
    one, name the file that readers open first as `last`: the old one is removed before anything moves, and the new one
    arrives when all others are in place.

    Parameters
    ----------
    folder : str or Path, made if need be.
    last : str, optional, name of the file that moves last.
    stale : names of files of an earlier set, which are removed unless the draft has them too.

    Yields
    ------
    Path : the draft folder, inside `folder`.

    Raises
    ------
    FileNotFoundError
        If the block wrote no file `last`; the folder is then as it was.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / _hidden("draft")
    draft.mkdir()
    try:
        yield draft
        new = sorted(path.name for path in draft.iterdir() if path.name != last)
        if last is not None and not (draft / last).is_file():
            raise FileNotFoundError(f"The draft of '{folder}' has {new} and no '{last}', which is to move last.")
        if last is not None:
            (folder / last).unlink(missing_ok=True)
        for name in set(stale) - {*new, last}:
            (folder / name).unlink(missing_ok=True)
        for name in new:
            os.replace(draft / name, folder / name)
        if last is not None:
            os.replace(draft / last, folder / last)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _hidden(name: str) -> str:
    """A hidden name that no other process or thread uses."""
    return f".{name}.{os.getpid()}-{next(_NUMBERS)}"
