"""Checksums of a netCDF file: of all its bytes, and of each of its groups."""

import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

#: Attribute of the file that holds the checksums, as JSON: group -> SHA-256. `load` removes it.
CHECKSUMS = "group_sha256"
#: Starts the last line of the file, which ends with the SHA-256 of all bytes before it. HDF5 ignores what follows its
#: content, and cuts it off where another program changes the file.
SEAL = b"\nbayescale sha256 "
#: Length of that line: the start, 64 hexadecimal digits, a line break.
_SEAL_SIZE = len(SEAL) + 64 + 1
#: Bytes that are read at a time to compute it.
_PART = 1 << 20
#: Attributes of HDF5 that hold references, which may differ between equal files.
_REFERENCES = ("REFERENCE_LIST", "DIMENSION_LIST")


def sealed(file: io.BytesIO) -> bytes:
    """The content of a netCDF file, with checksums of its groups in an attribute and of its bytes at the end."""
    import h5py

    with h5py.File(file, "r+") as written:
        written.attrs.pop(CHECKSUMS, None)
        written.attrs[CHECKSUMS] = json.dumps(_checksums(written))
    content = file.getvalue()
    return content + SEAL + hashlib.sha256(content).hexdigest().encode() + b"\n"


def matches(path: Path) -> bool | None:
    """Whether a file matches the checksum in its last line; None if it has no such line."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END) - _SEAL_SIZE
        if size < 0:
            return None
        file.seek(size)
        line, digest = file.read(), hashlib.sha256()
        if not line.startswith(SEAL):
            return None
        file.seek(0)
        while size > 0 and (part := file.read(min(size, _PART))):
            digest.update(part)
            size -= len(part)
    return line[len(SEAL) : -1] == digest.hexdigest().encode()


def changed_groups(path: Path) -> list[str]:
    """The groups of a file that do not match their checksums."""
    import h5py

    with h5py.File(path, "r") as file:
        if CHECKSUMS not in file.attrs:
            return []
        stored, now = json.loads(str(file.attrs[CHECKSUMS])), _checksums(file)
    return sorted(name for name in {*stored, *now} if stored.get(name) != now.get(name))


def _checksums(file: Any) -> dict[str, str]:
    """SHA-256 of the values and attributes of each group of an open HDF5 file, without its subgroups."""
    import h5py

    found = {}
    groups = ["/"]
    file.visititems(lambda name, item: groups.append(f"/{name}") if isinstance(item, h5py.Group) else None)
    for group in groups:
        digest = hashlib.sha256()
        _add_attributes(digest, file[group])
        for name, item in sorted(file[group].items()):
            if not isinstance(item, h5py.Dataset):
                continue
            digest.update(f"{name} {item.shape} {item.dtype} ".encode())
            digest.update(_as_bytes(item[()]))
            digest.update(repr([[file[scale].name for scale in scales] for scales in _scales(item)]).encode())
            _add_attributes(digest, item)
        found[group] = digest.hexdigest()
    return found


def _scales(item: Any) -> list:
    """References to the coordinates of each dimension of a dataset."""
    return list(item.attrs.get("DIMENSION_LIST", ()))


def _add_attributes(digest: Any, item: Any) -> None:
    for name, value in sorted(item.attrs.items()):
        if name not in (CHECKSUMS, *_REFERENCES):
            digest.update(f"{name}={type(value).__name__} ".encode())
            digest.update(_as_bytes(value))


def _as_bytes(value: Any) -> bytes | memoryview:
    """The bytes of an array or a number; of text its representation."""
    array = np.asarray(value)
    return repr(array.tolist()).encode() if array.dtype.kind in "OSU" else np.ascontiguousarray(array).data.cast("B")
