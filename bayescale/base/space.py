"""Space: the error of a full disk, with what was needed and what is free."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Errors that say that there is no space, and what has run out.
_FULL = {
    errno.ENOSPC: "The disk of '{}' is full",
    errno.EDQUOT: "Your quota on the disk of '{}' is full",
    errno.EFBIG: "A file in '{}' may not be so large (see ulimit -f)",
}


@contextmanager
def space(folder: Path, size: int | None = None) -> Iterator[None]:
    """Word the error if there is no space for what the block writes.

    Parameters
    ----------
    folder : Path, where the block writes.
    size : int, optional
        What it writes [bytes].

    Raises
    ------
    OSError
        If there is no space; its ``errno`` is that of the system's error.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL or error.strerror is None:  # without strerror it is worded already
            raise
        needed = "" if size is None else f"{size / 1e6:.3g} MB needed, "
        free = f"{shutil.disk_usage(folder).free / 1e6:.3g} MB free"
        what = _FULL[error.errno].format(folder)
        full = OSError(f"{what}: {needed}{free}. Free space, or choose another folder.")
        full.errno = error.errno
        raise full from None
