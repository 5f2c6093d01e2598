"""Storage: a posterior as a netCDF file, whole or not at all, with checksums."""

import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bayescale.base.atomic import settle, write
from bayescale.inference.fit import SCHEMA

#: The name of the posterior in a folder that `bayescale fit` has written.
NAME = "posterior.nc"
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


def save(post: xr.DataTree, path: str | Path) -> Path:
    """Write a posterior as netCDF; an interruption leaves whatever was there before.

    Parameters
    ----------
    post : DataTree of `fit`.
    path : str or Path, ending in .nc; its folder is made if need be.

    Returns
    -------
    Path : the file.

    Raises
    ------
    TypeError
        If `post` is not a DataTree.
    ValueError
        If it has no posterior, or `path` is not the name of a netCDF file.
    OSError
        If the disk is full. Nothing is left behind, and `post` can be saved elsewhere.
    """
    path = _path(path)
    if path.suffix != ".nc":
        raise ValueError(f"'{path.name}' ends in '{path.suffix}'; wanted .nc (netCDF).")
    content = as_bytes(post)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        write(path, content)
    except OSError as error:
        if error.strerror is not None:  # any error but that of a full disk
            raise
        full = OSError(f"{error} The posterior is still in memory.")
        full.errno = error.errno
        raise full from None
    return path


def as_bytes(post: xr.DataTree) -> bytes:
    """The content of the netCDF file of a posterior.

    It is made in memory: HDF5 ends the process if a disk is full while it writes.

    Raises
    ------
    TypeError, ValueError
        As `save`.
    """
    if not isinstance(post, xr.DataTree):
        raise TypeError(f"post is a {type(post).__name__}; wanted the DataTree of fit.")
    if "posterior" not in post.children:
        raise ValueError(f"This DataTree has the groups {list(post.children)}; wanted 'posterior', as from fit.")
    import h5py

    file = io.BytesIO()
    try:
        post.to_netcdf(file, engine="h5netcdf")
    except MemoryError:
        raise
    except Exception as error:  # of many types, from xarray, h5netcdf and h5py
        raise ValueError(
            f"This posterior cannot be stored as netCDF: {error}. Attributes and variables must be numbers or text; "
            "change or remove those that you have added."
        ) from error
    with h5py.File(file, "r+") as written:
        written.attrs.pop(CHECKSUMS, None)
        written.attrs[CHECKSUMS] = json.dumps(_checksums(written))
    content = file.getvalue()
    return content + SEAL + hashlib.sha256(content).hexdigest().encode() + b"\n"


def load(path: str | Path, *, verify: bool = True) -> xr.DataTree:
    """Read a posterior into memory and close the file.

    Parameters
    ----------
    path : str or Path, a file that `save` has written, or a folder of `bayescale fit`.
    verify : bool
        Whether to compare the file with its checksum before HDF5 opens it, which some damage would keep busy for ever.
        Where another program has changed the file, and so removed that checksum, each group is compared with its own.
        Files without checksums, from earlier versions, are not compared.

    Returns
    -------
    DataTree : as from `fit`.

    Raises
    ------
    FileNotFoundError
        If there is no such file, or no posterior in the folder.
    ValueError
        If the file is truncated, damaged, not netCDF, not a posterior of bayescale, or of a later version of it.
    """
    path = find(path)
    whole = _whole(path) if verify else None
    if whole is False:
        raise ValueError(
            f"'{path}' does not match its checksum: the file is damaged. Restore a copy or fit again; "
            "bayescale.storage.load(path, verify=False) tries to read it, and may crash or never return."
        )
    try:
        changed = _changed(path) if verify and whole is None else []
        with xr.open_datatree(path, engine="h5netcdf", phony_dims="access") as tree:
            post = tree.load()
    except (PermissionError, MemoryError):
        raise
    except Exception as error:  # damage may raise anything
        raise ValueError(f"'{path}' cannot be read as netCDF; it is cut short or of another kind: {error}") from None
    if changed:
        raise ValueError(
            f"'{path}' does not match the checksums of the groups {changed}: the file is damaged, or another program "
            "has changed it. Restore a copy or fit again; bayescale.storage.load(path, verify=False) reads it as it is."
        )
    post.attrs.pop(CHECKSUMS, None)
    if not ("posterior" in post.children and {"law", "schema"} <= set(post.attrs)):
        raise ValueError(
            f"'{path}' has the groups {list(post.children)} and the attributes {sorted(map(str, post.attrs))[:8]}; "
            "wanted a posterior of bayescale, with group 'posterior' and attributes 'law' and 'schema'."
        )
    schema = post.attrs["schema"]
    if not isinstance(schema, int | np.integer) or schema > SCHEMA:
        raise ValueError(f"'{path}' has schema {schema}, wanted {SCHEMA} or less; install a newer bayescale.")
    return post


def find(path: str | Path) -> Path:
    """The file of a posterior, given the file or its folder.

    If `bayescale fit` was killed as it replaced the files of the folder, the rest of them are moved first.

    Raises
    ------
    FileNotFoundError
        If there is no such file, or no posterior in the folder.
    """
    path = _path(path)
    folder = path if path.is_dir() else path.parent
    if path == folder or path.name == NAME:
        file = settle(folder) / NAME
        if path == folder and not file.is_file():
            raise FileNotFoundError(
                f"The folder '{folder}' has no {NAME}; `bayescale fit RUNS --law NAME -o DIR` writes it."
            )
        path = file
    if not path.is_file():
        raise FileNotFoundError(f"There is no file or folder '{path}'; wanted a {NAME}, or the folder that has it.")
    return path


def _path(path: Any) -> Path:
    """A path that the user gave, or an error."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path is a {type(path).__name__}; wanted the path of a file.")
    if "\0" in str(path):
        raise ValueError(f"path is {str(path)!r}; a path has no NUL character.")
    return Path(path)


def _whole(path: Path) -> bool | None:
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


def _changed(path: Path) -> list[str]:
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
