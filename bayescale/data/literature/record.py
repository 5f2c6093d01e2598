"""Dataset: what is known about a table, in one place."""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

#: Licence of the bundled tables.
FACTS = "facts typed from the published tables; the file is Apache-2.0, like bayescale"

#: What the sweeps of our own have in common.
OWN = {
    "source": "bayescale, benchmarks/sweep; data card in docs/sweep.md",
    "url": "docs/sweep.md",
    "licence": "Apache-2.0, like bayescale",
    "cite": """
@misc{bayescale,
  title = {bayescale: {B}ayesian inference for neural scaling laws},
  year = {2026},
}
""",
}
#: What to know of their learning curves.
ON_THE_WAY = (
    "The learning rate still is high on the way, so a point is worse than a run that ends there; the last point of a "
    "run differs from its loss in the table of runs by the choice of what is tested.",
    "Runs of the grid and those held out; at most 22 points each, fewer for the shortest.",
)


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A table, where it comes from and how to read it. ``str(record)`` is a readable card.

    Attributes
    ----------
    name : str
        Name for `load`; also the name of the module that holds the record.
    title : str
        One line.
    kind : "runs", "curves" or "constants"
        ``runs``: one row a training run, with a loss. ``curves``: one row a point on the way of a run, so rows of one
        run are not independent. ``constants``: anything else that a paper prints.
    rows : int
    columns : mapping of column to (unit, meaning)
        In the order of the table. The unit of a text column is ``label``, that of a yes or no ``flag``; every other
        column is a number.
    source : str
        Paper and table.
    url : str
        Where a reader finds the source.
    licence : str
    notes : tuple of str
        What a user must know before fitting.
    cite : str
        BibTeX.
    base : str
        For a published table: address of the folder that `raw` counts from, with the version pinned, ending in ``/``.
    raw : mapping of path below `base` to SHA-256
        The files to fetch. Empty for a bundled table.
    folder : str
        Folder of the local copies, where it is not called `name`.
    renamed : mapping of path in `raw` to file name
        For a local copy that is not called as upstream calls it.
    local : str
        Where nothing can be fetched (upstream is pickles, a notebook, a hundred files): path below ``BAYESCALE_DATA``
        of the one file that `read` takes.
    recipe : str
        How a user makes the file `local`.
    read : callable or None
        Takes the path of each file of `raw`, in that order, or that of `local`, and returns the table. None for a
        bundled table, which is ``bundled/<name>.csv``.
    """

    name: str
    title: str
    kind: Literal["runs", "curves", "constants"]
    rows: int
    columns: Mapping[str, tuple[str, str]]
    source: str
    url: str
    licence: str
    cite: str
    notes: tuple[str, ...] = ()
    base: str = ""
    raw: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)
    local: str = ""
    recipe: str = ""
    read: Callable[..., pd.DataFrame] | None = None

    @property
    def units(self) -> dict[str, str]:
        """Unit of each column."""
        return {column: unit for column, (unit, _) in self.columns.items()}

    def __str__(self) -> str:
        wide = max(map(len, self.columns))
        lines = [f"{self.name}: {self.title}", f"{self.kind}, {self.rows} rows, " + self._where(), "", "Columns"]
        lines += [f"  {column:<{wide}}  [{unit}] {meaning}" for column, (unit, meaning) in self.columns.items()]
        lines += ["", f"Source   {self.source}", f"         {self.url}", f"Licence  {self.licence}"]
        for head, items in (("File", [self.recipe] if self.recipe else []), ("Notes", self.notes)):
            filled = [textwrap.fill(item, 100, initial_indent="  - ", subsequent_indent="    ") for item in items]
            lines += ["", head, *filled] if filled else []
        return "\n".join([*lines, "", "Citation", textwrap.indent(self.cite.strip(), "  ")])

    def _where(self) -> str:
        if self.local:
            return f"read from {self.local} in the folder BAYESCALE_DATA; no plain file to download"
        return f"downloaded at first use from {self.base}" if self.raw else "bundled"
