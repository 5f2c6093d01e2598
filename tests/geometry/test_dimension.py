"""The intrinsic dimension of samples whose dimension is known, and every error."""

import numpy as np
import pytest
import xarray as xr
from scipy.special import beta
from scipy.stats import gamma

import bayescale as bs
from bayescale.geometry import calibration, ratios
from bayescale.geometry.neighbours import _by_blocks, distances


def sphere(n: int, d: int, seed: int) -> np.ndarray:
    points = np.random.default_rng(seed).standard_normal((n, d + 1))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


@pytest.mark.parametrize("columns", [3, 12])
def test_distances_are_those_of_every_pair(columns):
    points = np.random.default_rng(1).standard_normal((90, columns)) + 100.0
    every = np.sort(np.linalg.norm(points[:, None] - points[None], axis=2), axis=1)[:, 1:8]
    np.testing.assert_allclose(distances(points, 7), every, rtol=1e-9)
    np.testing.assert_allclose(_by_blocks(points, 7), every, rtol=1e-9)


@pytest.mark.parametrize("k", [1, 3])
def test_the_density_of_the_ratio_integrates_to_one(k):
    log_mu = np.linspace(1e-9, 12, 4001)
    density = [np.exp(ratios.log_likelihood(np.array([2.5]), np.array([each]), k)[0]) for each in log_mu] / beta(k, k)
    assert np.trapezoid(density * np.exp(log_mu), log_mu) == pytest.approx(1, abs=1e-3)


def test_with_one_neighbour_the_posterior_is_a_gamma():
    log_ratios = np.random.default_rng(2).exponential(1 / 3, 200)
    drawn = ratios.draw(log_ratios, 1, 20_000, np.random.default_rng(3))
    exact = gamma(200, scale=1 / log_ratios.sum())
    np.testing.assert_allclose(np.quantile(drawn, [0.05, 0.5, 0.95]), exact.ppf([0.05, 0.5, 0.95]), rtol=0.01)


def test_the_grid_gives_the_same_as_the_gamma():
    """At k = 2 there is no closed form; its mode is the estimate, and its width falls as 1/sqrt(n)."""
    rng = np.random.default_rng(4)
    for n, tolerance in ((100, 0.3), (2500, 0.3)):
        # Volumes to the second and fourth neighbour are sums of exponential variates.
        first, rest = rng.gamma(2, 1, n), rng.gamma(2, 1, n)
        log_ratios = np.log((first + rest) / first) / 3
        drawn = ratios.draw(log_ratios, 2, 4000, rng)
        assert np.median(drawn) == pytest.approx(ratios.estimate(log_ratios, 2), rel=0.02)
        assert abs(np.median(drawn) - 3) < 4 * drawn.std()
        assert drawn.std() * np.sqrt(n) / 3 == pytest.approx(0.75, abs=tolerance)


def test_a_sphere_has_its_dimension_and_scales_have_their_distances():
    found = bs.dimension(sphere(400, 3, 5), neighbours=(1, 4), seed=1, draws=500)
    assert found["dimension"].dims == ("chain", "draw", "neighbours") and found["dimension"].shape == (4, 500, 2)
    low, high = found["dimension"].quantile([0.001, 0.999], ("chain", "draw"))
    assert (low < 3).all() and (high > 3).all() and (high - low < 1.5).all()
    assert found["distance"][0] < found["distance"][1]
    again = bs.dimension(sphere(400, 3, 5), neighbours=(1, 4), seed=1, draws=500)
    xr.testing.assert_identical(found, again)


def test_calibration_undoes_the_bias_of_high_dimensions():
    """S^12 with 300 points: the uncalibrated posterior lies below 12, the calibrated one contains it."""
    found = bs.dimension(sphere(300, 12, 6), seed=1).isel(neighbours=0)
    assert float(found["uncalibrated"].quantile(0.9)) < 12
    assert float(found["dimension"].quantile(0.01)) < 12 < float(found["dimension"].quantile(0.99))
    assert float(found["dimension"].std()) > float(found["uncalibrated"].std())


def test_without_calibration_nothing_is_simulated(monkeypatch):
    monkeypatch.setattr(calibration, "of_shape", lambda *_: pytest.fail("a shape was drawn"))
    assert set(bs.dimension(sphere(100, 2, 7), shapes=(), seed=1).data_vars) == {"uncalibrated"}


def test_dimension_does_not_depend_on_scale_or_on_more_columns():
    points = sphere(150, 2, 8)
    wide = np.hstack([points * 1e6, np.full((150, 3), 7.0)])
    one, other = (bs.dimension(each, shapes=(), seed=1)["uncalibrated"] for each in (points, wide))
    xr.testing.assert_allclose(one.drop_vars("distance"), other.drop_vars("distance"))


GOOD = sphere(60, 2, 9)


@pytest.mark.parametrize("points, options, error, words", [
    (GOOD[:, :1], {}, ValueError, "two columns or more"),
    (GOOD[:, 0], {}, ValueError, "two columns or more"),
    (np.vstack([GOOD, GOOD[:3]]), {}, ValueError, "3 of the points repeat another"),
    (np.where(np.arange(60)[:, None] == 4, np.nan, GOOD), {}, ValueError, "1 of the points have a NaN"),
    (GOOD[:49], {}, ValueError, "49 points; wanted at least 50"),
    (GOOD, {"neighbours": 30}, ValueError, "wanted at least 61"),
    (GOOD, {"neighbours": ()}, ValueError, "wanted different whole numbers"),
    (GOOD, {"neighbours": (1, 1)}, ValueError, "wanted different whole numbers"),
    (GOOD, {"neighbours": 0.5}, ValueError, "wanted different whole numbers"),
    (GOOD, {"draws": 0}, ValueError, "draws is 0"),
    ("abc", {}, TypeError, "no table of numbers"),
    (np.array([(i, j) for i in range(8) for j in range(8)], float), {}, ValueError, "lattice"),
])  # fmt: skip
def test_errors_say_what_came(points, options, error, words):
    with pytest.raises(error, match=words):
        bs.dimension(points, **options)


def test_the_cure_for_duplicates_works():
    twice = np.vstack([GOOD, GOOD[:3]])
    assert bs.dimension(np.unique(twice, axis=0), shapes=()).attrs["points"] == 60


def test_a_posterior_without_upper_end_says_so():
    with pytest.warns(UserWarning, match="lower bound"):
        bs.dimension(sphere(60, 200, 10), seed=1)
