"""The experiments on exponents and dimensions, each against a second computation."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import zeta

from benchmarks.geometry import command, features, fits, kernels, manifolds, santa_fe
from benchmarks.geometry.kept import Kept


@pytest.mark.parametrize("nu", [0.5, 1.5])
def test_one_cholesky_factor_gives_the_error_of_kernel_regression(nu):
    n, d = 40, 3
    found = kernels.error(nu, d, n, np.random.default_rng(1))
    rng = np.random.default_rng(1)
    points = rng.standard_normal((n + kernels.TEST_POINTS, d + 1))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    r = np.linalg.norm(points[:, None] - points[None], axis=2)
    K = np.exp(-r) if nu == 0.5 else (1 + np.sqrt(3) * r) * np.exp(-np.sqrt(3) * r)
    K += kernels.JITTER * np.eye(len(K))
    factor, z = np.linalg.cholesky(K), rng.standard_normal(kernels.TEST_POINTS)
    target = factor[:, n:] @ z  # zero at the training points, where the student then predicts zero
    other = target + factor[:, :n] @ rng.standard_normal(n)
    student = K[n:, :n] @ np.linalg.solve(K[:n, :n], other[:n])
    assert found == pytest.approx(np.mean((other[n:] - student) ** 2), rel=1e-5)


def test_the_excess_of_random_features_is_that_of_least_squares():
    """Its mean is P / (D - P - 1), and that of drawn data the same."""
    rng, D, P = np.random.default_rng(2), 400, features.FEATURES
    drawn = [features.excess(D, rng) for _ in range(400)]
    direct = []
    for _ in range(100):
        X, noise = rng.standard_normal((D, P)), rng.standard_normal(D)
        direct.append(np.sum(np.linalg.lstsq(X, noise, rcond=None)[0] ** 2))
    mean = P / (D - P - 1)
    assert np.mean(drawn) == pytest.approx(mean, abs=4 * np.std(drawn) / 20)
    assert np.mean(direct) == pytest.approx(mean, abs=4 * np.std(direct) / 10)
    assert np.std(drawn) == pytest.approx(np.std(direct), rel=0.4)


def test_the_limit_is_the_variance_given_the_features():
    joint = features.covariance(np.random.default_rng(3))
    explained = joint[-1, :-1] @ np.linalg.solve(joint[:-1, :-1], joint[:-1, -1])
    assert features.limit(joint) == pytest.approx(joint[-1, -1] - explained, rel=1e-6)


def test_the_entropy_of_the_santa_fe_process():
    """At a = 2 against a sum of ten million terms, and against the derivative of zeta."""
    k = np.arange(1, 10_000_001)
    p = k**-2.0 / zeta(2)
    assert santa_fe.entropy(2.0) == pytest.approx(-np.sum(p * np.log(p)), abs=2e-6)
    h = 1e-5
    for a in santa_fe.POWERS:
        slope = (np.log(zeta(a + h)) - np.log(zeta(a - h))) / (2 * h)
        assert santa_fe.entropy(a) == pytest.approx(np.log(zeta(a)) - a * slope, rel=1e-6)


def test_a_memoriser_scatters_about_its_expectation():
    drawn = [santa_fe.simulated(1.5, 300, np.random.default_rng(seed)) for seed in range(10)]
    assert np.mean(drawn) == pytest.approx(santa_fe.expected(1.5, 300), abs=4 * np.std(drawn) / 3)


@pytest.mark.parametrize("name", manifolds.MANIFOLDS)
def test_samples_lie_where_they_should(name):
    draw, dimensions = manifolds.MANIFOLDS[name]
    for d in dimensions:
        points = draw(d, np.random.default_rng(4))
        rotated = manifolds.turned(points, np.random.default_rng(5))
        assert rotated.shape == (manifolds.POINTS, manifolds.COLUMNS)
        assert np.linalg.norm(rotated[1] - rotated[0]) == pytest.approx(np.linalg.norm(points[1] - points[0]))


def test_a_table_continues(tmp_path):
    kept = Kept(tmp_path / "new" / "a.csv", ("a", "n"))
    kept.add({"a": 0.5, "n": 3, "loss": 1 / 3})
    again = Kept(tmp_path / "new" / "a.csv", ("a", "n"))
    assert {"a": 0.5, "n": 3} in again and {"a": 0.5, "n": 4} not in again
    again.add({"a": 0.5, "n": 4, "loss": 0.25})
    assert pd.read_csv(tmp_path / "new" / "a.csv")["loss"].tolist() == [0.333333, 0.25]


def test_the_page_has_a_place_for_every_table():
    text = command.PAGE.read_text(encoding="utf-8")
    for name in command.blocks(command.STORED):
        assert "NEW" in command.filled(text, name, "NEW")
    with pytest.raises(ValueError, match="has no lines"):
        command.filled(text, "nothing", "NEW")


def test_an_interval_contains_its_ends():
    found = pd.DataFrame({"x_05": [1.0, 2.0], "x_95": [2.0, 3.0]})
    assert fits.inside(found, "x", 2.0).tolist() == [True, True]
    assert fits.inside(found, "x", 2.5).tolist() == [False, True]


def test_the_corrected_law_has_its_exponent_at_infinity():
    p = {"level": 0.1, "alpha_D": 0.5, "size": -0.7, "faster": 0.4}
    low, high = (fits.corrected(x, 1.0, **p) for x in (1e12, 2e12))
    assert -np.log2(high / low) == pytest.approx(0.5, abs=1e-4)
    assert fits.corrected(3.0, 3.0, **p) == 0.1
