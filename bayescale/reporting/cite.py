"""Cite: the BibTeX entries that a paper with a posterior should have."""

import numpy as np
import xarray as xr

from bayescale.reporting.facts import checked, law_of, versions
from bayescale.reporting.references import TOOLS, key_of, of_source


def cite(post: xr.DataTree) -> str:
    """BibTeX of the package, the paper of the law, the data, and the tools that made a posterior.

    Parameters
    ----------
    post : DataTree of `fit`, or as read by `storage.load`.

    Returns
    -------
    str : the entries, separated by empty lines. What cannot be cited, since the law has no source or the table no
        citation, is a comment that says so.

    Raises
    ------
    TypeError, ValueError
        If `post` is not a posterior of `fit`.

    See Also
    --------
    methods : the paragraph that cites these entries.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1)
    >>> entries = bs.cite(post)
    >>> entries.splitlines()[0], "@misc{hoffmann2022," in entries
    ('@misc{bayescale,', True)
    """
    law, missing = law_of(post), []
    if not keys_of_law(post):
        missing.append(f"% The law '{law.name}' names no source: cite the paper that it comes from.")
    if not _of_data(post):
        missing.append("% The fitted table has no citation (runs.attrs['cite']): cite the source of the runs.")
    return "\n\n".join([*entries(post).values(), *missing])


def entries(post: xr.DataTree) -> dict[str, str]:
    """Key -> entry: package, law, data, then PyMC, ArviZ and the methods, each key once."""
    law = law_of(post)
    own = TOOLS["bayescale"].replace("VERSION", versions(post).get("bayescale", "unknown"))
    own = own.replace("YEAR", str(post.attrs.get("created", "n.d."))[:4])  # that of the fit
    found = [own, *of_source(law.name, law.source), *_of_data(post), *(TOOLS[name] for name in tools(post))]
    keyed: dict[str, str] = {}
    for entry in found:
        keyed.setdefault(key_of(entry), entry)
    return keyed


def tools(post: xr.DataTree) -> list[str]:
    """What to cite of packages and methods: names in `references.TOOLS`."""
    laplace = checked(post).attrs.get("method") == "laplace"
    rhat = [] if np.isnan(float(post.attrs["rhat"])) else ["rhat"]
    return ["pymc", "arviz", "psis" if laplace else "nuts", *rhat]


def keys_of_law(post: xr.DataTree) -> list[str]:
    """Keys of the papers of the law."""
    law = law_of(post)
    return [key_of(entry) for entry in of_source(law.name, law.source)]


def keys_of_data(post: xr.DataTree) -> list[str]:
    """Keys of the entries of the data."""
    return [key for key in map(key_of, _of_data(post)) if key]


def _of_data(post: xr.DataTree) -> list[str]:
    """Entries of the fitted table: stored by `fit`, or those of the data set that the command line was given."""
    from bayescale.data.literature.catalogue import info, names

    if stored := str(post.attrs.get("data_cite", "")).strip():
        return [stored]
    name = str(post.attrs.get("cli_runs", ""))
    return [info(name).cite.strip()] if name in names() else []
