"""The discrepancy: a Gaussian process, integrated out exactly and continued exactly."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.signal import lfilter
from scipy.stats import multivariate_normal, multivariate_t, norm
from scipy.stats import t as student_t

import bayescale as bs
from bayescale import Prior
from bayescale.autodiff.codegen import Program
from bayescale.autodiff.numpy_backend import array_function
from bayescale.autodiff.tape import Tape
from bayescale.data.check import check
from bayescale.density.bound import Bound
from bayescale.density.conditional import coefficients, delta, moments
from bayescale.density.log_density import LogDensity, as_posterior
from bayescale.density.marginal import ArrayCoefficients, integrated
from bayescale.forecasting import scores
from bayescale.forecasting.log_scores import log_predictive
from bayescale.inference import storage as files
from bayescale.inference.laplace import sites as prepared
from bayescale.inference.laplace.approximate import approximate
from bayescale.inference.laplace.modes import find_modes
from bayescale.inference.laplace.sites import prepare
from bayescale.laws import chinchilla, henighan2020
from bayescale.laws.busbridge2025 import generalised, generalised_D
from bayescale.modelling import discrepancy
from bayescale.modelling.discrepancy import (
    AMPLITUDE,
    LENGTH,
    Discrepancy,
    local,
    separate,
    shared,
    smooth,
    smooth_and_local,
)
from bayescale.modelling.noises import by_compute, laplace, lognormal

#: Amplitudes of FIXED that are numbers.
KNOWN = {"tau_beyond": 0.004, "tau_local": 0.003}
#: Every parameter fixed but the scale and one amplitude.
FIXED = replace(
    chinchilla,
    priors={"E": 1.7, "excess_N": 0.4, "alpha_N": 0.35, "excess_D": 0.5, "alpha_D": 0.37},
    noise=lognormal,
    discrepancy=Discrepancy({"tau": AMPLITUDE, **KNOWN}),
)


@pytest.fixture
def many(monkeypatch):
    """Keep more combinations of the runs than the default, so that what is left out is negligible."""
    monkeypatch.setattr(discrepancy, "RANKS", {"smooth": 10, "local": 30})


def covariance(law, table, runs, others, tau):
    """Covariance of the discrepancy between two tables of runs, by the kernels."""
    amplitudes, anchors = {"tau": tau, **KNOWN}, table.reference
    kernels = {"N": smooth, "D": smooth, "beyond": smooth, "local_N": local, "local_D": local}
    parts = law.discrepancy.parts(law.inputs)
    assert [part.name for part in parts] == list(kernels)
    return sum(
        amplitudes[p.amplitude] ** 2 * kernels[p.name](p.decades(runs, anchors), p.decades(others, anchors))
        for p in parts
    )


def test_a_smooth_part_is_an_integrated_wiener_process():
    """Twice-integrated white noise on a fine grid; 20,000 paths give a covariance to 1 % of the largest variance."""
    rng, step = np.random.default_rng(0), 0.02
    paths = np.cumsum(np.cumsum(rng.standard_normal((20_000, 100)) * np.sqrt(step), axis=1) * step, axis=1)
    at = np.array([0.5, 1.0, 2.0])
    found = np.cov(paths[:, np.round(at / step).astype(int) - 1].T)
    assert smooth(at, at) == pytest.approx(found, abs=0.05 * found.max())
    assert smooth(at, at)[0, 0] == pytest.approx(0.5**3 / 3)
    assert (smooth(at, -at) == 0).all() and smooth(-at, -at) == pytest.approx(smooth(at, at))
    assert np.linalg.eigvalsh(smooth(np.linspace(-2, 3, 40), np.linspace(-2, 3, 40))).min() > -1e-12


def test_a_local_part_has_a_bounded_variance_and_forgets():
    at = np.array([-1.0, 0.0, 0.5, 4.0])
    found = local(at, at)
    assert np.diag(found) == pytest.approx(1.0) and found == pytest.approx(found.T)
    assert found[0, 1] == pytest.approx(np.exp(-1.0 / LENGTH)) and found[1, 3] < 0.05


def test_coefficients_are_weights_of_the_runs(runs):
    """K W, the covariance with the runs times the weights, is their effect on the runs; of innovations likewise."""
    law = replace(FIXED, discrepancy=smooth_and_local)
    N, D = np.repeat([1e8, 1e9, 4e9], 6), np.tile(np.geomspace(1e9, 1e11, 6), 3)
    loss = chinchilla.formula(N, D, 1e9, 2e10, E=1.7, excess_N=0.4, alpha_N=0.35, excess_D=0.5, alpha_D=0.37)
    checkpoints = pd.DataFrame({"N": N, "D": D, "loss": loss, "run": np.repeat(["a", "b", "c"], 6)})
    for table in (runs, checkpoints):
        bound = Bound(law, check(law, table), length=0.5)
        basis, rows = bound.basis, slice(None)
        names = [part.name for parts in basis.blocks.values() for part in parts]
        for amplitude, parts in basis.blocks.items():
            own = np.array(basis.amplitudes) == amplitude
            at = [basis.decades[names.index(part.name)] for part in parts]
            K = sum(part.covariance(x, x) for part, x in zip(parts, at, strict=True))
            effect = (K @ basis.weights[:, own]).T
            if bound.checkpoints is not None:
                effect = bound.checkpoints.innovations(effect)
            assert effect.T[rows] == pytest.approx(basis.kept[:, own], abs=1e-6)


def test_density_is_that_of_a_multivariate_normal(runs, many):
    table = check(FIXED, runs)
    density = prepare(Bound(FIXED, table))
    points = density.prior_points(np.random.default_rng(0), 5)
    physical = density.physical(points)
    mu = chinchilla.formula(runs["N"], runs["D"], *[table.reference[k] for k in ("N0", "D0")], **FIXED.priors)
    log_loss = np.log(table.loss)
    for k, value in enumerate(density.value(points)):
        sigma, tau = float(physical["sigma"][k]), float(physical["tau"][k])
        shape = density.bound.basis
        amplitudes = np.array([KNOWN.get(name, tau) for name in shape.amplitudes])
        basis = shape.kept * amplitudes
        likelihood = multivariate_normal(np.log(mu), sigma**2 * np.eye(len(runs)) + basis @ basis.T).logpdf(log_loss)
        amplitude = norm(AMPLITUDE.args["mu"], AMPLITUDE.args["sigma"])
        prior = norm(-4.6, 1.5).logpdf(np.log(sigma)) + amplitude.logpdf(np.log(tau))
        assert value == pytest.approx(likelihood - log_loss.sum() + prior, rel=1e-9)
        exact = covariance(FIXED, table, runs, runs, tau)
        assert basis @ basis.T == pytest.approx(exact, abs=0.005 * exact.max())


@pytest.mark.parametrize("kept", ["many", "default"])
def test_prediction_is_the_conditional_normal(runs, kept, request):
    """At runs near and far, given everything else, against the formulas of Gaussian-process regression."""
    if kept == "many":
        request.getfixturevalue("many")
    sigma, tau = 0.004, 0.02
    noise = replace(lognormal, priors={"sigma": Prior("LogNormal", mu=float(np.log(sigma)), sigma=1e-6)})
    law = replace(FIXED, noise=noise, discrepancy=Discrepancy({"tau": tau, **KNOWN}))
    table = check(law, runs)
    new = pd.DataFrame({"N": [5e8, 4e9, 7e10, 2e11], "D": [3e9, 6e10, 1.4e12, 4e12]})
    draws = bs.sample_prior(law, runs, draws=6000, seed=0)
    group = coefficients(Bound(law, table), draws["prior"].to_dataset(), np.random.default_rng(1), prior=False)
    draws["discrepancy"] = group
    found = delta(law, draws, {name: new[name].to_numpy() for name in new}, np.random.default_rng(2))[0]
    mu = law.formula(runs["N"], runs["D"], *[table.reference[k] for k in ("N0", "D0")], **law.priors)
    error = np.log(table.loss) - np.log(mu.to_numpy())
    solve = np.linalg.solve(
        covariance(law, table, runs, runs, tau) + sigma**2 * np.eye(len(runs)),
        np.c_[error, covariance(law, table, runs, new, tau)],
    )
    across = covariance(law, table, new, runs, tau)
    mean, variance = across @ solve[:, 0], covariance(law, table, new, new, tau) - across @ solve[:, 1:]
    sd = np.sqrt(np.diag(variance))
    # 6000 draws: 0.013 sd. The combinations that the default leaves out move the far mean by 0.08 sd; near the runs
    # they are a fifth of a local part.
    off, near = (0.06, 0.06) if kept == "many" else (0.1, 0.2)
    assert np.abs(found.mean(axis=0) - mean).max() < off * sd.max()
    assert found.std(axis=0)[2:] == pytest.approx(sd[2:], rel=0.06)
    assert found.std(axis=0)[:2] == pytest.approx(sd[:2], rel=near)
    assert np.corrcoef(found.T)[2, 3] == pytest.approx(variance[2, 3] / sd[2] / sd[3], abs=0.03)


def test_an_outlier_has_little_weight(runs):
    odd = runs.assign(loss=runs["loss"].where(runs.index != runs.index[7], runs["loss"] * 1.15))
    sites = prepare(Bound(generalised, check(generalised, odd))).bound.sites
    assert sites is not None
    weights = 5 / (4 + sites.residuals**2)  # (nu + 1) / (nu + z^2), nu = 4
    assert np.argmax(np.abs(sites.residuals)) == np.argmin(sites.curvatures) == 7
    assert np.argmin(weights) == 7 and weights[7] < 0.05 < 0.9 < np.median(weights)
    assert weights.max() <= 5 / 4  # (nu + 1) / nu of nu = 4


def test_sites_do_not_hang_on_where_the_search_begins(shared_data, monkeypatch):
    """Chinchilla's 240 points have two modes, of which a short search finds the lesser with one seed in four."""
    runs = bs.load("besiroglu2024")
    table = check(generalised, runs[~runs["excluded"]])
    found = []
    for seed in range(3):
        monkeypatch.setattr(prepared, "SEED", seed)
        found.append(prepare(Bound(generalised, table)))
    for other in found[1:]:
        assert other.bound.sites.residuals == pytest.approx(found[0].bound.sites.residuals, abs=0.05)
        assert len(find_modes(other, np.random.default_rng(0))) == len(find_modes(found[0], np.random.default_rng(1)))


