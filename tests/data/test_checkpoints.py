"""Checkpoints: rows of one training run, whose errors are autocorrelated."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale import Prior
from bayescale.data.check import check
from bayescale.data.checkpoints import MAX_CORRELATION, Checkpoints, Continuation, checkpoints
from bayescale.density.bound import Bound
from bayescale.density.log_density import LogDensity
from bayescale.density.model import assemble
from bayescale.inference import methods
from bayescale.inference.laplace import sites as prepared
from bayescale.laws import henighan2020
from bayescale.modelling.discrepancy import Discrepancy, shared
from bayescale.modelling.noises import lognormal, student


def found(of_run, size, length):
    return Checkpoints(np.array(of_run), tuple("abcdef"[: max(of_run) + 1]), np.array(size, dtype=float), length)


def test_rows_follow_each_other_by_size_within_a_run():
    one = found([0, 1, 0, 1, 0, 2], [3.0, 1.0, 1.0, 2.0, 2.0, 9.0], 0.5)
    assert one.previous.tolist() == [4, 1, 2, 1, 2, 5]
    assert one.last.tolist() == [0, 3, 5]
    assert one.correlation == pytest.approx([np.exp(-2), 0, 0, np.exp(-2), np.exp(-2), 0])


def test_innovations_are_independent():
    """Of errors drawn with the covariance of an Ornstein-Uhlenbeck process."""
    one = found([0, 0, 0, 1, 1], [0.7, 0.0, 0.1, 0.0, 0.3], 0.4)
    same = one.of_run == one.of_run[:, None]
    covariance = np.where(same, np.exp(-np.abs(one.size - one.size[:, None]) / 0.4), 0.0)
    innovations = one.innovations(np.eye(5)).T  # as a matrix that errors are multiplied by
    assert innovations @ covariance @ innovations.T == pytest.approx(np.eye(5), abs=1e-12)
    assert np.linalg.slogdet(covariance)[1] == pytest.approx(2 * np.log(one.innovation_scale).sum())
    errors = np.random.default_rng(0).standard_normal(5)
    free = found(one.of_run, one.size, 0.0)
    assert (free.innovations(errors) == errors).all()


def test_two_evaluations_of_one_checkpoint_are_strongly_correlated_but_not_equal():
    one = found([0, 0, 0], [1.0, 1.0, 2.0], 10.0)
    assert one.correlation.max() == MAX_CORRELATION and np.isfinite(one.innovations(np.array([0.1, 0.2, 0.3]))).all()
    assert not found([0, 0], [1.0, 1.0], 0.0).lengths.size


def test_checkpoints_that_a_law_cannot_order_are_warned_of():
    N = np.repeat([1e8, 3e8, 1e9, 3e9], 3)
    runs = pd.DataFrame({"N": N, "loss": 1.7 + 400 * N**-0.34, "run": np.repeat(list("abcd"), 3)})
    runs["loss"] *= np.exp(0.002 * np.random.default_rng(0).standard_normal(12))
    law = replace(henighan2020.L_N, discrepancy=shared)
    with pytest.warns(UserWarning, match="12 rows are of 4 training runs"):
        check(law, runs)


def test_a_forecast_continues_from_the_end_of_its_run():
    names = ["a", "a", "b", "new", "new", None, None, "a"]
    size = np.array([2.5, 2.2, 3.0, 1.0, 1.1, 1.0, 1.0, 1.5])
    ends, length = np.array([0.5, -0.3]), 0.5
    continuation = Continuation.of(names, size, ["a", "b"], np.array([2.0, 2.9]), length)
    assert continuation.of_end.tolist() == [0, 0, 1, -1, -1, -1, -1, -1]
    assert continuation.before.tolist() == [1, -1, -1, -1, 3, -1, -1, -1]
    rng = np.random.default_rng(0)
    drawn = continuation.errors(rng.standard_normal((40_000, 8)), ends)
    mu, scale = continuation.marginal(np.ones(8), np.ones(8), ends)
    # 40,000 draws: a mean has a standard error of 0.005, a standard deviation of 0.4 %.
    assert drawn.mean(axis=0) == pytest.approx(np.log(mu), abs=0.02)
    assert drawn.std(axis=0) == pytest.approx(scale, rel=0.02)
    assert np.log(mu[:3]) == pytest.approx([0.5 * np.exp(-1), 0.5 * np.exp(-0.4), -0.3 * np.exp(-0.2)])
    found = np.corrcoef(drawn.T)
    assert found[3, 4] == pytest.approx(np.exp(-0.2), abs=0.02)
    assert np.abs(found[[5, 6, 7]][:, [0, 2, 3]]).max() < 0.02 and abs(found[5, 6]) < 0.02


def test_training_runs_are_told_by_name():
    table = pd.DataFrame({"N": [1e8, 1e8, 1e9], "D": [1e9, 1e10, 1e10], "run": ["a", "a", "b"]})
    one = checkpoints(table, ("N", "D"))
    assert one is not None and one.names == ("a", "b") and one.size == pytest.approx([17, 18, 19])
    assert checkpoints(table.drop(columns="run"), ("N", "D")) is None
    assert checkpoints(table.assign(run=["a", "b", "c"]), ("N", "D")) is None
    assert checkpoints(table.assign(run="sweep"), ("N", "D")) is None
    assert checkpoints(table.assign(run=["a", None, "b"]), ("N", "D")) is None


@pytest.fixture
def curve():
    D = np.geomspace(1e8, 1e10, 12)
    error = 0.004 * np.random.default_rng(0).standard_normal(12)
    return pd.DataFrame({"D": D, "loss": (1.7 + 900 * D**-0.35) * np.exp(error), "run": "one"})


def test_pymc_has_the_same_model_of_checkpoints(curve):
    noise = replace(student, priors={"sigma": 0.004, "nu": 4.0})
    fixed = {"E": 1.7, "excess_D": 0.9, "alpha_D": 0.35}
    law = replace(henighan2020.L_D, priors=fixed, noise=noise, discrepancy=Discrepancy({"tau": 0.005}))
    table = check(law, curve)
    assert table.checkpoints is not None
    found = replace(table.checkpoints, length=0.3)
    model = assemble(Bound(law, table, length=0.3))
    none = np.zeros(len(model.coords["coefficient"]))
    density = model.compile_logp(vars=model["loss"], sum=False)({"z": none})[0]
    mu, scale = found.given_previous(
        table.loss, law.formula(curve["D"].to_numpy(), table.reference["D0"], **fixed), 0.004
    )
    assert density == pytest.approx(noise.logpdf(table.loss, mu, scale, {"nu": 4.0}))


def test_checkpoints_that_only_pymc_can_fit_are_taken_as_independent_with_a_warning(curve, monkeypatch):
    def drawn(bound, *_):  # sampling by PyMC is tested elsewhere
        assert bound.checkpoints.length == 0.0
        raise KeyboardInterrupt

    monkeypatch.setattr(methods, "by_nuts", drawn)
    weibull = Prior("Weibull", alpha=2.0, beta=0.4)
    law = replace(henighan2020.L_D, discrepancy=shared, priors={**henighan2020.L_D.priors, "alpha_D": weibull})
    with (
        pytest.warns(RuntimeWarning, match="treated as independent, since only PyMC can take"),
        pytest.raises(KeyboardInterrupt),
    ):
        bs.fit(law, curve, seed=1, progressbar=False)


@pytest.mark.parametrize("noise", [lognormal, student], ids=lambda noise: noise.name)
def test_each_length_is_judged_at_its_own_mode(curve, noise, monkeypatch):
    seen = []

    def spy(density, mode):
        slope = density.gradient(mode)[1]
        seen.append(0.5 * slope @ np.linalg.solve(-density.hessian(mode), slope))  # gain of a Newton step
        return evidence(density, mode)

    evidence = prepared._log_evidence
    monkeypatch.setattr(prepared, "_log_evidence", spy)
    law = replace(henighan2020.L_D, noise=noise, discrepancy=shared)
    density = prepared.prepare(Bound(law, check(law, curve)))
    assert len(seen) > len(density.table.checkpoints.lengths)  # one for each, and for each mode of the searches
    assert np.abs(seen).max() < 1e-3  # nats; evidences of two lengths differ by tenths


def test_a_density_moves_to_another_length(curve):
    law = replace(henighan2020.L_D, discrepancy=shared)
    one = prepared.prepare(Bound(law, check(law, curve)))
    points = one.prior_points(np.random.default_rng(0), 3)
    before = one.value(points), one.derivatives(points)
    other = one.bound.with_length(0.7)
    moved, anew = one.on(other), LogDensity(other)
    assert (moved.value(points) == anew.value(points)).all() and (before[0] != anew.value(points)).all()
    assert moved.gradient(points[0])[1] == pytest.approx(anew.gradient(points[0])[1], rel=1e-14)
    assert (one.derivatives(points)[1] == before[1][1]).all()
