"""Envelope: the frontier from the lowest of many training curves (approach 1 of Hoffmann et al. 2022)."""

import json
import warnings

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import log_ndtr

from bayescale.base.columns import column, training_flop
from bayescale.data.values import numbers
from bayescale.frontiers.approaches.parameters import SCATTER, Coordinates, valley
from bayescale.frontiers.approaches.sampler import climb, sample
from bayescale.inference.door.arguments import check_seed
from bayescale.modelling.draws import SAMPLE_DIMS

#: Fewest runs that must have reached a budget.
FEWEST = 3
#: Chains that the draws are split into, as in `isoflop`.
CHAINS = 4
#: Coordinates of what an envelope does not have: the scatter of budgets, and a discrepancy.
UNUSED = tuple(f"log_{name}" for name in SCATTER)


class Minima:
    """Log posterior given the lowest loss at each budget and the run that has it, for many points at once.

    A run's log loss at a budget is normal about the valley of that budget. The density of the lowest value is that of
    the winner at this value, times the probability that every other run lies above it. So the lowest of several noisy
    values is not taken for the smallest loss, and which N wins is uncertain in the model as it is in the data.

    Attributes
    ----------
    share : float, effective share of the budgets. Errors along a curve are autocorrelated, so that budgets close to
        each other repeat them; the log likelihood is multiplied by this share.
    """

    def __init__(self, y: np.ndarray, N: np.ndarray, C: np.ndarray):
        self.coordinates, self.share = Coordinates(False, UNUSED), 1.0
        self.size, self.scale = self.coordinates.size, self.coordinates.scale
        self.N0, self.C0 = float(np.exp(np.log(N).mean())), float(np.exp(np.log(C).mean()))
        self.unit = float(np.exp(np.nanmin(y)))
        self.y, self.n, self.c = y - np.log(self.unit), np.log(N / self.N0), np.log(C / self.C0)
        self.there = np.isfinite(y)
        self.winner = np.nanargmin(y, axis=1)
        self.least = self.y[np.arange(len(C)), self.winner]

    def mean(self, p: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Mean log loss, of shape (point, budget, run), and log of the smallest loss, of shape (point, budget, 1)."""
        q = {name: value[:, None, None] for name, value in p.items()}
        c = self.c[:, None]
        h, _ = valley(self.n - q["log_N"] - q["a"] * c, q["alpha_N"], q["alpha_D"])
        smallest = q["E"] + q["excess_C"] * np.exp(-q["alpha_C"] * c)
        return np.log(smallest + q["curve"] * np.exp(-q["fade"] * c) * h), np.log(smallest)

    def value(self, points: np.ndarray) -> np.ndarray:
        """Log posterior of points of shape (point, size), of shape (point,), up to a constant; -inf where it is NaN."""
        return np.concatenate([self._value(points[i : i + 500]) for i in range(0, len(points), 500)])

    def _value(self, points: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            p = self.coordinates.natural(points)
            sigma = p["sigma"][:, None]
            gap = (self.least[:, None] - self.mean(p)[0]) / sigma[..., None]
            best = np.take_along_axis(gap, self.winner[None, :, None], axis=2)[..., 0]
            above = np.where(self.there, log_ndtr(-gap), 0.0).sum(2) - log_ndtr(-best)
            likelihood = (-0.5 * best**2 - np.log(sigma) + above).sum(1)
            total = self.share * likelihood + self.coordinates.log_prior(points)
            return np.nan_to_num(total, nan=-np.inf, posinf=-np.inf)

    def start(self) -> np.ndarray:
        """Coordinates near the mode: lines through the winners."""
        a, log_N = np.polyfit(self.c, self.n[self.winner], 1)
        slope, level = np.polyfit(self.c, self.least, 1)
        known = {"a": float(np.clip(a, 0.1, 0.9)), "log_N": log_N, "log_level": level}
        return self.coordinates.start(known | {"log_slope": float(np.log(np.clip(-slope, 0.01, 0.5)))})

    def settle(self, mode: np.ndarray) -> None:
        """Set `share` from the autocorrelation of the lowest values about the fit at a mode."""
        mean = self.mean(self.coordinates.natural(mode[None]))[0][0]
        residual = self.least - mean[np.arange(len(self.least)), self.winner]
        residual = residual - residual.mean()
        rho = float(np.clip((residual[1:] * residual[:-1]).sum() / (residual**2).sum(), 0.0, 0.95))
        apart = len(set(self.winner)) / len(self.least)  # errors of different runs are independent
        self.share = max((1 - rho) / (1 + rho), apart)


def envelope(
    curves: pd.DataFrame, *, per_decade: float = 6.0, draws: int = 1000, seed: int | None = None
) -> xr.DataTree:
    """Fit the lower envelope of training curves: which N has the lowest loss at each budget, and how low that is.

    Only the lowest loss at each budget and the run that has it are used. The smallest of several noisy losses is too
    low, and the best of few sizes is too high; both are in the model.

    Parameters
    ----------
    curves : DataFrame of checkpoints: run, N [parameters], D [tokens], loss [nats/token].
    per_decade : float, budgets per decade of compute. Between checkpoints, ln loss is linear in ln D.
    draws : int, draws of each of four chains.
    seed : int, optional

    Returns
    -------
    DataTree : groups posterior, with the parameters of `isoflop` except the scatter of budgets, and constant_data: the
        budgets ``C``, ``N`` of the winner and its ``loss``; ``excess``, the expected log of the lowest loss less that
        of the smallest loss an optimal model reaches, negative where the winner's curse prevails.
        ``attrs["share"]`` is the effective share of the budgets, as errors along a curve are autocorrelated.

    Raises
    ------
    ValueError
        If a column is missing or bad, or one N has the lowest loss at every budget.

    Warns
    -----
    UserWarning
        If the winner is often the smallest or the largest model.
    RuntimeWarning
        If the importance weights are not reliable.

    References
    ----------
    Hoffmann et al. 2022, Sec 3.1, arXiv:2203.15556.

    Examples
    --------
    >>> import bayescale as bs
    >>> post = bs.envelope(bs.load("known_entropy_curves"), draws=250, seed=1)
    >>> bs.optimal(post, 1e11)["N"].dims
    ('chain', 'draw', 'C')
    """
    check_seed(seed)
    y, N, C = _at_budgets(curves, per_decade)
    density = Minima(y, N, C)
    density.settle(climb(density, density.start()))
    drawn = sample(density, density.start(), seed, CHAINS * draws)
    ends = np.mean(np.isin(N[density.winner], (N.min(), N.max())))
    said = [] if ends < 0.25 else [f"At {ends:.0%} of the budgets the smallest or the largest model is the lowest."]
    if not drawn.accepted:
        said.append(f"The importance weights are unreliable (Pareto k {drawn.k:.2f}, effective size {drawn.ess:.0f}).")
    for words in said:
        warnings.warn(words, UserWarning if drawn.accepted else RuntimeWarning, stacklevel=2)
    p = density.coordinates.natural(drawn.points)
    values = density.coordinates.reported(p, density.N0, density.unit)
    posterior = xr.Dataset({name: (SAMPLE_DIMS, value.reshape(CHAINS, -1)) for name, value in values.items()})
    for name, unit in (("N_mid", "N"), ("L_mid", "loss"), ("E", "loss"), ("excess_C", "loss"), ("curve", "loss")):
        posterior[name].attrs["units"] = column(unit).unit
    lowest = {"C": C, "N": N[density.winner], "loss": np.exp(np.nanmin(y, axis=1)), "excess": _excess(density, p, seed)}
    known = xr.Dataset({name: ("budget", value) for name, value in lowest.items()})
    known = known.assign(N0=density.N0, C0=density.C0)
    post = xr.DataTree.from_dict({"posterior": posterior, "constant_data": known})
    post.attrs |= {"approach": "envelope", "method": "laplace", "pareto_k": drawn.k, "importance_ess": drawn.ess}
    post.attrs |= {"share": density.share, "warnings": json.dumps(said), "runs": len(N)}
    return post


def _at_budgets(curves: pd.DataFrame, per_decade: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log loss of each run at each budget, of shape (budget, run), NaN where it was not there; N; and the budgets."""
    if missing := [name for name in ("run", "N", "D", "loss") if name not in curves]:
        raise ValueError(f"curves lacks the columns {missing}; wanted run, N, D and loss, a row for each checkpoint.")
    table = pd.DataFrame({name: numbers(curves, name) for name in ("N", "D", "loss")}).assign(run=curves["run"].values)
    table["C"] = training_flop(table["N"], table["D"])
    runs = [run.sort_values("C").drop_duplicates("C") for _, run in table.groupby("run", sort=False) if len(run) > 1]
    runs = [run for run in runs if run["N"].nunique() == 1]
    if len(runs) < FEWEST:
        raise ValueError(f"{len(runs)} runs have one N and two checkpoints or more; wanted {FEWEST} runs at least.")
    low, high = min(run["C"].min() for run in runs), max(run["C"].max() for run in runs)
    C = np.geomspace(low, high, max(2, int(per_decade * np.log10(high / low)) + 1))
    y = np.array([
        np.interp(np.log(C), np.log(run["C"]), np.log(run["loss"]), left=np.nan, right=np.nan) for run in runs
    ]).T  # fmt: skip
    N = np.array([run["N"].iloc[0] for run in runs])
    sizes = np.array([len(set(N[there])) for there in np.isfinite(y)])
    kept = sizes >= FEWEST
    if kept.sum() < FEWEST or len(set(N[np.nanargmin(y[kept], axis=1)])) < 2:
        raise ValueError(
            f"{kept.sum()} budgets were reached by {FEWEST} sizes of models, and one N has the lowest loss at all of "
            "them or there are too few; an envelope needs curves of several sizes that cross."
        )
    return y[kept], N, C[kept]


def _excess(density: Minima, p: dict[str, np.ndarray], seed: int | None) -> np.ndarray:
    """Posterior mean of the expected log of the lowest loss less that of the smallest loss, of shape (budget,)."""
    few = {name: value[:200] for name, value in p.items()}
    mean, smallest = density.mean(few)
    rng, total = np.random.default_rng(seed), np.zeros(mean.shape[:2])
    for _ in range(25):
        noisy = mean + few["sigma"][:, None, None] * rng.normal(size=mean.shape)
        total += np.where(density.there, noisy, np.inf).min(axis=2) - smallest[..., 0]
    return total.mean(axis=0) / 25
