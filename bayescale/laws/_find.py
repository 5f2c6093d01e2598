"""The laws of the package, and finding one by name."""

import hashlib
import importlib
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType

from bayescale.modelling.law import Law

#: The papers: every public file of this folder.
PAPERS = tuple(sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py")))


def names() -> dict[str, Law]:
    """Every law by its full name, ``paper.law``.

    Returns
    -------
    dict : name -> Law.

    Examples
    --------
    >>> import bayescale as bs
    >>> "hoffmann2022.chinchilla" in bs.laws.names()
    True
    """
    modules = (importlib.import_module(f"{__package__}.{paper}") for paper in PAPERS)
    return {law.name: law for module in modules for law in vars(module).values() if isinstance(law, Law)}


def find(name: str, sha256: str | None = None) -> Law:
    """The law called `name`: ``hoffmann2022.chinchilla``, ``chinchilla`` where that is unique, or ``file.py:value``.

    Parameters
    ----------
    name : str
        A file is executed, so it must come from somebody you trust.
    sha256 : str, optional
        SHA-256 of the file. A file with another SHA-256 is not run.

    Raises
    ------
    TypeError
        If the name is not a string.
    ValueError
        If no law or more than one has the name; the message lists the candidates. If the file has another SHA-256.
    FileNotFoundError
        If the file of ``file.py:value`` does not exist.

    Returns
    -------
    Law

    Examples
    --------
    >>> import bayescale as bs
    >>> bs.laws.find("chinchilla") is bs.laws.chinchilla
    True
    """
    if not isinstance(name, str):
        raise TypeError(f"name is a {type(name).__name__}; wanted the name of a law, such as 'chinchilla'.")
    if file := split(name):
        return _from_file(*file, sha256)
    known = names()
    fits = [full for full in known if name in (full, full.partition(".")[2])]
    if len(fits) == 1:
        return known[fits[0]]
    if fits:
        raise ValueError(f"The law '{name}' is in several papers: {fits}; give the full name.")
    close = [full for full in known if name in full] or get_close_matches(name, known, cutoff=0.5)
    hint = f"Did you mean {close}? " if close else ""
    raise ValueError(f"There is no law '{name}'. {hint}Known: {list(known)}; your own: path/to/file.py:name.")


def split(name: str) -> tuple[Path, str] | None:
    """The file and the name in it of ``file.py:name``; None if `name` is that of a law of the package."""
    path, colon, value = name.rpartition(":")
    return (Path(path), value) if colon and path.endswith(".py") else None


def _from_file(path: Path, value: str, sha256: str | None) -> Law:
    if not path.is_file():
        raise FileNotFoundError(f"The law '{path}:{value}' was to be read from '{path}', which does not exist.")
    source = path.read_bytes()
    if sha256 is not None and hashlib.sha256(source).hexdigest() != sha256:
        raise ValueError(f"'{path}' has changed while it was being read, so it was not run. Try again.")
    # The source is run as it was read: Python's importer would prefer byte code in __pycache__, whoever put it there.
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    exec(compile(source, str(path), "exec", dont_inherit=True), module.__dict__)
    law = getattr(module, value, None)
    if not isinstance(law, Law):
        known = [key for key, item in vars(module).items() if isinstance(item, Law)]
        raise ValueError(f"'{path}' has no law called '{value}'; it has {known}.")
    return law
