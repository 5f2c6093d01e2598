"""The benchmark of approaches: its truth, and its tables."""

import numpy as np
import pytest

from benchmarks.approaches import curves, page, simulated
from benchmarks.approaches.simulated import EXPONENTS, SIZES, truth


@pytest.mark.parametrize("name", EXPONENTS)
def test_the_truth_is_the_minimum_of_its_sweeps(name, monkeypatch):
    for scatter in ("SIGMA", "SD_N", "SD_LOSS"):
        monkeypatch.setattr(simulated, scatter, 0.0)
    runs = simulated.sweep(EXPONENTS[name], reach=4.0, seed=1)
    for k, C in enumerate(simulated.BUDGETS):
        part = runs.iloc[k * SIZES : (k + 1) * SIZES]
        N, smallest = truth(C, EXPONENTS[name])
        best = part.loc[part["loss"].idxmin()]
        assert best["N"] == pytest.approx(N) and best["loss"] == pytest.approx(smallest)
        assert np.allclose(6 * part["N"] * part["D"], C)


def test_rows_count_errors_and_coverage():
    name = next(iter(EXPONENTS))
    cells = {key: [0.1, True] for key in ("N middle", "a", "loss middle", "loss x10", "loss x100")}
    head = {"truth": name, "reach": 16.0, "valley": "parabola"}
    rows = page.bias_rows([head | cells, head | cells | {"N middle": [0.1, False]}])
    assert len(rows) == 1
    assert rows[0][2] == 2 and rows[0][3] == "+10.5% ± 0.0%" and rows[0][5] == "0.50" and rows[0][6] == "1.00"
    wanted = (EXPONENTS[name][0] - EXPONENTS[name][1]) * np.log(16) ** 2 / 10
    assert rows[0][4] == f"{np.expm1(wanted):+.1%}"


def test_curves_without_scatter_touch_the_smallest_loss(monkeypatch):
    monkeypatch.setitem(curves.CASES, "exact", (0.0, 200))
    made = curves.curves("exact", seed=1)
    for C in curves.BUDGETS[::13]:
        at = made[np.isclose(6 * made["N"] * made["D"], C)]
        smallest = truth(C, EXPONENTS[curves.LAW])[1]
        assert at["loss"].min() >= smallest * (1 - 1e-12)
        assert at["loss"].min() == pytest.approx(smallest, rel=1e-4)


def test_larger_models_are_counted_by_their_intervals():
    row = {"low": -0.1, "high": 0.1, "beyond": True, "below": 0.5}
    rows = [row, row | {"low": 0.05, "below": 0.01}, row | {"beyond": False}]
    results = [
        {"name": "delphi", "distances": {"IsoFLOP": rows, "joint": rows[:1] * 2}},
        {"name": "Pile", "distances": {}},
    ]
    said = page._contained(results)
    assert "Of 2 larger" in said and "1 by IsoFLOP" in said and "2 by joint" in said
    assert "of 3 models, 0 lie below the line and 1 above" in page._counts(results)[0]
