"""The forecasters that are compared."""

from dataclasses import replace

import numpy as np
import pandas as pd

from bayescale.forecasting.backtest import Forecaster
from bayescale.forecasting.baselines import huber_bootstrap, power_law
from bayescale.forecasting.stacking import WAYS, mixture
from bayescale.laws import chinchilla, henighan2020
from bayescale.laws.busbridge2025 import generalised, generalised_D, nonembedding
from bayescale.modelling.discrepancy import separate
from bayescale.modelling.law import Law

#: The baseline, over whose CRPS and width ratios are taken.
BASE = "huber_bootstrap"
#: The default of the package.
DEFAULT = "default"
#: The default with every checkpoint taken for a run of its own; in a section of its own.
UNNAMED = "unnamed_runs"
#: The default with N as the table has it. Where a table has N without embeddings too, the default takes that count
#: unless forecasts within the table are against it.
GIVEN = "given_count"
#: The baseline with the count of N that the default took; in a section of its own.
BASE_COUNTED = "huber_counted"
#: A package that takes only tables in which N and D both vary; in a section of its own.
PEER = "simple_scaling_laws"

kappa_omega = replace(generalised, discrepancy=None, name="kappa_omega")
_plain_curve = replace(generalised_D, discrepancy=None, name="kappa_omega")
STACKED = {"additive": chinchilla, "kappa_omega": kappa_omega, DEFAULT: generalised}
STACKED_CURVES = {"additive": henighan2020.L_D, "kappa_omega": _plain_curve, DEFAULT: generalised_D}


def _straight(law: Law) -> Law:
    """With a floor that does not decline."""
    return replace(law, priors={**law.priors, "omega": 1e-9}, name="kappa")


def _two(law: Law) -> Law:
    return replace(law, discrepancy=separate, name="two_amplitudes")


def simple_scaling_laws(train: pd.DataFrame, test: pd.DataFrame, seed: int) -> np.ndarray:
    """The best packaged peer: its separable law and its intervals for a new run, by their quantiles."""
    import polars as pl
    from simple_scaling_laws import fit

    size, data, loss = "model_size__N", "dataset_size__D", "test_loss__nats"
    names = {"training_run_id": [str(i) for i in range(len(train))], "test_set_id": ["0"] * len(train)}
    columns = {"train_set_id": names["training_run_id"], size: train["N"], data: train["D"], loss: train["loss"]}
    fitted = fit(pl.DataFrame({**names, **columns}), law="separable-power", n_draws=1000, seed=seed)
    at = (np.arange(400) + 0.5) / 400
    points = pl.DataFrame({size: test["N"].to_numpy(), data: test["D"].to_numpy()})
    predicted = fitted.predict(points, kind="new-run", quantiles=at.tolist(), seed=seed)
    return predicted.select(sorted(c for c in predicted.columns if c.startswith(loss))).to_numpy().T


METHODS: dict[str, Law | Forecaster] = {
    "power_law": power_law,
    BASE: huber_bootstrap,
    PEER: simple_scaling_laws,
    "additive": chinchilla,
    "kappa": _straight(kappa_omega),
    "kappa_omega": kappa_omega,
    **{f"stacked_{way}": mixture(STACKED, way) for way in WAYS},
    "two_amplitudes": _two(generalised),
    UNNAMED: generalised,
    BASE_COUNTED: huber_bootstrap,
    GIVEN: generalised,
    DEFAULT: generalised,
}
#: Methods that choose how N is counted: what forecasts from each count.
COUNTED: dict[str, dict[str, Law | Forecaster]] = {
    DEFAULT: {"N": generalised, "N_no_embed": nonembedding},
    BASE_COUNTED: dict.fromkeys(("N", "N_no_embed"), huber_bootstrap),
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
    UNNAMED: generalised_D,
    DEFAULT: generalised_D,
}
WORDS = {
    "power_law": "a straight line of log loss on log C",
    BASE: "the additive law by Huber loss, 100 bootstrap refits, residuals",
    PEER: "the package of that name, 0.2.0 (group bench), its separable law, intervals of a new run",
    "additive": "Chinchilla's law, Student-t noise",
    "kappa": "generalised law, floor that does not decline, no discrepancy",
    "kappa_omega": "generalised law without its discrepancy",
    "stacked_future": "additive, kappa_omega and default, weighted by how each forecast the largest 30 % of the runs",
    "stacked_loo": "the same three, weighted by leave-one-out",
    "stacked_equal": "the same three, a third each",
    "two_amplitudes": "generalised law, a discrepancy with an amplitude for N and D and one for compute",
    BASE_COUNTED: "the baseline, N counted as the default has chosen",
    GIVEN: "the default with N as the table has it",
    UNNAMED: "the default, with every checkpoint, fitted or forecast, taken for a run of its own",
    DEFAULT: "generalised law with its discrepancy (`busbridge2025.generalised`); where a table has N without "
    "embeddings too, on that count, unless forecasts within the table are against it by 4 or more",
}
