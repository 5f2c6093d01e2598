"""Sites: the Student-t log density of each run, expanded about the posterior mode."""

from typing import NamedTuple

import numpy as np


class Sites(NamedTuple):
    """Expansion of the log density of each run about the posterior mode; arrays of shape (run,).

    Attributes
    ----------
    residuals : log loss less law and discrepancy, in units of the noise's scale.
    curvatures : minus the second derivative of the log density at the residual.
    spreads : standard deviation of the run's discrepancy, given the parameters, in units of the noise's scale.
    """

    residuals: np.ndarray
    curvatures: np.ndarray
    spreads: np.ndarray

    @classmethod
    def normal(cls, runs: int) -> "Sites":
        """The sites of normal noise: residual zero and curvature one for every run."""
        return cls(np.zeros(runs), np.ones(runs), np.zeros(runs))
