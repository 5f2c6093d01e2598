"""files: a posterior on disk, whole or not at all."""

from pathlib import Path

import xarray as xr

from bayescale.base.atomic import replacing
from bayescale.inference.fit import SCHEMA

#: The name of the posterior in a folder that `bayescale fit` has written.
NAME = "posterior.nc"


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
    """
    path = Path(path)
    if not isinstance(post, xr.DataTree):
        raise TypeError(f"post is a {type(post).__name__}; wanted the DataTree of fit.")
    if "posterior" not in post.children:
        raise ValueError(f"This DataTree has the groups {list(post.children)}; wanted 'posterior', as from fit.")
    if path.suffix != ".nc":
        raise ValueError(f"'{path.name}' ends in '{path.suffix}'; wanted .nc (netCDF).")
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as draft:
        post.to_netcdf(draft, engine="h5netcdf")
    return path


def load(path: str | Path) -> xr.DataTree:
    """Read a posterior into memory and close the file.

    Parameters
    ----------
    path : str or Path, a file that `save` has written, or a folder of `bayescale fit`.

    Returns
    -------
    DataTree : as from `fit`.

    Raises
    ------
    FileNotFoundError
        If there is no such file, or no posterior in the folder.
    ValueError
        If the file is truncated, not netCDF, not a posterior of bayescale, or of a later version of it.
    """
    folder, path = Path(path), Path(path)
    if folder.is_dir():
        path = folder / NAME
        if not path.is_file():
            raise FileNotFoundError(
                f"The folder '{folder}' has no {NAME}; `bayescale fit RUNS --law NAME -o DIR` writes it."
            )
    if not path.is_file():
        raise FileNotFoundError(f"There is no file or folder '{path}'; wanted a {NAME}, or the folder that has it.")
    try:
        with xr.open_datatree(path, engine="h5netcdf") as tree:
            post = tree.load()
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"'{path}' cannot be read as netCDF; it is cut short or of another kind: {error}") from None
    if not ("posterior" in post.children and {"law", "schema"} <= set(post.attrs)):
        raise ValueError(
            f"'{path}' has the groups {list(post.children)} and the attributes {sorted(map(str, post.attrs))[:8]}; "
            "wanted a posterior of bayescale, with group 'posterior' and attributes 'law' and 'schema'."
        )
    if int(post.attrs["schema"]) > SCHEMA:
        raise ValueError(
            f"'{path}' has schema {post.attrs['schema']}, wanted {SCHEMA} or less; install a newer bayescale."
        )
    return post
