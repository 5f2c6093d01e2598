"""Facts: what a posterior's attributes and groups say of law, data, sampler and checks."""

import json
import re
from dataclasses import dataclass

import numpy as np
import xarray as xr

from bayescale.base.columns import column
from bayescale.base.typeset.law_text import LawText, read
from bayescale.density.expected import ends
from bayescale.forecasting.forecast import sizes_of
from bayescale.modelling.draws import SAMPLE_DIMS


def checked(post: xr.DataTree) -> xr.DataTree:
    """The posterior, if it is one of `fit`.

    Raises
    ------
    TypeError, ValueError
        If it is no DataTree, or lacks what `fit` stores.
    """
    if not isinstance(post, xr.DataTree):
        raise TypeError(f"post is a {type(post).__name__}; wanted the DataTree of bayescale.fit or storage.load.")
    groups = [name for name in ("posterior", "observed_data", "constant_data") if name not in post.children]
    absent = [name for name in ("law", "law_text", "rhat", "versions") if name not in post.attrs]
    if groups or absent:
        raise ValueError(
            f"This posterior lacks the groups {groups} and the attributes {absent}; wanted a posterior of "
            "bayescale.fit, or one that bayescale.storage.load has read."
        )
    return post


def law_of(post: xr.DataTree) -> LawText:
    """The parts of the law's text."""
    return read(str(checked(post).attrs["law_text"]))


def versions(post: xr.DataTree) -> dict[str, str]:
    """Versions of the packages that made the posterior."""
    return json.loads(post.attrs["versions"])


def unit_of(post: xr.DataTree, name: str) -> str:
    """Unit of a column or of the loss: the fitted table's, or the usual one."""
    units = json.loads(post.attrs.get("data_units", "{}"))
    if name == "loss" and "loss_unit" in post.attrs:
        return str(post.attrs["loss_unit"])
    return str(units.get(name, column(name).unit))


def unit_of_parameter(post: xr.DataTree, law: LawText, name: str) -> str:
    """Unit of a parameter: that of the loss if its prior is stated in losses; "1" if none is known."""
    prior = law.priors.get(name.partition("[")[0], "")
    if prior.startswith("loss_min *"):
        return unit_of(post, "loss")
    if found := re.match(r"([A-Z])0 \* ", prior):
        return unit_of(post, found[1])
    return "1"


@dataclass(frozen=True)
class Range:
    """A column of the fitted runs: symbol, unit, number of different values, smallest and largest value."""

    symbol: str
    unit: str
    values: int
    low: float
    high: float

    @property
    def heading(self) -> str:
        """What the column is, in words, without its unit."""
        return column(self.symbol).label or self.symbol


def ranges(post: xr.DataTree) -> list[Range]:
    """Every numeric column of the fitted runs, C = 6ND if it has none, and the loss."""
    constants = post["constant_data"].to_dataset()
    columns = {str(name): each.to_numpy() for name, each in constants.items() if each.dims == ("run",)}
    columns = {
        name: each for name, each in columns.items() if each.dtype.kind in "fiu" and not name.endswith("_of_run")
    }
    sizes = sizes_of(post)
    if "C" in sizes and "C" not in columns:
        columns["C"] = sizes["C"].to_numpy()
    columns["loss"] = post["observed_data"]["loss"].to_numpy()
    return [
        Range(name, unit_of(post, name), len(np.unique(each)), float(each.min()), float(each.max()))
        for name, each in columns.items()
    ]


def groups(post: xr.DataTree) -> dict[str, list[str]]:
    """Grouping columns -> levels, as text."""
    dims = {str(dim) for each in post["posterior"].data_vars.values() for dim in each.dims} - set(SAMPLE_DIMS)
    return {dim: [str(level) for level in post["posterior"][dim].values] for dim in sorted(dims)}


def counts(post: xr.DataTree) -> tuple[int, int]:
    """Number of rows that were fitted, and of training runs; rows of one run are its checkpoints."""
    rows, found = post["observed_data"].sizes["run"], ends(post)
    return rows, rows if found is None else found.sizes["training_run"]


def settings(post: xr.DataTree) -> dict[str, float]:
    """Settings of the sampler that it has stored: ``tune`` and ``target_accept``, as far as known."""
    attrs = post["sample_stats"].attrs if "sample_stats" in post.children else {}
    try:
        stored = json.loads(attrs.get("inference_library_settings", "{}")).get("settings", {})
    except ValueError:
        stored = {}
    tune = stored.get("num_tune", attrs.get("tuning_steps", post["posterior"].attrs.get("tuning_steps")))
    accept = stored.get("adapt_options", {}).get("step_size_settings", {}).get("target_accept")
    return {key: value for key, value in (("tune", tune), ("target_accept", accept)) if value is not None}


def library(post: xr.DataTree) -> str:
    """Package that drew the chains, with its version where it is stored."""
    attrs = {**post["posterior"].attrs, **(post["sample_stats"].attrs if "sample_stats" in post.children else {})}
    name = str(attrs.get("inference_library", ""))
    return f"{name} {attrs.get('inference_library_version', '')}".strip()
