"""bayescale: Bayesian inference for neural scaling laws on PyMC, ArviZ, xarray and pandas."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bayescale import laws, plots
    from bayescale.data import literature as datasets
    from bayescale.data.as_numbers import as_numbers
    from bayescale.data.best_of import best_of
    from bayescale.data.literature.catalogue import load
    from bayescale.density.model import model
    from bayescale.forecasting import baselines, scores, stacking
    from bayescale.forecasting.backtest import backtest
    from bayescale.forecasting.beats import beats
    from bayescale.forecasting.count_parameters import count_parameters
    from bayescale.forecasting.forecast import forecast
    from bayescale.forecasting.ppc import ppc
    from bayescale.forecasting.predict import predict
    from bayescale.forecasting.sbc import sbc
    from bayescale.forecasting.shares import shares
    from bayescale.forecasting.signs import signs
    from bayescale.forecasting.trust.evidence import evidence
    from bayescale.forecasting.trust.sensitivity import sensitivity
    from bayescale.frontiers import costs
    from bayescale.frontiers.frontier import frontier
    from bayescale.frontiers.reach import reach
    from bayescale.geometry.dimension import dimension
    from bayescale.geometry.meets_bound import meets_bound
    from bayescale.inference import storage
    from bayescale.inference.fit import fit
    from bayescale.inference.many import fit_many
    from bayescale.inference.sample_prior import sample_prior
    from bayescale.modelling import noises
    from bayescale.modelling.discrepancy import Discrepancy
    from bayescale.modelling.law import Law
    from bayescale.modelling.noise import Noise
    from bayescale.modelling.prior import Prior
    from bayescale.modelling.variate import Variate

# Public name -> the module that holds it, or that it is. Loaded at first use, so that `import bayescale` is quick.
_HOME = {
    "Discrepancy": "modelling.discrepancy",
    "Law": "modelling.law",
    "Noise": "modelling.noise",
    "Prior": "modelling.prior",
    "Variate": "modelling.variate",
    "as_numbers": "data.as_numbers",
    "backtest": "forecasting.backtest",
    "baselines": "forecasting.baselines",
    "beats": "forecasting.beats",
    "best_of": "data.best_of",
    "costs": "frontiers.costs",
    "count_parameters": "forecasting.count_parameters",
    "datasets": "data.literature",
    "dimension": "geometry.dimension",
    "evidence": "forecasting.trust.evidence",
    "fit": "inference.fit",
    "fit_many": "inference.many",
    "forecast": "forecasting.forecast",
    "frontier": "frontiers.frontier",
    "laws": "laws",
    "load": "data.literature.catalogue",
    "meets_bound": "geometry.meets_bound",
    "model": "density.model",
    "noises": "modelling.noises",
    "plots": "plots",
    "ppc": "forecasting.ppc",
    "predict": "forecasting.predict",
    "reach": "frontiers.reach",
    "sample_prior": "inference.sample_prior",
    "sbc": "forecasting.sbc",
    "scores": "forecasting.scores",
    "sensitivity": "forecasting.trust.sensitivity",
    "shares": "forecasting.shares",
    "signs": "forecasting.signs",
    "stacking": "forecasting.stacking",
    "storage": "inference.storage",
}
_MODULES = ("baselines", "costs", "datasets", "laws", "noises", "plots", "scores", "stacking", "storage")

__all__ = [
    "Discrepancy",
    "Law",
    "Noise",
    "Prior",
    "Variate",
    "as_numbers",
    "backtest",
    "baselines",
    "beats",
    "best_of",
    "costs",
    "count_parameters",
    "datasets",
    "dimension",
    "evidence",
    "fit",
    "fit_many",
    "forecast",
    "frontier",
    "laws",
    "load",
    "meets_bound",
    "model",
    "noises",
    "plots",
    "ppc",
    "predict",
    "reach",
    "sample_prior",
    "sbc",
    "scores",
    "sensitivity",
    "shares",
    "signs",
    "stacking",
    "storage",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("bayescale")
    if name not in _HOME:
        raise AttributeError(f"module 'bayescale' has no attribute '{name}'")
    module = importlib.import_module(f"bayescale.{_HOME[name]}")
    return module if name in _MODULES else getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
