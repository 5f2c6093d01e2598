"""Summary: median, interval, Monte Carlo error, R-hat and ESS of each parameter, as numbers."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.reporting.rounding import error_of, last_place, rounded


class Row(NamedTuple):
    """A parameter, or one level of it (``E[llama]``). R-hat is NaN where it is undefined."""

    name: str
    median: float
    low: float
    high: float
    error: float
    rhat: float
    ess: float

    def words(self) -> tuple[str, str, str]:
        """Median and ends of the interval, rounded by its width and the Monte Carlo error."""
        place = last_place(self.low, self.high, self.error)
        median, low, high = rounded([self.median, self.low, self.high], place)
        return median, low, high


def rows(post: xr.DataTree, prob: float = 0.9) -> list[Row]:
    """Every parameter and derived quantity of a posterior.

    Parameters
    ----------
    post : DataTree of `fit`.
    prob : float, probability of the central interval.
    """
    import arviz as az

    ends = (0.5, (1 - prob) / 2, (1 + prob) / 2)
    laplace = post.attrs.get("method") == "laplace" and np.isnan(float(post.attrs.get("rhat", np.nan)))
    diagnostics = None if laplace else az.summary(post, kind="diagnostics", round_to="none")
    found: list[Row] = []
    for name, draws in post["posterior"].to_dataset().data_vars.items():
        draws = draws.transpose(*SAMPLE_DIMS, ...)
        for level in np.ndindex(draws.shape[2:]):
            labels = [str(draws[dim].values[i]) for dim, i in zip(draws.dims[2:], level, strict=True)]
            here = draws.to_numpy()[(slice(None), slice(None), *level)]
            rhat, ess = np.nan, float(post.attrs.get("importance_ess", np.nan))
            if diagnostics is not None:
                line = diagnostics.iloc[len(found)]
                rhat, ess = float(line["r_hat"]), float(min(line["ess_bulk"], line["ess_tail"]))
            full = f"{name}[{', '.join(labels)}]" if labels else str(name)
            median, low, high = (float(value) for value in np.quantile(here, ends))
            found.append(Row(full, median, low, high, error_of(here, ends), rhat, ess))
    return found
