"""IsoFLOP: the frontier from runs that share budgets of compute (approach 2 of Hoffmann et al. 2022)."""

import json
import warnings

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.columns import column
from bayescale.frontiers.approaches.budgets import grouped
from bayescale.frontiers.approaches.density import Valleys
from bayescale.frontiers.approaches.parameters import LOSSES
from bayescale.frontiers.approaches.parameters import valley as height
from bayescale.frontiers.approaches.sampler import Drawn, sample
from bayescale.inference.door.arguments import check_seed
from bayescale.modelling.draws import SAMPLE_DIMS

#: Shapes of a valley.
SHAPES = ("law", "parabola")
#: Chains that the draws are split into, so that they look like those of other fits.
CHAINS = 4
#: Points of each valley, draws and quantiles of its band.
POINTS, DRAWS, QUANTILES = 41, 500, (0.05, 0.5, 0.95)


def isoflop(
    runs: pd.DataFrame,
    *,
    valley: str = "law",
    by: str | None = None,
    tolerance: float = 0.1,
    draws: int = 1000,
    seed: int | None = None,
) -> xr.DataTree:
    """Fit the valleys of the loss in N at fixed compute, all budgets together.

    The optimal N is a power law in compute, ``N* = N_mid (C/C0)^a``, and the smallest loss a floor plus a power law.
    Budgets scatter about the two, and each of the two has a smooth discrepancy in compute, as `Discrepancy` bends a
    law: beyond the budgets it widens the intervals of `optimal`. Compute is 6ND.

    Parameters
    ----------
    runs : DataFrame with N [parameters], loss [nats/token], and D [tokens] or C [FLOP]. Each budget needs three sizes.
    valley : {"law", "parabola"}
        "law" is the shape of a floor plus power laws in N and D, which falls and rises with exponents of its own.
        "parabola" is symmetric in ln N; its optimum is biased where the two exponents differ.
    by : str, optional
        The column that names the budget of each run. By default, runs of about equal C (without C: 6ND) form a budget.
    tolerance : float
        Without `by`: a new budget starts where compute rises by more than this share.
    draws : int, draws of each of four chains.
    seed : int, optional

    Returns
    -------
    DataTree : groups

        - posterior: ``a``; ``N_mid`` [parameters] and ``L_mid`` [nats/token], the optimum at ``C0``; ``E``,
          ``excess_C`` and ``alpha_C`` of the smallest loss; ``curve`` and ``fade``, the steepness of valleys;
          ``alpha_N`` and ``alpha_D``, their shape; ``sd_N`` and ``sd_loss``, the scatter of budgets; ``tau_N`` and
          ``tau`` [per decade^1.5], the amplitudes of the discrepancy of ln N* and ln L*; ``sigma``, the scatter of
          runs (of the log loss); ``N_valley`` and ``L_valley`` (budget), the optimum of each;
        - valleys: ``loss`` (quantile, budget, point), 5, 50 and 95 % of the loss along each budget at ``N``;
        - observed_data, constant_data: loss, N, D and C (the budget) of each run; N0, C0.

        ``attrs`` hold Pareto k and effective sample size of the importance sampler, and ``warnings``, a JSON list.

    Raises
    ------
    TypeError
        If `runs` is no DataFrame.
    ValueError
        If a column is missing or bad, fewer than two budgets have three sizes, or an option is unknown.

    Warns
    -----
    UserWarning
        If budgets are left out, or the lowest loss of budgets is that of their smallest or largest model.
    RuntimeWarning
        If the importance weights are not reliable.

    References
    ----------
    Hoffmann et al. 2022, Sec 3.2, arXiv:2203.15556.

    Examples
    --------
    >>> import bayescale as bs
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.isoflop(runs, draws=250, seed=1)
    >>> post["posterior"]["a"].dims
    ('chain', 'draw')
    """
    check_seed(seed)
    if valley not in SHAPES:
        raise ValueError(f"valley is {valley!r}; wanted one of {list(SHAPES)}.")
    table = grouped(runs, by, tolerance)
    density = Valleys(table, parabola=valley == "parabola")
    drawn = sample(density, density.start(), seed, CHAINS * draws)
    said = _edges(table)
    if not drawn.accepted:
        said.append(f"The importance weights are unreliable (Pareto k {drawn.k:.2f}, effective size {drawn.ess:.0f}).")
    for words in said:
        warnings.warn(words, UserWarning if drawn.accepted else RuntimeWarning, stacklevel=2)
    return _tree(density, drawn, table, said, valley, seed)


