"""Optimal: the compute-optimal run at each budget, from a fit of IsoFLOP valleys or of an envelope."""

import json

import numpy as np
import xarray as xr

from bayescale.base.columns import column, training_flop
from bayescale.base.targets import positive
from bayescale.modelling.draws import SAMPLE_DIMS

#: What is said of budgets beyond the runs.
BEYOND = (
    "Beyond the budgets of the runs the power laws are extrapolated without discrepancy; intervals can be too narrow."
)


def optimal(post: xr.DataTree, C) -> xr.Dataset:
    """The compute-optimal run at each budget C = 6ND, in the form of `bayescale.frontier`.

    The scatter of budgets about the power laws is left out: the result is the frontier of an average budget. Beyond the
    budgets the power laws are extrapolated without discrepancy, so that intervals can be too narrow there.

    Parameters
    ----------
    post : DataTree of `bayescale.isoflop` or `bayescale.envelope`.
    C : float or array of shape (C,), budgets [FLOP].

    Returns
    -------
    Dataset : dims (chain, draw, C).

        - ``N`` [parameters], ``D`` [tokens], ``tokens_per_param``, ``loss`` [nats/token];
        - ``a``, ``b``, exponents of N and D; ``slope`` and ``curvature`` of ln loss in ln C; ``reducible``, the share
          of the loss above the floor.

        The coordinate ``beyond_C`` (C) is True beyond the fitted budgets; ``attrs["inside"]`` holds their range.

    Raises
    ------
    TypeError
        If `post` is not of `isoflop` or `envelope`.
    ValueError
        If a budget is not a positive finite number.

    Examples
    --------
    >>> import bayescale as bs
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.isoflop(runs, draws=250, seed=1)
    >>> bs.optimal(post, [1e12, 1e13])["loss"].dims
    ('chain', 'draw', 'C')
    """
    if not isinstance(post, xr.DataTree) or post.attrs.get("approach") not in ("isoflop", "envelope"):
        raise TypeError(f"post is a {type(post).__name__}; wanted the DataTree of bayescale.isoflop or .envelope.")
    budgets = np.atleast_1d(np.asarray(positive("C", C), dtype=float))
    if budgets.ndim != 1 or not np.isfinite(budgets).all():
        raise ValueError("C has more than one dimension or infinite values; wanted a number or a list of budgets.")
    p, known = post["posterior"].to_dataset(), post["constant_data"].to_dataset()
    at = xr.DataArray(budgets, dims="C", coords={"C": budgets})
    c = np.log(at / float(known["C0"]))
    N = p["N_mid"] * np.exp(p["a"] * c)
    D = at / training_flop(N, 1.0)
    excess = p["excess_C"] * np.exp(-p["alpha_C"] * c)
    loss = p["E"] + excess
    share = excess / loss
    level = xr.ones_like(loss)
    best = {
        "N": N,
        "D": D,
        "tokens_per_param": D / N,
        "loss": loss,
        "a": p["a"] * level,
        "b": (1 - p["a"]) * level,
        "slope": -p["alpha_C"] * share,
        "curvature": p["alpha_C"] ** 2 * share * (1 - share),
        "reducible": share,
    }
    frame = xr.Dataset({name: value.transpose(*SAMPLE_DIMS, "C") for name, value in best.items()})
    for name in frame.data_vars:
        frame[name].attrs = {"units": column(str(name)).unit}
    frame["C"].attrs = {"units": column("C").unit}
    span = known["C"].to_numpy()
    low, high = float(span.min()), float(span.max())
    beyond = (budgets < low * (1 - 1e-9)) | (budgets > high * (1 + 1e-9))
    said = json.loads(post.attrs["warnings"]) + ([BEYOND] if beyond.any() else [])
    attrs = {"approach": post.attrs["approach"], "warnings": json.dumps(said)}
    kept = budgets[~beyond]
    attrs["inside"] = json.dumps([float(kept.min()), float(kept.max())] if len(kept) else [])
    return frame.assign_coords(beyond_C=("C", beyond)).assign_attrs(attrs)
