"""Ranks and regret against counts by hand, and against exact probabilities of normal draws."""

import math

import numpy as np
import pytest
import xarray as xr

import bayescale as bs


def losses(values, **coords):
    values = np.asarray(values, dtype=float)
    return xr.DataArray(values[None], dims=("chain", "draw", "recipe"), coords=coords)


def test_by_hand():
    drawn = losses([[1.0, 2.0, 3.0], [2.0, 1.0, 3.0], [1.0, 1.0, 2.0], [3.0, 2.0, 1.0]], recipe=["a", "b", "c"])
    found = bs.rank(drawn, "recipe")
    np.testing.assert_allclose(
        found["probability"],
        [[0.375, 0.375, 0.25], [0.375, 0.625, 0.0], [0.25, 0.0, 0.75]],
    )
    np.testing.assert_allclose(found["beats"], [[0.5, 0.375, 0.75], [0.625, 0.5, 0.75], [0.25, 0.25, 0.5]])
    np.testing.assert_allclose(found["regret"], [0.75, 0.5, 1.25])
    np.testing.assert_allclose(found["expected_rank"], (found["probability"] * found["rank"]).sum("rank"))
    assert found["recipe"].values.tolist() == ["a", "b", "c"] and found["rank"].values.tolist() == [1, 2, 3]


def test_normal_draws():
    """Two recipes 0.02 apart with independent errors of 0.02 each: Phi(1/sqrt 2), and the regret in closed form."""
    z = np.random.default_rng(1).normal(size=(200_000, 2))
    found = bs.rank(losses([2.0, 2.02] + 0.02 * z), "recipe")
    phi = 0.5 * (1 + math.erf(1 / math.sqrt(2) / math.sqrt(2)))
    assert float(found["beats"][0, 1]) == pytest.approx(phi, abs=0.004)
    spread, mean = 0.02 * math.sqrt(2), 0.02
    density = math.exp(-0.5 * (mean / spread) ** 2) / math.sqrt(2 * math.pi)
    regret = spread * density - mean * (1 - phi)  # E max(first - second, 0)
    assert float(found["regret"][0]) == pytest.approx(regret, rel=0.02)


def test_equal_recipes_are_undecided_and_correlated_errors_cancel():
    shared = np.random.default_rng(2).normal(2.0, 0.1, size=(4000, 1))
    same = bs.rank(losses(shared + np.zeros(3)), "recipe")
    np.testing.assert_allclose(same["probability"], 1 / 3)
    assert (same["regret"] == 0).all() and same["undecided"].values.tolist() == [2, 2, 2]
    apart = bs.rank(losses(shared + [0.0, 0.01, 0.02]), "recipe")
    np.testing.assert_allclose(apart["probability"], np.eye(3))
    assert apart["undecided"].values.tolist() == [0, 0, 0]


def test_other_dims_are_kept():
    drawn = losses(np.random.default_rng(3).normal(size=(50, 3)) + 5).expand_dims(C=[1e20, 1e21])
    found = bs.rank(drawn, "recipe")
    assert found["probability"].dims == ("recipe", "rank", "C") and found["beats"].dims == ("recipe", "other", "C")
    np.testing.assert_allclose(found["probability"].sum("rank"), 1)
    np.testing.assert_allclose(found["probability"].sum("recipe"), 1)


@pytest.mark.parametrize(
    ("value", "by", "error", "words"),
    [
        ([2.0, 2.1], "recipe", TypeError, "DataArray"),
        (losses([[2.0, 2.1]]), "run", ValueError, "missing \\['run'\\]"),
        (losses([[2.0]]), "recipe", ValueError, "one recipe"),
        (losses([[2.0, np.nan]]), "recipe", ValueError, "1 of 2 losses are NaN"),
    ],
)
def test_refused(value, by, error, words):
    with pytest.raises(error, match=words):
        bs.rank(value, by)