def test_a_search_goes_on_from_what_runs_are_like_at_the_mode(shared_data, monkeypatch):
    """On the smaller of Chinchilla's 245 points the first search finds the lesser of two modes alone.

    With one amplitude of a smaller median, and priors of kappa and omega with less room.
    """
    priors = {"kappa": Prior("LogNormal", mu=-0.7, sigma=0.6), "omega": Prior("LogNormal", mu=-4.6, sigma=1.0)}
    small = Discrepancy({"tau": Prior("LogNormal", mu=float(np.log(0.005)), sigma=0.7)})
    law = replace(generalised, priors={**generalised.priors, **priors}, discrepancy=small)
    runs = bs.load("besiroglu2024")
    table = check(law, runs[6 * runs["N"] * runs["D"] <= 1e20])
    evidence = []
    for searches, seed in ((1, 0), (4, 0), (4, 1)):
        monkeypatch.setattr(prepared, "SEARCHES", searches)
        monkeypatch.setattr(prepared, "SEED", seed)
        density = prepare(Bound(law, table))
        evidence.append(prepared._log_evidence(density, density.near[0]))
    assert evidence[1] > evidence[0] + 0.5
    assert evidence[2] == pytest.approx(evidence[1], abs=0.1)


def test_a_search_starts_from_runs_that_are_alike_too(shared_data):
    """On these what runs are like beside the law without its discrepancy leads to the lesser of two modes."""
    runs = bs.load("porian2024")
    runs = runs[(runs["group"] == "owt2|tuned|short|const|standard|val") & (6 * runs["N"] * runs["D"] <= 2.1e17)]
    table, found, without = check(generalised, runs), [], []
    for seed in range(3):
        first = LogDensity(prepared._first(Bound(generalised, table), np.random.default_rng(seed)))
        modes = find_modes(first, np.random.default_rng(seed))
        without.append(max(prepared._settled(first, mode.point).log_evidence for mode in modes))
        found.append(prepared._searched(first, np.random.default_rng(seed))[0].log_evidence)
    assert found == pytest.approx([max(found)] * 3, abs=0.1)
    assert min(without) < max(found) - 1.0


