"""Dataset: the record of a table: where it comes from, its columns, its licence and how to read it."""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

#: Licence of the bundled tables.
FACTS = "facts typed from the published tables; the file is Apache-2.0, like bayescale"
#: Fields that the records of bayescale's own sweeps share.
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
#: Notes on the learning curves of these sweeps.
ON_THE_WAY = (
    "Before the end of a run the learning rate is still high, so a checkpoint has a larger loss than a run that ends "
    "there. The last checkpoint and the table of runs differ a little, since they use different test contexts.",
    "Curves of the grid and of the held-out runs; at most 22 points each, fewer for the shortest runs.",
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
        ``runs``: one row for each training run, with a loss. ``curves``: one row for each checkpoint, so rows of one
        run are not independent. ``constants``: any other table of a paper.
    rows : int
    columns : mapping of column to (unit, meaning)
        In the order of the table. A text column has the unit ``label``, a boolean one ``flag``; every other column is a
        number.
    source : str
        Paper and table.
    url : str
        Address of the source.
    licence : str
    notes : tuple of str
        What to know before fitting.
    cite : str
        BibTeX.
    base : str
        For a published table: address of the folder that the paths of `raw` start from, of a fixed version, ending in
        ``/``.
    raw : mapping of path below `base` to SHA-256
        The files to download. Empty for a bundled table.
    folder : str
        Folder of the local copies, if not `name`.
    renamed : mapping of path in `raw` to file name
        Names of local copies that differ from upstream's.
    local : str
        If upstream has no plain file (but pickles, a notebook or a hundred files): path below ``BAYESCALE_DATA`` of the
        file that `read` takes.
    recipe : str
        How to prepare the file `local`.
    truths : mapping of name to number
        What is known exactly of the data, such as ``entropy`` [unit of the loss]. It is in ``attrs`` of the table.
    read : callable or None
        Takes the paths of the files in `raw`, in order, or the path of `local`, and returns the table. None for a
        bundled table, whose file is ``bundled/<name>.csv``.

    Examples
    --------
    >>> import bayescale as bs
    >>> record = bs.datasets.info("known_entropy")
    >>> record.kind, record.units["loss"]
    ('runs', 'nats/symbol')
    >>> "Citation" in str(record)
    True
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
    truths: Mapping[str, float] = field(default_factory=dict)
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
