"""Simulated truths: the sweeps are what the page says of them, and the scores of forecasts are right."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy.stats import norm, t

from bayescale.forecasting.baselines import power_law
from bayescale.laws import chinchilla
from bayescale.laws.busbridge2025 import generalised
from bayescale.modelling.formula import call
from benchmarks.__main__ import main
from benchmarks.truths import designs, page, report
from benchmarks.truths.measure import fingerprint, measure, scored
from benchmarks.truths.truths import NU, TRUTHS, Truth, log_loss, parameters, sweep

SEEDS = range(60)


def law_of(name: str, seed: int):
    """The parameters of a sweep, and the derivative of its reducible loss's log in log10 of a column."""
    p = parameters(TRUTHS[name], designs.design(seed), seed)
    floor = p["level"] * (1.0 - p["reducible"])

    def slope(N: float, D: float, of_N: float, of_D: float, step: float = 1e-4) -> float:
        """Exponent of the reducible loss along the direction N^of_N D^of_D, by central differences."""
        R = [np.exp(log_loss(p, N * np.exp(h * of_N), D * np.exp(h * of_D))) - floor for h in (-step, step)]
        return float(np.log(R[1] / R[0]) / (2.0 * step))

    return p, slope


@pytest.mark.parametrize("seed", SEEDS)
def test_designs_are_like_real_sweeps(seed):
    runs = designs.design(seed)
    ratio = runs.D / runs.N
    assert 32 <= len(runs.N) <= 50
    assert 1.5 - 1e-9 <= runs.decades <= 3.0 + 1e-9
    assert runs.kind == designs.KINDS[seed % 3]
    assert 0.2 < ratio.min() < 20.0 < ratio.max() < 2000.0
    sizes, budgets = np.unique(runs.N.round(3)), np.unique(runs.compute.round(-10))
    if runs.kind == "isoFLOP":
        assert 5 <= len(budgets) <= 7 and 5 <= len(runs.N) / len(budgets) <= 9
        assert len(sizes) < len(runs.N)  # budgets share sizes
    else:
        assert 4 <= len(sizes) <= 8 and len(runs.N) % len(sizes) == 0


def test_targets_are_far_in_compute_and_one_in_N_only():
    runs = designs.design(5)
    ahead = designs.targets(runs).set_index("target")
    times = ahead["C"] / runs.compute.max()
    assert times.tolist() == pytest.approx([10, 100, 1000, 1])
    assert (6 * ahead["N"] * ahead["D"]).to_numpy() == pytest.approx(ahead["C"].to_numpy())
    assert (ahead["D"] / ahead["N"]).tolist()[:3] == pytest.approx([20, 20, 20])
    assert ahead.loc["larger N", "N"] == pytest.approx(2.5 * runs.N.max())


@pytest.mark.parametrize("name", TRUTHS)
def test_a_sweep_depends_on_its_truth_and_seed_only(name):
    first, again, other = sweep(name, 7), sweep(name, 7), sweep(name, 8)
    pd.testing.assert_frame_equal(first.runs, again.runs)
    assert (first.new == again.new).all() and (first.expected == again.expected).all()
    assert set(first.runs["loss"]).isdisjoint(other.runs["loss"])


def test_additive_and_kappa_agree_with_the_laws_of_the_package():
    N, D = np.array([1e8, 3e9, 7e10]), np.array([2e9, 9e11, 5e10])
    for name in ("additive", "kappa .6", "no floor"):
        p, _ = law_of(name, 3)
        E, R, s = p["level"] * (1 - p["reducible"]), p["level"] * p["reducible"], p["share_N"]
        same = {"N": N, "D": D, "N0": p["N_top"], "D0": p["D_top"]}
        if name == "kappa .6":
            values = {"E": E, "excess_ND": R, "share_N": s, "kappa": 0.6, "omega": 0.0, "embedding": 0.0}
            values |= {key: p[key] for key in ("alpha_N", "alpha_D")}
            known = call(generalised.formula, values, {**same, "N_top": 1.0, "D_top": 1.0})
        else:
            values = {"E": E, "excess_N": R * s, "excess_D": R * (1 - s)}
            known = call(chinchilla.formula, values | {key: p[key] for key in ("alpha_N", "alpha_D")}, same)
        assert np.exp(log_loss(p, N, D)) == pytest.approx(np.asarray(known), rel=1e-9)
        assert (E == 0) == (name == "no floor")


