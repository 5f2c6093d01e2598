"""Contours: the lines lie where the median loss has their value, and the path where the optima are."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOptionalMemberAccess=false

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.contour import ContourSet
from matplotlib.patches import Polygon

from bayescale import plots

RNG = np.random.default_rng(0)
N, D = np.geomspace(1e7, 1e10, 60), np.geomspace(1e8, 1e11, 50)
SAMPLE = ("chain", "draw")
FACTOR = xr.DataArray(np.exp(0.1 * RNG.standard_normal((1, 101))), dims=SAMPLE)


def loss_at(n, d):
    return 1.7 + 400 * n**-0.34 + 400 * d**-0.28


def grid():
    n, d = (xr.DataArray(x, dims=k, coords={k: x}) for k, x in (("N", N), ("D", D)))
    return FACTOR * loss_at(n, d)


C = np.geomspace(1e17, 1e21, 5)
BUDGETS = xr.DataArray(C, dims="C", coords={"C": C})
BEST = xr.Dataset({"N": FACTOR**3 * (BUDGETS / 120) ** 0.5})
BEST = BEST.assign(D=BUDGETS / 6 / BEST.N)
RUNS = pd.DataFrame({"N": [1e8, 1e9], "D": [2e9, 2e10], "loss": [3.0, 2.4]})


@pytest.fixture(autouse=True)
def no_figures_left():
    yield
    plt.close("all")


def sets(ax):
    return [found for found in ax.collections if isinstance(found, ContourSet)]


def test_each_contour_lies_at_its_median_loss_and_its_compute():
    compute, losses = sets(plots.contours(grid(), BEST, RUNS))
    for level, path in zip(losses.levels, losses.get_paths(), strict=True):
        np.testing.assert_allclose(loss_at(*path.vertices.T) * FACTOR.median().item(), level, rtol=2e-3)
    for level, path in zip(compute.levels, compute.get_paths(), strict=True):
        np.testing.assert_allclose(6 * np.prod(path.vertices, axis=1), level, rtol=0.02)
    assert 5 <= len(losses.levels) <= 10 and len(compute.levels) >= 3


def test_levels_and_cost_are_those_that_are_given():
    compute, losses = sets(plots.contours(grid(), levels=[2.5, 2.25], cost=lambda N, D: 12.0 * N * D))
    np.testing.assert_allclose(losses.levels, [2.25, 2.5])
    np.testing.assert_allclose(12 * np.prod(compute.get_paths()[1].vertices, axis=1), compute.levels[1], rtol=0.02)


def test_the_path_is_the_median_optimum_and_its_band_lies_along_equal_compute():
    ax = plots.contours(grid(), BEST, prob=0.5)
    line = ax.lines[0]
    np.testing.assert_allclose(line.get_xdata(), BEST.N.median(SAMPLE))
    (band,) = [patch for patch in ax.patches if isinstance(patch, Polygon)]
    corners = band.get_xy()[:-1]
    ends = BEST.N.quantile([0.25, 0.75], SAMPLE).to_numpy()
    np.testing.assert_allclose(corners[:, 0], np.r_[ends[0], ends[1][::-1]])
    np.testing.assert_allclose(6 * np.prod(corners, axis=1), np.r_[C, C[::-1]], rtol=1e-6)


def test_a_thin_band_is_said_to_be_thin():
    one = BEST.isel(draw=[0])
    words = [text.get_text() for text in plots.contours(grid(), one).get_legend().get_texts()]
    assert "90 %: thinner than the line" in words


def test_draws_of_predict_at_every_pair_are_the_same_grid():
    pairs = pd.MultiIndex.from_product([N, D], names=["N", "D"]).to_frame(index=False)
    mu = grid().stack(run=["N", "D"]).reset_index("run")
    mu = mu.assign_coords(run=np.arange(len(pairs)))
    here, there = (sets(plots.contours(loss))[1] for loss in (grid(), mu))
    np.testing.assert_allclose(here.levels, there.levels)
    np.testing.assert_allclose(here.get_paths()[0].vertices, there.get_paths()[0].vertices)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: plots.contours(grid().isel(N=0)), r"missing \['N'\]"),
        (lambda: plots.contours(grid().isel(N=[0])), "two or more of N and of D"),
        (lambda: plots.contours(grid(), BEST[["N"]]), r"wanted \['D'\]"),
        (lambda: plots.contours(grid(), runs=RUNS[["N"]]), r"missing \['D'\]"),
        (
            lambda: plots.contours(
                grid().stack(run=["N", "D"]).reset_index("run").isel(run=slice(60)).assign_coords(run=range(60))
            ),
            "one run for each pair",
        ),
    ],
)
def test_errors_say_what_is_missing(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()
