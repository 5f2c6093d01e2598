"""Methods of `fit`: all agree on the posterior, and each falls back as documented."""

import os
import subprocess
import sys
import warnings
from dataclasses import replace

import numpy as np
import pytest

import bayescale as bs
from bayescale import Prior, laws
from bayescale.autodiff import numba_backend
from bayescale.data.check import check
from bayescale.density.bound import Bound
from bayescale.density.log_density import LogDensity
from bayescale.density.model import assemble
from bayescale.inference import nutpie as bridge
from bayescale.inference import pymc_sampler
from bayescale.inference.laplace.whitening import Whitening
from bayescale.laws import chinchilla
from tests.conftest import QUICK, pooled, simulate

#: A law with a prior family that only PyMC knows.
WEIBULL = replace(chinchilla, priors={**chinchilla.priors, "alpha_N": Prior("Weibull", alpha=2.0, beta=0.4)})
#: Laws whose sampling coordinates differ.
CASES = {
    "chinchilla": chinchilla,
    "shared exponent": laws.gadre2024.overtrained,
    "no excess": laws.kaplan2020.L_ND,
    "groups": pooled(),
    "family of PyMC": WEIBULL,
}


@pytest.mark.parametrize("law", CASES.values(), ids=CASES)
def test_density_is_the_same_in_sampling_coordinates(law, runs):
    table = runs.assign(S=runs["D"] / 5e5, U=runs["D"] / 3, family=np.arange(len(runs)) % 3)
    bound = Bound(law, check(law, table))
    plain = assemble(bound)
    chart, charted_density = pymc_sampler.chart_of(plain, bound), pymc_sampler.charted(plain, bound).compile_logp()
    names, start = [rv.name for rv in plain.free_RVs], plain.initial_point()
    start = dict(zip(names, start.values(), strict=True))

    def flat(z):
        phi = chart.forward(z)
        return np.concatenate([np.ravel(v.eval() if hasattr(v, "eval") else v) for v in (phi[name] for name in names)])

    density, origin = plain.compile_logp(), flat(start)
    rng = np.random.default_rng(0)
    for _ in range(3):
        z = {name: value + 0.2 * rng.standard_normal(np.shape(value)) for name, value in start.items()}
        values = {v.name: z[rv.name] for rv, v in zip(plain.free_RVs, plain.value_vars, strict=True)}
        # Rounding of sums of 60 terms of size 100.
        assert charted_density({"chart": flat(z) - origin}) == pytest.approx(density(values), rel=1e-10, abs=1e-9)


def z_scores(post, other):
    """Differences of posterior means, in units of their Monte Carlo error."""
    import arviz as az

    for name in ("E", "excess_N", "alpha_N", "excess_D", "alpha_D", "sigma"):
        errors = [float(az.mcse(tree["posterior"].to_dataset()[[name]])[name]) for tree in (post, other)]
        difference = float(post["posterior"][name].mean() - other["posterior"][name].mean())
        yield name, difference / np.hypot(*errors)


def test_pymc_agrees_with_nutpie(post, runs):
    other = bs.fit(chinchilla, runs, seed=2, nuts_sampler="pymc", **QUICK)
    # By chance, one of six differences exceeds four standard errors once in 2600 seeds.
    assert all(abs(z) < 4 for _, z in z_scores(post, other)), dict(z_scores(post, other))


def test_a_prior_that_only_pymc_knows_is_sampled_by_pymc(runs):
    with pytest.warns(RuntimeWarning, match="Laplace approximation cannot evaluate the family of Weibull.*by NUTS"):
        post = bs.fit(WEIBULL, runs, seed=1, method="laplace", **QUICK)
    assert set(chinchilla.parameters) <= set(post["posterior"].data_vars) and post.attrs["method"] == "nuts"


def arctan_law(N, N0, *, E, excess_N, alpha_N):
    return E + excess_N * np.exp(-alpha_N * np.arctan(np.log(N / N0)))


def test_a_formula_with_an_unknown_step_is_sampled_by_pymc(runs):
    law = bs.Law(arctan_law, {name: chinchilla.priors[name] for name in ("E", "excess_N", "alpha_N")})
    with pytest.warns(RuntimeWarning, match="cannot evaluate numpy.arctan; drawn by NUTS"):
        post = bs.fit(law, runs, seed=1, method="laplace", **QUICK)
    assert post.attrs["method"] == "nuts"


def test_laws_and_tables_of_one_structure_share_their_code(runs):
    other = replace(chinchilla, priors={**chinchilla.priors, "alpha_N": Prior("LogNormal", mu=-1.0, sigma=0.5)})
    pairs = [(law, table) for law in (chinchilla, other) for table in (runs, runs[:30])]
    codes = {LogDensity(Bound(law, check(law, table))).program.scalar_code for law, table in pairs}
    assert len(codes) == 1
    other = replace(chinchilla, priors={**chinchilla.priors, "alpha_N": Prior("HalfNormal", sigma=0.5)})
    assert LogDensity(Bound(other, check(other, runs))).program.scalar_code not in codes


