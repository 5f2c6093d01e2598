"""The laws that there are, and how one is found by name."""

import importlib
from difflib import get_close_matches
from pathlib import Path

from bayescale.modelling.law import Law

#: The papers: every public file of this folder.
PAPERS = tuple(sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py")))


def names() -> dict[str, Law]:
    """Every law by its full name, ``paper.law``."""
    modules = (importlib.import_module(f"{__package__}.{paper}") for paper in PAPERS)
    return {law.name: law for module in modules for law in vars(module).values() if isinstance(law, Law)}


def find(name: str) -> Law:
    """The law called `name`: ``hoffmann2022.chinchilla``, ``chinchilla`` where that is unique, or ``file.py:value``.

    Raises
    ------
    ValueError
        If no law or more than one has the name; the message lists the candidates.
    FileNotFoundError
        If the file of ``file.py:value`` does not exist.
    """
    path, colon, value = name.rpartition(":")
    if colon and path.endswith(".py"):
        return _from_file(Path(path), value)
    known = names()
    fits = [full for full in known if name in (full, full.partition(".")[2])]
    if len(fits) == 1:
        return known[fits[0]]
    if fits:
        raise ValueError(f"The law '{name}' is in several papers: {fits}; give the full name.")
    close = [full for full in known if name in full] or get_close_matches(name, known, cutoff=0.5)
    hint = f"Did you mean {close}? " if close else ""
    raise ValueError(f"There is no law '{name}'. {hint}Known: {list(known)}; your own: path/to/file.py:name.")


def _from_file(path: Path, value: str) -> Law:
    from importlib.util import module_from_spec, spec_from_file_location

    if not path.is_file():
        raise FileNotFoundError(f"The law '{path}:{value}' was to be read from '{path}', which does not exist.")
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"'{path}' cannot be imported as Python code.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    law = getattr(module, value, None)
    if not isinstance(law, Law):
        known = [key for key, item in vars(module).items() if isinstance(item, Law)]
        raise ValueError(f"'{path}' has no law called '{value}'; it has {known}.")
    return law
