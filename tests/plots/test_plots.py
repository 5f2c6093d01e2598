"""plots: every drawing keeps to its axes, its data and its units."""

# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportOptionalMemberAccess=false
# pyright: reportCallIssue=false, reportIndexIssue=false

import os
import time

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import PolyCollection

from bayescale import plots
from bayescale.plots._data import side_by_side
from bayescale.plots._ticks import LogLabels, LogTicks

SAMPLE = ("chain", "draw")
RNG = np.random.default_rng(1)
N = np.geomspace(3e7, 2e9, 12)
RUNS = pd.DataFrame(
    {"N": N, "D": 20 * N, "C": 120 * N**2, "loss": 2 + (N / 1e8) ** -0.3, "family": ["web", "code"] * 6}
)


def draws(noise=0.05, **coords):
    """Draws about a falling curve of the first coordinate, dims (chain, draw, *coords)."""
    first = np.asarray(next(iter(coords.values())), float)
    shape = (2, 50, *map(len, coords.values()))
    curve = (2 + (first / first[0]) ** -0.3).reshape(-1, *[1] * (len(coords) - 1))
    return xr.DataArray(curve * np.exp(noise * RNG.normal(size=shape)), dims=(*SAMPLE, *coords), coords=coords)


C = np.geomspace(1e17, 1e24, 9)
BEST = xr.Dataset({"loss": draws(C=C), "N": 1e8 / draws(C=C), "D": 1e10 * draws(C=C)})
BEST = BEST.assign(slope=-0.1 * BEST.loss, curvature=0.01 * BEST.loss)
SURFACE = draws(N=N, D=20 * N) * draws(D=N).assign_coords(D=20 * N)
PREDICTED = xr.Dataset({"mu": draws(run=range(1, 13)), "loss": draws(run=range(1, 13))})
NEW = RUNS[["C", "N", "D"]][-3:].reset_index(drop=True)
DRAWN = xr.Dataset({"loss": draws(run=range(1, 4))})
POST = xr.DataTree.from_dict(
    {
        "prior": xr.Dataset({"E": (SAMPLE, RNG.uniform(0, 2, (1, 2000)))}),
        "posterior": xr.Dataset({"E": (SAMPLE, RNG.beta(8, 1, (4, 500)) * 2)}),
    }
)
NEEDS = xr.Dataset({"multiplier": draws(C=C)}, attrs={"by": "C", "inside": "[1e18, 1e20]"})
NEVER = NEEDS.assign(multiplier=NEEDS["multiplier"].where(NEEDS["C"] < 1e22, np.inf))
AT_RUNS = xr.Dataset({"multiplier": draws(run=range(1, 4))}, attrs={"by": "D"})
NEAR = xr.Dataset({"N_low": 1e8 / draws(C=C), "N": 4e8 / draws(C=C), "N_high": 2e9 / draws(C=C)})
PLAN = pd.DataFrame({
    "cost": [1e18, 3e18, 1e19], "order": pd.array([1, 2, pd.NA], dtype="Int64"),
    "sd_chosen": [0.02, 0.015, np.nan], "sd_alone": [0.02, 0.019, 0.018],
})  # fmt: skip
PLAN.attrs = {"measure": "sd", "unit": "nats/token", "cost_unit": "FLOP", "now": 0.03, "warnings": "[]"}
DRAWINGS = {
    "design": lambda ax=None: plots.design(PLAN, ax=ax),
    "multiplier": lambda ax=None: plots.multiplier(NEEDS, ax=ax),
    "multiplier_infinite": lambda ax=None: plots.multiplier(NEVER, ax=ax),
    "multiplier_at_runs": lambda ax=None: plots.multiplier(AT_RUNS, ax=ax),
    "near_optimal": lambda ax=None: plots.near_optimal(NEAR, ax=ax),
    "curves": lambda ax=None: plots.curves(RUNS, draws(N=N), ax=ax),
    "curves_coloured": lambda ax=None: plots.curves(RUNS, draws(D=20 * N), color_by="N", ax=ax),
    "curves_by_number": lambda ax=None: plots.curves(RUNS, draws(D=20 * N, N=N[:3]), x="D", ax=ax),
    "curves_by_group": lambda ax=None: plots.curves(RUNS, draws(N=N, family=["web", "code"]), ax=ax),
    "frontier": lambda ax=None: plots.frontier(BEST, runs=RUNS, ax=ax),
    "frontier_ratio": lambda ax=None: plots.frontier(BEST, "tokens_per_param", runs=RUNS, ax=ax),
    "frontier_slope": lambda ax=None: plots.frontier(BEST, "slope", ax=ax),
    "frontier_curvature": lambda ax=None: plots.frontier(BEST, "curvature", ax=ax),
    "contours": lambda ax=None: plots.contours(SURFACE, BEST, RUNS, ax=ax),
    "frontier_groups": lambda ax=None: plots.frontier(xr.concat([BEST, 2 * BEST], pd.Index([1, 2], name="g")), ax=ax),
    "frontier_runs": lambda ax=None: plots.frontier(xr.Dataset({"loss": draws(C=C, family=["web"])}), runs=RUNS, ax=ax),
    "forecast": lambda ax=None: plots.forecast(PREDICTED, RUNS, ax=ax),
    "forecast_future": lambda ax=None: plots.forecast(DRAWN, NEW, runs=RUNS, fan=BEST, ax=ax),
    "residuals": lambda ax=None: plots.residuals(np.log(PREDICTED.loss / 2.5), RUNS, ax=ax),
    "residuals_plain": lambda ax=None: plots.residuals(np.zeros(12), RUNS, ax=ax),
    "prior_posterior": lambda ax=None: plots.prior_posterior(POST, ax=ax, published={"here": 1.7}),
    "prior_predictive": lambda ax=None: plots.prior_predictive(draws(0.5, C=C), RUNS, ax=ax),
}
each = pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS.keys())