@pytest.mark.parametrize("usable", [True, False])
def test_compiled_code_is_kept_on_disk(runs, tmp_path, monkeypatch, usable):
    folder = tmp_path / "cache"
    monkeypatch.setenv("BAYESCALE_CACHE", str(folder))
    if not usable:
        folder.write_text("a file where the folder should be")
    numba_backend.compiled.cache_clear()
    density = LogDensity(Bound(laws.kaplan2020.L_N, check(laws.kaplan2020.L_N, runs)))
    whitening = Whitening.of(density, 0)
    start = whitening.initial_point(0)
    constants = numba_backend.packed(density.program.constants, whitening.center, whitening.root)
    for _ in range(2):
        functions = numba_backend.compiled(density.program.scalar_code)
        grad, logp = np.empty(density.size), np.empty(1)
        pointers = [array.ctypes.data_as(_double_pointer()) for array in (start, grad, logp, constants)]
        assert functions.density.ctypes(density.size, *pointers) == 0
        value, slope = density.gradient(whitening.points(start))
        assert logp[0] == pytest.approx(value, rel=1e-12) and grad == pytest.approx(slope @ whitening.root, rel=1e-9)
        numba_backend.compiled.cache_clear()
    assert bool(list(folder.glob("compiled/**/*.nbc"))) == usable


def _double_pointer():
    import ctypes

    return ctypes.POINTER(ctypes.c_double)


def test_failed_chains_are_replaced_unless_the_user_set_their_length():
    six = simulate(6, seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        post = bs.fit(chinchilla, six, seed=1, progressbar=False)
        short = bs.fit(chinchilla, six, seed=1, draws=100, tune=200, progressbar=False)
    assert post.attrs["converged"] and dict(post["posterior"].sizes) == {"chain": 4, "draw": 1000}
    assert dict(short["posterior"].sizes) == {"chain": 4, "draw": 100}


def two_modes(N, N0, *, E, excess_N, alpha_N):
    """A law with two equal modes: only the square of log(alpha_N) + 1.2 enters."""
    return E + excess_N * (N / N0) ** -(0.1 + (np.log(alpha_N) + 1.2) ** 2)


def test_importance_sampling_replaces_chains_that_do_not_mix(runs):
    law = bs.Law(two_modes, {name: chinchilla.priors[name] for name in ("E", "excess_N", "alpha_N")})
    noise = 0.002 * np.random.default_rng(0).standard_normal(len(runs))
    runs = runs.assign(loss=(1.8 + 400 * runs["N"] ** -0.34) * np.exp(noise))
    with pytest.warns(RuntimeWarning, match="do not mix .*several modes.*; drawn by importance sampling"):
        post = bs.fit(law, runs, seed=1, progressbar=False)
    assert post.attrs["method"] == "laplace" and post.attrs["converged"]
    assert post.attrs["rhat"] < 1.01 and post.attrs["ess"] >= 400
    share = float((np.log(post["posterior"]["alpha_N"]) > -1.2).mean())
    # The prior is symmetric about -1.2. With 400 effective draws the share has a standard error of 0.025.
    assert share == pytest.approx(0.5, abs=0.1)


def test_importance_sampling_replaces_chains_that_diverge(runs, monkeypatch):
    draw = bridge.draw

    def diverging(*args):
        points, stats = draw(*args)
        return points, stats.assign(diverging=stats["diverging"] | True)

    monkeypatch.setattr(bridge, "draw", diverging)
    with pytest.warns(RuntimeWarning, match="have 4000 divergences.*; drawn by importance sampling instead"):
        post = bs.fit(chinchilla, runs, seed=1, progressbar=False)
    assert post.attrs["method"] == "laplace" and post.attrs["divergences"] == 0
    assert post.attrs["rhat"] < 1.01 and post.attrs["converged"]
    assert "importance sampling accepted" in post.attrs["verdict"]
    with warnings.catch_warnings():  # chains whose length the user set are not replaced
        warnings.simplefilter("ignore", RuntimeWarning)
        short = bs.fit(chinchilla, runs, seed=1, **QUICK)
    assert short.attrs["method"] == "nuts" and short.attrs["divergences"] > 0


def test_interrupted_chains_raise(runs, monkeypatch):
    import nutpie

    sample = nutpie.sample

    def interrupted(*args, **options):
        return sample(*args, **options).isel(draw=slice(10))

    monkeypatch.setattr(nutpie, "sample", interrupted)
    with pytest.raises(KeyboardInterrupt, match="interrupted after 10 of 500"):
        bs.fit(chinchilla, runs, seed=1, **QUICK)


def test_blackjax_and_unknown_methods_raise(runs):
    with pytest.raises(ValueError, match="blackjax.*nutpie"):
        bs.fit(chinchilla, runs, nuts_sampler="blackjax")
    with pytest.raises(ValueError, match="'advi' is unknown.*nuts.*laplace"):
        bs.fit(chinchilla, runs, method="advi")


def test_draws_are_the_same_whether_code_is_compiled_or_loaded(runs, tmp_path):
    """A process that compiles must not run other copies of the inner functions, which differ in the last bits."""
    runs.to_csv(tmp_path / "runs.csv", index=False)
    code = (
        "import pandas as pd; import bayescale as bs;"
        f"post = bs.fit(bs.laws.chinchilla, pd.read_csv({str(tmp_path / 'runs.csv')!r}), seed=1, draws=50, tune=300,"
        "progressbar=False); print(post['posterior'].to_dataset().to_dataframe().to_numpy().tobytes().hex())"
    )
    env = os.environ | {"BAYESCALE_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-W", "ignore", "-c", code]
    compiled, loaded = (subprocess.run(command, capture_output=True, check=True, env=env).stdout for _ in range(2))
    assert compiled and compiled == loaded
