"""Plots: finished data in, `matplotlib.axes.Axes` out.

Every function takes ``ax=None`` and returns the axes; none changes matplotlib's global style. For forest, pair and
trace plots use ArviZ, which takes the posterior unchanged.
May be touched: add a plot in a file of its own. May import: base.
"""

from bayescale.plots._backtest import backtest
from bayescale.plots._bend import bend
from bayescale.plots._contours import contours
from bayescale.plots._curves import curves
from bayescale.plots._design import design
from bayescale.plots._entropy import entropy
from bayescale.plots._forecast import forecast
from bayescale.plots._frontier import frontier
from bayescale.plots._multiplier import multiplier
from bayescale.plots._near_optimal import near_optimal
from bayescale.plots._paper import style
from bayescale.plots._prior_posterior import prior_posterior
from bayescale.plots._prior_predictive import prior_predictive
from bayescale.plots._probabilities import probabilities
from bayescale.plots._residuals import residuals
from bayescale.plots._save import save
from bayescale.plots._style import DOUBLE, SINGLE
from bayescale.plots._valleys import valleys

__all__ = [
    "DOUBLE",
    "SINGLE",
    "backtest",
    "bend",
    "contours",
    "curves",
    "design",
    "entropy",
    "forecast",
    "frontier",
    "multiplier",
    "near_optimal",
    "prior_posterior",
    "prior_predictive",
    "probabilities",
    "residuals",
    "save",
    "style",
    "valleys",
]