def _edges(table: pd.DataFrame) -> list[str]:
    """A sentence on budgets whose lowest loss is at the end of their sizes."""
    ends = []
    for budget, group in table.groupby("budget"):
        best = group.loc[group["loss"].idxmin(), "N"]
        if best in (group["N"].min(), group["N"].max()):
            ends.append(f"{budget:.3g}")
    if not ends:
        return []
    return [f"At C = {', '.join(ends)} FLOP the lowest loss is that of the smallest or the largest model."]


def _tree(density: Valleys, drawn: Drawn, table: pd.DataFrame, said: list[str], valley: str, seed) -> xr.DataTree:
    """The result of `isoflop`."""
    p = density.coordinates.natural(drawn.points)
    shift, lift = _effects(density, p, np.random.default_rng(seed))
    budgets = table["budget"].unique()
    c = np.log(budgets / density.C0)
    col = {name: value[:, None] for name, value in p.items()}
    values = density.coordinates.reported(p, density.N0, density.unit)
    values["N_valley"] = density.N0 * np.exp(col["log_N"] + col["a"] * c + shift)
    smallest = col["E"] + col["excess_C"] * np.exp(-col["alpha_C"] * c)
    values["L_valley"] = density.unit * smallest * np.exp(lift)
    split = {
        name: ((*SAMPLE_DIMS, "budget")[: 1 + value.ndim], value.reshape(CHAINS, -1, *value.shape[1:]))
        for name, value in values.items()
    }
    posterior = xr.Dataset(split, {"budget": budgets})
    for name, unit in (("N_mid", "N"), ("N_valley", "N"), *((n, "loss") for n in (*LOSSES, "L_mid", "L_valley"))):
        posterior[name].attrs["units"] = column(unit).unit
    known = xr.Dataset({name: ("run", table[name].to_numpy()) for name in ("N", "D", "budget")})
    known = known.rename(budget="C").assign(N0=density.N0, C0=density.C0)
    observed = xr.Dataset({"loss": ("run", table["loss"].to_numpy(), {"units": column("loss").unit})})
    groups = {"posterior": posterior, "constant_data": known, "observed_data": observed}
    groups["valleys"] = _valleys(density, p, (shift, lift), table)
    post = xr.DataTree.from_dict(groups)
    post.attrs |= {"approach": "isoflop", "valley": valley, "method": "laplace", "pareto_k": drawn.k}
    post.attrs |= {"importance_ess": drawn.ess, "warnings": json.dumps(said), "runs": len(table)}
    post.attrs["seed"] = 0 if seed is None else int(seed)
    return post


def _effects(density: Valleys, p: dict[str, np.ndarray], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draws of each budget's shift and lift given the parameters, from the normal approximation at their mode."""
    if len(p["a"]) == 0:
        raise ValueError("draws is 0; wanted one or more.")
    mode, hessian, _ = density.scores(p)
    noise = rng.normal(size=(*mode.shape, 1))
    scores = mode + np.linalg.solve(np.linalg.cholesky(hessian).swapaxes(1, 2), noise)[..., 0]
    drawn = (density.root(p) @ scores.reshape(len(mode), 2, -1, 1))[..., 0]
    return drawn[:, 0], drawn[:, 1]


def _valleys(density: Valleys, p: dict[str, np.ndarray], effects: tuple, table: pd.DataFrame) -> xr.Dataset:
    """Quantiles of the loss along the runs of each budget, from the smallest to the largest N."""
    few = slice(0, DRAWS)
    col = {name: value[few, None] for name, value in p.items()}
    ends = table.groupby("budget")["N"].agg(["min", "max"])
    N = np.geomspace(ends["min"], ends["max"], POINTS).T
    bands = []
    for k in range(len(ends)):
        here = density.code == k  # the compute of the runs themselves, which may differ a little within a budget
        c = np.interp(np.log(N[k] / density.N0), density.n[here], density.c[here])
        u = np.log(N[k] / density.N0) - col["log_N"] - col["a"] * c - effects[0][few, k, None]
        top = (col["E"] + col["excess_C"] * np.exp(-col["alpha_C"] * c)) * np.exp(effects[1][few, k, None])
        h, _ = height(u, col["alpha_N"], col["alpha_D"])
        bands.append(density.unit * np.quantile(top + col["curve"] * np.exp(-col["fade"] * c) * h, QUANTILES, axis=0))
    coords = {"budget": ends.index.to_numpy(), "quantile": list(QUANTILES)}
    loss = (("quantile", "budget", "point"), np.stack(bands, 1))
    return xr.Dataset({"N": (("budget", "point"), N), "loss": loss}, coords)
