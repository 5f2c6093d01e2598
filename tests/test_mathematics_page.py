"""docs/explain/mathematics.md is enough to write the model again.

Everything below the imports of NumPy and SciPy follows that page alone; bayescale appears only as what is compared.
"""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import bayescale as bs
from bayescale.data.check import check
from bayescale.density.bound import Bound
from bayescale.inference.laplace.sites import prepare
from bayescale.laws import generalised
from bayescale.modelling import discrepancy
from bayescale.modelling.noises import lognormal

PAGE = Path(__file__).parents[1] / "docs" / "explain" / "mathematics.md"
#: Parameters in the order of the page, and the map of each from the real line.
LOGS = ("excess_ND", "alpha_N", "alpha_D", "kappa", "omega", "sigma", "tau", "tau_local")
#: Mean and standard deviation of the logarithms, before the unit of excess_ND is added.
LOGNORMAL = {
    "excess_ND": (-1.0, 1.0),
    "alpha_N": (-1.05, 0.5),
    "alpha_D": (-1.05, 0.5),
    "kappa": (-0.5, 0.7),
    "omega": (-5.3, 1.5),
    "sigma": (-5.8, 1.0),
    "tau": (np.log(0.01), 0.7),
    "tau_local": (np.log(0.005), 0.7),
}
TRUE = {
    "E": 1.6,
    "excess_ND": 0.9,
    "share_N": 0.45,
    "alpha_N": 0.37,
    "alpha_D": 0.33,
    "kappa": 0.7,
    "omega": 0.01,
    "embedding": 0.15,
    "sigma": 0.004,
    "tau": 0.012,
    "tau_local": 0.006,
}


def anchors(runs):
    """Reference run, largest run and smallest loss."""
    top = (runs.N * runs.D).to_numpy().argmax()
    return {
        "N0": np.exp(np.log(runs.N).mean()),
        "D0": np.exp(np.log(runs.D).mean()),
        "N_top": runs.N[top],
        "D_top": runs.D[top],
        "loss_min": runs.loss.min(),
    }


def median_loss(N, D, at, p):
    """The generalised law."""
    floor = p["E"] * (N * D / (at["N_top"] * at["D_top"])) ** -p["omega"]
    w = p["embedding"] / (1 - p["embedding"]) ** (1 / 3)
    n = N / at["N0"]
    m = np.array([max(r.real for r in np.roots([1, 0, w, -k]) if abs(r.imag) < 1e-9) for k in n]) ** 3
    m0 = 1 - p["embedding"]
    bracket = p["share_N"] * (m / m0) ** (-p["alpha_N"] / p["kappa"])
    bracket = bracket + (1 - p["share_N"]) * (D / at["D0"]) ** (-p["alpha_D"] / p["kappa"])
    return floor + p["excess_ND"] * bracket ** p["kappa"]


def covariances(runs, at):
    """Covariance of the smooth and of the local discrepancy on the runs, for amplitudes of one."""

    def smooth(x):
        low, high = np.minimum.outer(abs(x), abs(x)), np.maximum.outer(abs(x), abs(x))
        return np.where(np.multiply.outer(x, x) > 0, low**2 * (3 * high - low) / 6, 0)

    N, D = np.log10(runs.N.to_numpy()), np.log10(runs.D.to_numpy())
    beyond = N + D - np.log10(at["N_top"] * at["D_top"])
    local = [np.exp(-abs(np.subtract.outer(x, x))) for x in (N, D)]
    return smooth(N - np.log10(at["N0"])) + smooth(D - np.log10(at["D0"])) + smooth(beyond), local[0] + local[1]


def log_prior(p, at):
    """Log prior density of the unconstrained values: density of the parameter plus log of the map's derivative."""
    unit, value = at["loss_min"], 0.0
    for name, (mu, sd) in LOGNORMAL.items():
        value += stats.norm(mu + (np.log(unit) if name == "excess_ND" else 0), sd).logpdf(np.log(p[name]))
    for name, mu, sd, end in (("E", 0.6 * unit, 0.25 * unit, unit), ("embedding", 0.0, 0.2, 0.7)):
        value += stats.truncnorm(-mu / sd, (end - mu) / sd, mu, sd).logpdf(p[name])
        value += np.log(p[name] * (end - p[name]) / end)
    share = p["share_N"]
    return value + stats.beta(1.2, 1.2).logpdf(share) + np.log(share * (1 - share))