@pytest.fixture(autouse=True)
def no_figures_left():
    yield
    plt.close("all")


def bands(ax):
    """label -> (low, high) of every filled band, from the vertices on the page."""
    found = {}
    for band in ax.collections:
        if isinstance(band, PolyCollection):
            vertices = pd.DataFrame(band.get_paths()[0].vertices, columns=["x", "y"])
            found[band.get_label()] = vertices.groupby("x").y.agg(["min", "max"]).to_numpy().T
    return found


@each
def test_draws_in_the_given_axes_and_nowhere_else(draw):
    _, (ax, other) = plt.subplots(1, 2)
    before, figures = dict(matplotlib.rcParams), plt.get_fignums()
    assert draw(ax) is ax
    assert dict(matplotlib.rcParams) == before
    assert plt.get_fignums() == figures
    assert ax.has_data() and not other.has_data()


@each
def test_alone_makes_one_single_column_figure_that_holds_all_its_text(draw):
    ax = draw()
    figure = ax.get_figure()
    assert len(plt.get_fignums()) == 1
    assert tuple(figure.get_size_inches()) == plots.SINGLE
    figure.canvas.draw()
    box = figure.get_tightbbox()
    assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= plots.SINGLE[0] and box.y1 <= plots.SINGLE[1]


@each
def test_ticks_do_not_overlap_and_the_legend_is_off_the_data(draw):
    ax = draw()
    ax.get_figure().canvas.draw()
    for axis, side in ((ax.xaxis, "x"), (ax.yaxis, "y")):
        boxes = [text.get_window_extent() for text in axis.get_ticklabels() if text.get_text()]
        edges = sorted((getattr(box, side + "0"), getattr(box, side + "1")) for box in boxes)
        assert 2 <= len(edges) <= 9
        assert all(left[1] < right[0] for left, right in zip(edges, edges[1:], strict=False))
    assert ax.get_legend().get_window_extent().y0 >= ax.get_window_extent().y1


@each
def test_axes_have_labels_with_units_and_print_sizes(draw):
    ax = draw()
    words = (ax.get_xlabel(), ax.get_ylabel())
    dimensionless = ("Tokens per parameter", "Slope", "Curvature", "Compute of B", "Tokens of B", "Run")
    assert all("[" in label or label.startswith(dimensionless) for label in words), words
    assert {7.0, 8.0} >= {text.get_fontsize() for text in (*ax.get_xticklabels(), ax.xaxis.label, ax.yaxis.label)}


