"""The benchmark of curvature and entropy: its integrals, its coverage and its page."""

import numpy as np
import pytest

from bayescale.inference.laplace.mixture import Mixture
from benchmarks.frontier import recovered
from benchmarks.frontier.design import simulate
from benchmarks.frontier.evidence import bridge, smc
from benchmarks.frontier.report import by_kind, evidence, inside, page
from benchmarks.frontier.truths import TRUTHS, sweep
from benchmarks.truths.truths import TRUTHS as TRUTHS_AHEAD
from benchmarks.truths.truths import parameters
from benchmarks.truths.truths import sweep as ahead

COVARIANCE = np.array([[1.0, 0.5, 0.0], [0.5, 2.0, 0.3], [0.0, 0.3, 0.7]])
#: Log of the integral of the density below.
TOTAL = 1.5


def density(x: np.ndarray) -> np.ndarray:
    """Two normal bumps of equal mass, at 1 and at -2 in each coordinate."""
    precision = np.linalg.inv(COVARIANCE)
    constant = TOTAL - np.log(2) - 0.5 * np.log(np.linalg.det(2 * np.pi * COVARIANCE))
    logs = [constant - 0.5 * np.einsum("ij,jk,ik->i", x - c, precision, x - c) for c in (1.0, -2.0)]
    return np.logaddexp(*logs)


def test_both_methods_find_a_known_integral():
    """Two bumps, of which neither lies at the centre of the wide density."""
    rng = np.random.default_rng(0)
    total, points = smc(density, Mixture.single(np.zeros(3), 4 * np.eye(3)), rng)
    assert total == pytest.approx(TOTAL, abs=0.2)
    assert 0.3 < (points.sum(axis=1) > -1.5).mean() < 0.7
    value, error = bridge(density, points, rng)
    assert error < 0.1 and value == pytest.approx(TOTAL, abs=0.1)


def test_power_of_a_quadratic_fit_is_that_of_the_rule():
    """120 sweeps: a share of .5 has a standard error of 0.05."""
    found = simulate("floor .5 %, 1.5 decades", 120)
    assert found["simulated"] == pytest.approx(found["rule"], abs=0.15)
    assert simulate("straight 1 %", 120)["simulated"] < 0.15


def record(truth: str, seed: int, low: float, high: float) -> dict:
    made = sweep(truth, seed)
    shares = {"straight": 0.1, "floor": 0.5, "slow": 0.3, "free": 0.1}
    return {
        "truth": truth, "seed": seed, "q": made.curvature, "floor": None if np.isnan(made.floor) else made.floor,
        "probability": shares, "E": [low, high], "E_floor_law": [low, high], "bends_up": 0.9, "direction": 0.96,
    }  # fmt: skip


def test_a_truth_without_a_floor_allows_any_entropy_below():
    most = sweep("straight 1 %", 3).most
    assert inside(record("straight 1 %", 3, 0.0, most / 2), "E") == pytest.approx(0.5)
    assert inside(record("straight 1 %", 3, most / 2, 9.0), "E") == pytest.approx(0.5)
    floor = sweep("floor 1 %, 2 decades", 3).floor
    assert inside(record("floor 1 %, 2 decades", 3, floor - 0.1, floor + 0.1), "E") == 1
    assert inside(record("floor 1 %, 2 decades", 3, floor + 0.1, floor + 0.2), "E") == 0


def test_the_page_has_a_row_for_each_truth_and_each_fit():
    records = [record(name, 0, 0.0, 9.0) for name in TRUTHS]
    assert by_kind(records) == {"straight": 1, "floor": 1, "slow": 1}
    errors = {"importance_error": 0.01, "smc_error": 0.2, "bridge_error": 0.02}
    fit = {"table": "t", "law": "slow", "runs": 8, "importance": 3.0, "smc": 3.1, "bridge": 2.95, "accepted": False}
    E = {"top": 1e12, "errors": "of sizes", "law": "floor", "log_evidence": 1.0, "E": [1.9, 1.95, 2.0]}
    kept = {"simulated": records, "published": [], "evidence": [fit | errors], "known": [E], "design": []}
    cells = [[0.1, True]] * len(recovered.TIMES)
    found = {"truth": "no floor", "seed": 0, "loss": cells, "N": cells, "a": cells, "curvature": cells, "E": None}
    kept["recovered"] = [found, found | {"seed": 1, "loss": [[0.3, False]] * len(cells)}]
    text = page(kept, "today", "abc")
    assert all(f"| {name} | 1 |" in text for name in TRUTHS)
    assert "| t | slow | 8 | 3.00 ± 0.01 (not accepted) | +0.10 ± 0.20 | -0.05 ± 0.02 |" in text
    assert "| 1e+12 | of sizes | floor | 1.0 | 1.950 | 1.900 to 2.000 | yes |" in text
    assert f"These {len(TRUTHS)} sweeps were measured without curved_floor" in text
    assert "| no floor | 2 | 0.50 | 0.50 | 0.50 | 0.50 | 1.00 |" in text and "+0.200 ± 0.071" in text
    assert evidence([]) == ""


def test_the_true_frontier_of_the_additive_truth_is_its_closed_form():
    """a = beta / (alpha + beta), L* - E ~ C^-gamma, and q = w (1 - w) gamma^2 along it."""
    law, runs, true, C = recovered._given("additive", 3)
    p = parameters(TRUTHS_AHEAD["additive"], ahead("additive", 3).design, 3)
    gamma = p["alpha_N"] * p["alpha_D"] / (p["alpha_N"] + p["alpha_D"])
    assert law.name.endswith("generalised") and len(runs) > 30
    assert true.a == pytest.approx(p["alpha_D"] / (p["alpha_N"] + p["alpha_D"]), abs=1e-4)
    excess = true.loss - true.E
    assert np.diff(np.log(excess)) / np.diff(np.log(C)) == pytest.approx(-gamma, abs=1e-6)
    w = excess / true.loss
    assert true.curvature == pytest.approx(w * (1 - w) * gamma**2, rel=1e-2)