def test_the_interaction_changes_the_exponent_of_D_with_N():
    p, _ = law_of("interaction", 3)
    s = p["share_N"]
    floor, scale = p["level"] * (1 - p["reducible"]), p["level"] * p["reducible"]

    def of_D(n: float) -> float:
        """Exponent of the term in D at n times the reference N."""
        N, D = n * p["N_top"], p["D_top"] * np.array([1.0, 10.0])
        term = (np.exp(log_loss(p, N, D)) - floor) / scale - s * n ** -p["alpha_N"]
        return -np.log10(term[1] / term[0])

    assert of_D(1.0) == pytest.approx(p["alpha_D"])
    assert 0.02 <= abs(of_D(10.0) - of_D(1.0)) <= 0.05


def test_the_break_is_beyond_the_runs_and_changes_the_slope_by_half():
    ratios = []
    for seed in SEEDS:
        (p, slope), (_, plain) = law_of("break", seed), law_of("additive", seed)
        runs = designs.design(seed)
        N, D = runs.N, runs.D
        before = log_loss(parameters(TRUTHS["additive"], runs, seed), N, D)
        assert abs(log_loss(p, N, D) - before).max() < 0.001  # 0.1 % of the loss where noise is .3 %
        gamma = p["alpha_N"] * p["alpha_D"] / (p["alpha_N"] + p["alpha_D"])
        way = (p["alpha_D"] / (p["alpha_N"] + p["alpha_D"]), p["alpha_N"] / (p["alpha_N"] + p["alpha_D"]))
        far = (p["N_top"] * 30.0, p["D_top"] * 30.0)
        ratios.append((slope(*far, *way) - plain(*far, *way)) / gamma)
    assert np.abs(ratios) == pytest.approx(np.full(len(ratios), 0.5), abs=0.01)
    assert min(ratios) < 0 < max(ratios)


