"""Common error: the errors of several losses of one run, which share the luck of the run.

The standard error of loss k of run r is ``z = loading_k u_r + sqrt(1 - loading_k^2) v``, with independent standard
normal u and v: a model of one factor. Losses j and k of a run then have the correlation loading_j loading_k. u is
integrated out in closed form.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bayescale.autodiff.node import Node
from bayescale.modelling.distributions import LOG_2PI
from bayescale.modelling.noise import Noise
from bayescale.modelling.prior import Prior
from bayescale.modelling.variate import Variate
from bayescale.modelling.variates import normal


@dataclass(frozen=True, eq=False)
class CommonError:
    """Density of standard errors of rows, of which those of one run share an error.

    Attributes
    ----------
    of_run : array of shape (row,), the number of each row's run.
    """

    of_run: np.ndarray

    @classmethod
    def of(cls, names: pd.Series) -> "CommonError":
        """Of the column that names each row's run."""
        return cls(pd.factorize(names)[0])

    @property
    def indicators(self) -> np.ndarray:
        """Which rows belong to each run, of shape (run, row)."""
        return (self.of_run == np.arange(self.of_run.max() + 1)[:, None]).astype(float)

    def __call__(self, z: Any, loading: Any) -> Any:
        """Log density of the rows, of shape (..., row); only its sum over the rows has a meaning.

        `z` and `loading` are arrays, or nodes of a tape with as many rows.
        """
        each, pull, weight = _parts(z, loading)
        if isinstance(z, Node):
            columns = [z.tape.column(row) for row in self.indicators]
            pulls, weights = z.tape.project(pull, columns), z.tape.project(weight, columns)
            total: Any = sum(map(_gained, pulls, weights))
            return each + total / z.tape.count
        gained = _gained(pull @ self.indicators.T, weight @ self.indicators.T)
        return each + gained.sum(-1, keepdims=True) / np.shape(each)[-1]

    def by_run(self, z: np.ndarray, loading: np.ndarray) -> np.ndarray:
        """Joint log density of the standard errors of each run.

        Parameters
        ----------
        z, loading : arrays of shape (draw, row).

        Returns
        -------
        array of shape (draw, run).
        """
        each, pull, weight = (part @ self.indicators.T for part in _parts(z, loading))
        return each + _gained(pull, weight)

    def noise(self, sigma: Prior | float, by: str) -> Noise:
        """The noise of a table with these runs: normal, with a scale and a loading of each level of `by`."""
        loading = Prior("Uniform", lower=0.0, upper=1.0, dims=by)
        variate = Variate("common_error", self, _quantile, shape=("loading",))
        return Noise(variate, _constant, {"sigma": sigma, "loading": loading}, name="common_error")


def _parts(z: Any, loading: Any) -> tuple[Any, Any, Any]:
    """Log density of each row given u = 0; its pull on u; its precision of u."""
    rest = 1.0 - loading * loading
    return -0.5 * z * z / rest - 0.5 * np.log(rest) - 0.5 * LOG_2PI, loading * z / rest, loading * loading / rest


def _gained(pull: Any, weight: Any) -> Any:
    """What integrating over u adds to the log density of a run."""
    return 0.5 * pull * pull / (1.0 + weight) - 0.5 * np.log1p(weight)


def _quantile(q, loading):
    """Quantiles of one row's error, which is standard normal whatever the loading."""
    return normal.quantile(q) + 0.0 * loading


def _constant(*, sigma):
    return sigma
