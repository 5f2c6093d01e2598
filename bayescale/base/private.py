"""Private: folders and files that nobody but this user can change.

Some files are believed without a second look: compiled code in the cache, the list of law files that this user has
run. They are used only if no other user can have written them. On systems without user ids (Windows) nothing is
checked: there the folders of a user are closed to others by default.
"""

import atexit
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import platformdirs

#: Owner of files whose true owner has no id in this container; no user can act under it. It is Linux's default.
_UNMAPPED = 65534
#: Permission bits that let the group, or anybody, write.
_SHARED = stat.S_IWGRP | stat.S_IWOTH
#: Temporary home folders of this process.
_LENT: list[str] = []


def cache_root() -> Path | None:
    """Folder of our caches: ``BAYESCALE_CACHE``, or the user's cache folder; None if the user has no home folder."""
    return _absolute(lambda: os.environ.get("BAYESCALE_CACHE") or platformdirs.user_cache_dir("bayescale"))


def state_root() -> Path | None:
    """Folder of what is remembered about this user; None if the user has no home folder."""
    return _absolute(lambda: platformdirs.user_state_dir("bayescale"))


def lend_home() -> None:
    """Give a process without home folder a temporary one, which is removed at its end.

    PyTensor, and with it PyMC and nutpie, cannot be imported without. Our own caches stay off.
    """
    try:
        Path.home()
    except (RuntimeError, KeyError):
        _LENT.append(tempfile.mkdtemp(prefix="bayescale-home-"))  # mode 0700
        os.environ["HOME"] = _LENT[-1]
        atexit.register(shutil.rmtree, _LENT[-1], ignore_errors=True)


def _absolute(find: Callable[[], str]) -> Path | None:
    try:
        path = Path(os.path.expanduser(find()))
        lost = path.parts[:1] and path.parts[0].startswith("~") or any(map(path.is_relative_to, _LENT))
        return None if lost else path.absolute()
    except (OSError, RuntimeError, KeyError):  # no home folder, no entry in the list of users, no working directory
        return None


def make(folder: Path) -> None:
    """Make a folder and the parents that it lacks, open to this user only (mode 0700).

    Raises
    ------
    OSError
        If a folder cannot be made.
    """
    for path in (*reversed(folder.parents), folder):
        if not path.is_dir():
            path.mkdir(mode=0o700, exist_ok=True)


def write(path: Path, data: bytes) -> None:
    """Write a new file that only this user can read and write (mode 0600)."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


def weakness(folder: Path, root: Path, files: Iterable[Path] = ()) -> str:
    """How another user could change the content of a folder.

    Parameters
    ----------
    folder : Path, `root` or a folder below it.
    root : Path. From here down, this user owns each folder, and nobody else may write to it. A folder above it may
        belong to root too; it may be writable for all if it is sticky, as /tmp is, and for its group.
    files : files of `folder`, checked as well.

    Returns
    -------
    str : the first reason found, as the rest of a sentence; empty if there is none. What does not exist passes.

    Raises
    ------
    OSError
        If a folder cannot be examined.
    """
    if not hasattr(os, "geteuid"):
        return ""
    for path in dict.fromkeys((*reversed(root.parents), *reversed(root.resolve().parents))):
        if reason := _above(path):
            return reason
    if root.is_symlink():
        if reason := _above(root):
            return reason
        folder, root = root.resolve() / folder.relative_to(root), root.resolve()
    inside = [path for path in (*reversed(folder.parents), folder) if path.is_relative_to(root)]
    return next(filter(None, map(_inside, (*inside, *files))), "")


def _above(path: Path) -> str:
    """Why a folder above ours, or a link to it, lets somebody else exchange ours."""
    if not path.exists() and not path.is_symlink():
        return ""
    for found in (path.lstat(), path.stat()):
        if found.st_uid not in (os.geteuid(), 0, _UNMAPPED):
            return f"'{path}' belongs to another user (id {found.st_uid})"
    mode = path.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        return f"others can write to '{path}' (mode {stat.S_IMODE(mode):04o})"
    return ""


def _inside(path: Path) -> str:
    """Why a folder or file of ours may be somebody else's work."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return ""
    if not (stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)):
        return f"'{path}' is a link or no ordinary file"
    if found.st_uid != os.geteuid():
        return f"'{path}' belongs to another user (id {found.st_uid})"
    if found.st_mode & _SHARED:
        return f"others can write to '{path}' (mode {stat.S_IMODE(found.st_mode):04o})"
    return ""