def unconstrained(p, at):
    """PyMC's names and values of the free variables."""
    odds = {"E": at["loss_min"], "embedding": 0.7, "share_N": 1.0}
    names = {"E": "E_interval__", "embedding": "embedding_interval__", "share_N": "share_N_logodds__"}
    values = {names[name]: np.log(p[name] / (end - p[name])) for name, end in odds.items()}
    return values | {f"{name}_log__": np.log(p[name]) for name in LOGS}


def points(runs, count=4):
    """Points about the truth, each a dict of parameters."""
    rng = np.random.default_rng(0)
    for _ in range(count):
        yield {name: value * np.exp(0.1 * rng.standard_normal()) for name, value in TRUE.items()}


def table(N, D, seed=1):
    """Runs whose losses follow the law, with Student-t noise."""
    runs = pd.DataFrame({"N": N, "D": D, "loss": 1.0})
    at = anchors(runs)
    noise = TRUE["sigma"] * stats.t(4).rvs(len(runs), random_state=seed)
    return runs.assign(loss=median_loss(runs.N.to_numpy(), runs.D.to_numpy(), at, TRUE) * np.exp(noise))


@pytest.fixture
def scattered():
    """Eight runs of eight sizes and eight lengths, so that no covariance is singular."""
    rng = np.random.default_rng(3)
    return table(rng.permutation(np.geomspace(2e7, 4e9, 8)), np.geomspace(1e9, 2e11, 8))


@pytest.fixture
def grid():
    """Thirty runs of six sizes and five lengths."""
    return table(np.repeat(np.geomspace(3e7, 3e9, 6), 5), np.tile(np.geomspace(1e9, 1e11, 5), 6))


@pytest.fixture
def many(monkeypatch):
    """Keep more eigenvectors than the default, so that what is left out is negligible."""
    monkeypatch.setattr(discrepancy, "RANKS", {"smooth": 10, "local": 30})


def test_joint_density_is_that_of_the_pymc_model(scattered, many):
    at = anchors(scattered)
    smooth, local = covariances(scattered, at)
    model = bs.model(generalised, scattered)
    logp, basis = model.compile_logp(), model["discrepancy_basis"].get_value()
    rng = np.random.default_rng(1)
    for p in points(scattered):
        z = rng.standard_normal(basis.shape[1])
        half = basis.shape[1] * 30 // 90  # 3 smooth parts of 10, then 2 local parts of 30
        parts = [p["tau"] * basis[:, :half] @ z[:half], p["tau_local"] * basis[:, half:] @ z[half:]]
        used = np.any(basis != 0, axis=0)
        expected = log_prior(p, at) + stats.norm.logpdf(z[~used]).sum()
        for part, covariance in zip(parts, (p["tau"] ** 2 * smooth, p["tau_local"] ** 2 * local), strict=True):
            # density of the discrepancy itself, times |d delta / d z|
            expected += stats.multivariate_normal(cov=covariance, allow_singular=True).logpdf(part)
            expected += 0.5 * np.linalg.slogdet(covariance)[1]
        mu = median_loss(scattered.N.to_numpy(), scattered.D.to_numpy(), at, p)
        residual = (np.log(scattered.loss / mu) - sum(parts)) / p["sigma"]
        expected += np.sum(stats.t(4).logpdf(residual) - np.log(p["sigma"]) - np.log(scattered.loss))
        assert logp({**unconstrained(p, at), "z": z}) == pytest.approx(expected, abs=1e-4)


def test_sizes_without_embeddings_fall_more_slowly(grid):
    """The cubic of the page: at the reference run M is (1 - embedding) N0, and M = N where embedding is zero."""
    at = anchors(grid)
    formula = generalised.formula
    p = {name: TRUE[name] for name in generalised.parameters}
    N, D = grid.N.to_numpy(), grid.D.to_numpy()
    for share in (0.0, 0.15, 0.6):
        given = {**p, "embedding": share}
        ours = formula(N, D, at["N0"], at["D0"], at["N_top"], at["D_top"], **given)
        assert ours == pytest.approx(median_loss(N, D, at, given), rel=1e-7)


