"""The sweeps of our own: the language and its entropy, the plan, and a tiny sweep from end to end."""

import json

import numpy as np
import pytest

import bayescale as bs
from bayescale.data.literature.known_entropy import ENTROPY
from benchmarks.sweep import plan
from benchmarks.sweep.language import Language, windows
from benchmarks.sweep.table import tables
from benchmarks.sweep.task import TaskLoss, Text


@pytest.fixture(scope="module")
def small() -> Language:
    """A language of eight symbols and order two."""
    return Language(seed=3, vocabulary=8, order=2)


def test_conditionals_and_stationary_distribution(small):
    np.testing.assert_allclose(small.conditionals.sum(axis=1), 1.0)
    share = small.stationary
    after = (share[:, None] * small.conditionals).reshape(8, 8, 8).sum(axis=0).reshape(-1)
    np.testing.assert_allclose(after, share, atol=1e-12)
    assert share.sum() == pytest.approx(1.0)


def test_entropy_of_a_chain_of_two_states_is_the_closed_form():
    chain = Language(seed=0, vocabulary=2, order=1)
    (_, p), (q, _) = chain.conditionals
    share = np.array([q, p]) / (p + q)
    h = [-(x * np.log(x) + (1 - x) * np.log(1 - x)) for x in (p, q)]
    assert chain.entropy == pytest.approx(share @ h, abs=1e-12)


def test_a_text_has_the_conditionals_and_the_entropy(small):
    text = small.text(np.random.default_rng(1), 400_000)
    piece = windows(text, 2)
    context = piece.windows[:, 0] * 8 + piece.windows[:, 1]
    counts = np.zeros((64, 8))
    np.add.at(counts, (context, piece.following), 1)
    expected = counts.sum(axis=1, keepdims=True) * small.conditionals
    chi = ((counts - expected) ** 2 / np.maximum(expected, 1e-9))[expected > 5].sum()
    freedom = (expected > 5).sum() - (expected > 5).any(axis=1).sum()
    assert abs(chi - freedom) < 4 * np.sqrt(2 * freedom)
    surprise = -np.log(small.conditionals[context, piece.following])
    assert abs(surprise.mean() - small.entropy) < 4 * surprise.std() / np.sqrt(len(surprise))


def test_the_bundled_entropy_is_that_of_the_language():
    assert Language().entropy == pytest.approx(ENTROPY, abs=1e-9)


@pytest.mark.parametrize("name", ["known_entropy", "text_sweep"])
def test_the_design_of_the_bundled_sweeps(name):
    runs = bs.load(name)
    grid, heldout = runs[runs["split"] == "grid"], runs[runs["split"] == "heldout"]
    rows = grid.groupby("budget")
    assert len(rows) >= 6 and (rows.size() >= 7).all()
    assert np.log10(grid["budget"].max() / grid["budget"].min()) >= 2.4
    assert ((runs["C"] / runs["budget"]).between(0.8, 1.25)).all()
    inside = [row["loss"].idxmin() not in (row["N"].idxmin(), row["N"].idxmax()) for _, row in rows]
    assert all(inside), "the optimum of every row lies inside it"
    assert len(heldout) >= 3 and heldout["C"].min() > 9.5 * grid["C"].max()
    seeds = runs[runs["split"] == "seeds"].groupby(["budget", "N"])
    assert len(seeds) >= 5 and (seeds["seed"].nunique() >= 2).all()
    curves = bs.load(f"{name}_curves")
    assert set(curves["run"]) == set(runs[runs["split"] != "seeds"]["run"])
    last = curves.groupby("run")["D"].max()
    np.testing.assert_allclose(last, runs.set_index("run")["D"].loc[last.index])


def test_no_run_beats_the_entropy():
    assert bs.load("known_entropy")["loss"].min() > ENTROPY


def test_learning_rates_and_optimal_sizes_are_powers():
    """Made-up losses: parabolas whose vertices lie on a power of N, and of C."""
    tuning = [
        {"split": "tuning", "N": n, "rate": rate, "loss": 2 + (np.log(rate) - np.log(0.5 * n**-0.4)) ** 2}
        for n in (1e3, 1e4, 1e5)
        for rate in 0.5 * n**-0.4 * 2.0 ** np.arange(-3, 3)
    ]
    assert plan.rate_rule(tuning)(3e4) == pytest.approx(0.5 * 3e4**-0.4)
    grid = [
        {"budget": c, "N": n, "loss": 2 + (np.log(n) - np.log(0.1 * c**0.5)) ** 2}
        for c in (1e9, 1e10, 1e11)
        for n in 0.1 * c**0.5 * 2.0 ** np.arange(-3, 3)
    ]
    slope, level = plan.optimal_size(grid)
    assert (slope, np.exp(level)) == (pytest.approx(0.5), pytest.approx(0.1))


def test_a_text_is_read_once_and_its_test_apart(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(bytes(np.random.default_rng(0).integers(97, 107, size=100_000, dtype=np.uint8)))
    task = Text(path)
    assert task.vocabulary == 10
    pieces = list(task.batches(seed=1, batch=64, steps=64, count=32))
    assert pieces[0].windows.shape == (32, 64, 8) and len(pieces) == 2
    with pytest.raises(ValueError, match="were asked for"):
        next(task.batches(seed=1, batch=64, steps=10_000, count=32))
    same = task.test(lambda at: np.full((len(at), 10), -np.log(10)), quick=False)
    assert same == TaskLoss(pytest.approx(np.log(10)), pytest.approx(0.0, abs=1e-12))
    train, test = set(task._train), set(task._test)
    assert not train & test and 0.04 < len(test) / 1e5 < 0.07


def test_a_tiny_sweep_can_be_broken_off_and_learns(tmp_path, monkeypatch):
    pytest.importorskip("jax", reason="needs the dependency group sweep")
    from benchmarks.sweep import __main__ as command
    from benchmarks.sweep import task as tasks

    tiny = plan.Plan(
        budgets=(1e7, 3e7),
        centre=1000.0,
        tuned={8: 1e7, 16: 3e7},
        held_out=(10.0,),
        repeated=(0,),
        seeds=1,
        rates=(0.01, 0.02, 0.04),
    )
    known = tasks.Known()
    monkeypatch.setitem(plan.PLANS, "known_entropy", tiny)
    monkeypatch.setitem(tasks.TASKS, "known_entropy", lambda path: known)
    monkeypatch.setattr(
        known, "test", lambda model, quick: tasks.Known.test(known, model, True)
    )  # seconds, not minutes
    results = tmp_path / "runs.jsonl"
    command.sweep("known_entropy", results, until="tuning")
    lines = results.read_text().splitlines()
    assert len(lines) == 6
    results.write_text("\n".join(lines[:4]) + "\n" + lines[4][:40])  # broken off while writing
    done = command.sweep("known_entropy", results)
    assert len(done) == 6 + 2 * 7 + 3 + 1
    again = [json.loads(line) for line in results.read_text().splitlines()]
    assert [run["loss"] for run in again[:4]] == [json.loads(line)["loss"] for line in lines[:4]]
    same = [run for run in again if run["rate"] == json.loads(lines[4])["rate"] and run["split"] == "tuning"]
    assert json.loads(lines[4])["loss"] in [run["loss"] for run in same], "the same seed, the same run"
    runs, curves = tables(results)
    assert runs["split"].value_counts().to_dict() == {"grid": 14, "seeds": 3, "heldout": 1}
    assert runs.loc[runs["split"] == "heldout", "loss"].item() < np.log(64) - 0.3
    assert (curves.groupby("run")["D"].diff().dropna() > 0).all()
