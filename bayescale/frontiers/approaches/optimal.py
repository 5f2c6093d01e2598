"""Optimal: the compute-optimal run at each budget, from a fit of IsoFLOP valleys or of an envelope."""

import json

import numpy as np
import xarray as xr

from bayescale.base.columns import column, training_flop
from bayescale.base.targets import positive
from bayescale.frontiers.approaches.density import bend
from bayescale.modelling.draws import SAMPLE_DIMS

#: What is said of budgets beyond the runs of an envelope.
BEYOND = (
    "Beyond the budgets of the runs the power laws are extrapolated without discrepancy; intervals can be too narrow."
)


def optimal(post: xr.DataTree, C) -> xr.Dataset:
    """The compute-optimal run at each budget C = 6ND, in the form of `bayescale.frontier`.

    The scatter of budgets about the power laws is left out: the result is the frontier of an average budget. For
    `isoflop`, N and loss contain the discrepancy of the power laws, given the budgets; exponents, slope, curvature and
    reducible share are those of the power laws. An envelope has no discrepancy, so that its intervals can be too narrow
    beyond the budgets.

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
    N, loss, share = _power_laws(p, xr.DataArray(budgets, dims="C", coords={"C": budgets}), known)
    if post.attrs["approach"] == "isoflop":
        shift, lift = _bent(post, p, known, budgets)
        N, loss = N * np.exp(shift), loss * np.exp(lift)
    D = xr.DataArray(budgets, dims="C") / training_flop(N, 1.0)
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
    narrow = beyond.any() and post.attrs["approach"] == "envelope"
    said = json.loads(post.attrs["warnings"]) + ([BEYOND] if narrow else [])
    attrs = {"approach": post.attrs["approach"], "warnings": json.dumps(said)}
    kept = budgets[~beyond]
    attrs["inside"] = json.dumps([float(kept.min()), float(kept.max())] if len(kept) else [])
    return frame.assign_coords(beyond_C=("C", beyond)).assign_attrs(attrs)


def _power_laws(p: xr.Dataset, C: xr.DataArray, known: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray]:
    """Optimal N, smallest loss and its reducible share, by the power laws."""
    c = np.log(C / float(known["C0"]))
    excess = p["excess_C"] * np.exp(-p["alpha_C"] * c)
    loss = p["E"] + excess
    return p["N_mid"] * np.exp(p["a"] * c), loss, excess / loss


def _bent(post: xr.DataTree, p: xr.Dataset, known: xr.Dataset, C: np.ndarray) -> tuple[xr.DataArray, xr.DataArray]:
    """Discrepancy of ln N* and ln L* at budgets C, drawn given the shifts and lifts of the fitted budgets."""
    if "tau" not in p:
        raise ValueError("post has no discrepancy (tau); it was made by an older version. Fit it again with isoflop.")
    fitted, middle = p["budget"].to_numpy(), float(known["C0"])
    both = np.concatenate([fitted, C])
    K = bend(both, both, middle, fitted.max())
    N, loss, _ = _power_laws(p, p["budget"], known)
    rng, found = np.random.default_rng(post.attrs["seed"]), []
    for valley, line, sd, tau in (("N_valley", N, "sd_N", "tau_N"), ("L_valley", loss, "sd_loss", "tau")):
        off = np.log(p[valley] / line).transpose(*SAMPLE_DIMS, "budget").to_numpy()
        drawn = _given(off, p[sd].to_numpy(), p[tau].to_numpy(), K, rng)
        found.append(xr.DataArray(drawn, dims=(*SAMPLE_DIMS, "C"), coords={"C": C}))
    return found[0], found[1]


def _given(off: np.ndarray, sd: np.ndarray, tau: np.ndarray, K: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draws of a discrepancy at new budgets, given it plus scatter at the fitted ones.

    Parameters
    ----------
    off : array of shape (chain, draw, budget), discrepancy plus scatter at the fitted budgets.
    sd, tau : arrays of shape (chain, draw), the scatter and the amplitude of the discrepancy.
    K : array of shape (budget + C, budget + C), the covariance for an amplitude of one.

    Returns
    -------
    array of shape (chain, draw, C).
    """
    b = off.shape[-1]
    ratio = (sd / tau)[..., None, None] ** 2
    gain = np.linalg.solve(K[:b, :b] + ratio * np.eye(b), np.broadcast_to(K[:b, b:], (*sd.shape, *K[:b, b:].shape)))
    mean = np.einsum("cdb,cdbn->cdn", off, gain)
    covariance = K[b:, b:] - np.einsum("bm,cdbn->cdmn", K[:b, b:], gain)
    values, axes = np.linalg.eigh(covariance)
    root = axes * np.sqrt(np.maximum(values, 0.0))[..., None, :]
    noise = rng.normal(size=(*sd.shape, K.shape[0] - b, 1))
    return mean + tau[..., None] * (root @ noise)[..., 0]
