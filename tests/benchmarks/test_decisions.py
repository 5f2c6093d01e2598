"""Simulated pairs of recipes: what they share, and the tables made of their records."""

import numpy as np
import pytest
from scipy.stats import binom

from benchmarks.decisions import measure as measures
from benchmarks.decisions.measure import TIMES, calibration, frame, measure, report
from benchmarks.decisions.pairs import KINDS, pair
from benchmarks.decisions.real import _below, _thinned


def made(kind="own floors", seed=0, true=1.2, low=1.0, high=1.5, better=0.9):
    """A record with the same numbers at each budget."""
    numbers = {"true": true, "low": low, "median": true, "high": high, "better": better}
    return {"kind": kind, "seed": seed, "reason": "", "converged": True} | {k: [v] * 5 for k, v in numbers.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_recipes_of_a_pair_share(kind):
    one = pair(kind, 3)
    A, B = (one.truths[name]["posterior"].to_dataset().squeeze() for name in "AB")
    assert bool(A["E"] == B["E"]) == (kind not in ("own floors", "pooled"))
    assert bool(A["alpha_N"] == B["alpha_N"]) == (kind == "equal")
    sizes = [one.runs.loc[one.runs["recipe"] == name, ["N", "D"]].to_numpy() for name in "AB"]
    np.testing.assert_array_equal(*sizes)
    again = pair(kind, 3)
    assert one.runs.equals(again.runs) and not one.runs.equals(pair(kind, 4).runs)


def test_tables():
    records = [made(seed=0), made(seed=1, true=2.0), made("equal", 0, true=1.0, better=0.5), made(seed=2)]
    assert frame(records).groupby("kind")["inside"].mean().to_dict() == {"equal": 1.0, "own floors": 2 / 3}
    text = report([*records, {"kind": "equal", "seed": 1, "reason": "ValueError: no"}])
    assert "0.67" in text and "1 of 5 pairs failed" in text and "1.00 at 1×" in text


def test_calibration_error():
    """Nine of ten comparisons given .9 turn out so: no error; all of them: .1. Ten pairs cannot show less than .06."""
    right = [made(seed=k, true=1.2 if k else 0.8) for k in range(10)]
    assert "| own floors | 10 | 50 | 0.000 |" in calibration(frame(right))
    text = calibration(frame([made(seed=k) for k in range(10)]))
    assert "| own floors | 10 | 50 | 0.100 |" in text
    perfect = float(text.split("| 0.100 | ")[1].split(" ±")[0])
    exact = sum(abs(k / 10 - 0.9) * binom.pmf(k, 10, 0.9) for k in range(11))
    assert perfect == pytest.approx(exact, abs=0.015)  # 400 simulations of a mean of about .07 with sd .06


def test_finished_records_are_kept(tmp_path, monkeypatch):
    done = []

    def record(kind, seed):
        done.append((kind, seed))
        return made(kind, seed)

    monkeypatch.setattr(measures, "record", record)
    kept = tmp_path / "kept.jsonl"
    first = measure(["equal"], 2, kept)
    assert measure(["equal"], 3, kept)[:2] == first and done == [("equal", 0), ("equal", 1), ("equal", 2)]
    assert len(first[0]["true"]) == len(TIMES)


def test_checkpoints_are_thinned_to_the_last():
    import pandas as pd

    runs = pd.DataFrame({"recipe": ["a"] * 12 + ["b"] * 3, "N": 1.0, "D": [*range(12), *range(3)]})
    kept = _thinned(runs)
    assert kept.groupby("recipe")["D"].max().to_dict() == {"a": 11, "b": 2} and len(kept[kept["recipe"] == "a"]) <= 5
    np.testing.assert_array_equal(_below(np.array([1.0, 2.0])), [[0, 1], [0, 0]])
