"""Law files that this user has run: what may be run again when a posterior names it.

A posterior names the file of its law. The posterior may come from somebody else, who then chose that name and anything
else in it. So a file is run for a posterior only if this user has run the very same content at the very same place
before, by naming it. The list of these files is kept among the user's own files, never in a posterior.
"""

import hashlib
import json
import os
from pathlib import Path

from bayescale.base import private
from bayescale.laws._find import split

#: Attributes of a posterior: the file of its law, as an absolute path, and the file's SHA-256 at the fit.
FILE, SHA256 = "cli_law_file", "cli_law_sha256"
#: Name of the list: one line for each file, the JSON list [SHA-256, absolute path].
_NAME = "laws.jsonl"


def fingerprint(spec: str) -> dict[str, str]:
    """The attributes `FILE` and `SHA256` of ``file.py:name``; empty if `spec` names a law of the package.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    """
    file = split(spec)
    if file is None:
        return {}
    path, value = file
    if not path.is_file():
        raise FileNotFoundError(f"The law '{spec}' was to be read from '{path}', which does not exist.")
    return {FILE: str(path.resolve()), SHA256: hashlib.sha256(path.read_bytes()).hexdigest()}


def remember(mark: dict[str, str]) -> None:
    """Note that the user has named and run a file; nothing is noted where no file can be kept for this user alone."""
    root = private.state_root()
    if not mark or root is None or known(mark):
        return
    try:
        if private.weakness(root, root, [root / _NAME]):
            return
        private.make(root)
        if private.weakness(root, root):
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        with os.fdopen(os.open(root / _NAME, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(json.dumps([mark[SHA256], mark[FILE]]) + "\n")
    except (OSError, RuntimeError):  # read-only, or links that form a ring
        return


def known(mark: dict[str, str]) -> bool:
    """Whether this user has run a file of this SHA-256 at this path before."""
    root = private.state_root()
    try:
        if root is None or private.weakness(root, root, [root / _NAME]):
            return False
        lines = (root / _NAME).read_text(encoding="utf-8").splitlines()
    except (OSError, RuntimeError, UnicodeDecodeError):
        return False
    return json.dumps([mark[SHA256], mark[FILE]]) in lines


def doubt(spec: str, attrs: dict) -> str:
    """Why the file of a law that a posterior names is not run; empty if it is the one that the user has run.

    Parameters
    ----------
    spec : ``file.py:name``, as the posterior has it.
    attrs : attributes of the posterior.
    """
    path, sha256 = (str(attrs.get(key, "")) for key in (FILE, SHA256))
    if not path or not sha256:
        return "the posterior does not say what was in the file at the fit"
    file = split(f"{path}:{spec.rpartition(':')[2]}")
    if file is None or not Path(path).is_absolute():
        return "the posterior gives no full path of it"
    if not known({FILE: path, SHA256: sha256}):
        return "you have not run it on this machine before"
    try:
        now = fingerprint(f"{path}:")
    except OSError:
        return "it is no longer there"
    return "" if now == {FILE: path, SHA256: sha256} else "it has changed since the fit"
