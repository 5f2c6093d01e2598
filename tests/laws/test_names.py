"""Names carry no meaning: a law whose parameters are called as those of others, and mean something else."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale import Law, Prior
from bayescale.density.coordinates.structure import coordinates_of
from bayescale.laws import chinchilla
from bayescale.modelling.coordinates import Coordinates, Term
from tests.conftest import QUICK


def formula(N, D, N0, D0, *, omega, kappa, E, tau, embedding):
    """Chinchilla's law: omega is the floor, E and embedding are exponents, kappa and tau are excesses."""
    return omega + kappa * (N / N0) ** -E + tau * (D / D0) ** -embedding


MEANS = {"omega": "E", "kappa": "excess_N", "E": "alpha_N", "tau": "excess_D", "embedding": "alpha_D"}
MISNAMED = Law(formula, {mine: chinchilla.priors[name] for mine, name in MEANS.items()}, name="misnamed")


def sweep(floor: float) -> pd.DataFrame:
    """Simulated runs of a law with a given floor [nats/token]."""
    rng = np.random.default_rng(1)
    runs = pd.DataFrame({"N": np.geomspace(1e8, 1e10, 12), "D": np.geomspace(2e9, 3e11, 12) * rng.uniform(0.1, 9, 12)})
    mean = floor + 0.3 * (runs["N"] / 1e9) ** -0.6 + 0.2 * (runs["D"] / 2e10) ** -0.5
    return runs.assign(loss=mean * np.exp(0.003 * rng.standard_normal(12)))


def test_a_misnamed_law_has_the_coordinates_of_its_formula():
    terms = {"kappa": ("E", "N"), "tau": ("embedding", "D")}
    assert coordinates_of(MISNAMED) == Coordinates.additive("omega", **terms)


@pytest.mark.parametrize("method", ["nuts", "laplace"])
def test_a_misnamed_law_fits_and_shows_its_own_floor_only(method):
    """The sign of the floor has the floor's name; kappa, without 1, is no bracket's exponent here."""
    runs = sweep(floor=2.0)
    options = QUICK if method == "nuts" else {"progressbar": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        post = bs.fit(MISNAMED, runs, seed=1, method=method, **options)
    draws = post["posterior"].to_dataset()
    assert float(draws["kappa"].quantile(0.95)) < 1
    share = float(draws["omega"].median() / runs["loss"].min())
    assert share > 0.8
    told = bs.signs(MISNAMED, post)
    assert set(told) == {"floor"} and told["floor"].startswith(f"omega is {share:.0%} of")


def test_a_misnamed_law_with_a_low_floor_shows_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        post = bs.fit(MISNAMED, sweep(floor=0.3), seed=1, method="laplace")
    assert bs.signs(MISNAMED, post) == {}


def test_a_parameter_called_e_that_is_no_floor_is_not_read_as_one():
    """All parameters have names that mean something elsewhere, and the loss falls to zero."""

    def power(N, N0, *, E, omega):
        return E * (N / N0) ** -omega

    law = Law(power, {"E": Prior("LogNormal", mu=1.0, sigma=0.5), "omega": chinchilla.priors["alpha_N"]})
    N = np.geomspace(1e7, 1e10, 8)
    runs = pd.DataFrame({"N": N, "loss": 2.5 * (N / 1e9) ** -0.02})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        post = bs.fit(law, runs, seed=1, method="laplace")
    assert coordinates_of(law).floor is None and coordinates_of(law).terms == (Term("E", ("N",)),)
    assert bs.signs(law, post) == {}


def test_a_declared_floor_is_read_under_its_own_name():
    law = replace(MISNAMED, coordinates=Coordinates("omega", limit=False))
    assert coordinates_of(law).hard_floor is None
    assert coordinates_of(replace(law, coordinates=Coordinates("omega"))).hard_floor == "omega"
