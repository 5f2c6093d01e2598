"""The forecasters that are compared."""

from dataclasses import replace

import numpy as np
import pandas as pd

from bayescale.backtests import Forecaster
from bayescale.baselines import huber_bootstrap, power_law
from bayescale.discrepancy import separate
from bayescale.infer import draw
from bayescale.law import Law
from bayescale.laws import chinchilla, generalised, henighan2020
from bayescale.laws.busbridge2025 import generalised_D
from bayescale.predictive import predict

BASE = "huber_bootstrap"
DEFAULT = "default"
DRAWS = 1000

kappa_omega = replace(generalised, discrepancy=None, name="kappa_omega")
_plain_curve = replace(generalised_D, discrepancy=None, name="kappa_omega")
kappa = replace(kappa_omega, priors={**kappa_omega.priors, "omega": 1e-9}, name="kappa")


def equal_weights(train: pd.DataFrame, test: pd.DataFrame, seed: int) -> np.ndarray:
    """As many draws of the additive law as of the one with kappa and omega."""
    parts = []
    for k, law in enumerate((chinchilla, kappa_omega)):
        post = draw(law, train, method="laplace", seed=seed + k, progressbar=False)
        parts.append(_few(predict(law, post, test, seed=seed + k)["loss"], DRAWS // 2))
    return np.concatenate(parts)


def _few(losses, count: int) -> np.ndarray:
    every = losses.stack(sample=("chain", "draw")).transpose("sample", "run").to_numpy()
    return every[np.linspace(0, len(every) - 1, count).astype(int)]


METHODS: dict[str, Law | Forecaster] = {
    "power_law": power_law,
    BASE: huber_bootstrap,
    "additive": chinchilla,
    "kappa": kappa,
    "kappa_omega": kappa_omega,
    "equal_weights": equal_weights,
    "two_amplitudes": replace(generalised, discrepancy=separate, name="two_amplitudes"),
    DEFAULT: generalised,
}
#: Laws of one column, for learning curves.
CURVES: dict[str, Law | Forecaster] = {
    "power_law": power_law,
    BASE: huber_bootstrap,
    "additive": henighan2020.L_D,
    "kappa_omega": _plain_curve,
    DEFAULT: generalised_D,
}
WORDS = {
    "power_law": "a straight line of log loss on log C",
    BASE: "the additive law by Huber loss, 100 bootstrap refits, residuals",
    "additive": "Chinchilla's law, Student-t noise",
    "kappa": "generalised law, floor that does not decline, no discrepancy",
    "kappa_omega": "generalised law without its discrepancy",
    "equal_weights": "half of the draws from additive, half from kappa_omega",
    "two_amplitudes": "generalised law, a discrepancy with an amplitude for N and D and one for compute",
    DEFAULT: "generalised law with its discrepancy (`busbridge2025.generalised`)",
}
