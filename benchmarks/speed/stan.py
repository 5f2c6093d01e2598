"""Stan, by PyStan: the same model, four chains with Stan's defaults. Needs a C++ compiler.

The compiled program is kept on disk, so that only the first run ever compiles it (about a minute).
"""

import contextlib
import tempfile

import numpy as np
import stan

from benchmarks.speed import _contender

PROGRAM = """
data {
  int n;
  vector[n] log_N;  // relative to the geometric mean
  vector[n] log_D;
  vector[n] log_loss;
  real smallest;
}
parameters {
  real<lower=0, upper=smallest> E;
  real<lower=0> excess_N;
  real<lower=0> alpha_N;
  real<lower=0> excess_D;
  real<lower=0> alpha_D;
  real<lower=0> sigma;
}
model {
  excess_N ~ lognormal(-1 + log(smallest), 1);
  alpha_N ~ lognormal(-1.2, 0.8);
  excess_D ~ lognormal(-1 + log(smallest), 1);
  alpha_D ~ lognormal(-1.2, 0.8);
  sigma ~ lognormal(-4.6, 1.5);
  log_loss ~ student_t(4, log(E + excess_N * exp(-alpha_N * log_N) + excess_D * exp(-alpha_D * log_D)), sigma);
}
"""
CHAINS = 4


def fit(runs: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    log_N, log_D, loss = np.log(runs["N"]), np.log(runs["D"]), runs["loss"]
    N0, D0 = log_N.mean(), log_D.mean()
    data = {"n": len(runs), "log_N": log_N - N0, "log_D": log_D - D0, "log_loss": np.log(loss), "smallest": loss.min()}
    data = {name: value.tolist() if hasattr(value, "tolist") else value for name, value in data.items()}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):  # the compiler leaves objects behind
        fitted = stan.build(PROGRAM, data=data, random_seed=seed).sample(num_chains=CHAINS, num_samples=1000)
    draws = {name: fitted[name].reshape(-1, CHAINS).T for name in fitted.param_names}  # draw by draw, all chains
    A = draws["excess_N"] * np.exp(N0 * draws["alpha_N"])
    B = draws["excess_D"] * np.exp(D0 * draws["alpha_D"])
    return draws | {"A": A, "B": B}


if __name__ == "__main__":
    _contender.main(fit, _contender.expected_loss, lambda fitted: fitted)
