"""Catalogue: the names of the data sets, the record of each, and loading one."""

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


#: Tables that their authors published: downloaded at first use, or prepared by the user where there is no plain file.
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
    "brandfonbrener2024",
    "misfitting2025",
    "xlstm2025",
    "hagele2024",
)


def names() -> list[str]:
    """Names of all data sets, bundled ones first.

    Returns
    -------
    list of str

    Examples
    --------
    >>> import bayescale as bs
    >>> "known_entropy" in bs.datasets.names()
    True
    """
    return [*BUNDLED, *PUBLISHED]


def info(name: str) -> Dataset:
    """The record of a data set; ``print(info(name))`` shows it as a card. Downloads nothing.

    Parameters
    ----------
    name : str
        One of `names`.

    Raises
    ------
    ValueError
        If the name is unknown; the message lists the known ones.

    Returns
    -------
    Dataset : source, columns with units, licence, notes and citation.

    Examples
    --------
    >>> import bayescale as bs
    >>> record = bs.datasets.info("pythia")
    >>> record.kind, record.rows, record.units["D"]
    ('runs', 8, 'tokens')
    """
    known = names()
    if name not in known:
        lower = {other.lower(): other for other in known}
        close = get_close_matches(str(name).lower(), lower, n=1, cutoff=0.5)
        hint = f"Did you mean '{lower[close[0]]}'? " if close else ""
        raise ValueError(f"There is no data set '{name}'. {hint}Known: {known}; read your own with pandas.read_csv.")
    return importlib.import_module(f"{__package__}.{name}").DATASET


def load(name: str) -> pd.DataFrame:
    """Read a data set. A published one is downloaded at first use and cached.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    DataFrame
        If ``info(name).kind`` is ``"runs"``, one row for each training run; if ``"curves"``, one for each checkpoint.
        Columns `N` [parameters], `D` [tokens], `C` [FLOP] and `loss` [nats/token], unless ``attrs["units"]`` says
        otherwise, and grouping columns. Numbers are float64. ``attrs`` has ``name``, ``source``, ``licence``, ``cite``
        and ``units``, and what is known exactly, such as ``entropy`` of known_entropy [nats/symbol].

    Raises
    ------
    ValueError
        If the name is unknown, or the file differs from the published one.
    FileNotFoundError
        If upstream has no plain file, and none is in ``BAYESCALE_DATA``; the message says how to prepare one.
    ConnectionError
        If the download fails.
    OSError
        If the cache cannot be written.

    Notes
    -----
    Environment variables: ``BAYESCALE_DATA``, a folder of local copies (``<name>/raw/<file>``); ``BAYESCALE_CACHE``, a
    folder for downloads; ``BAYESCALE_MIRROR``, the address of a server with the same layout, used instead of the
    authors'.

    Examples
    --------
    >>> import bayescale as bs
    >>> runs = bs.load("pythia")
    >>> runs[["N", "D", "loss"]].shape
    (8, 3)
    >>> runs.attrs["units"]["C"]
    'FLOP'
    """
    record = info(name)
    table = _bundled(name) if record.read is None else _published(record)
    numbers = [column for column, unit in record.units.items() if unit not in ("label", "flag")]
    # By unit, not by the dtype that pandas inferred: integers beyond int64 become Python objects.
    table = table.loc[:, list(record.columns)].astype(dict.fromkeys(numbers, "float64"))
    table.attrs = {
        "name": record.name,
        "source": record.source,
        "licence": record.licence,
        "cite": record.cite,
        "units": record.units,
        **record.truths,
    }
    return table


def _bundled(name: str) -> pd.DataFrame:
    with (files(str(__package__)) / "bundled" / f"{name}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def _published(record: Dataset) -> pd.DataFrame:
    from bayescale.data.literature.fetch import fetch

    if record.read is None:
        raise TypeError(f"The record of '{record.name}' has raw files but no function that reads them; give read=.")
    paths = fetch(record)
    if not record.local:
        return record.read(*paths)
    # A file that the user prepared has no known hash, so its columns and number of rows are checked instead.
    try:
        table = record.read(*paths).loc[:, list(record.columns)]
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ValueError(f"'{paths[0]}' is not the file of '{record.name}' ({error}). {record.recipe}") from error
    if len(table) != record.rows:
        raise ValueError(
            f"'{paths[0]}' is not the file of '{record.name}': it has {len(table)} rows, wanted {record.rows}. "
            f"{record.recipe}"
        )
    return table
