"""Sites: how the Student-t density of each run is approximated, about the posterior mode."""

from typing import NamedTuple

import numpy as np


class Sites(NamedTuple):
    """Expansion of the log density of each run about the posterior mode; arrays of shape (run,).

    Attributes
    ----------
    residuals : what the law and its discrepancy leave of the log loss, in units of the noise's scale.
    curvatures : minus the second derivative of the log density there.
    spreads : standard deviation of the run's discrepancy, given the parameters, in units of the noise's scale.
    """

    residuals: np.ndarray
    curvatures: np.ndarray
    spreads: np.ndarray

    @classmethod
    def normal(cls, runs: int) -> "Sites":
        """As under normal noise: every run counts the same."""
        return cls(np.zeros(runs), np.ones(runs), np.zeros(runs))
