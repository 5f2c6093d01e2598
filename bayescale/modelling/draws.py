"""Draws of a law's parameters, and values given for its columns, as named arrays."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.targets import positive
from bayescale.modelling.formula import call
from bayescale.modelling.prior import Prior

if TYPE_CHECKING:
    from bayescale.modelling.law import Law

SAMPLE_DIMS = ("chain", "draw")


def levels_of(draws: Mapping[str, Any], group: str) -> list:
    """Levels of a group, as the first parameter with this group has them; empty if there is none."""
    return next((list(v[group].values) for v in draws.values() if isinstance(v, xr.DataArray) and group in v.dims), [])


def picked(value, picks: Mapping[str, Any]):
    """Draws of a parameter at chosen levels of its groups; a number as it is."""
    here = {g: pick for g, pick in picks.items() if isinstance(value, xr.DataArray) and g in value.dims}
    return value.sel(here) if here else value


def draws_of(law: "Law", post) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draws of a law's parameters, and the values of the reference run.

    Returns
    -------
    draws : parameter of the law, its noise or its discrepancy -> DataArray of draws, or a number.
    reference : name of a reference value -> its value.

    Raises
    ------
    TypeError
        If `post` is neither a DataTree nor a Dataset.
    ValueError
        If parameters are missing, or the law has changed since the fit: the posterior is of another law. Its text is
        stored as ``post.attrs["law_text"]``; without that attribute (``del post.attrs["law_text"]``) only the law's
        name and its parameters are compared. The reference run and the source are never compared.
    """
    if isinstance(post, xr.DataTree):
        group = "posterior" if "posterior" in post.children else "prior"
        if group not in post.children:
            raise ValueError(f"This DataTree has the groups {list(post.children)}; wanted 'posterior', as from fit.")
        values = post[group].to_dataset()
        constants = post["constant_data"].to_dataset() if "constant_data" in post.children else xr.Dataset()
    elif isinstance(post, xr.Dataset):
        values, constants = post, xr.Dataset()
    else:
        raise TypeError(f"post is a {type(post).__name__}; wanted the DataTree of fit, or a Dataset of draws.")
    fitted = post.attrs.get("law")
    free = [name for name, prior in law.all_priors.items() if isinstance(prior, Prior)]
    missing = [name for name in free if name not in values]
    if missing or (fitted is not None and fitted != law.name):
        raise ValueError(
            f"This posterior does not belong to the law '{law.name}': "
            + (f"it has no {missing} (its variables are {sorted(map(str, values.data_vars))})" if missing else "")
            + (f"; it was fitted with '{fitted}'" if fitted else "")
            + ". Pass the law that it was fitted with."
        )
    numbers = {name: prior for name, prior in law.all_priors.items() if not isinstance(prior, Prior)}
    _check_text(law, post.attrs.get("law_text"))
    # The draws mean what they mean at the reference run they were drawn with, so the stored one goes first.
    stored = {str(k): v if v.ndim else float(v) for k, v in constants.data_vars.items() if v.dims in ((), ("fit",))}
    reference: dict[str, Any] = {**law.reference, **stored}
    return {**{name: values[name] for name in free}, **numbers}, reference


def evaluated(law: "Law", function: Callable, post, given: Mapping[str, Any]) -> xr.DataArray:
    """Call a function of the formula's convention with the draws of a posterior; see `Law.evaluate`."""
    draws, reference = draws_of(law, post)
    picks = {g: given[g] for g in law.groups if g in given}
    try:
        chosen = {name: picked(value, picks) for name, value in draws.items()}
    except KeyError as error:
        known = {g: levels_of(draws, g) for g in picks}
        raise ValueError(f"{error.args[0]}: this posterior was fitted on the groups {known}.") from None
    result = call(function, chosen, given, reference)
    if not isinstance(result, xr.DataArray) and (first := next(iter(draws.values()), None)) is not None:
        result = xr.zeros_like(first.isel({d: 0 for d in first.dims if d not in SAMPLE_DIMS}, drop=True)) + result
    if not isinstance(result, xr.DataArray):
        return xr.DataArray(result)
    return result.transpose(*SAMPLE_DIMS, ..., missing_dims="ignore")  # a law of numbers only has no sample dims


def _check_text(law: "Law", stored: str | None) -> None:
    """Refuse a law whose formula, priors or noise are not those of the fit."""
    now = str(law)
    if stored is None or stored == now:
        return
    before, after = _differing(stored, now)
    if before or after:
        raise ValueError(
            f"The law '{law.name}' is not the one that this posterior was fitted with. The fit had {_listed(before)}; "
            f"the law given has {_listed(after)}. Pass the law of the fit, or fit again. To use this law all the same, "
            "remove the text of the fitted law: del post.attrs['law_text']."
        )


def _differing(stored: str, now: str) -> tuple[list[str], list[str]]:
    """Lines of two texts of a law that are in one of them only; the first line is its name and source."""
    before, after = (_lines(text) for text in (stored, now))
    return [line for line in before if line not in after], [line for line in after if line not in before]


def _lines(text: str) -> list[str]:
    """Lines of a law's text that matter to its predictions: how a prior is sampled does not."""
    return [" ".join(line.replace(", centered=False", "").split()) for line in text.splitlines()[1:]]


def _listed(lines: list[str]) -> str:
    """Lines as a list in a sentence."""
    return "; ".join(f"'{line}'" for line in lines) or "nothing"


def as_arrays(law: "Law", inputs: Mapping[str, Any], wanted: tuple[str, ...]) -> dict[str, Any]:
    """Check values given for columns and groups, and give plain arrays the dim ``run``; numbers stay numbers.

    Parameters
    ----------
    law : Law
    inputs : values by name of a column or a group.
    wanted : the columns that must be there.

    Raises
    ------
    ValueError
        If a name is missing or unknown, arrays differ in length, an array has more than one dimension and no names for
        them, or a value is NaN, infinite or not positive.
    """
    unknown = sorted(set(inputs) - set(wanted) - set(law.groups))
    missing = [name for name in wanted if name not in inputs]
    if unknown or missing:
        raise ValueError(
            f"Law '{law.name}' takes {list(wanted)}"
            + (f" and the groups {list(law.groups)}" if law.groups else "")
            + (f"; missing {missing}" if missing else "")
            + (f"; does not take {unknown}" if unknown else "")
            + "."
        )
    arrays = {name: _as_array(name, value, numeric=name in wanted) for name, value in inputs.items()}
    lengths = {name: a.sizes["run"] for name, a in arrays.items() if isinstance(a, xr.DataArray) and "run" in a.dims}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"Plain arrays are paired run by run, but the lengths differ: {lengths}.")
    return arrays


def _as_array(name: str, value, numeric: bool):
    """One input, checked; numbers become floats, since integers would overflow in 6 * N * D."""
    if isinstance(value, xr.DataArray):
        return value.copy(data=positive(name, value.values)) if numeric else value
    if isinstance(value, pd.Series) and not numeric:
        value = value.to_numpy()
    array = positive(name, value) if numeric else np.asarray(value)
    if array.ndim > 1:
        raise ValueError(f"{name} has {array.ndim} dimensions; name them in an xarray.DataArray.")
    return xr.DataArray(array, dims="run") if array.ndim else array.item()
