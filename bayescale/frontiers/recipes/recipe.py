"""Recipes: a law with its posterior and the levels of its groups, as the verbs that compare recipes take them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from bayescale.inference.door.posterior import check_discrepancy, check_posterior
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.law import Law


class Recipe(NamedTuple):
    """A law, its posterior, and values that every run of the recipe has: levels of groups, unique tokens."""

    law: Law
    post: Any
    held: Mapping[str, Any]

    def same_posterior(self, other: "Recipe") -> bool:
        """Whether draws of both are paired: one law, and one posterior, or two copies of it."""
        if self.law is not other.law and str(self.law) != str(other.law):
            return False
        return self.post is other.post or bool(type(self.post) is type(other.post) and self.post.identical(other.post))


def recipe(name: str, value: Any, discrepancy: bool) -> Recipe:
    """A recipe as the user gave it, checked.

    Raises
    ------
    TypeError
        If it is not (law, post) or (law, post, mapping).
    ValueError
        If the posterior is of another law, or has no discrepancy where one is wanted.
    """
    if not isinstance(value, tuple | list) or len(value) not in (2, 3):
        raise TypeError(
            f"{name} is {_short(value)}; wanted (law, post), or (law, post, {{'recipe': level}}) for a posterior with "
            "a group that names the recipe."
        )
    held = value[2] if len(value) == 3 else {}
    if not isinstance(held, Mapping):
        raise TypeError(f"The third part of {name} is {_short(held)}; wanted a mapping such as {{'recipe': 'new'}}.")
    check_posterior(value[0], value[1])
    if discrepancy:
        check_discrepancy(value[0], value[1])
    missing = [group for group in value[0].groups if group not in held]
    if missing:
        raise ValueError(
            f"The law of {name} has the groups {list(value[0].groups)}; say which level {name} is: "
            f"(law, post, {{'{missing[0]}': level}})."
        )
    return Recipe(value[0], value[1], dict(held))


def size(post: Any) -> int:
    """Number of draws of a posterior."""
    values = _draws(post)
    return values.sizes.get("chain", 1) * values.sizes.get("draw", 1)


def thinned(post: Any, count: int) -> Any:
    """A posterior with `count` of its draws, evenly spaced, in one chain."""
    if isinstance(post, xr.Dataset):
        return _thinned(post, count)
    wanted = {name: node.to_dataset() for name, node in post.children.items() if name in _NEEDED}
    tree = xr.DataTree.from_dict({name: _thinned(each, count) for name, each in wanted.items()})
    tree.attrs = post.attrs
    return tree


#: Groups of a posterior that the loss along a path needs.
_NEEDED = ("posterior", "prior", "constant_data", "discrepancy")


def _draws(post: Any) -> xr.Dataset:
    if isinstance(post, xr.Dataset):
        return post
    return post["posterior" if "posterior" in post.children else "prior"].to_dataset()


def _thinned(data: xr.Dataset, count: int) -> xr.Dataset:
    """The same for one Dataset; variables without draws stay as they are."""

    def one(values: xr.DataArray) -> xr.DataArray:
        if not set(SAMPLE_DIMS) <= set(values.dims):
            return values
        values = values.transpose(*SAMPLE_DIMS, ...)
        flat = values.to_numpy().reshape(-1, *values.shape[2:])
        keep = np.linspace(0, len(flat) - 1, count).round().astype(int)
        return xr.DataArray(flat[keep][None], dims=values.dims, attrs=values.attrs)

    bare = data.drop_vars([name for name in data.coords if set(SAMPLE_DIMS) & set(data[name].dims)])
    kept = xr.Dataset({name: one(values.drop_vars(list(values.coords))) for name, values in bare.data_vars.items()})
    return kept.assign_coords({name: (v.dims, v.values) for name, v in bare.coords.items()}).assign_attrs(data.attrs)


def _short(value: Any) -> str:
    return f"a {type(value).__name__}" + (f" of {len(value)}" if isinstance(value, tuple | list) else "")