def test_what_runs_are_like_is_that_of_the_mode(runs):
    density = prepare(Bound(generalised, check(generalised, runs)))
    again = prepared._settled(density, density.near[0])
    assert again.density.bound.sites.residuals == pytest.approx(density.bound.sites.residuals, abs=0.02)
    assert again.height == pytest.approx(density.value(density.near[:1])[0], abs=prepared.SETTLED)


def curve(rng, n=60, rho=0.8, scale=0.004):
    """One learning curve whose errors go on from point to point, in any order of the rows."""
    D = np.geomspace(1e8, 1e10, n)
    wander = lfilter([1.0], [1.0, -rho], scale * np.sqrt(1 - rho**2) * rng.standard_normal(n + 200))[200:]
    return pd.DataFrame({"D": D, "loss": (1.7 + 900 * D**-0.35) * np.exp(wander), "run": "one"}).sample(
        frac=1.0, random_state=0, ignore_index=True
    )


def test_density_of_checkpoints_is_that_of_a_multivariate_normal(many):
    """The covariance of an Ornstein-Uhlenbeck process in each run, and of the discrepancy in all."""
    rng = np.random.default_rng(0)
    runs = pd.concat([curve(rng, n).assign(N=N, run=str(N)) for n, N in ((12, 1e8), (9, 1e9), (1, 3e9))])
    table = check(FIXED, runs.reset_index(drop=True))
    assert table.checkpoints is not None
    length, size = 0.3, np.log10(table.columns["N"] * table.columns["D"]).to_numpy()
    density = LogDensity(Bound(FIXED, table, length=length))
    shape = Bound(FIXED, replace(table, checkpoints=None)).basis
    points = density.prior_points(np.random.default_rng(0), 5)
    mu = chinchilla.formula(*table.columns.to_numpy().T, *[table.reference[k] for k in ("N0", "D0")], **FIXED.priors)
    same = table.checkpoints.of_run == table.checkpoints.of_run[:, None]
    noise = np.where(same, np.exp(-np.abs(size - size[:, None]) / length), 0.0)
    found = []
    for sigma, tau in zip(*(density.physical(points)[name] for name in ("sigma", "tau")), strict=True):
        basis = shape.kept * np.array([KNOWN.get(name, tau) for name in shape.amplitudes])
        normal = multivariate_normal(np.log(mu), sigma**2 * noise + basis @ basis.T)
        prior = norm(-4.6, 1.5).logpdf(np.log(sigma)) + norm(AMPLITUDE.args["mu"], AMPLITUDE.args["sigma"]).logpdf(
            np.log(tau)
        )
        found.append(normal.logpdf(np.log(table.loss)) - np.log(table.loss).sum() + prior)
    # The combinations that vary most are kept, of the errors in one basis and of the innovations in the other.
    assert density.value(points) == pytest.approx(np.array(found), abs=0.02)


