"""data.literature.catalogue"""

import importlib
from difflib import get_close_matches
from importlib.resources import files

import pandas as pd

from bayescale.data.literature.record import Dataset

#: Tables that come with the package.
BUNDLED = (
    "known_entropy",
    "known_entropy_curves",
    "text_sweep",
    "text_sweep_curves",
    "gpt3",
    "cerebras_gpt",
    "pythia",
    "hoffmann2022_table3",
    "hoffmann2022_tableA3",
    "henighan2020_table1",
    "kaplan2020_constants",
)


#: Tables that their authors published; fetched at first use, or made by the user where there is no plain file.
PUBLISHED = (
    "besiroglu2024",
    "gadre2024",
    "porian2024",
    "muennighoff2023",
    "gemstones2025",
    "clark2022",
    "alabdulmohsin2022",
    "gpt3_curves",
    "isoflop",
    "delphi",
)


def names() -> list[str]:
    """Names of all data sets, bundled ones first."""
    return [*BUNDLED, *PUBLISHED]


def info(name: str) -> Dataset:
    """What is known about a data set; ``print(info(name))`` shows a card. Fetches nothing.

    Parameters
    ----------
    name : str
        One of `names`.

    Raises
    ------
    ValueError
        If there is no such data set; the message lists the names.
    """
    known = names()
    if name not in known:
        lower = {other.lower(): other for other in known}
        close = get_close_matches(str(name).lower(), lower, n=1, cutoff=0.5)
        hint = f"Did you mean '{lower[close[0]]}'? " if close else ""
        raise ValueError(f"There is no data set '{name}'. {hint}Known: {known}; read your own with pandas.read_csv.")
    return importlib.import_module(f"{__package__}.{name}").DATASET


def load(name: str) -> pd.DataFrame:
    """Read a data set; a published one is downloaded at first use and kept.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    DataFrame
        For ``info(name).kind == "runs"`` one row a training run: `N` [parameters], `D` [tokens], `C` [FLOP], `loss`
        [nats/token unless ``attrs["units"]`` says otherwise] and grouping columns; for ``"curves"`` one row a point on
        the way of a run. Numbers are float64.
        ``attrs`` holds ``name``, ``source``, ``licence``, ``cite`` and ``units``.

    Raises
    ------
    ValueError
        If there is no such data set, or its file is not the published one.
    FileNotFoundError
        If there is nothing to download, and the file is not in ``BAYESCALE_DATA``; the message says how to make it.
    ConnectionError
        If it has to be downloaded and cannot be.
    OSError
        If the cache cannot be written.

    Notes
    -----
    Environment: ``BAYESCALE_DATA``, a folder of local copies (``<name>/raw/<file>``); ``BAYESCALE_CACHE``, where
    downloads are kept; ``BAYESCALE_MIRROR``, the address of a server with the same layout, instead of the authors'.
    """
    record = info(name)
    table = _bundled(name) if record.read is None else _published(record)
    numbers = [column for column, unit in record.units.items() if unit not in ("label", "flag")]
    # By unit, not by what pandas made of it: it leaves integers beyond int64 as Python objects.
    table = table.loc[:, list(record.columns)].astype(dict.fromkeys(numbers, "float64"))
    table.attrs = {
        "name": record.name,
        "source": record.source,
        "licence": record.licence,
        "cite": record.cite,
        "units": record.units,
    }
    return table


def _bundled(name: str) -> pd.DataFrame:
    with (files(str(__package__)) / "bundled" / f"{name}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def _published(record: Dataset) -> pd.DataFrame:
    from bayescale.data.literature.fetch import fetch

    if record.read is None:
        raise TypeError(f"The record of '{record.name}' has raw files and no function that reads them.")
    paths = fetch(record)
    if not record.local:
        return record.read(*paths)
    # A file that the user made has no known hash, so its columns and rows are checked instead.
    try:
        table = record.read(*paths).loc[:, list(record.columns)]
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ValueError(f"'{paths[0]}' is not the file of '{record.name}' ({error}). {record.recipe}") from error
    if len(table) != record.rows:
        found = f"it gives {len(table)} rows, wanted {record.rows}"
        raise ValueError(f"'{paths[0]}' is not the file of '{record.name}': {found}. {record.recipe}")
    return table
