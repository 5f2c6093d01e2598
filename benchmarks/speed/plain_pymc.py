"""Plain PyMC, as one writes it after an afternoon with its documentation: `pm.sample` as it is (nutpie)."""

import numpy as np
import pymc as pm

from benchmarks.speed import _contender


def model(runs: np.ndarray) -> pm.Model:
    """The Chinchilla law with bayescale's default priors and noise."""
    N, D, loss = runs["N"], runs["D"], runs["loss"]
    N0, D0, smallest = np.exp(np.log(N).mean()), np.exp(np.log(D).mean()), loss.min()
    with pm.Model() as chinchilla:
        E = pm.Uniform("E", 0, smallest)
        excess_N = pm.LogNormal("excess_N", -1 + np.log(smallest), 1)
        alpha_N = pm.LogNormal("alpha_N", -1.2, 0.8)
        excess_D = pm.LogNormal("excess_D", -1 + np.log(smallest), 1)
        alpha_D = pm.LogNormal("alpha_D", -1.2, 0.8)
        sigma = pm.LogNormal("sigma", -4.6, 1.5)
        pm.Deterministic("A", excess_N * N0**alpha_N)
        pm.Deterministic("B", excess_D * D0**alpha_D)
        mu = E + excess_N * (N / N0) ** -alpha_N + excess_D * (D / D0) ** -alpha_D
        pm.StudentT("log_loss", nu=4, mu=pm.math.log(mu), sigma=sigma, observed=np.log(loss))
    return chinchilla


def fit(runs: np.ndarray, seed: int, **options):
    with model(runs):
        return pm.sample(random_seed=seed, progressbar=False, **options)


def posterior(fitted) -> dict[str, np.ndarray]:
    draws = fitted["posterior"]
    return {name: draws[name].to_numpy() for name in ("E", "A", "alpha_N", "B", "alpha_D", "sigma")}


def forecast(fitted) -> np.ndarray:
    return _contender.expected_loss(posterior(fitted))


def extras(fitted) -> dict[str, float]:
    """The sampler's own time, where PyMC has kept it."""
    taken = fitted["posterior"].attrs.get("sampling_time") or fitted["sample_stats"].attrs.get("sampling_time")
    return {} if taken is None else {"sampling": float(taken)}


if __name__ == "__main__":
    _contender.main(fit, forecast, posterior, extras)
