"""P(alpha >= constant / d)."""

import numpy as np
import pytest
import xarray as xr

import bayescale as bs


def test_the_probability_is_that_of_every_pair():
    rng = np.random.default_rng(1)
    alpha, d = rng.uniform(0.05, 0.2, 300), rng.uniform(20, 80, 200)
    every = (alpha[:, None] >= 4 / d).mean()
    assert float(bs.meets_bound(alpha, d)) == pytest.approx(every, abs=1e-12)
    assert float(bs.meets_bound(0.1, 40.0)) == 1.0  # equality meets the bound
    assert float(bs.meets_bound(alpha, d, constant=1.0)) > every


def test_other_dims_stay():
    rng = np.random.default_rng(2)
    alpha = xr.DataArray(rng.uniform(0.05, 0.2, (2, 50, 3)), dims=("chain", "draw", "task"))
    d = xr.DataArray(rng.uniform(20, 80, (4, 10, 2)), dims=("chain", "draw", "neighbours"))
    found = bs.meets_bound(alpha, d)
    assert found.dims == ("task", "neighbours") and found.name == "probability"
    one = bs.meets_bound(alpha.isel(task=1), d.isel(neighbours=0))
    assert float(one) == pytest.approx(float(found[1, 0]))


@pytest.mark.parametrize("alpha, d, constant, words", [
    (-0.1, 10, 4, "alpha has draws"),
    (0.1, [1.0, np.nan], 4, "dimension has draws"),
    (0.1, 10, 0, "constant is 0"),
])  # fmt: skip
def test_errors_say_what_came(alpha, d, constant, words):
    with pytest.raises(ValueError, match=words):
        bs.meets_bound(alpha, d, constant)