def test_a_curve_that_wanders_says_less_and_its_forecast_goes_on(tmp_path):
    rng = np.random.default_rng(3)
    one = curve(rng)
    # With an amplitude of its own choice, the discrepancy would follow the wander where points are independent.
    law = replace(generalised_D, discrepancy=Discrepancy({"tau": 0.003}, name="fixed"))
    far = pd.DataFrame({"D": [1.01e10, 1e11]})
    width, post = {}, {}
    for name, table in (("curve", one), ("runs", one.drop(columns="run"))):
        post[name] = bs.fit(law, table, seed=1, method="laplace", progressbar=False)
        width[name] = float(np.log(bs.predict(law, post[name], pd.DataFrame({"D": [1e9]}), seed=1)["mu"]).std())
    assert width["curve"] > 1.3 * width["runs"]
    ends = post["curve"]["discrepancy"]
    assert "length" not in post["runs"]["discrepancy"]
    # A correlation of 0.8 at 2/59 decades is a length of 0.15; six such curves gave 0.03 to 0.6.
    assert 0.02 < float(ends["length"]) < 1.0
    assert ends["training_run"].values.tolist() == ["one"]
    drawn = bs.predict(law, post["curve"], far, seed=1)
    saved = files.save(post["curve"], tmp_path / "curve.nc")
    xr.testing.assert_identical(drawn, bs.predict(law, files.load(saved), far, seed=1))
    carried = np.log(drawn["loss"] / drawn["mu"])
    end = ends["end_error"].isel(training_run=0)
    assert np.corrcoef(end.values.ravel(), carried.isel(run=0).values.ravel())[0, 1] > 0.2
    assert abs(np.corrcoef(end.values.ravel(), carried.isel(run=1).values.ravel())[0, 1]) < 0.05  # 4000 draws: 0.016
    other = bs.predict(law, post["curve"], far.assign(run="another"), seed=1)
    assert float(np.log(other["loss"] / other["mu"]).isel(run=0).std()) > 1.2 * float(carried.isel(run=0).std())
    middle = drawn["loss"].median(("chain", "draw")).to_numpy()
    density = log_predictive(law, post["curve"], far.assign(loss=middle), seed=1).to_numpy()
    kernel = scores.log_score(drawn["loss"].stack(s=("chain", "draw")).transpose("s", "run").to_numpy(), middle)
    assert density == pytest.approx(kernel, abs=0.1)


