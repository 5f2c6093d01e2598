"""Fetch: raw files of published tables, from a local folder, the cache or the network, checked against a SHA-256.

The local folder (``BAYESCALE_DATA``), the cache (``BAYESCALE_CACHE``) and a mirror (``BAYESCALE_MIRROR``) have the same
layout, ``<name>/raw/<file>``, so that one can be copied to another. A few tables have no file to download and are read
from the local folder only.
"""

import hashlib
import os
import sys
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Any

from bayescale.base.private import cache_root, make
from bayescale.data.literature.record import Dataset


def fetch(record: Dataset) -> list[Path]:
    """Paths of the raw files of a published table, in the order of ``record.raw``.

    Raises
    ------
    FileNotFoundError
        If the table cannot be downloaded, and its file is not in the local folder; the message says how to prepare it.
    ConnectionError
        If a file is neither in the local folder nor in the cache, and the download fails.
    ValueError
        If a local file or a download differs from the published file.
    OSError
        If a file has to be downloaded, and the cache cannot be written or this user has no home folder to hold one.
    """
    if record.local:
        return [_made(record)]
    return [_local(record, path) or _cached(record, path) for path in record.raw]


def keys(record: Dataset) -> list[str]:
    """Path of each file below the local folder."""
    return [record.local] if record.local else [_key(record, path) for path in record.raw]


def _key(record: Dataset, path: str) -> str:
    return f"{record.folder or record.name}/raw/{record.renamed.get(path, PurePosixPath(path).name)}"


def _made(record: Dataset) -> Path:
    folder = os.environ.get("BAYESCALE_DATA")
    file = Path(folder).expanduser() / record.local if folder else None
    if file is None or not file.is_file():
        now = f"now '{folder}', which lacks it" if folder else "now unset"
        raise FileNotFoundError(
            f"The data set '{record.name}' has no plain file to download. {record.recipe} Source: {record.url}. "
            f"Save it as {record.local} in a folder, and set BAYESCALE_DATA to that folder ({now})."
        )
    return file


def _local(record: Dataset, path: str) -> Path | None:
    folder = os.environ.get("BAYESCALE_DATA")
    file = Path(folder).expanduser() / _key(record, path) if folder else None
    if file is None or not file.is_file():
        return None
    with file.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != record.raw[path]:
        raise ValueError(
            f"'{file}' is not the published file of '{record.name}': its SHA-256 is {found}, wanted "
            f"{record.raw[path]}. Put the file of {record.base}{path} there, or unset BAYESCALE_DATA."
        )
    return file


def _cached(record: Dataset, path: str) -> Path:
    import pooch  # imported here, since bundled tables need only pandas
    import requests

    key, mirror, root = _key(record, path), os.environ.get("BAYESCALE_MIRROR"), cache_root()
    if root is None:
        raise OSError(
            f"The data set '{record.name}' has to be downloaded, and there is no folder to keep it in, since this user "
            f"has no home folder. Set BAYESCALE_CACHE to a folder that can be written, or BAYESCALE_DATA to one that "
            f"holds {key}."
        )
    url = f"{mirror.rstrip('/')}/{key}" if mirror else record.base + path
    store = pooch.create(
        path=root,
        base_url="",
        registry={key: f"sha256:{record.raw[path]}"},
        urls={key: url},
    )
    # pooch writes a temporary file and renames it once the hash matches; it hashes a cached file at each use.
    downloader: Any = pooch.HTTPDownloader(progressbar=_progressbar())
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")
    try:
        make(root)
        return Path(store.fetch(key, downloader=downloader))
    except requests.RequestException as error:
        raise ConnectionError(
            f"The data set '{record.name}' is not on this machine and could not be downloaded from {url} "
            f"({error}). Either connect to the network (BAYESCALE_MIRROR names another server), or set BAYESCALE_DATA "
            f"to a folder that holds {key}, or put that file at '{store.abspath / key}'."
        ) from error
    except ValueError as error:
        raise ValueError(
            f"{url} sent a file that differs from the published one of '{record.name}'; it was discarded ({error}). "
            f"Try again later or from another server (BAYESCALE_MIRROR), or set BAYESCALE_DATA to a folder that "
            f"holds {key}."
        ) from error
    except OSError as error:
        raise OSError(
            f"The data set '{record.name}' could not be written to the cache '{store.abspath}' ({error}). "
            f"Set BAYESCALE_CACHE to a writable folder, or BAYESCALE_DATA to one that holds {key}."
        ) from error
    finally:
        logger.setLevel(level)


def _progressbar() -> bool:
    """Whether to show a progress bar: on a terminal, if tqdm is installed."""
    return sys.stderr is not None and sys.stderr.isatty() and find_spec("tqdm") is not None
