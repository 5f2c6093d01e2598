"""Plots of curvature and entropy, from made-up results."""

import numpy as np
import pytest
import xarray as xr

from bayescale import plots

LAWS = ["straight", "floor", "slow", "free"]
RNG = np.random.default_rng(0)
FOUND = xr.Dataset(
    {
        "probability": ("law", [0.1, 0.6, 0.2, 0.1]),
        "prior_probability": ("law", [0.25] * 4),
        "curvature": (("sample", "C"), RNG.normal(0.005, 0.001, (50, 3))),
        "prior_curvature": (("prior_sample", "C"), RNG.normal(0, 0.005, (50, 3))),
        "E": (("law", "sample"), RNG.uniform(1, 2, (4, 50))),
        "average": ("sample", RNG.uniform(1, 2, 50)),
        "prior_average": ("sample", RNG.uniform(0, 2, 50)),
    },
    coords={"law": LAWS, "C": [1e18, 1e20, 1e22]},
)


def test_bars_are_the_probabilities():
    bars = plots.probabilities(FOUND).patches
    np.testing.assert_allclose([bar.get_height() for bar in bars], FOUND["probability"])


def test_the_line_is_the_median():
    line = plots.bend(FOUND).lines[0]
    np.testing.assert_allclose(line.get_ydata(), FOUND["curvature"].median("sample"))


def test_entropy_has_a_row_for_each_law_the_prior_and_the_average():
    ax = plots.entropy(FOUND, truth=1.5)
    assert [text.get_text() for text in ax.get_yticklabels()] == [
        "average", "free (0.10)", "slow (0.20)", "floor (0.60)", "straight (0.10)", "prior"
    ]  # fmt: skip


@pytest.mark.parametrize("draw", [plots.probabilities, plots.bend, plots.entropy])
def test_a_result_of_something_else_is_refused(draw):
    with pytest.raises(ValueError, match="give the Dataset of bayescale"):
        draw(xr.Dataset())