@pytest.mark.parametrize(("kept", "nats"), [("many", 2e-2), ("default", 3.0)])
def test_marginal_density_under_normal_noise_is_dense(grid, kept, nats, request):
    """What `fit` samples, with the discrepancy integrated out, against the dense covariance of the runs."""
    if kept == "many":
        request.getfixturevalue("many")
    law = replace(generalised, noise=replace(lognormal, priors={"sigma": generalised.noise.priors["sigma"]}))
    density, at = prepare(Bound(law, check(law, grid))), anchors(grid)
    smooth, local = covariances(grid, at)
    draws = density.prior_points(np.random.default_rng(2), 200)
    draws = draws[np.argsort(-density.value(draws))[:4]]  # prior draws that the runs do not exclude
    physical = density.physical(draws)
    gaps = []
    for k, value in enumerate(density.value(draws)):
        p = {name: float(physical[name][k]) for name in TRUE}
        mu = median_loss(grid.N.to_numpy(), grid.D.to_numpy(), at, p)
        dense = p["sigma"] ** 2 * np.eye(len(grid)) + p["tau"] ** 2 * smooth + p["tau_local"] ** 2 * local
        likelihood = stats.multivariate_normal(cov=dense).logpdf(np.log(grid.loss / mu)) - np.log(grid.loss).sum()
        gaps.append(value - log_prior(p, at) - likelihood)
    assert np.max(np.abs(gaps)) < nats


def test_marginal_density_under_student_noise_is_the_approximation_of_the_page(grid):
    density, at = prepare(Bound(generalised, check(generalised, grid))), anchors(grid)
    bound = density.bound
    r, H, v = bound.sites  # the expansion at the posterior mode: residuals, curvatures, spreads
    smooth, local = covariances(grid, at)
    ranks = {name: count * discrepancy.RANKS[name] for name, count in (("smooth", 3), ("local", 2))}
    columns = []
    for covariance, rank in ((smooth, ranks["smooth"]), (local, ranks["local"])):
        values, vectors = np.linalg.eigh(covariance)
        top = values[::-1][:rank]
        top = np.where(top > 1e-9 * top[0], top, 0.0)
        columns.append(vectors[:, ::-1][:, : len(top)] * np.sqrt(top))
    draws = density.near[:1] + 0.05 * np.random.default_rng(4).standard_normal((4, density.size))
    physical = density.physical(draws)
    for k, value in enumerate(density.value(draws)):
        p = {name: float(physical[name][k]) for name in TRUE}
        mu = median_loss(grid.N.to_numpy(), grid.D.to_numpy(), at, p)
        e = (np.log(grid.loss / mu) / p["sigma"]).to_numpy()
        A = np.hstack([p["tau"] * columns[0], p["tau_local"] * columns[1]]) / p["sigma"]
        expected = log_prior(p, at) + _laplace(e, A, r, H, v) - len(e) * np.log(p["sigma"]) - np.log(grid.loss).sum()
        assert value == pytest.approx(expected, abs=1e-3)


def _laplace(e, A, r, H, v):
    """Log integral over z ~ N(0, I) of the Student-t density of e - A z, by the steps of the page."""

    def slope(x):
        return 5 * x / (4 + x**2)

    def bend(x):
        return 5 * (4 - x**2) / (4 + x**2) ** 2

    B = np.eye(A.shape[1]) + A.T @ (H[:, None] * A)
    z = np.linalg.solve(B, A.T @ (slope(r) + H * (e - r)))
    z = z + np.linalg.solve(B, A.T @ slope(e - A @ z) - z)
    left = e - A @ z
    ratio = np.sum(4 * bend(left) + bend(left + np.sqrt(3) * v) + bend(left - np.sqrt(3) * v)) / 6 / np.sum(H)
    factor = 0.5 * (ratio + np.sqrt(ratio**2 + 0.05**2))
    determinant = np.linalg.slogdet(np.eye(A.shape[1]) + factor * A.T @ (H[:, None] * A))[1]
    return np.sum(stats.t(4).logpdf(left)) - z @ z / 2 - determinant / 2


def test_the_page_has_the_ranks_of_the_code():
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    stated = re.search(r"keeps (\d+) eigenvectors for each smooth part and (\d+) for each local part", text)
    assert stated is not None
    assert {"smooth": int(stated[1]), "local": int(stated[2])} == discrepancy.RANKS