@pytest.mark.parametrize("prob", [(0.5, 0.9), (0.8,), (0.99, 0.1, 0.5)])
def test_bands_are_the_quantiles_of_the_draws(prob):
    loss = draws(N=N)[:, :, ::-1]  # whatever the order of the coordinate
    fans = (
        plots.curves(RUNS, loss, prob=prob),
        plots.frontier(xr.Dataset({"loss": loss.rename(N="C")}), prob=prob),
        plots.prior_predictive(loss, x="N", prob=prob),
    )
    for ax in fans:
        seen = bands(ax)
        assert len(seen) == len(prob)
        for p in prob:
            expected = loss.sortby("N").quantile([(1 - p) / 2, (1 + p) / 2], SAMPLE)
            np.testing.assert_allclose(seen[f"{100 * p:g} %"], expected)
        line = next(line for line in ax.lines if line.get_label() == "median")
        np.testing.assert_allclose(line.get_ydata(), loss.sortby("N").median(SAMPLE))


def test_frontier_ratio_is_the_quantile_of_ratios():
    low, high = bands(plots.frontier(BEST, "tokens_per_param"))["90 %"]
    np.testing.assert_allclose([low, high], (BEST.D / BEST.N).quantile([0.05, 0.95], SAMPLE))


def test_forecast_tells_inside_from_outside_by_marker():
    observed = RUNS.assign(loss=PREDICTED.loss.median(SAMPLE).values)
    observed.loc[3, "loss"] = 9.0
    ax = plots.forecast(PREDICTED, observed)
    marks = {line.get_marker(): line.get_ydata() for line in ax.lines}
    assert len(marks["o"]) == 11 and list(marks["D"]) == [9.0]
    assert [text.get_text() for text in ax.get_legend().get_texts()][:2] == ["inside 90 % (11)", "outside (1)"]


def test_residuals_are_in_percent():
    ax = plots.residuals(np.full(12, 0.02), RUNS)
    np.testing.assert_allclose(ax.lines[-1].get_ydata(), 2.0)


def test_no_density_beyond_the_bounds_and_none_lost():
    ax = plots.prior_posterior(POST)
    for band in ax.collections:
        x, y = band.get_paths()[0].vertices.T
        assert x.min() >= 0 and x.max() <= 2
    for line in ax.lines:
        assert np.trapezoid(line.get_ydata(), line.get_xdata()) == pytest.approx(1, abs=0.02)
    prior = ax.lines[0].get_ydata()[5:-5]
    assert 0.35 < prior.min() < prior.max() < 0.65  # uniform on (0, 2): no droop at the bounds


def test_prior_with_heavy_tails_leaves_the_posterior_in_view():
    heavy = xr.Dataset({"E": (SAMPLE, np.abs(RNG.standard_cauchy((1, 4000))))})
    ax = plots.prior_posterior(xr.DataTree.from_dict({"prior": heavy, "posterior": POST["posterior"].to_dataset()}))
    assert ax.get_xlim()[1] < 200
    assert all(np.isfinite(line.get_ydata()).all() for line in ax.lines)


def test_units_come_from_attrs():
    runs = RUNS.copy()
    runs.attrs["units"] = {"loss": "bits/byte", "N": "non-embedding"}
    ax = plots.curves(runs, draws(N=N))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Model size N [non-embedding]", "Loss [bits/byte]")


def test_a_column_that_is_not_known_is_labelled_by_its_name():
    runs = RUNS.assign(experts=np.arange(1, 13))
    assert plots.curves(runs, draws(experts=range(1, 13)), x="experts").get_xlabel() == "experts"
    runs.attrs["units"] = {"experts": "1", "loss": "nats/token"}
    assert plots.curves(runs, draws(experts=range(1, 13)), x="experts").get_xlabel() == "experts"


def test_groups_differ_by_more_than_colour():
    handles = plots.curves(RUNS, draws(N=N, family=["web", "code"])).get_legend().legend_handles[:2]
    assert len({handle.get_marker() for handle in handles}) == len({handle.get_linestyle() for handle in handles}) == 2


@given(st.floats(-6, 24), st.floats(0.01, 20))
def test_log_ticks_are_few_in_view_and_all_different(start, decades):
    low, high = 10**start, 10 ** (start + decades)
    ticks = LogTicks().tick_values(low, high)
    assert 2 <= len(ticks) <= 9
    assert low * (1 - 1e-6) <= min(ticks) and max(ticks) <= high * (1 + 1e-6)
    assert len(set(LogLabels().format_ticks(ticks))) == len(ticks)


