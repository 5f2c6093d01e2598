"""Mode search, whitening by the curvature at the modes, and initial points of chains."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale.data.check import check
from bayescale.density.bound import Bound
from bayescale.density.log_density import LogDensity
from bayescale.inference.laplace.mixture import DF, Mixture
from bayescale.inference.laplace.modes import WIDER, climb, find_modes
from bayescale.inference.laplace.whitening import MOST_BELOW, Whitening
from bayescale.laws import chinchilla, henighan2020
from bayescale.laws.busbridge2025 import generalised, generalised_D
from bayescale.modelling.noises import lognormal
from tests.conftest import pooled


@pytest.fixture(scope="module")
def density(runs):
    return LogDensity(Bound(chinchilla, check(chinchilla, runs)))


def test_a_mode_is_a_maximum_with_its_curvature_and_mass(density):
    (mode,) = find_modes(density, np.random.default_rng(0))
    value, slope = density.gradient(mode.point)
    assert value == pytest.approx(mode.height) and np.abs(slope @ mode.root).max() < 1e-2  # [standard deviations]
    assert mode.root.T @ -density.hessian(mode.point) @ mode.root == pytest.approx(np.eye(density.size), abs=1e-6)
    proposal = Mixture.single(mode.point, mode.root)
    points = proposal.draw(np.random.default_rng(1), 20_000)
    log_weights = density.value(points) - proposal.logpdf(points)
    weighted = np.log(np.mean(np.exp(log_weights - mode.height))) + mode.height
    constant = 0.5 * density.size * np.log(2 * np.pi) - _student_constant(density.size)
    # A posterior of 60 runs is nearly normal, so Laplace's method and importance sampling agree on the mass.
    assert weighted - constant == pytest.approx(mode.log_mass, abs=0.3)


def _student_constant(size: int, df: float = DF) -> float:
    """Log of the integral of (1 + |x|^2 / df)^-((df + size) / 2), which `Mixture.logpdf` leaves out."""
    from scipy.special import gammaln

    return gammaln(df / 2) - gammaln((df + size) / 2) + size / 2 * np.log(df * np.pi)


def test_no_mode_is_much_wider_than_the_prior():
    flat = pd.DataFrame({"D": np.geomspace(1e9, 1e11, 5), "loss": np.full(5, 2.0)})  # says nothing on the slope
    law = henighan2020.L_D
    density = LogDensity(Bound(law, check(law, flat)))
    spread = density.prior_points(np.random.default_rng(0), 2000).std(axis=0)
    for mode in find_modes(density, np.random.default_rng(0)):
        assert (np.linalg.norm(mode.root, axis=1) < 1.5 * np.sqrt(WIDER * density.size) * spread).all()


def test_a_climb_on_few_runs_ends_near_the_climb_on_all(density, runs):
    many = pd.concat([runs] * 100).sample(frac=1, random_state=0, ignore_index=True)
    with pytest.warns(UserWarning, match="repeat"):
        long = LogDensity(Bound(chinchilla, check(chinchilla, many)))
    (mode,) = find_modes(long, np.random.default_rng(0))
    few, _ = climb(long, mode.point[None], most_runs=1000)
    # On a sixth of the runs the log density at their mode is some (6 - 1) / 2 lower for each coordinate.
    assert long.value(few)[0] > mode.height - 20.0 * density.size
    assert np.abs(long.gradient(mode.point)[1] @ mode.root).max() < 1e-2


def test_many_climbs_at_once_equal_single_climbs(density):
    points = density.promising(np.random.default_rng(0), 64)[::16]
    together, heights = climb(density, points)
    alone = [climb(density, point[None]) for point in points]
    assert heights == pytest.approx([height for _, (height,) in alone], abs=1e-4)
    assert together == pytest.approx(np.array([point for (point,), _ in alone]), abs=1e-2)
    with np.errstate(all="raise"):  # a climb from zero density stays where it is
        ends, heights = climb(density, np.full((2, density.size), 1e3))
    assert (ends == 1e3).all() and (heights == -np.inf).all()


def bending(seed: int) -> pd.DataFrame:
    """A curve that falls faster at its end. A declining floor explains it, and so does a bending bracket: two modes."""
    rng = np.random.default_rng(seed)
    D = np.geomspace(1e6, 1e9, 60)
    at, sharp = rng.uniform(0.3, 0.6), rng.uniform(0.1, 0.4)
    slow, fast = rng.uniform(0.05, 0.15), rng.uniform(0.3, 0.6)
    x = np.log(D / D[0])
    bend = (fast - slow) * sharp * np.logaddexp(0, (x - at * x[-1]) / sharp)
    return pd.DataFrame({"D": D, "loss": 0.9 * np.exp(-slow * x - bend + 0.01 * rng.standard_t(4, len(D)))})


PLAIN = replace(generalised_D, discrepancy=None)
CASES = (("laplace", 1), ("laplace", 2), ("nuts", 1), ("nuts", 2))


def test_the_highest_mode_is_found_whatever_the_seed():
    # Climbs from the best prior draws, which lie side by side, found the highest mode in 3 of these 18 searches.
    missed = 0
    for seed in (3, 8, 20):
        density = LogDensity(Bound(PLAIN, check(PLAIN, bending(seed))))
        highest = climb(density, density.promising(np.random.default_rng(0), 256)[:128:4])[1].max()
        for search in range(6):
            modes = find_modes(density, np.random.default_rng(search))
            missed += max(mode.height for mode in modes) < highest - 0.01
    # None of 240 searches on 24 such curves missed it. At a rate of 1 %, two of 18 would miss it once in seventy tests.
    assert missed <= 1


def test_missed_modes_are_measured_by_their_mass():
    whitening = Whitening.of(LogDensity(Bound(PLAIN, check(PLAIN, bending(8)))), 0)
    first, second = whitening.modes
    step = np.random.default_rng(0).standard_normal((4000, len(first.point)))
    draws = [mode.point + step @ mode.root.T for mode in (first, second)]
    assert whitening.missed_mass(draws[0]) == pytest.approx(Mixture.around([first, second]).shares[1])
    assert whitening.missed_mass(np.array(draws)) == 0.0


def test_two_distant_modes_give_the_same_posterior_whatever_the_seed(shared_data):
    # With a constant floor, the Delphi runs have a second mode, of models that are more than half embeddings. It has
    # 95 % of the mass. A search that misses it gives log E = 0.50 instead of -0.06.
    law = replace(generalised, discrepancy=None, priors={**generalised.priors, "omega": 1e-9})
    delphi = bs.load("delphi").query("C <= 3.3e20")[["N", "D", "loss"]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the runs and about the chains
        posts = [bs.fit(law, delphi, seed=seed, method=method, progressbar=False) for method, seed in CASES]
    floors = [np.log(post["posterior"]["E"]) for post in posts]
    error = 0.2 * float(floors[0].std())
    # At least 1000 effective draws of each: the difference of two means has a standard error of 0.045 sd.
    assert [float(E.mean() - floors[0].mean()) for E in floors] == pytest.approx([0.0] * 4, abs=error)


def test_a_search_starts_from_points_that_are_known_to_be_near_modes(runs):
    density = LogDensity(Bound(chinchilla, check(chinchilla, runs)))
    (mode,) = find_modes(density, np.random.default_rng(0))
    density.near = (mode.point + mode.root @ np.full(density.size, 0.5))[None]
    (again,) = find_modes(density, np.random.default_rng(1))
    assert again.height == pytest.approx(mode.height, abs=1e-4)


def test_whitening_is_linear_and_initial_points_have_high_density(density):
    whitening = Whitening.of(density, 0)
    u = np.random.default_rng(0).standard_normal((5, density.size))
    assert (whitening.points(u) - whitening.center) @ np.linalg.inv(whitening.root).T == pytest.approx(u)
    starts = np.array([whitening.initial_point(seed) for seed in range(40)])
    heights = density.value(whitening.points(starts))
    assert heights.min() > whitening.modes[0].height - MOST_BELOW * density.size
    assert starts.std(axis=0) == pytest.approx(1.2, abs=0.6)  # chains start as far apart as the posterior is wide


def test_parameters_that_are_not_centred_are_not_whitened(runs):
    law = pooled(centered=False)
    table = runs.assign(family=np.arange(len(runs)) % 3)
    density = LogDensity(Bound(law, check(law, table)))
    whitening = Whitening.of(density, 0)
    assert not whitening.modes and (whitening.root == np.eye(density.size)).all() and not whitening.center.any()
    assert np.isfinite(density.value(whitening.initial_point(1)[None])[0])


def test_a_fixed_parameter_is_no_coordinate_of_a_mode(runs):
    law = replace(chinchilla, priors={**chinchilla.priors, "E": 1.8})
    (mode,) = find_modes(LogDensity(Bound(law, check(law, runs))), np.random.default_rng(0))
    assert len(mode.point) == 5


def test_a_prior_draw_that_overflows_does_not_stop_the_search(runs):
    law = replace(
        generalised,
        priors={**generalised.priors, "omega": bs.Prior("LogNormal", mu=-5.3, sigma=4.0)},
        noise=lognormal,
    )
    density = LogDensity(Bound(law, check(law, runs)))
    rng = np.random.default_rng(0)
    assert not np.isfinite(density.prior_points(rng, 2000)).all()  # the prior does reach that far
    assert np.isfinite(density.promising(rng, 2000)).all()
    assert find_modes(density, rng, rough=True)
