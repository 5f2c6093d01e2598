"""The door of the verbs that take a posterior: the law, its posterior, and draws of `predict`, checked."""

from typing import Any

import xarray as xr

from bayescale.inference.door.arguments import check_law
from bayescale.modelling.draws import SAMPLE_DIMS, draws_of
from bayescale.modelling.law import Law


def check_posterior(law: Any, post: Any, *groups: str) -> None:
    """Refuse what is not a law and its posterior.

    Parameters
    ----------
    law, post : what the user gave.
    groups : str, groups that the posterior must have in addition to its draws; it must then be a DataTree.

    Raises
    ------
    TypeError
        If `law` is not a Law, the two are swapped, or `post` holds no draws.
    ValueError
        If the posterior is of another law, or has no such group.
    """
    if isinstance(post, Law) and not isinstance(law, Law):
        raise TypeError(f"law is a {type(law).__name__}, and post a Law; swap them: law first, then its posterior.")
    check_law(law, post)
    if groups and not isinstance(post, xr.DataTree):
        raise TypeError(f"post is a {type(post).__name__}; wanted the DataTree of fit.")
    draws_of(law, post)
    absent = [name for name in groups if name not in post.children]
    if absent:
        raise ValueError(f"This DataTree has the groups {list(post.children)}; wanted also {absent}, as from fit.")


def check_predicted(drawn: Any) -> None:
    """Refuse what is not a Dataset of `predict`.

    Raises
    ------
    TypeError
    """
    if not isinstance(drawn, xr.Dataset) or not {"mu", "loss"} <= set(drawn.data_vars):
        raise TypeError(f"predicted is a {type(drawn).__name__}; wanted the Dataset of bayescale.predict.")
    if {*drawn["loss"].dims} != {*SAMPLE_DIMS, "run"}:
        raise TypeError(f"loss has the dims {drawn['loss'].dims}; wanted (chain, draw, run), as bayescale.predict has.")


def check_discrepancy(law: Law, post: Any) -> None:
    """Refuse the stacked posteriors of `fit_many` for a law whose discrepancy differs in shape between tables.

    Raises
    ------
    ValueError
    """
    if law.discrepancy is None or (isinstance(post, xr.DataTree) and "discrepancy" in post.children):
        return
    names = list(post["each"].children) if isinstance(post, xr.DataTree) and "each" in post.children else []
    cure = (
        f"These are posteriors of fit_many; take one of them: post['each/{names[0]}'] (fits: {names})."
        if names
        else "Pass the DataTree of fit, not its draws alone."
    )
    raise ValueError(f"'{law.name}' has a discrepancy, which forecasts need and this posterior does not have. {cure}")
