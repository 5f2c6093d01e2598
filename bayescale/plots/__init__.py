"""Drawings for scaling-law posteriors: finished data in, `matplotlib.axes.Axes` out.

Every drawing takes ``ax=None`` (a new single-column figure) and returns the axes; none touches the global style.
Forest, pair and trace plots are ArviZ's: ``az.plot_forest(post)`` works as it is.
"""

from bayescale.plots._backtest import backtest
from bayescale.plots._curves import curves
from bayescale.plots._forecast import forecast
from bayescale.plots._frontier import frontier
from bayescale.plots._prior_posterior import prior_posterior
from bayescale.plots._prior_predictive import prior_predictive
from bayescale.plots._residuals import residuals
from bayescale.plots._save import save
from bayescale.plots._style import DOUBLE, SINGLE

__all__ = [
    "DOUBLE",
    "SINGLE",
    "backtest",
    "curves",
    "forecast",
    "frontier",
    "prior_posterior",
    "prior_predictive",
    "residuals",
    "save",
]
