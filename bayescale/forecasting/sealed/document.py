"""Document: the JSON file of a sealed forecast, with a digest of its own content."""

import hashlib
import json
import math
from pathlib import Path
from typing import Any

from bayescale.base.atomic import write

#: What the field ``format`` of a sealed forecast says.
FORMAT = "bayescale sealed forecast, version 1"
#: Fields of a sealed forecast -> the type of each.
FIELDS = {
    "format": str,
    "created": str,
    "law": dict,
    "data": dict,
    "fit": dict,
    "versions": dict,
    "seed": (int, type(None)),
    "unit": str,
    "probabilities": list,
    "runs": list,
    "sha256": str,
}
#: The largest file that is read [bytes]; a sealed run takes some 3 kB.
LARGEST = 50_000_000


def digest(document: dict[str, Any]) -> str:
    """SHA-256 of a document without its field ``sha256``: of its JSON text with sorted keys and no spaces, in UTF-8."""
    content = {key: value for key, value in document.items() if key != "sha256"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def save(path: str | Path, document: dict[str, Any]) -> None:
    """Write a document to a new file, complete or not at all.

    Raises
    ------
    FileExistsError
        If there is a file of that name.
    FileNotFoundError, IsADirectoryError, OSError
        If the file cannot be written.
    """
    path = Path(path)
    if path.is_file():
        raise FileExistsError(f"'{path}' exists, and a sealed forecast is never overwritten; give another name.")
    write(path, (json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())


def load(path: str | Path) -> dict[str, Any]:
    """Read a sealed forecast and check its shape and its digest.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no sealed forecast, is damaged, or has changed since it was sealed.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file '{path}'; make one with bayescale.seal.")
    no = f"'{path}' is no sealed forecast of bayescale"
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{no}: it has {path.stat().st_size:,} bytes.")
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{no}: it cannot be read as JSON ({error}).") from None
    _check_shape(no, document)
    if (found := digest(document)) != document["sha256"]:
        raise ValueError(
            f"'{path}' has changed since it was sealed: its content has the digest {found}, and it names "
            f"{document['sha256']}. Score the file as it was published."
        )
    return document


def _check_shape(no: str, document: Any) -> None:
    """Refuse what is not a document of this format."""
    if not isinstance(document, dict) or "format" not in document:
        raise ValueError(f"{no}: it has no field 'format'.")
    if document["format"] != FORMAT:
        raise ValueError(f"{no} that this version reads: its format is {document['format']!r}; wanted {FORMAT!r}.")
    for name, kind in FIELDS.items():
        if not isinstance(document.get(name, ...), kind):
            raise ValueError(f"{no}: its field '{name}' is missing or of another kind.")
    if unknown := sorted(set(document) - set(FIELDS)):
        raise ValueError(f"{no}: it has the unknown fields {unknown}.")
    levels = document["probabilities"]
    if not _rising(levels) or not 0 < levels[0] < levels[-1] < 1:
        raise ValueError(f"{no}: its probabilities are not rising numbers between 0 and 1.")
    for i, run in enumerate(document["runs"]):
        values = run.get("quantiles") if isinstance(run, dict) else None
        if (
            not isinstance(values, list)
            or len(values) != len(levels)
            or not _rising(values, ties=True)
            or values[0] <= 0
        ):
            raise ValueError(f"{no}: run {i + 1} does not have one rising positive quantile for each probability.")
        if not isinstance(run.get("at"), dict):
            raise ValueError(f"{no}: run {i + 1} has no field 'at' with its size.")
    if not document["runs"]:
        raise ValueError(f"{no}: it has no runs.")


def _rising(values: Any, ties: bool = False) -> bool:
    """Whether these are two or more finite numbers that rise, or at least do not fall."""
    good = all(type(v) in (int, float) and math.isfinite(v) for v in values)
    pairs = zip(values[:-1], values[1:], strict=True)
    return good and len(values) > 1 and all(a < b or (ties and a == b) for a, b in pairs)


def _refuse(word: str) -> None:
    raise ValueError(f"it has the number {word}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON whose keys differ."""
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key occurs twice in one object")
    return dict(pairs)
