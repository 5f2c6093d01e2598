"""bayescale: Bayesian inference for neural scaling laws on PyMC, ArviZ, xarray and pandas."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bayescale import laws, plots
    from bayescale.data import literature as datasets
    from bayescale.data.as_numbers import as_numbers
    from bayescale.data.best_of import best_of
    from bayescale.data.literature.catalogue import load
    from bayescale.data.losses import losses
    from bayescale.data.read import read
    from bayescale.density.model import model
    from bayescale.forecasting import baselines, scores, stacking
    from bayescale.forecasting.backtest import backtest
    from bayescale.forecasting.beats import beats
    from bayescale.forecasting.count_parameters import count_parameters
    from bayescale.forecasting.forecast import forecast
    from bayescale.forecasting.groups.pooling import pooling
    from bayescale.forecasting.ppc import ppc
    from bayescale.forecasting.predict import predict
    from bayescale.forecasting.rank import rank
    from bayescale.forecasting.sbc import sbc
    from bayescale.forecasting.sealed.score_seal import score_seal
    from bayescale.forecasting.sealed.seal import seal
    from bayescale.forecasting.shares import shares
    from bayescale.forecasting.signs import signs
    from bayescale.forecasting.trust.advise import advise
    from bayescale.forecasting.trust.evidence import evidence
    from bayescale.forecasting.trust.sensitivity import sensitivity
    from bayescale.frontiers import costs
    from bayescale.frontiers.approaches.agreement import agreement
    from bayescale.frontiers.approaches.distance import distance
    from bayescale.frontiers.approaches.envelope import envelope
    from bayescale.frontiers.approaches.isoflop import isoflop
    from bayescale.frontiers.approaches.optimal import optimal
    from bayescale.frontiers.curvature import curvature
    from bayescale.frontiers.entropy import entropy
    from bayescale.frontiers.frontier import frontier
    from bayescale.frontiers.frontier_sensitivity import frontier_sensitivity
    from bayescale.frontiers.planning.design import design
    from bayescale.frontiers.reach import reach
    from bayescale.frontiers.recipes.multiplier import multiplier
    from bayescale.frontiers.recipes.near_optimal import near_optimal
    from bayescale.frontiers.recipes.waste import waste
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
    from bayescale.modelling.pooled import pooled
    from bayescale.modelling.prior import Prior
    from bayescale.modelling.variate import Variate
    from bayescale.reporting.cite import cite
    from bayescale.reporting.equation import equation
    from bayescale.reporting.methods import methods
    from bayescale.reporting.report import report
    from bayescale.reporting.table import table

# Public name -> the module that holds it, or that it is. Loaded at first use, so that `import bayescale` is quick.
_HOME = {
    "Discrepancy": "modelling.discrepancy",
    "Law": "modelling.law",
    "Noise": "modelling.noise",
    "Prior": "modelling.prior",
    "Variate": "modelling.variate",
    "advise": "forecasting.trust.advise",
    "agreement": "frontiers.approaches.agreement",
    "as_numbers": "data.as_numbers",
    "backtest": "forecasting.backtest",
    "baselines": "forecasting.baselines",
    "beats": "forecasting.beats",
    "best_of": "data.best_of",
    "cite": "reporting.cite",
    "costs": "frontiers.costs",
    "count_parameters": "forecasting.count_parameters",
    "curvature": "frontiers.curvature",
    "datasets": "data.literature",
    "design": "frontiers.planning.design",
    "dimension": "geometry.dimension",
    "distance": "frontiers.approaches.distance",
    "entropy": "frontiers.entropy",
    "envelope": "frontiers.approaches.envelope",
    "equation": "reporting.equation",
    "evidence": "forecasting.trust.evidence",
    "fit": "inference.fit",
    "fit_many": "inference.many",
    "forecast": "forecasting.forecast",
    "frontier": "frontiers.frontier",
    "frontier_sensitivity": "frontiers.frontier_sensitivity",
    "isoflop": "frontiers.approaches.isoflop",
    "laws": "laws",
    "load": "data.literature.catalogue",
    "losses": "data.losses",
    "meets_bound": "geometry.meets_bound",
    "methods": "reporting.methods",
    "model": "density.model",
    "multiplier": "frontiers.recipes.multiplier",
    "near_optimal": "frontiers.recipes.near_optimal",
    "noises": "modelling.noises",
    "optimal": "frontiers.approaches.optimal",
    "plots": "plots",
    "pooled": "modelling.pooled",
    "pooling": "forecasting.groups.pooling",
    "ppc": "forecasting.ppc",
    "predict": "forecasting.predict",
    "rank": "forecasting.rank",
    "reach": "frontiers.reach",
    "read": "data.read",
    "report": "reporting.report",
    "sample_prior": "inference.sample_prior",
    "sbc": "forecasting.sbc",
    "score_seal": "forecasting.sealed.score_seal",
    "scores": "forecasting.scores",
    "seal": "forecasting.sealed.seal",
    "sensitivity": "forecasting.trust.sensitivity",
    "shares": "forecasting.shares",
    "signs": "forecasting.signs",
    "stacking": "forecasting.stacking",
    "storage": "inference.storage",
    "table": "reporting.table",
    "waste": "frontiers.recipes.waste",
}
_MODULES = ("baselines", "costs", "datasets", "laws", "noises", "plots", "scores", "stacking", "storage")

__all__ = [
    "Discrepancy",
    "Law",
    "Noise",
    "Prior",
    "Variate",
    "advise",
    "agreement",
    "as_numbers",
    "backtest",
    "baselines",
    "beats",
    "best_of",
    "cite",
    "costs",
    "count_parameters",
    "curvature",
    "datasets",
    "design",
    "dimension",
    "distance",
    "entropy",
    "envelope",
    "equation",
    "evidence",
    "fit",
    "fit_many",
    "forecast",
    "frontier",
    "frontier_sensitivity",
    "isoflop",
    "laws",
    "load",
    "losses",
    "meets_bound",
    "methods",
    "model",
    "multiplier",
    "near_optimal",
    "noises",
    "optimal",
    "plots",
    "pooled",
    "pooling",
    "ppc",
    "predict",
    "rank",
    "reach",
    "read",
    "report",
    "sample_prior",
    "sbc",
    "score_seal",
    "scores",
    "seal",
    "sensitivity",
    "shares",
    "signs",
    "stacking",
    "storage",
    "table",
    "waste",
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