def test_checkpoints_say_less_of_what_runs_differ_in_and_more_of_what_they_pass_through():
    rng = np.random.default_rng(1)
    N = np.repeat(np.tile(np.geomspace(1e8, 3e9, 6), 4), 5)  # 24 runs, four of each size, five checkpoints a run
    runs = pd.DataFrame({"N": N, "D": N * np.tile(np.geomspace(10, 100, 5), 24), "run": np.repeat(np.arange(24), 5)})
    off = 0.006 * rng.standard_normal(24)[runs["run"]] + 0.001 * rng.standard_normal(120)
    runs["loss"] = (1.7 + 400 * runs["N"] ** -0.34 + 1500 * runs["D"] ** -0.35) * np.exp(off)
    at = pd.DataFrame({"N": [1e8, 3e9, 1e8], "D": [1e10, 3e10, 2e11]})
    of_size, of_data = {}, {}
    for name, table in (("checkpoints", runs), ("runs", runs.drop(columns="run"))):
        post = bs.fit(generalised, table, seed=1, method="laplace", progressbar=False)
        mu = np.log(bs.predict(generalised, post, at, seed=1)["mu"])
        of_size[name] = float((mu.isel(run=1) - mu.isel(run=0)).std())
        of_data[name] = float((mu.isel(run=2) - mu.isel(run=0)).std())
        if name == "checkpoints":
            assert post["discrepancy"]["length"] > 1.0  # as long as the runs, of one decade each
    assert of_size["checkpoints"] > 1.2 * of_size["runs"]
    assert of_data["checkpoints"] < 0.7 * of_data["runs"]
    with pytest.warns(UserWarning, match="120 rows are of 24 training runs"):
        check(chinchilla, runs)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check(chinchilla, runs[runs["run"] == 3])  # one curve is what is fitted
    assert not any("training runs" in str(warning.message) for warning in caught)
    assert check(generalised, runs.assign(run="sweep")).checkpoints is None  # of several N: no training run


@pytest.fixture(scope="module")
def fitted(runs):
    return bs.fit(generalised, runs, seed=1, progressbar=False)


def test_fit_has_it_and_predicts_with_it(fitted, runs):
    assert fitted.attrs["converged"] and {"tau", "kappa", "omega"} <= set(fitted["posterior"].data_vars)
    new = pd.DataFrame({"N": [1e9, 1e11, 1.1e11], "D": [2e10, 2e12, 2e12]})
    drawn = bs.predict(generalised, fitted, new, seed=0)
    law = generalised(fitted, N=new["N"], D=new["D"])
    off = np.log(drawn["mu"] / law.transpose(*drawn["mu"].dims).to_numpy()).stack(s=("chain", "draw"))
    assert float(off.isel(run=1).std()) > 2 * float(off.isel(run=0).std())  # it grows with the distance
    assert np.corrcoef(off.isel(run=[1, 2]).to_numpy())[0, 1] > 0.98  # neighbours err together
    near = np.log(fitted["fitted"]["mu"].median(("chain", "draw")) / runs["loss"].to_numpy())
    assert float(np.abs(near).median()) < 0.01


