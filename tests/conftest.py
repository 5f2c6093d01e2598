"""Shared data and posteriors: each is fitted once for the whole session."""

import os

# Threads of BLAS wait by spinning, which takes the cores from the other workers. Read when NumPy is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale import Law, Prior
from bayescale.laws import chinchilla
from bayescale.modelling.noises import student

#: The truth of the simulated sweep: Besiroglu et al. 2024, rounded, as (E, A, alpha, B, beta).
TRUTH = {"E": 1.82, "A": 482.0, "alpha_N": 0.348, "B": 2085.0, "alpha_D": 0.366, "sigma": 0.005}
QUICK = {"draws": 500, "tune": 500, "chains": 2, "cores": 2, "progressbar": False}

#: The files that take longest. They go first, so that no worker is left with one of them at the end.
LONGEST = ("test_readme.py", "test_methods.py", "test_commands.py", "test_discrepancy.py", "test_twelve_fits.py")


def pytest_collection_modifyitems(items):
    """Put the longest files first; ``--no-loadscope-reorder`` keeps this order."""
    rank = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.name, len(rank)))


def pooled(**options) -> Law:
    """The Chinchilla law with an entropy for each family and partially pooled exponents in N."""
    mu, sigma = Prior("Normal", mu=-1.2, sigma=0.8), Prior("HalfNormal", sigma=0.3)
    own = {
        "E": Prior("Uniform", lower=0, upper=1, unit="loss_min", dims="family"),
        "alpha_N": Prior("LogNormal", mu=mu, sigma=sigma, dims="family", **options),
    }
    return replace(chinchilla, priors={**chinchilla.priors, **own})


def expected(N, D):
    """Loss of the simulated truth, nats/token."""
    return TRUTH["E"] + TRUTH["A"] * N ** -TRUTH["alpha_N"] + TRUTH["B"] * D ** -TRUTH["alpha_D"]


def simulate(n: int, seed: int) -> pd.DataFrame:
    """A sweep of n runs with N and D spread independently, and Student-t noise."""
    rng = np.random.default_rng(seed)
    N, D = np.exp(rng.uniform(np.log([[6e7], [1e9]]), np.log([[1e10], [3e11]]), size=(2, n)))
    loss = student.draw(rng, expected(N, D), TRUTH["sigma"], {"nu": 4.0})
    return pd.DataFrame({"N": N, "D": D, "C": 6.0 * N * D, "loss": loss})


@pytest.fixture(scope="session")
def runs() -> pd.DataFrame:
    """Sixty simulated runs of the Chinchilla law."""
    return simulate(60, seed=3)


@pytest.fixture(scope="session")
def post(runs):
    """The posterior of the Chinchilla law on the simulated runs, default settings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return bs.fit(chinchilla, runs, seed=1, progressbar=False)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the published tables, which are not part of the project."""
    folder = os.environ.get("BAYESCALE_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("BAYESCALE_DATA does not name a folder with the published tables")
    return Path(folder).resolve()
