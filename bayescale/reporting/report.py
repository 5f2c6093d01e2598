"""Report: a posterior as one HTML page."""

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import xarray as xr

from bayescale.base.atomic import write
from bayescale.forecasting.trust.evidence import Evidence
from bayescale.inference.door.arguments import check_seed
from bayescale.inference.door.posterior import check_posterior
from bayescale.modelling.law import Law
from bayescale.reporting.facts import checked


def report(
    post: xr.DataTree,
    file: str | Path,
    *,
    law: Law | None = None,
    targets: pd.DataFrame | None = None,
    backtest: xr.Dataset | Evidence | Callable[[pd.DataFrame], xr.Dataset | Evidence | None] | None = None,
    seed: int = 1,
) -> Path:
    """Write a report: data, law, convergence, parameters, frontier, forecasts, checks, methods and citations.

    The page is one file that needs no network. Pointing at a run shows its values, and a slider moves along the
    frontier. An interruption leaves whatever was at `file` before.

    Parameters
    ----------
    post : DataTree of `fit`, or as read by `storage.load`.
    file : str or Path, ending in .html, in a folder that exists.
    law : Law, optional
        The law that was fitted; only needed if `laws.names` does not list it.
    targets : DataFrame, optional
        Runs to forecast, as for `predict`. By default two runs of 10 and 100 times the compute of the largest one,
        compute-optimal for a law in N and D; for a law with groups, in each of its first three levels.
    backtest : Dataset of `backtest` for one forecaster, or its `evidence`, optional
        Shown with the forecast; or a function that takes the runs to forecast and returns one of these. By default
        there is no back-test, because it takes minutes.
    seed : int, of the forecasts.

    Returns
    -------
    Path : the file.

    Raises
    ------
    TypeError, ValueError
        If `post` is not a posterior of `fit`, its law is not known, the runs to forecast do not suit it, or `file`
        does not end in .html.
    FileNotFoundError, OSError
        If the folder does not exist, or the disk is full.

    See Also
    --------
    methods, cite, table : parts of the report as text.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1)
    >>> bs.report(post, "report.html").read_text(encoding="utf-8")[:15]
    '<!DOCTYPE html>'
    """
    if not isinstance(file, str | os.PathLike):
        raise TypeError(f"file is a {type(file).__name__}; wanted the path of a file that ends in .html.")
    file = Path(file)
    if file.suffix != ".html":
        raise ValueError(f"'{file.name}' ends in '{file.suffix}'; wanted .html.")
    if not file.parent.is_dir():
        raise FileNotFoundError(f"There is no folder '{file.parent}' to write '{file.name}' to; make it first.")
    check_seed(seed)
    law = known_law(checked(post)) if law is None else law
    check_posterior(law, post)

    from bayescale.reporting.page.document import document
    from bayescale.reporting.page.findings import find

    write(file, document(find(law, post, targets, backtest, seed)).encode())
    return file


def known_law(post: xr.DataTree) -> Law:
    """The law of the literature that a posterior was fitted with, with the noise that it had.

    Raises
    ------
    ValueError
        If there is no such law with this text.
    """
    from contextlib import suppress
    from dataclasses import replace

    from bayescale.laws import names
    from bayescale.modelling.noises import NOISES

    name, text = str(post.attrs["law"]), post.attrs["law_text"]
    law = names().get(name)
    candidates = [] if law is None else [law]
    for noise in NOISES.values() if law is not None else ():
        with suppress(ValueError):  # this noise does not go with the law's discrepancy
            candidates.append(replace(law, noise=noise))
    for each in candidates:
        if str(each) == text:
            return each
    raise ValueError(
        f"The law '{name}' of this posterior is not one of bayescale.laws, or was changed; give it as law=."
    )
