"""Cache of compiled code on disk: Numba's, in a folder that only this user can change.

Numba loads machine code from its cache by `pickle`, which runs whatever the file says. So the cache is used only if no
other user can write to it. The source of a module is never read from the disk: it is written there, as Numba goes by
the file. A list of SHA-256 in the same folder finds entries that were cut short or damaged, which are compiled again.
"""

import os
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType

from bayescale.base import private
from bayescale.base.atomic import replacing

#: Age [s] at which a draft is taken for the leftover of a process that was killed.
_STALE = 24 * 3600.0


class Refused(RuntimeError):
    """Another user could have written an entry of the cache."""


def folder() -> Path | None:
    """Folder of the cache; None if there is no home folder, or it cannot be written.

    Warns
    -----
    RuntimeWarning
        Once for each reason, if the cache is not used because another user could have written it.
    """
    root = private.cache_root()
    if root is None:
        return None
    place = root / "compiled"
    try:
        _refuse(private.weakness(place / "__pycache__", root))
        private.make(place / "__pycache__")
        _refuse(private.weakness(place / "__pycache__", root))
        if not os.access(place, os.W_OK) or not os.access(place / "__pycache__", os.W_OK):
            return None
        _clean(place)
    except Refused as refused:
        _warn(str(refused))
        return None
    except (OSError, RuntimeError):  # cannot be made or examined; RuntimeError: links that form a ring
        return None
    return place


def load(place: Path, name: str, text: str) -> ModuleType:
    """Run a module, whose functions Numba loads from the cache or compiles and stores there.

    Parameters
    ----------
    place : Path, from `folder`.
    name : of the module; no other text has it.
    text : source of the module.

    Raises
    ------
    Refused
        If another user could have written a file of this entry; a RuntimeWarning has said so.
    Exception
        Of many types, from Numba. The entry is then removed.
    """
    path, seal = place / f"{name}.py", place / f"{name}.sha256"
    try:
        # Modes of compiled files count only if they are listed: another process may be about to restrict them.
        listed = _compiled(path) if _sealed(path, seal) else []
        foreign = [file for file in _compiled(path) if hasattr(os, "geteuid") and file.lstat().st_uid != os.geteuid()]
        _refuse(private.weakness(place, private.cache_root() or place, [path, seal, *foreign, *listed]))
    except Refused as refused:
        _warn(str(refused))
        raise
    if not listed:
        _remove(path)
    _write(path, text.encode())
    try:
        with _beside():
            module = run(name, text, str(path))
        _close(path, seal)
    except BaseException:
        _remove(path)
        raise
    return module


def run(name: str, text: str, path: str) -> ModuleType:
    """Run the source of a module, which Numba then finds by its name."""
    module = ModuleType(name)
    module.__file__ = path
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        exec(compile(text, path, "exec", dont_inherit=True), module.__dict__)
    except BaseException:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
        raise
    return module


def _compiled(path: Path) -> list[Path]:
    """Numba's index and data files of a module."""
    return sorted((path.parent / "__pycache__").glob(f"{path.stem}.*.nb[ic]"))


def _listing(path: Path) -> bytes:
    """SHA-256 and name of each compiled file."""
    return "".join(f"{sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in _compiled(path)).encode()


def _sealed(path: Path, seal: Path) -> bool:
    """Whether the compiled files are those that were listed when they were stored."""
    try:
        return seal.read_bytes() == _listing(path) != b""
    except OSError:
        return False


def _close(path: Path, seal: Path) -> None:
    """Restrict the compiled files to this user, then list them; without a list they are not used."""
    try:
        for file in _compiled(path):
            file.chmod(0o600)
        _write(seal, _listing(path))
    except OSError:  # another process has removed a file, or the disk is full
        pass


def _write(path: Path, data: bytes) -> None:
    """Write a file unless it has this content already: Numba recompiles files that are newer than its cache."""
    if not path.is_file() or path.read_bytes() != data:
        with replacing(path) as draft:
            private.write(draft, data)


def _remove(path: Path) -> None:
    for file in _compiled(path):
        file.unlink(missing_ok=True)


@lru_cache(maxsize=64)
def _clean(place: Path) -> None:
    """Remove what killed processes have left, and byte code, which is not used; once in each process."""
    for file in (*place.iterdir(), *(place / "__pycache__").iterdir()):
        draft = file.name.startswith(".") or ".tmp." in file.name
        try:
            if file.suffix == ".pyc" or (draft and time.time() - file.lstat().st_mtime > _STALE):
                file.unlink()
        except OSError:  # another process was faster
            pass


@contextmanager
def _beside() -> Iterator[None]:
    """Have Numba store its files in ``__pycache__``, whose owner and mode were checked, and nowhere else."""
    from numba.core import config

    wanted = {"CACHE_DIR": "", "CACHE_LOCATOR_CLASSES": "InTreeCacheLocator"}
    before = {key: getattr(config, key) for key in wanted if hasattr(config, key)}
    try:
        for key in before:
            setattr(config, key, wanted[key])
        yield
    finally:
        for key, value in before.items():
            setattr(config, key, value)


def _refuse(reason: str) -> None:
    if reason:
        raise Refused(reason)


@lru_cache(maxsize=64)
def _warn(reason: str) -> None:
    """Say why the cache is not used; once in each process."""
    warnings.warn(
        f"The cache of compiled code is not used, because {reason}, so code in it may be somebody else's. Each process "
        "compiles for itself, which takes a few seconds. Delete that folder or file if it is yours, or set "
        "BAYESCALE_CACHE to a folder that only you can write.",
        RuntimeWarning,
        stacklevel=2,
    )
