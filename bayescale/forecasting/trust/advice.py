"""Advice: which law to use, with its reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd
import xarray as xr

from bayescale.modelling.law import Law


@dataclass(frozen=True)
class Advice:
    """Which law to use for a table; `str` gives it in sentences.

    Attributes
    ----------
    take : name of the law to use.
    told : "differ" (the table decides), "tie" (it does not), or "cannot tell" (too little could be held out).
    reasons : sentences.
    table : DataFrame, one row a law, as `bayescale.advise` describes.
    laws : name -> Law, those that were compared.
    tests : Dataset of `backtest` for the laws that could be back-tested; None if no runs could be held out.

    Examples
    --------
    >>> import bayescale as bs
    >>> runs = bs.load("known_entropy").query("split == 'grid'").drop(columns=["run", "budget"])
    >>> laws = {"additive": bs.laws.chinchilla, "overtrained": bs.laws.overtrained}
    >>> advice = bs.advise(runs, laws, seed=1, progressbar=False)
    >>> advice.law is laws[advice.take]
    True
    """

    take: str
    told: str
    reasons: tuple[str, ...]
    table: pd.DataFrame = field(repr=False)
    laws: Mapping[str, Law] = field(repr=False)
    tests: xr.Dataset | None = field(repr=False)

    @property
    def law(self) -> Law:
        """The law to use."""
        return self.laws[self.take]

    def __str__(self) -> str:
        return " ".join((f"Use {self.take}.", *self.reasons))
