"""NumPyro, written by hand: 64-bit, four chains on four host devices, one MCMC object for all fits.

Parallel chains: vectorised ones wait for the longest trajectory of the four, and took twice as long.
"""

from functools import cache

import jax.numpy as jnp
import numpy as np
import numpyro
from numpyro import distributions as dist
from numpyro.infer import MCMC, NUTS

from benchmarks.speed import _contender


def model(N, D, loss, N0, D0, smallest):
    """The Chinchilla law with bayescale's default priors and noise."""
    E = numpyro.sample("E", dist.Uniform(0.0, smallest))
    excess_N = numpyro.sample("excess_N", dist.LogNormal(-1 + jnp.log(smallest), 1.0))
    alpha_N = numpyro.sample("alpha_N", dist.LogNormal(-1.2, 0.8))
    excess_D = numpyro.sample("excess_D", dist.LogNormal(-1 + jnp.log(smallest), 1.0))
    alpha_D = numpyro.sample("alpha_D", dist.LogNormal(-1.2, 0.8))
    sigma = numpyro.sample("sigma", dist.LogNormal(-4.6, 1.5))
    numpyro.deterministic("A", excess_N * N0**alpha_N)
    numpyro.deterministic("B", excess_D * D0**alpha_D)
    mu = E + excess_N * (N / N0) ** -alpha_N + excess_D * (D / D0) ** -alpha_D
    numpyro.sample("log_loss", dist.StudentT(4.0, jnp.log(mu), sigma), obs=jnp.log(loss))


@cache
def sampler() -> MCMC:
    """One for all fits: with the same number of runs, a second fit compiles nothing."""
    return MCMC(
        NUTS(model),
        num_warmup=1000,
        num_samples=1000,
        num_chains=4,
        chain_method="parallel",
        progress_bar=False,
        jit_model_args=True,
    )


def fit(runs: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    from jax import random

    N, D, loss = runs["N"], runs["D"], runs["loss"]
    sampler().run(random.PRNGKey(seed), N, D, loss, np.exp(np.log(N).mean()), np.exp(np.log(D).mean()), loss.min())
    return {name: np.asarray(draws) for name, draws in sampler().get_samples(group_by_chain=True).items()}


if __name__ == "__main__":
    numpyro.enable_x64()
    numpyro.set_host_device_count(4)
    _contender.main(fit, _contender.expected_loss, lambda fitted: fitted)
