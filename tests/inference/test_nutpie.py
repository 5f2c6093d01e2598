"""The bridge to nutpie: a missing or changed part costs speed and one warning, not the posterior."""

import importlib
import subprocess
import sys
import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import bayescale as bs
from bayescale import Prior
from bayescale.autodiff import numba_backend
from bayescale.data.check import check
from bayescale.density.bound import Bound
from bayescale.density.log_density import LogDensity
from bayescale.inference import nutpie as bridge
from bayescale.inference import nuts
from bayescale.inference.fit import _versions
from bayescale.inference.laplace.whitening import Whitening
from bayescale.laws import chinchilla
from tests.conftest import QUICK
from tests.inference.test_methods import z_scores

NUMPY, PYMC = "it calls the density in NumPy", "PyMC's own NUTS is used"


def refused(*args, **options):
    raise TypeError("missing 1 required positional argument: 'more'")


def no_compiler(*args, **options):
    raise RuntimeError("no code generator")


def without_logp(patch):
    patch.delattr("nutpie._lib.LogpFunc")


def without_model(patch):
    patch.delattr("nutpie._lib.PyMcModel")


def changed_model(patch):
    patch.setattr("nutpie._lib.PyMcModel", refused)


def changed_sampler(patch):
    from nutpie import _lib

    patch.setattr("nutpie._lib.PySampler", SimpleNamespace(from_pymc=refused, from_pyfunc=_lib.PySampler.from_pyfunc))


def without_numba(patch):
    patch.setitem(sys.modules, "numba", None)


def changed_numba(patch):
    patch.setattr("numba.cfunc", no_compiler)


def without_nutpie(patch):
    patch.setitem(sys.modules, "nutpie", None)


#: How a part is taken away -> what the warning says is done instead.
CASES = {
    without_logp: NUMPY,
    without_model: NUMPY,
    changed_model: NUMPY,
    changed_sampler: NUMPY,
    without_numba: NUMPY,
    changed_numba: NUMPY,
    without_nutpie: PYMC,
}


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """A process that has neither warned nor compiled anything yet."""
    importlib.import_module("nutpie")  # both look at import for what is installed
    importlib.import_module("pymc")
    monkeypatch.setattr(bridge, "_warned", set())
    monkeypatch.setenv("BAYESCALE_CACHE", str(tmp_path))
    numba_backend.compiled.cache_clear()
    yield monkeypatch
    numba_backend.compiled.cache_clear()


def fitted(law, runs, **options):
    """A posterior, and the warnings of the bridge: message and file."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        post = bs.fit(law, runs, method="nuts", **{**QUICK, **options})
    return post, [(str(w.message), w.filename) for w in caught if "nutpie" in str(w.message)]


def whitened(density):
    """The density as `fit` gives it to nutpie."""
    whitening = Whitening.of(density, 0)
    return bridge.Target(density, whitening.center, whitening.root, whitening.initial_point)


@pytest.mark.parametrize("take_away, instead", CASES.items(), ids=lambda case: getattr(case, "__name__", ""))
def test_the_posterior_is_the_same_without_a_part(take_away, instead, fresh, post, runs):
    take_away(fresh)
    other, warned = fitted(chinchilla, runs, seed=2)
    assert other.attrs["converged"] and other.attrs["method"] == "nuts"
    # By chance, one of six differences exceeds four standard errors once in 2600 seeds.
    assert all(abs(z) < 4 for _, z in z_scores(post, other)), dict(z_scores(post, other))
    assert len(warned) == 1 and instead in warned[0][0] and warned[0][1] == __file__
    assert fitted(chinchilla, runs, seed=1, draws=10, tune=20)[1] == []


def test_the_compiled_density_is_sampled(fresh, runs):
    """No part of the bridge is missing from the installed versions."""
    fresh.setattr(bridge, "_interpreted", refused)
    post, warned = fitted(chinchilla, runs, seed=2)
    assert post.attrs["converged"] and not warned


def test_compiled_and_interpreted_densities_give_the_same_draws(fresh, runs):
    """Seed and initial points are the same and densities agree to rounding, so the first draws agree too."""
    density = LogDensity(Bound(chinchilla, check(chinchilla, runs)))
    target = whitened(density)
    options = {"draws": 5, "tune": 5, "chains": 2, "progressbar": False}
    points, stats = bridge.draw(target, options, {}, seed=1)
    fresh.setattr(bridge, "_compiled", refused)
    with pytest.warns(RuntimeWarning, match=NUMPY):
        others, other_stats = bridge.draw(target, options, {}, seed=1)
    assert points == pytest.approx(others, rel=1e-6)
    assert (stats["n_steps"] == other_stats["n_steps"]).all()


def test_points_without_a_density_are_divergences(fresh, runs):
    """In NumPy as in machine code, which reports them by its return code."""
    density = LogDensity(Bound(chinchilla, check(chinchilla, runs)))
    target = whitened(density)
    model = bridge._interpreted(target)
    logp = model._make_logp_func()
    assert logp(np.full(density.size, 1e3))[0] == -np.inf
    value, slope = logp(np.zeros(density.size))
    assert value == pytest.approx(density.gradient(target.center)[0]) and np.isfinite(slope).all()


@pytest.mark.parametrize("name, value", [("nutpie.sample", refused), ("nutpie.sample", lambda *_, **__: {})])
def test_a_changed_public_interface_raises(fresh, runs, name, value):
    fresh.setattr(name, value)
    target = bridge.Target(
        LogDensity(Bound(chinchilla, check(chinchilla, runs))), np.zeros(6), np.eye(6), lambda _: np.zeros(6)
    )
    with pytest.raises(bridge.Unavailable, match="nutpie cannot be used"):
        bridge.draw(target, {"draws": 5, "tune": 5, "chains": 1}, {}, seed=1)


def test_pymc_gets_no_options_of_nutpie(fresh, runs, post):
    """A law that only PyMC can evaluate is sampled by nutpie too, and by PyMC's own NUTS if nutpie is missing."""
    without_nutpie(fresh)
    received = []
    fresh.setattr(nuts, "_by_pymc", lambda bound, seed, options, offset: received.append(options) or post.copy())
    law = replace(chinchilla, priors={**chinchilla.priors, "alpha_N": Prior("Weibull", alpha=2.0, beta=0.4)})
    for each in (law, chinchilla):
        fitted(each, runs, seed=1, nuts={"adaptation": "diag", "target_accept": 0.9})
    assert [options["nuts_sampler"] for options in received] == ["pymc", "pymc"]
    assert all(options["nuts"] == {"target_accept": 0.9} for options in received)


def test_laplace_needs_neither_nutpie_nor_numba(runs, tmp_path):
    """Neither can be imported, and neither is an installed package."""
    runs.to_csv(tmp_path / "runs.csv", index=False)
    code = f"""
import importlib.metadata, sys
for name in ("numba", "llvmlite", "nutpie"):
    sys.modules[name] = None
whole = importlib.metadata.version
def version(name):
    if name in ("numba", "nutpie"):
        raise importlib.metadata.PackageNotFoundError(name)
    return whole(name)
importlib.metadata.version = version
import pandas, bayescale as bs
post = bs.fit(bs.laws.chinchilla, pandas.read_csv({str(tmp_path / "runs.csv")!r}), seed=1, method="laplace")
assert post.attrs["method"] == "laplace" and post.attrs["converged"] and "nutpie" not in post.attrs["versions"]
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_versions_are_stored():
    assert set(_versions()) == {"bayescale", "pymc", "nutpie", "arviz", "numpy"}
