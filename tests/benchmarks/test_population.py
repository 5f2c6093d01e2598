"""Population priors by importance sampling."""

import numpy as np
import pytest

from bayescale.laws.busbridge2025 import generalised
from benchmarks.forecasts.population import NAMES, default, population, with_population


def test_a_known_population_is_found():
    rng = np.random.default_rng(1)
    base, start = {"kappa": (-0.5, 1.5)}, {"kappa": (-0.5, 0.7)}
    draws = {}
    for number in range(80):  # sweeps whose log kappa is N(-1, .4), each measured with an error of .3
        measured = rng.normal(-1.0, 0.4) + rng.normal(0.0, 0.3)
        variance = 1 / (1 / 0.3**2 + 1 / 1.5**2)
        mean = variance * (measured / 0.3**2 + base["kappa"][0] / 1.5**2)
        draws[str(number)] = [{"kappa": rng.normal(mean, np.sqrt(variance), 2000)}]
    found, least = population(draws, base, start)
    assert found["kappa"][0] == pytest.approx(-1.0, abs=3 * 0.5 / np.sqrt(80))  # standard error of a mean of 80
    assert found["kappa"][1] == pytest.approx(0.41, abs=0.15)  # three standard errors of a spread
    assert least > 0.1


def test_the_default_s_own_priors_make_the_default():
    assert with_population(generalised, default()).all_priors == generalised.all_priors
    assert set(NAMES) <= set(generalised.all_priors)
