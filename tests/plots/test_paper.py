"""The look for papers: in force inside its block, and nowhere else."""

# pyright: reportAttributeAccessIssue=false

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from bayescale import plots

DRAWS = xr.Dataset(
    {"loss": (("chain", "draw", "C"), np.random.default_rng(0).lognormal(0.7, 0.05, (1, 60, 4)))},
    coords={"C": [1e18, 1e19, 1e20, 1e21]},
)


@pytest.fixture(autouse=True)
def no_figures_left():
    yield
    plt.close("all")


def size(ax):
    return tuple(ax.get_figure().get_size_inches())


def test_the_settings_are_back_after_the_block_and_after_an_error():
    before = dict(matplotlib.rcParams)
    with pytest.raises(RuntimeError), plots.style("double", height=4):
        assert matplotlib.rcParams["pdf.fonttype"] == 42
        raise RuntimeError
    assert dict(matplotlib.rcParams) == before
    assert size(plots.frontier(DRAWS)) == plots.SINGLE


def test_plots_and_own_figures_have_the_size_of_the_block():
    with plots.style("double", height=4) as wanted:
        assert wanted == (plots.DOUBLE[0], 4.0)
        assert size(plots.frontier(DRAWS)) == wanted
        figure, ax = plt.subplots()
        assert tuple(figure.get_size_inches()) == wanted
        assert ax.xaxis.label.get_fontsize() == 8 and ax.get_xticklabels()[0].get_fontsize() == 7


def test_grey_lines_are_grey_and_neighbours_differ_in_luminance_and_dash():
    with plots.style(grey=True):
        lines = plt.subplots()[1].plot(np.zeros((2, 7)))
    rgb = np.array([matplotlib.colors.to_rgb(line.get_color()) for line in lines])
    assert np.ptp(rgb, axis=1).max() == 0
    assert np.abs(np.diff(rgb[:, 0])).min() > 0.1
    assert len({line.get_linestyle() for line in lines[:4]}) == 4


def test_arviz_draws_at_the_size_of_the_page():
    import arviz as az

    post = xr.DataTree.from_dict(
        {"posterior": xr.Dataset({"E": DRAWS["loss"].isel(C=0, drop=True), "k": DRAWS["loss"].isel(C=1, drop=True)})}
    )
    with plots.style("double", height=3.0) as wanted:
        az.plot_forest(post, combined=True, figure_kwargs={"figsize": wanted})
        figure = plt.gcf()
    assert tuple(figure.get_size_inches()) == wanted
    assert {round(text.get_fontsize()) for ax in figure.axes for text in ax.get_xticklabels()} <= {7, 8}


@pytest.mark.parametrize(
    ("given", "says"), [({"columns": "triple"}, "wanted one of"), ({"height": 0}, "positive number of inches")]
)
def test_errors(given, says):
    with pytest.raises(ValueError, match=says), plots.style(**given):
        pass
