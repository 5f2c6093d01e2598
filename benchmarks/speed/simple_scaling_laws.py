"""simple-scaling-laws from PyPI: its separable law, a thousand draws of its wild bootstrap."""

import numpy as np
import polars as pl
from simple_scaling_laws import fit as fit_law

from benchmarks.speed import _contender

DRAWS = 1000
TARGET, SIZE, DATA = "test_loss__nats", "model_size__N", "dataset_size__D"


def fit(runs: np.ndarray, seed: int):
    table = pl.DataFrame(
        {
            "training_run_id": [str(i) for i in range(len(runs))],
            "train_set_id": [str(i) for i in range(len(runs))],
            "test_set_id": ["0"] * len(runs),
            SIZE: runs["N"],
            DATA: runs["D"],
            TARGET: runs["loss"],
        }
    )
    return fit_law(table, law="separable-power", n_draws=DRAWS, seed=seed)


def forecast(fitted) -> np.ndarray:
    at = pl.DataFrame({SIZE: [_contender.AT["N"]], DATA: [_contender.AT["D"]]})
    return fitted.target_draws(TARGET, fitted.fitting_predictors(fitted.prepare_points(at)))


def posterior(fitted) -> dict[str, np.ndarray]:
    names = dict(zip(fitted.params(TARGET), fitted.draws[TARGET].params.T, strict=True))
    return {"E": names["E"][None], "alpha_N": names["alpha"][None], "alpha_D": names["beta"][None]}


if __name__ == "__main__":
    _contender.main(fit, forecast, posterior)
