"""Pooling: truths with shared and with own exponents, and errors that losses of one run share."""

import json

import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale.forecasting.groups.common_error import CommonError
from bayescale.laws.henighan2020 import L_C

#: Exponents of two truths: shared by both losses, and each loss its own.
TRUTHS = {"shared": (0.25, 0.25), "own": (0.12, 0.30)}


def sweep(truth: str, seed: int = 0, luck: float = 0.01) -> pd.DataFrame:
    """Ten runs with two losses, whose errors share the luck of the run."""
    rng = np.random.default_rng(seed)
    C = np.geomspace(1e17, 1e21, 10)
    shared = luck * rng.standard_normal(10)
    wide = pd.DataFrame({"C": C})
    for name, E, alpha in zip(("text", "code"), (1.6, 0.8), TRUTHS[truth], strict=True):
        wide[name] = (E + 1.5 * (C / 1e19) ** -alpha) * np.exp(shared + 0.003 * rng.standard_normal(10))
    return bs.losses(wide, ["text", "code"])


@pytest.fixture(scope="module", params=sorted(TRUTHS))
def found(request):
    return request.param, bs.pooling(L_C, sweep(request.param), "evaluation", seed=1)


def test_shared_is_narrower_and_covers_where_it_is_true(found):
    truth, tree = found
    if truth == "own":
        assert tree.attrs["conclusion"].startswith("Each evaluation has its own alpha_C")
        assert float(tree["difference"].sel(pooling="shared")) < -10
        own = tree["own/posterior"]["alpha_C"].quantile([0.01, 0.99], ("chain", "draw")).to_numpy()
        assert ((own[0] < TRUTHS[truth]) & (TRUTHS[truth] < own[1])).all()
        return
    E = {how: tree[f"{how}/posterior"]["E"].quantile([0.05, 0.95], ("chain", "draw")) for how in ("shared", "own")}
    width = {how: (q[1] - q[0]).to_numpy() for how, q in E.items()}
    assert (width["shared"] < width["own"]).all()
    low, high = tree["shared/posterior"]["alpha_C"].quantile([0.01, 0.99]).to_numpy()
    assert low < 0.25 < high
    assert "own minus shared" in tree.attrs["conclusion"]
    assert not tree.attrs["conclusion"].startswith("Each")
    assert float(tree["log_evidence"].sel(pooling="shared")) > float(tree["log_evidence"].sel(pooling="own"))


def test_the_shared_luck_is_seen(found):
    _, tree = found
    loading = tree["own/posterior"]["loading"].quantile(0.05, ("chain", "draw")).to_numpy()
    assert tree.attrs["common_error"] == 1 and loading.max() > 0.5


def test_the_table_is_complete(found):
    _, tree = found
    table = tree.to_dataset().to_dataframe()
    assert list(table.index) == ["shared", "partial", "own"]
    assert (table["difference"] <= 0).all() and (table["difference"] == 0).sum() == 1
    assert np.isfinite(table["elpd"]).all() and isinstance(json.loads(tree.attrs["warnings"]), list)
    assert set(tree["partial/posterior"].data_vars) >= {"alpha_C", "alpha_C_mu", "alpha_C_sigma", "E"}


def test_independent_groups_keep_the_noise_of_the_law():
    runs = sweep("own").drop(columns="run")
    tree = bs.pooling(L_C, runs, "evaluation", seed=1)
    assert tree.attrs["common_error"] == 0 and "loading" not in tree["own/posterior"]
    assert float(tree["difference"].sel(pooling="shared")) < -4


@pytest.mark.parametrize("change, error, words", [
    ({"by": "corpus"}, ValueError, "two or more groups"),
    ({"parameters": "alpha_C"}, TypeError, r"wanted names: \['alpha_C'\]"),
    ({"parameters": ["alpha"]}, ValueError, "no parameter 'alpha'"),
    ({"runs": pd.concat([sweep("own")] * 2)}, ValueError, "several rows in group"),
    ({"runs": None}, TypeError, "DataFrame"),
])  # fmt: skip
def test_what_cannot_be_compared_says_so(change, error, words):
    given = {"runs": sweep("own"), "by": "evaluation", "parameters": None, **change}
    with pytest.raises(error, match=words):
        bs.pooling(L_C, given["runs"], given["by"], given["parameters"], seed=1)


def test_the_density_is_that_of_a_normal_with_one_factor():
    from scipy.stats import multivariate_normal

    rng = np.random.default_rng(3)
    of_run = np.array([0, 1, 2, 0, 1, 0])
    error, z, loading = CommonError(of_run), rng.standard_normal((5, 6)), rng.uniform(size=(5, 6))
    exact = np.zeros((5, 3))
    for run in range(3):
        rows = of_run == run
        for draw in range(5):
            weights = loading[draw, rows]
            covariance = np.outer(weights, weights) + np.diag(1 - weights**2)
            exact[draw, run] = multivariate_normal(cov=covariance).logpdf(z[draw, rows])
    assert error.by_run(z, loading) == pytest.approx(exact, rel=1e-10)
    assert error(z, loading).sum(-1) == pytest.approx(exact.sum(-1), rel=1e-10)
