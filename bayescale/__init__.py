"""bayescale: Bayesian inference for neural scaling laws on PyMC, ArviZ, xarray and pandas."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bayescale import laws, plots
    from bayescale.backtests import backtest
    from bayescale.build import model
    from bayescale.checks import sbc
    from bayescale.datasets import load
    from bayescale.forecasts import beats, forecast, shares
    from bayescale.infer import fit, sample_prior
    from bayescale.inverse import reach
    from bayescale.law import Law
    from bayescale.many import fit_many
    from bayescale.noise import Noise
    from bayescale.optimum import frontier
    from bayescale.predictive import ppc, predict
    from bayescale.prior import Prior
    from bayescale.signals import count_parameters, signs

# Public name -> the module that holds it; loaded at first use, so that `import bayescale` is quick.
_HOME = {
    "Law": "law",
    "Noise": "noise",
    "Prior": "prior",
    "backtest": "backtests",
    "beats": "forecasts",
    "count_parameters": "signals",
    "fit": "infer",
    "fit_many": "many",
    "forecast": "forecasts",
    "frontier": "optimum",
    "laws": "laws",
    "load": "datasets",
    "model": "build",
    "plots": "plots",
    "ppc": "predictive",
    "predict": "predictive",
    "reach": "inverse",
    "sample_prior": "infer",
    "sbc": "checks",
    "shares": "forecasts",
    "signs": "signals",
}

__all__ = [
    "Law",
    "Noise",
    "Prior",
    "backtest",
    "beats",
    "count_parameters",
    "fit",
    "fit_many",
    "forecast",
    "frontier",
    "laws",
    "load",
    "model",
    "plots",
    "ppc",
    "predict",
    "reach",
    "sample_prior",
    "sbc",
    "shares",
    "signs",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'bayescale' has no attribute '{name}'")
    module = importlib.import_module(f"bayescale.{_HOME[name]}")
    return module if _HOME[name] == name else getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