def test_labels_within_a_decade_are_plain_with_equal_decimals():
    assert LogLabels().format_ticks([2.0, 2.5, 3.0]) == ["2.0", "2.5", "3.0"]
    assert LogLabels().format_ticks([1e8, 1e9]) == ["$10^{8}$", "$10^{9}$"]
    assert LogLabels().format_ticks([2e8]) == [r"$2\times10^{8}$"]


@given(st.lists(st.sampled_from([1.0, 2.0, 1e3, 1e9]), min_size=1, max_size=40))
def test_side_by_side_keeps_order_and_stays_close(x):
    x = np.array(x)
    beside = side_by_side(x)
    assert len(set(beside)) == len(x)
    gaps = np.diff(np.log(np.unique(x)))
    assert np.all(np.abs(np.log(beside / x)) <= (gaps.min() if len(gaps) else 1) / 6)
    assert np.mean(np.log(beside)) == pytest.approx(np.mean(np.log(x)))


def test_save_writes_the_same_bytes_each_time(tmp_path):
    ax = DRAWINGS["frontier_curvature"]()
    first = [path.read_bytes() for path in plots.save(ax, tmp_path / "new" / "v1.2")]
    time.sleep(1.1)
    paths = plots.save(ax.get_figure(), tmp_path / "new" / "v1.2")
    assert [path.read_bytes() for path in paths] == first
    assert sorted(os.listdir(tmp_path / "new")) == ["v1.2.pdf", "v1.2.png"]
    assert b"/Type3" not in first[0] and b"/CIDFontType2" in first[0]
    assert plt.imread(paths[1]).shape[:2] == (round(300 * plots.SINGLE[1]), round(300 * plots.SINGLE[0]))


@pytest.mark.parametrize("failing", ["pdf", "png"])
def test_interrupted_save_leaves_the_old_files(tmp_path, monkeypatch, failing):
    ax = DRAWINGS["curves"]()
    old = [path.read_bytes() for path in plots.save(ax, tmp_path / "figure")]
    figure = ax.get_figure()
    savefig = figure.savefig

    def interrupted(path, format, **options):
        savefig(path, format=format, **options)
        if format == failing:
            raise KeyboardInterrupt

    ax.set_xlabel("new")
    monkeypatch.setattr(figure, "savefig", interrupted)
    with pytest.raises(KeyboardInterrupt):
        plots.save(ax, tmp_path / "figure")
    assert [(tmp_path / f"figure.{ending}").read_bytes() for ending in ("pdf", "png")] == old
    assert len(os.listdir(tmp_path)) == 2


ERRORS = {
    "no chain": (lambda: plots.curves(RUNS, draws(N=N).isel(chain=0)), r"missing \['chain'\].*expand_dims"),
    "no column": (lambda: plots.curves(RUNS.drop(columns="loss"), draws(N=N)), r"missing \['loss'\].*rename"),
    "no input": (lambda: plots.curves(RUNS, draws(S=N)), r"found \[\].*x="),
    "two inputs": (lambda: plots.curves(RUNS, draws(N=N, D=N)), r"found \['N', 'D'\].*x="),
    "two groups": (lambda: plots.frontier(BEST.expand_dims(g=[1], h=[2])), r"at most one more.*\.sel"),
    "other colours": (lambda: plots.curves(RUNS, draws(N=N, family=["web"]), color_by="C"), "color_by='family'"),
    "no coordinate": (lambda: plots.curves(RUNS, draws(N=N).drop_vars("N"), x="N"), r"assign_coords\(N="),
    "NaN": (lambda: plots.frontier(BEST.where(BEST.C > 1e18)), r"of 900 values are NaN.*dropna"),
    "not positive": (lambda: plots.curves(RUNS.assign(N=0), draws(N=N)), "12 of 12 values.*drop those rows"),
    "no variable": (lambda: plots.frontier(BEST, "beauty"), r"variables \['loss'.*wanted \['beauty'\]"),
    "runs without var": (lambda: plots.frontier(BEST, "slope", RUNS), r"missing \['slope'\]"),
    "colours": (lambda: plots.curves(RUNS.assign(g=0), draws(N=N), color_by="g"), r"smallest number is 0.*astype"),
    "prob": (lambda: plots.frontier(BEST, prob=(50, 90)), "between 0 and 1"),
    "no C": (lambda: plots.frontier(BEST.rename(C="S")), r"missing \['C'\]"),
    "other length": (lambda: plots.forecast(PREDICTED, RUNS[:3]), "12 runs, the table 3 rows"),
    "other order": (lambda: plots.residuals(PREDICTED.loss, RUNS.set_index(np.arange(12, 0, -1))), r"\.sel\(run="),
    "no loss": (lambda: plots.forecast(PREDICTED[["mu"]], RUNS), "wanted 'loss'.*rename"),
    "no column of the fan": (
        lambda: plots.forecast(DRAWN, NEW, fan=PREDICTED),
        r"fan has the columns \['run'\], wanted x='C'.*assign_coords",
    ),
    "no C of new runs": (lambda: plots.forecast(DRAWN, NEW[["N"]]), r"missing \['C'\]"),
    "no prior": (lambda: plots.prior_posterior(POST.drop_nodes("prior")), r"groups \['posterior'\], wanted 'prior'"),
    "no parameter": (lambda: plots.prior_posterior(POST, "beauty"), r"has \['E'\], wanted var='beauty'"),
    "a vector": (
        lambda: plots.prior_posterior(xr.DataTree.from_dict({"prior": BEST, "posterior": BEST}), "N"),
        r"wanted a scalar.*sel\(C=",
    ),
    "a prior's groups": (lambda: plots.prior_predictive(draws(C=C, N=N)), r"wanted \(chain, draw, C\).*\.sel"),
    "extension": (lambda: plots.save(plt.figure(), "figure.pdf"), "without extension: 'figure'"),
}