def residuals(name: str, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Errors of the runs of a sweep [log loss], their N and their compute over the largest."""
    runs = sweep(name, seed).runs
    p = parameters(TRUTHS[name], designs.design(seed), seed)
    N, D = (runs[column].to_numpy() for column in "ND")
    return np.log(runs["loss"].to_numpy()) - log_loss(p, N, D), N, N * D / (N * D).max()


def test_runs_of_one_size_share_an_error_and_new_sizes_have_their_own():
    between, within, new = [], [], []
    for seed in range(0, 180, 3):  # grids: five or more runs of each size
        errors, N, _ = residuals("size effects", seed)
        of_size = pd.Series(errors).groupby(N)
        between += of_size.median().tolist()
        within += (errors - of_size.transform("median")).tolist()
        drawn = sweep("size effects", seed)
        new += (drawn.new - drawn.expected).ravel().tolist()
    assert 0.002 < np.std(between) < 0.004
    assert np.quantile(np.abs(within), 0.5) < 0.001
    assert np.std(new) == pytest.approx(np.hypot(0.003, 0.001 * np.sqrt(2)), rel=0.15)


def test_noise_grows_toward_small_runs():
    pairs = [residuals("noisy small runs", seed) for seed in SEEDS]
    scale = {
        end: np.median(np.abs(np.concatenate([errors[inside(C)] for errors, _, C in pairs])))
        for end, inside in (("small", lambda C: C <= C.min() * 1.5), ("large", lambda C: C >= 0.7))
    }
    assert 4.0 < scale["small"] / scale["large"] < 20.0


def test_noise_of_the_additive_truths_is_what_they_say():
    for name in ("additive", "additive .2 %"):
        errors = np.concatenate([residuals(name, seed)[0] for seed in SEEDS])
        assert np.median(np.abs(errors)) / TRUTHS[name].noise == pytest.approx(t(NU).ppf(0.75), rel=0.05)


def test_scores_of_a_normal_forecast():
    rng = np.random.default_rng(1)
    draws = np.exp(0.01 + 0.02 * rng.standard_normal((2000, 1)))
    found = scored(draws, np.zeros(1), 0.01 * rng.standard_normal((5000, 1)))
    assert found["bias"][0] == pytest.approx(1.0, abs=0.15)
    assert found["width_0.9"][0] == pytest.approx(200 * 0.02 * norm.ppf(0.95), rel=0.05)
    for level in (0.5, 0.9):
        z = norm.ppf(0.5 + level / 2)
        inside = norm.cdf(1 + 2 * z) - norm.cdf(1 - 2 * z)
        assert found[f"inside_{level}"][0] == pytest.approx(inside, abs=0.03)
    spread = 2.0 / np.sqrt(np.pi)  # of two draws of the forecast, [%]
    sd = np.hypot(1.0, 2.0)  # of forecast less new run, whose mean is 1 [%]
    distance = sd * np.sqrt(2 / np.pi) * np.exp(-0.5 / sd**2) + 1 - 2 * norm.cdf(-1 / sd)
    assert found["crps"][0] == pytest.approx(distance - spread, abs=0.05)


def sharp(train, test, seed):
    """Twice the smallest fitted loss, almost for sure."""
    return 2.0 * train["loss"].min() * np.exp(0.001 * np.random.default_rng(seed).standard_normal((100, len(test))))


def failing(train, test, seed):
    raise ValueError("no forecast")


def test_finished_records_are_kept_and_not_made_again(tmp_path):
    kept, said = tmp_path / "kept.jsonl", []
    first = measure(["additive", "break"], 2, {"sharp": sharp}, kept, said.append, processes=1)
    assert [(record["truth"], record["seed"]) for record in first] == [
        ("additive", 0),
        ("break", 0),
        ("additive", 1),
        ("break", 1),
    ]
    lines = kept.read_text().splitlines()
    assert len(lines) == len(said) == 4 and json.loads(lines[2]) == first[2]
    kept.write_text("\n".join(lines[:3]) + "\n")
    said.clear()
    again = measure(["additive", "break"], 3, {"sharp": sharp}, kept, said.append, processes=1)
    assert len(said) == 3 and again[:3] == first[:3]
    assert len(kept.read_text().splitlines()) == 6


def test_a_law_with_another_prior_is_another_law():
    other = replace(chinchilla, priors={**chinchilla.priors, "E": 1.7})
    assert fingerprint(chinchilla) != fingerprint(other)


def test_a_law_is_fitted_and_two_processes_agree_with_one():
    alone, pooled = (measure(["additive"], 2, {"additive": chinchilla}, processes=n) for n in (1, 2))
    for one, two in zip(alone, pooled, strict=True):
        assert one["method"] == "laplace" and one["converged"] and one["reason"] == ""
        assert np.isfinite(one["crps"]).all()
        assert {k: v for k, v in one.items() if k != "seconds"} == {k: v for k, v in two.items() if k != "seconds"}


def test_a_killed_command_leaves_no_workers_and_can_be_continued(tmp_path):
    kept, said = tmp_path / "kept.jsonl", tmp_path / "said.txt"
    words = ["-m", "benchmarks", "truths", "--sweeps", "200", "--truth", "additive", "--forecaster", "power_law"]
    with said.open("w") as out:
        command = subprocess.Popen(
            [sys.executable, *words, "--kept", str(kept)], stderr=out, stdout=out, start_new_session=True
        )
    try:
        assert wait_for(kept.is_file), said.read_text()
    finally:
        command.kill()
        command.wait()
    assert wait_for(lambda: gone(command.pid))
    done = len(kept.read_text().splitlines())
    assert 0 < done < 200
    again = measure(["additive"], done + 1, {"power_law": power_law}, kept, processes=1)
    assert len(again) == done + 1 and all(record["reason"] == "" for record in again)


def gone(group: int) -> bool:
    """Whether no process of a process group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def wait_for(condition, seconds: float = 600.0):
    """The first value of the condition that is true, or its last one."""
    end = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return value


def records(biases: dict[str, list[float]], truth: str = "additive") -> list[dict]:
    """Records of forecasters whose bias and width on each sweep are given; all else is the same."""
    same = {"truth": truth, "law": "", "design": "grid", "reason": "", "converged": True, "method": "", "seconds": 1.0}
    score = dict.fromkeys(("inside_0.5", "inside_0.9", "crps"), [0.9])
    return [
        {**same, **score, "seed": k, "forecaster": name, "targets": ["10"], "bias": [b], "width_0.9": [abs(b)]}
        for name, values in biases.items()
        for k, b in enumerate(values)
    ]


def test_means_have_their_standard_errors():
    every = report.means(report.frame(records({"default": [-2.0, -4.0, -9.0], "additive": [1.0, 2.0, 3.0]})))
    row = every.loc[("additive", "10", "default")]
    assert row["bias"] == pytest.approx(-5.0)
    assert row["bias_se"] == pytest.approx(np.std([2, 4, 9], ddof=1) / np.sqrt(3))
    assert row["relative"] == pytest.approx(np.exp(np.mean(np.log([2.0, 2.0, 3.0]))))
    assert every.loc[("additive", "10", "additive"), "relative"] == 1.0
    assert row["sweeps"] == 3


def test_a_sweep_that_failed_for_one_is_left_out_for_all():
    made = records({"default": [-2.0, -4.0], "additive": [1.0, 2.0]})
    made[0]["reason"] = "ValueError: no"
    assert report.frame(made)["seed"].unique().tolist() == [1]
    assert "default: 2 sweeps, 1 without a forecast" in report.notes(made)
    (failed,) = measure(["additive"], 1, {"failing": failing}, processes=1)
    assert failed["reason"] == "ValueError: no forecast"
    with pytest.raises(ValueError, match="every sweep failed"):
        report.frame([failed])


def test_targets_are_judged():
    good = records({"default": [0.29, 0.29], "additive": [0.2, 0.2]})
    bad = records({"default": [-0.5, -0.5], "additive": [0.2, 0.2]})
    for made, met in ((good, "yes"), (bad, "no")):
        lines = report.targets_table(report.frame(made)).splitlines()
        assert all(f"| {met} |" in line for line in lines[2:4])
        assert "| yes |" in lines[4] and "coverage" in lines[4]
    (line,) = report.targets_table(report.frame(records({"default": [1.0, 2.0]}, "break"))).splitlines()[2:]
    assert "none: unknowable" in line and "0.90" in line and "yes" not in line and "no |" not in line


def test_the_command_prints_the_tables(tmp_path):
    words = ["truths", "--sweeps", "3", "--truth", "no floor", "--forecaster", "power_law", "--processes", "1"]
    done = CliRunner().invoke(main, [*words, "--kept", str(tmp_path / "kept.jsonl")])
    assert done.exit_code == 0, done.output
    assert "| no floor | power_law | 1,000× |" in done.output and "| truth | grid | isoFLOP | ladder |" in done.output
    assert page.UNKNOWABLE in done.output
    wrong = CliRunner().invoke(main, ["truths", "--forecaster", "nobody"])
    assert wrong.exit_code == 2 and "nobody=file.py:law" in wrong.output


def test_truths_are_described():
    assert all(isinstance(truth, Truth) and truth.words for truth in TRUTHS.values())
    assert report.UNKNOWABLE in TRUTHS


def test_the_page_begins_with_what_was_found():
    made = []
    for truth, inside in (("additive", 0.9), ("size effects", 0.4), ("break", 0.1)):
        for name, bias in (("default", -2.0), ("additive", 0.1)):
            for seed in range(3):
                one = {"truth": truth, "seed": seed, "forecaster": name, "design": "grid", "reason": ""}
                one |= {"converged": True, "method": "laplace", "seconds": 1.0}
                one |= {"targets": ["10", "100", "1000", "larger N"], "bias": [bias] * 4, "crps": [1.0] * 4}
                one |= {"width_0.9": [4.0 if name == "default" else 2.0] * 4}
                made.append(one | {"inside_0.5": [0.3] * 4, "inside_0.9": [inside] * 4})
    first, rows, written = page.first(made, "command", "today")
    assert "-2.0, -2.0, -2.0 %" in first and "2.0, 2.0, 2.0 times" in first
    assert "default contain at least 85 % of new runs at every target on 1 of 2 truths" in first
    assert "the lowest share is 40 % (size effects)" in first
    assert "| size effects | 0.40 ± 0.00 | 0.40 ± 0.00 |" in rows and "today" in written
    assert "cannot be forecast" in page.sections(made)[0]
