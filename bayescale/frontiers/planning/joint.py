"""Joint: the log losses of candidate runs, and a target, for each posterior draw."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.base.columns import column
from bayescale.density.basis import blocks_of
from bayescale.density.conditional import _amplitudes, _continued
from bayescale.modelling.draws import SAMPLE_DIMS, draws_of
from bayescale.modelling.law import Law
from bayescale.modelling.variate import Variate

#: Points of the quantile function at which the information of a noise is averaged.
POINTS = 4001
#: Step of the finite difference of its log density.
STEP = 1e-4


@dataclass(frozen=True, eq=False)
class Joint:
    """What each posterior draw says of the candidates and of the target.

    Given a draw, what the fitted runs leave open of the discrepancy is normal with mean zero: jointly at all
    candidates and targets. A new run then updates it exactly.

    Attributes
    ----------
    log_loss : array of shape (draw, candidate), median log loss.
    noise : array of shape (draw, candidate), variance of the noise [log loss squared].
    target : array of shape (draw, target).
    gain : array of shape (draw, target), derivative of the target in what is left open of its log loss; 0 for a target
        that is not the loss of a run.
    parts : pairs of an array of shape (draw,), squared amplitude, and one of shape (place, place), covariance of what
        is left open for an amplitude of one. Places are the candidates, then the targets.
    """

    log_loss: np.ndarray
    noise: np.ndarray
    target: np.ndarray
    gain: np.ndarray
    parts: tuple[tuple[np.ndarray, np.ndarray], ...]

    @property
    def candidates(self) -> int:
        """Number of candidates."""
        return self.log_loss.shape[1]

    def open_column(self, k: int) -> np.ndarray:
        """Covariance of what is left open at candidate k with each place, of shape (draw, place)."""
        total = np.zeros((len(self.log_loss), self.candidates + self.target.shape[1]))
        for squared, covariance in self.parts:
            total += squared[:, None] * covariance[k]
        return total

    def open_variance(self) -> np.ndarray:
        """Variance of what is left open at each place, of shape (draw, place)."""
        total = np.zeros((len(self.log_loss), self.candidates + self.target.shape[1]))
        for squared, covariance in self.parts:
            total += squared[:, None] * np.maximum(np.diag(covariance), 0.0)
        return total

    def only(self, draws: np.ndarray) -> "Joint":
        """The same with some of the draws, given as a mask."""
        parts = tuple((squared[draws], covariance) for squared, covariance in self.parts)
        rows = (array[draws] for array in (self.log_loss, self.noise, self.target, self.gain))
        return Joint(*rows, parts)


def open_parts(law: Law, post: Any, columns: Mapping[str, Any]) -> tuple[np.ndarray, list]:
    """The discrepancy at runs: its mean for each draw, and what is left open.

    Parameters
    ----------
    law : Law with a discrepancy.
    post : DataTree with a group ``discrepancy``.
    columns : the law's columns, arrays of shape (run,).

    Returns
    -------
    array of shape (draw, run), given the coefficients of the draw; and pairs as in `Joint.parts`.
    """
    group = "posterior" if "posterior" in post.children else "prior"
    known, draws = post["discrepancy"].to_dataset(), post[group].to_dataset()
    constants = {str(k): float(v) for k, v in post["constant_data"].data_vars.items() if not v.dims}
    z = known["coefficients"].transpose(*SAMPLE_DIMS, "coefficient").to_numpy()
    z = z.reshape(-1, z.shape[-1])
    weights = known["weights"].transpose("row", "coefficient").to_numpy()
    mean: Any = 0.0
    parts = []
    for name, block in blocks_of(law).items():
        own = known["coefficient_amplitude"].to_numpy() == name
        at = np.array([part.decades(columns, {**law.reference, **constants}) for part in block])
        rows = known["decades"].sel(part=[part.name for part in block]).transpose("part", "row").to_numpy()
        cross, left = _continued(block, at, rows, weights[:, own])
        amplitude = _amplitudes(law, draws, [name]).reshape(-1)
        mean = mean + amplitude[:, None] * (z[:, own] @ (cross @ weights[:, own]).T)
        parts.append((amplitude**2, left))
    return mean, parts


def law_log_loss(law: Law, post: Any, given: Mapping[str, Any]) -> np.ndarray:
    """Log of the law's loss at runs, without discrepancy, of shape (draw, run)."""
    mu = law.evaluate(law.formula, post, given).transpose(*SAMPLE_DIMS, "run").to_numpy()
    return np.log(mu.reshape(-1, mu.shape[-1]))


def noise_variance(law: Law, post: Any, given: Mapping[str, Any], log_loss: np.ndarray) -> np.ndarray:
    """Variance of the normal noise that says as much of the median as the law's noise, of shape (draw, run)."""
    draws, _ = draws_of(law, post)
    like = xr.DataArray(np.exp(log_loss)[None], dims=(*SAMPLE_DIMS, "run"))
    scale = law.evaluate(law.noise.scale, post, {**given, "mu": like})
    scale = (scale + xr.zeros_like(like)).transpose(*SAMPLE_DIMS, "run").to_numpy()[0]
    shape = tuple((name, float(np.mean(draws[name]))) for name in law.noise.shape)
    return scale**2 / information(law.noise.variate, shape)


@lru_cache(maxsize=64)
def information(variate: Variate, shape: tuple[tuple[str, float], ...]) -> float:
    """Fisher information of one observation about its location, for a scale of one.

    1 for normal noise, (nu + 1) / (nu + 3) for Student-t noise.
    """
    values = dict(shape)
    z = np.asarray(variate.quantile((np.arange(POINTS) + 0.5) / POINTS, **values), dtype=float)
    slope = (np.asarray(variate.logp(z + STEP, **values)) - np.asarray(variate.logp(z - STEP, **values))) / (2 * STEP)
    return float(np.mean(slope**2))


def paired(first: Mapping[str, Any], second: Mapping[str, Any], counts: tuple[int, int]) -> dict[str, xr.DataArray]:
    """Columns of candidates followed by those of targets, dim ``run``."""
    return {
        name: xr.DataArray(
            np.concatenate([np.broadcast_to(np.asarray(each[name]), n) for each, n in zip((first, second), counts)]),  # noqa: B905
            dims="run",
        )
        for name in first
    }


def rows_of(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """The table with a value in each column of the noise, which the loss of a target does not need.

    Sizes are left out: they follow from other sizes, or are missing.
    """
    return table.assign(**{name: 1.0 for name in columns if name not in table and not column(name).size})
