"""bayescale: Bayesian inference for neural scaling laws on PyMC, ArviZ, xarray and pandas."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bayescale import laws, plots
    from bayescale.backtests import backtest
    from bayescale.build import model
    from bayescale.checks import sbc
    from bayescale.datasets import load
    from bayescale.infer import fit, predict, sample_prior
    from bayescale.law import Law
    from bayescale.many import fit_many
    from bayescale.noise import Noise
    from bayescale.optimum import frontier
    from bayescale.prior import Prior

# Public name -> the module that holds it; loaded at first use, so that `import bayescale` is quick.
_HOME = {
    "Law": "law",
    "Noise": "noise",
    "Prior": "prior",
    "backtest": "backtests",
    "fit": "infer",
    "fit_many": "many",
    "frontier": "optimum",
    "laws": "laws",
    "load": "datasets",
    "model": "build",
    "plots": "plots",
    "predict": "infer",
    "sample_prior": "infer",
    "sbc": "checks",
}

__all__ = [
    "Law",
    "Noise",
    "Prior",
    "backtest",
    "fit",
    "fit_many",
    "frontier",
    "laws",
    "load",
    "model",
    "plots",
    "predict",
    "sample_prior",
    "sbc",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'bayescale' has no attribute '{name}'")
    module = importlib.import_module(f"bayescale.{_HOME[name]}")
    return module if _HOME[name] == name else getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