@pytest.mark.parametrize(("wrong", "says"), ERRORS.values(), ids=ERRORS.keys())
def test_errors_say_what_came_what_was_wanted_and_the_cure(wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong()
    assert not plt.get_fignums() or says.startswith("without")


def test_a_dataset_is_no_curve():
    with pytest.raises(TypeError, match="one variable"):
        plots.curves(RUNS, BEST)


def test_a_run_that_is_not_yet_trained_has_its_interval_and_its_numbers():
    ax = plots.forecast(DRAWN, NEW, prob=(0.9,))
    low, high = DRAWN.loss.quantile([0.05, 0.95], SAMPLE).to_numpy()
    seen = np.sort([[ends[0, 1], ends[1, 1]] for ends in ax.collections[0].get_segments()], axis=0)
    np.testing.assert_allclose(seen, np.sort(np.c_[low, high], axis=0))
    lines = ax.texts[0].get_text().splitlines()
    assert len(lines) == 3 and f"[{low[2]:.2f}, {high[2]:.2f}]" in lines[2]
    assert not [text for text in ax.get_legend().get_texts() if "inside" in text.get_text()]


def test_a_table_may_have_trained_and_future_runs():
    ax = plots.forecast(DRAWN, NEW.assign(loss=[float(DRAWN.loss[..., 0].median()), np.nan, 9.0]))
    marks = {line.get_marker(): len(line.get_ydata()) for line in ax.lines}
    assert (marks["_"], marks["o"], marks["D"]) == (3, 1, 1) and not ax.texts


@pytest.mark.parametrize("x", ["N", "D", "C"])
def test_the_fan_of_predict_is_a_band_along_its_column(x):
    along = draws(run=range(1, 13)).assign_coords(N=("run", N[::-1]), D=("run", 20 * N[::-1]))
    ax = plots.forecast(DRAWN, NEW.drop(columns="C"), x=x, runs=RUNS, fan=xr.Dataset({"loss": along}), prob=(0.9,))
    at = {"N": N, "D": 20 * N, "C": 120 * N**2}[x]
    np.testing.assert_allclose(ax.lines[0].get_xdata(), at)
    expected = along[:, :, ::-1].quantile([0.05, 0.95], SAMPLE)
    np.testing.assert_allclose(bands(ax)["90 %"], expected)
    assert "new run, 90 %" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_band_thinner_than_its_line_is_said_to_be():
    wide, thin = (plots.curves(RUNS, draws(noise, N=N), prob=(0.9,)) for noise in (0.1, 1e-4))
    words = [[text.get_text() for text in ax.get_legend().get_texts()] for ax in (wide, thin)]
    assert "90 %" in words[0] and "90 %: thinner than the line" in words[1]
