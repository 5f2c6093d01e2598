"""chinchilla from PyPI: one point estimate from a small grid of 3^5 starts, by the log-Huber loss of its documentation.

It gives no interval: its posterior has a standard deviation of zero. It starts worker processes and writes its table
and a figure into its project folder, which is part of every fit.
"""

import tempfile
from pathlib import Path

import numpy as np
from chinchilla import Chinchilla
from chinchilla._metrics import log_huber

from benchmarks.speed import _contender

#: The ranges of the README's example, at three points each.
GRID = {
    "e": np.linspace(-1.0, 1.5, 3),
    "a": np.linspace(5.0, 10.0, 3),
    "b": np.linspace(5.0, 10.0, 3),
    "alpha": np.linspace(0.1, 0.7, 3),
    "beta": np.linspace(0.1, 0.7, 3),
}


def fit(runs: np.ndarray, seed: int) -> Chinchilla:
    with tempfile.TemporaryDirectory() as folder:
        N, D, loss = runs["N"], runs["D"], runs["loss"]
        table = np.column_stack([6 * N * D, N, D, loss])
        np.savetxt(Path(folder) / "df.csv", table, delimiter=",", header="C,N,D,loss", comments="")
        fitted = Chinchilla(folder, param_grid=GRID, loss_fn=log_huber, log_level=50)
        fitted.fit()
    return fitted


def forecast(fitted: Chinchilla) -> np.ndarray:
    return np.array([float(fitted.predict_loss(np.array(_contender.AT["N"]), np.array(_contender.AT["D"])))])


def posterior(fitted: Chinchilla) -> dict[str, np.ndarray]:
    estimates = {"E": fitted.E, "alpha_N": fitted.alpha, "alpha_D": fitted.beta}
    return {name: np.array([[float(value)]]) for name, value in estimates.items()}


if __name__ == "__main__":
    _contender.main(fit, forecast, posterior)
