"""Storage: a posterior as a netCDF file, whole or not at all, with checksums."""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bayescale.base.atomic import settle, write
from bayescale.inference.checksums import CHECKSUMS, changed_groups, matches, sealed
from bayescale.inference.fit import SCHEMA

#: The name of the posterior in a folder that `bayescale fit` has written.
NAME = "posterior.nc"


def save(post: xr.DataTree, path: str | Path) -> Path:
    """Write a posterior as netCDF; an interruption leaves whatever was there before.

    Parameters
    ----------
    post : DataTree of `fit`.
    path : str or Path, ending in .nc; its folder is created if it does not exist.

    Returns
    -------
    Path : the file.

    Raises
    ------
    TypeError
        If `post` is not a DataTree.
    ValueError
        If `post` has no posterior, or `path` does not end in .nc.
    OSError
        If the disk is full. Nothing is left behind, and `post` can be saved elsewhere.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1)
    >>> path = bs.storage.save(post, "chinchilla.nc")
    >>> bs.storage.load(path).attrs["law"]
    'hoffmann2022.chinchilla'
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

    The content is made in memory, because HDF5 ends the process if a disk is full while it writes.

    Parameters
    ----------
    post : DataTree of `fit`.

    Returns
    -------
    bytes

    Raises
    ------
    TypeError, ValueError
        As `save`.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1)
    >>> bs.storage.as_bytes(post)[1:4]
    b'HDF'
    """
    if not isinstance(post, xr.DataTree):
        raise TypeError(f"post is a {type(post).__name__}; wanted the DataTree of fit.")
    if "posterior" not in post.children:
        raise ValueError(f"This DataTree has the groups {list(post.children)}; wanted 'posterior', as from fit.")
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
    return sealed(file)


def load(path: str | Path, *, verify: bool = True) -> xr.DataTree:
    """Read a posterior into memory and close the file.

    Parameters
    ----------
    path : str or Path, a file that `save` has written, or a folder of `bayescale fit`.
    verify : bool
        Whether to compare the file with its checksum before HDF5 opens it: HDF5 never returns from some damaged files.
        If another program has changed the file, and so removed that checksum, each group is compared with its own
        checksum. Files without checksums are not compared.

    Returns
    -------
    DataTree : as from `fit`.

    Raises
    ------
    FileNotFoundError
        If there is no such file, or no posterior in the folder.
    ValueError
        If the file is truncated, damaged, not netCDF, not a posterior of bayescale, or written by a later version.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> path = bs.storage.save(bs.fit(chinchilla, runs, method="laplace", seed=1), "chinchilla.nc")
    >>> sorted(bs.storage.load(path)["posterior"].sizes)
    ['chain', 'draw']
    """
    path = find(path)
    whole = matches(path) if verify else None
    if whole is False:
        raise ValueError(
            f"'{path}' does not match its checksum: the file is damaged. Restore a copy or fit again; "
            "bayescale.storage.load(path, verify=False) tries to read it, and may crash or never return."
        )
    try:
        changed = changed_groups(path) if verify and whole is None else []
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

    If `bayescale fit` was killed while it replaced the files of the folder, the remaining files are moved first.

    Parameters
    ----------
    path : str or Path, a posterior or the folder of one.

    Returns
    -------
    Path

    Raises
    ------
    FileNotFoundError
        If there is no such file, or no posterior in the folder.

    Examples
    --------
    >>> from pathlib import Path
    >>> import bayescale as bs
    >>> Path("out").mkdir()
    >>> bs.storage.find("out")
    Traceback (most recent call last):
        ...
    FileNotFoundError: The folder 'out' has no posterior.nc; `bayescale fit RUNS --law NAME -o DIR` writes it.
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
