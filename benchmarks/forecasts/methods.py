"""The forecasters that are compared."""

from dataclasses import replace

from bayescale.backtests import Forecaster
from bayescale.baselines import huber_bootstrap, power_law
from bayescale.discrepancy import separate
from bayescale.law import Law
from bayescale.laws import chinchilla, generalised, henighan2020
from bayescale.laws.busbridge2025 import generalised_D
from bayescale.stacking import WAYS, mixture

BASE = "huber_bootstrap"
DEFAULT = "default"

kappa_omega = replace(generalised, discrepancy=None, name="kappa_omega")
_plain_curve = replace(generalised_D, discrepancy=None, name="kappa_omega")
STACKED = {"additive": chinchilla, "kappa_omega": kappa_omega, DEFAULT: generalised}
STACKED_CURVES = {"additive": henighan2020.L_D, "kappa_omega": _plain_curve, DEFAULT: generalised_D}


def _straight(law: Law) -> Law:
    """With a floor that does not decline."""
    return replace(law, priors={**law.priors, "omega": 1e-9}, name="kappa")


def _two(law: Law) -> Law:
    return replace(law, discrepancy=separate, name="two_amplitudes")


METHODS: dict[str, Law | Forecaster] = {
    "power_law": power_law,
    BASE: huber_bootstrap,
    "additive": chinchilla,
    "kappa": _straight(kappa_omega),
    "kappa_omega": kappa_omega,
    **{f"stacked_{way}": mixture(STACKED, way) for way in WAYS},
    "two_amplitudes": _two(generalised),
    DEFAULT: generalised,
}
#: Laws of one column, for learning curves.
CURVES: dict[str, Law | Forecaster] = {
    "power_law": power_law,
    BASE: huber_bootstrap,
    "additive": henighan2020.L_D,
    "kappa": _straight(_plain_curve),
    "kappa_omega": _plain_curve,
    "two_amplitudes": _two(generalised_D),
    **{f"stacked_{way}": mixture(STACKED_CURVES, way) for way in WAYS},
    DEFAULT: generalised_D,
}
WORDS = {
    "power_law": "a straight line of log loss on log C",
    BASE: "the additive law by Huber loss, 100 bootstrap refits, residuals",
    "additive": "Chinchilla's law, Student-t noise",
    "kappa": "generalised law, floor that does not decline, no discrepancy",
    "kappa_omega": "generalised law without its discrepancy",
    "stacked_future": "additive, kappa_omega and default, weighted by how each foretold the largest 30 % of the runs",
    "stacked_loo": "the same three, weighted by leave-one-out",
    "stacked_equal": "the same three, a third each",
    "two_amplitudes": "generalised law, a discrepancy with an amplitude for N and D and one for compute",
    DEFAULT: "generalised law with its discrepancy (`busbridge2025.generalised`)",
}