def test_laplace_agrees_with_nuts(fitted, runs):
    quick = bs.fit(generalised, runs, seed=1, method="laplace", progressbar=False)
    assert quick.attrs["method"] == "laplace" and "discrepancy" in quick.children
    for name in ("E", "alpha_N", "kappa", "sigma", "tau"):
        a, b = quick["posterior"][name], fitted["posterior"][name]
        # Both have some 400 effective draws: a standard error of 0.07 sd for the difference.
        assert abs(float(a.mean() - b.mean())) < 0.3 * float(b.std()), name


def laplace_integral(bound, mu, scale, tau, tau_local):
    """The log likelihood that is sampled, at one draw."""
    tape = Tape(len(mu))
    error = tape.column(np.log(bound.table.loss) - np.log(mu))
    value = integrated(tape, bound, error, tape.free(0), {"tau": tape.free(1), "tau_local": tape.free(2)})
    made = Program(tape, [value])
    c = made.constants
    run = array_function(made.array_code)
    point = np.array([scale, tau, tau_local])[:, None, None]
    return float(run(point, c.numbers, c.columns, c.groups, c.matrices)[0][0, 0])


def test_one_amplitude_is_several_that_are_the_same():
    rng = np.random.default_rng(0)
    basis, weights = rng.normal(size=(20, 5)), rng.uniform(0.1, 2.0, 20)
    basis[:, 4] = 0.0  # fewer combinations than columns
    b, right = np.exp(rng.normal(size=(7, 1))), rng.normal(size=(7, 5))
    one, several = ArrayCoefficients(basis, b, weights), ArrayCoefficients(basis, np.repeat(b, 5, axis=1), weights)
    assert one.solve(right) == pytest.approx(several.solve(right), rel=1e-10)
    inverses = (draws.root @ draws.root.swapaxes(1, 2) for draws in (one, several))
    assert next(inverses) == pytest.approx(next(inverses), rel=1e-10, abs=1e-14)


def test_the_integral_under_student_noise_is_close(runs):
    """Against importance sampling of the coefficients, at draws of the posterior: all but a constant agrees."""
    density = prepare(Bound(generalised, check(generalised, runs)))
    table, draws = density.table, as_posterior(density, approximate(density, 0, 1, 60).points)
    mean, root, amplitudes, error, scale = moments(density.bound, draws)
    rng, basis = np.random.default_rng(0), density.bound.basis.kept
    proposal = multivariate_t(np.zeros(basis.shape[1]), df=10)
    steps = proposal.rvs(20_000, random_state=rng)
    off, log_sigma = np.empty(60), np.log(scale)
    for k in range(60):
        z = mean[k] + steps @ root[k].T
        left = (error[k] - (z * amplitudes[k]) @ basis.T) / scale[k]
        likelihood = student_t(4).logpdf(left).sum(axis=1) - len(runs) * log_sigma[k] - np.log(table.loss).sum()
        weights = likelihood + norm.logpdf(z).sum(axis=1) - proposal.logpdf(steps) + np.linalg.slogdet(root[k])[1]
        exact = np.logaddexp.reduce(weights) - np.log(len(weights))
        mu, two = table.loss * np.exp(-error[k]), amplitudes[k][[0, -1]]
        off[k] = laplace_integral(density.bound, mu, scale[k], *two) - exact
    # A slope s in a parameter of standard deviation d moves its mean by s d^2: less than a tenth of d here.
    for parameter in (log_sigma, np.log(amplitudes[:, 0]), np.log(amplitudes[:, -1])):
        assert abs(np.polyfit(parameter, off, 1)[0]) * np.std(parameter) < 0.1
    assert np.std(off) < 0.2


