"""Trained networks, languages and figures of the geometry benchmark, each against a second computation."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.geometry import embedding, figures, memory, networks, santa_fe, students, trained


def test_the_gradient_of_students_is_that_of_differences():
    rng, h = np.random.default_rng(1), 1e-6
    found = students.Students.started(3, 4, [np.random.default_rng(seed) for seed in range(2)])
    found.flat = found.flat.astype(float) + 0.1 * rng.standard_normal(found.flat.shape)
    x, y = rng.uniform(-1, 1, (3, 30)), rng.standard_normal((2, 30))
    gradient = np.zeros_like(found.flat)
    found.gradient(x, y, gradient)
    for at in range(found.flat.shape[1]):
        errors = []
        for sign in (1, -2):
            found.flat[:, at] += sign * h
            errors.append(np.mean((found.predict(x) - y) ** 2, axis=1))
        found.flat[:, at] += h
        np.testing.assert_allclose(gradient[:, at], (errors[0] - errors[1]) / (2 * h), atol=1e-7)


def test_students_of_one_group_learn_as_if_alone():
    """The second of two students is the same as that student alone."""
    x, y = np.random.default_rng(2).uniform(-1, 1, (2, 2, 64)).astype(np.float32)
    pair = students.Students.started(2, 5, [np.random.default_rng(seed) for seed in (3, 4)])
    alone = students.Students.started(2, 5, [np.random.default_rng(4)])
    students.train(pair, lambda step: (x, y), 300, 1e-2)
    students.train(alone, lambda step: (x, y[1:]), 300, 1e-2)
    np.testing.assert_allclose(pair.flat[1], alone.flat[0], rtol=0.01, atol=1e-3)
    assert np.mean((alone.predict(x) - y[1:]) ** 2) < np.mean(y[1:] ** 2)


def test_a_teacher_has_mean_zero_and_variance_one():
    teacher = networks.Teacher(3, 1)
    y = teacher(networks.inputs(3, 20_000, np.random.default_rng(5)))
    assert y.mean() == pytest.approx(0, abs=0.04) and y.var() == pytest.approx(1, abs=0.05)
    np.testing.assert_array_equal(
        y[:5], networks.Teacher(3, 1)(networks.inputs(3, 20_000, np.random.default_rng(5)))[:5]
    )


def test_the_design_is_measured_once(tmp_path, monkeypatch):
    for name, value in {"DIMENSIONS": (2,), "WIDTHS": (4,), "SIZES": (64,), "STEPS": 40, "LIMITED_STEPS": 100}.items():
        monkeypatch.setattr(networks, name, value)
    path, said = tmp_path / "networks.csv", []
    networks.measure(path, said.append)
    first = pd.read_csv(path)
    # All steps and half of them: 6 students whose N is limited and 3 whose D is.
    assert len(first) == 18 and len(said) == 4 and first["mse"].between(1e-4, 10).all()
    assert set(first.query("limited == 'N'")["N"]) == {4 * 3 + 4 * 5 + 5}
    first[first["halved"] == 0].to_csv(path, index=False)  # an interrupted run
    networks.measure(path, said.append)
    keys = list(first)[:6]
    one, other = (each.sort_values(keys, ignore_index=True) for each in (pd.read_csv(path), first))
    pd.testing.assert_frame_equal(one, other)
    assert len(said) == 6


def test_halvings_compare_the_same_networks(tmp_path):
    row = {"limited": "N", "d": 2, "size": 30, "seed": 0, "N": 1111, "D": 1}
    rows = [row | {"teacher": t, "halved": h, "mse": 0.1 * (1 + t) * (1 + 0.1 * h)} for t in range(3) for h in (0, 1)]
    pd.DataFrame(rows).to_csv(tmp_path / "networks.csv", index=False)
    assert trained.halvings(tmp_path)["N", 2] == pytest.approx(1.1)


def test_the_gradient_of_the_embedding_is_that_of_differences(monkeypatch):
    monkeypatch.setattr(embedding, "VALUES", 20)
    network, h = embedding.Network(np.random.default_rng(6)), 1e-6
    k, z = np.array([0, 3, 3, 7]), np.array([1.0, 0.0, 0.0, 1.0])
    for weight, gradient in zip(network.weights, network.gradient(k, z), strict=True):
        flat = weight.reshape(-1)
        for at in range(0, flat.size, 7):
            flat[at] += h
            high = embedding.surprise(network.score(k), z).mean()
            flat[at] -= 2 * h
            low = embedding.surprise(network.score(k), z).mean()
            flat[at] += h
            assert gradient.reshape(-1)[at] == pytest.approx((high - low) / (2 * h), abs=1e-8)


def test_a_network_that_has_seen_more_knows_more_bits(monkeypatch):
    monkeypatch.setattr(embedding, "STEPS", 300)
    monkeypatch.setattr(embedding, "VALUES", 2000)
    entropy = santa_fe.entropy(embedding.POWER)
    few, many = (embedding.loss(0, D) - entropy for D in (20, 2000))
    assert 0 < many < few < np.log(2)


def test_correlations_are_those_of_spoken_tokens():
    s, D = 0.5, 200_000
    x = memory._spoken(memory.weights(s), np.random.default_rng(7).uniform(size=D))
    for n in (1, 2, 5):
        assert x[n:] @ x[:-n] / (D - n) == pytest.approx(memory.correlations(s)[n], abs=4 / np.sqrt(D) * 1.5)
    assert set(x) == {-1.0, 1.0}


def test_the_best_predictor_is_the_language_itself():
    """With the whole memory its weights are a_n, and its error is 1 - sum of a_n C(n)."""
    for s in memory.SLOPES:
        a, C = memory.weights(s), memory.correlations(s)
        assert memory.best_error(s, memory.MEMORY) == pytest.approx(1 - a @ C[1:], rel=1e-9)
        assert memory._error(a, C) == pytest.approx(1 - a @ C[1:], rel=1e-9)
        errors = [memory.best_error(s, window) for window in memory.WINDOWS]
        assert (np.diff(errors) < 0).all() and errors[-1] > 1 - a @ C[1:]


def test_figures_are_written(tmp_path):
    rows = [
        {"limited": limited, "d": d} | {f"{kind}_{q}": 4 / d * x for kind in ("alone", "pooled") for q, x in Q.items()}
        for limited in "ND"
        for d in (2, 4, 8)
    ]
    figures.networks(pd.DataFrame(rows), tmp_path / "new" / "a.png")
    figures.spacing(tmp_path / "b.png")
    assert (tmp_path / "new" / "a.png").stat().st_size > 5000 and (tmp_path / "b.png").stat().st_size > 5000


#: Quantile -> its multiple of the median.
Q = {"05": 0.9, "50": 1.0, "95": 1.1}