@pytest.mark.slow
@pytest.mark.parametrize("noise", ["normal", "student"])
def test_the_integral_is_right(runs, noise):
    """PyMC samples the coefficients with the parameters, and the noise as it is: the same posterior."""
    law = generalised
    if noise == "normal":
        law = replace(law, noise=replace(lognormal, priors={"sigma": generalised.noise.priors["sigma"]}))
    ours = bs.fit(law, runs, seed=1, progressbar=False)
    theirs = bs.fit(law, runs, seed=1, nuts_sampler="pymc", tune=2000, draws=2000, progressbar=False)
    for name in ours["posterior"].data_vars:
        a, b = ours["posterior"][name], theirs["posterior"][name]
        assert abs(float(a.mean() - b.mean())) < 0.3 * float(b.std()), name


@pytest.mark.parametrize("noise", [by_compute, laplace])
def test_a_noise_that_cannot_be_integrated_is_refused(noise):
    with pytest.raises(ValueError, match="does not go with a discrepancy"):
        replace(generalised, noise=noise)


def test_amplitudes_have_their_names():
    with pytest.raises(ValueError, match="wanted tau"):
        Discrepancy({"amplitude": AMPLITUDE})
    with pytest.raises(ValueError, match="no amplitude for 'D'"):
        replace(chinchilla, discrepancy=Discrepancy({"tau_N": AMPLITUDE, "tau_beyond": AMPLITUDE}))
    with pytest.raises(ValueError, match=r"\['tau_local_U'\], which no part of a law in \['N', 'D'\] has"):
        replace(chinchilla, discrepancy=Discrepancy({"tau": AMPLITUDE, "tau_local_U": AMPLITUDE}))


def test_discrepancies_of_earlier_versions_are_refused(fitted):
    old = fitted.copy()
    old["discrepancy"] = xr.DataTree(fitted["discrepancy"].to_dataset().drop_vars("coefficients"))
    with pytest.raises(ValueError, match="stored by an earlier version of bayescale; fit again"):
        bs.predict(generalised, old, pd.DataFrame({"N": [1e9], "D": [2e10]}))


def test_laws_of_one_column_take_it():
    law = replace(henighan2020.L_C, discrepancy=separate)
    assert [p.name for p in law.discrepancy.parts(law.inputs)] == ["C", "beyond"]
    runs = bs.load("gpt3").query("N < 1e11")
    post = bs.fit(law, runs, seed=1, method="laplace", progressbar=False)
    plain = bs.fit(henighan2020.L_C, runs, seed=1, method="laplace", progressbar=False)
    far = pd.DataFrame({"C": [1e26]})
    wide, narrow = (
        float(bs.predict(one, p, far, seed=0)["mu"].std()) for one, p in ((law, post), (henighan2020.L_C, plain))
    )
    assert wide > narrow


def test_prior_and_model_have_it(runs):
    prior = bs.sample_prior(generalised, runs, draws=500, seed=0)
    off = np.log(bs.predict(generalised, prior, runs, seed=0)["mu"] / generalised(prior, N=runs["N"], D=runs["D"]))
    assert 0 < float(np.abs(off).median()) < 0.05
    model = bs.model(generalised, runs)
    assert "z" in model.named_vars and np.isfinite(model.compile_logp()(model.initial_point()))


def test_structures_do_not_depend_on_the_runs(runs):
    one, other = (prepare(Bound(generalised, check(generalised, table))) for table in (runs, runs.iloc[5:]))
    assert one.program.scalar_code == other.program.scalar_code


def test_saved_and_opened_again(fitted, tmp_path):
    fitted.to_netcdf(tmp_path / "post.nc")
    import xarray as xr

    again = xr.open_datatree(tmp_path / "post.nc")
    new = pd.DataFrame({"N": [1e11], "D": [2e12]})
    first, second = (bs.predict(generalised, post, new, seed=0)["loss"] for post in (fitted, again))
    assert first.to_numpy() == pytest.approx(second.to_numpy())


def test_fixed_amplitudes_and_shared():
    assert shared.parameters == ("tau",) and isinstance(shared.priors["tau"], Prior)
    assert LogDensity(Bound(replace(FIXED, discrepancy=Discrepancy({"tau": 0.01})), check(FIXED, _five()))).size == 1


def _five():
    N = np.geomspace(1e8, 1e10, 5)
    D = 20 * N**0.7 * 1e3
    return pd.DataFrame({"N": N, "D": D, "loss": 1.7 + 0.4 * (N / 1e9) ** -0.35 + 0.5 * (D / 2e10) ** -0.37})
