"""Calibration on the scoreboard: what is kept of each cut, distances, conditional calibration, targets, variants."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import bayescale as bs
from bayescale.forecasting.backtest import SCORES
from bayescale.forecasting.baselines import power_law
from bayescale.forecasting.scores import LEVELS
from bayescale.laws import chinchilla
from bayescale.laws.busbridge2025 import generalised
from benchmarks.__main__ import main
from benchmarks.forecasts import choices, cut, report, run, splits
from benchmarks.forecasts.methods import BASE, DEFAULT
from benchmarks.forecasts.report import averages, calibration, distance, targets, variants
from benchmarks.forecasts.report.calibrated import Means
from benchmarks.forecasts.splits import Task
from tests.conftest import simulate


def forecast(draws: np.ndarray, observed: np.ndarray, data: str = "a", at: float = 1.0, **more) -> dict:
    """A record from draws (draw, run) and observed losses; each run 3, 30, 300, … times the fitted compute."""
    c = np.log10(3.0) + np.arange(len(observed)) % 3
    values = cut.scored(cut.Forecast(draws), observed, {"n": c / 2, "d": c / 2, "c": c})
    about = {"data": data, "group": "", "method": DEFAULT, "cut": at, "failed": False, "converged": True}
    return about | {"trained": 9, "held_out": len(observed)} | values | more


def together(rng: np.random.Generator, share: float, shape: tuple[int, int]) -> np.ndarray:
    """Losses about 3, log-normal, whose runs share a part of their variance."""
    z = np.sqrt(share) * rng.standard_normal((shape[0], 1)) + np.sqrt(1 - share) * rng.standard_normal(shape)
    return 3.0 * np.exp(0.02 * z)


# -- what is kept ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("forecaster", [chinchilla, power_law])
def test_scores_are_those_of_a_back_test(forecaster):
    runs = simulate(24, seed=3)
    cuts = tuple(np.sort(runs["C"])[[11, 17]])
    found = run.score("m", forecaster, Task("t", "", runs, cuts))
    tested = bs.backtest(forecaster, runs, cuts=cuts, seed=run.SEED, progressbar=False)
    for k, record in enumerate(found):
        held = runs["C"].to_numpy() > cuts[k]
        for name in set(SCORES) - {"pit"}:
            np.testing.assert_allclose(record[name], tested[name].isel(cut=k).mean("run"))
        np.testing.assert_allclose(record["runs"]["pit"], tested["pit"].isel(cut=k)[held], rtol=1e-3)
        each = {name: np.array(values) for name, values in record["runs"].items()}
        sizes = runs[held] / runs[~held].max()
        np.testing.assert_allclose(10 ** each["n"], sizes["N"], rtol=1e-3)
        np.testing.assert_allclose(10 ** each["d"], sizes["D"], rtol=1e-3)
        assert record["ratio"] == pytest.approx(sizes["C"].max())
        assert (each["high"] - each["low"]).mean() == pytest.approx(record["width"][2], rel=1e-3)
        inside = [(each["inside"] >= 4 - level).mean() for level in range(4)]
        assert inside == pytest.approx(record["covered"])
        assert len(json.dumps(record, separators=(",", ":"))) < 3000 + 80 * held.sum()


def test_compute_of_a_learning_curve_goes_with_its_tokens():
    train, test = pd.DataFrame({"D": [1.0, 10.0]}), pd.DataFrame({"D": [20.0, 100.0]})
    beyond = cut.distances(train, test)
    assert set(beyond) == {"d", "c"}
    np.testing.assert_allclose(beyond["c"], np.log10([2.0, 10.0]))


def test_distances_are_in_the_count_that_the_table_has(monkeypatch):
    counts = pd.DataFrame({"take": [True]}, index=["N_no_embed"])
    monkeypatch.setattr(run.bs, "count_parameters", lambda *_, **__: counts)
    runs = simulate(20, seed=2)
    runs = runs.assign(N_no_embed=runs["N"] ** 2 / 1e12)
    task = Task("t", "", runs, (float(runs["C"].median()),))
    (plain,) = run.score("m", power_law, task)
    (counted,) = run.score_counted("m", task, {"N": power_law, "N_no_embed": power_law})
    assert all(counted["runs"][name] == plain["runs"][name] for name in "ndc")
    assert counted["crps"] != plain["crps"]


def test_too_few_runs_are_a_record():
    runs = simulate(20, seed=2)
    (record,) = run.score("m", power_law, Task("t", "", runs, (float(np.sort(runs["C"])[2]),)))
    assert record["failed"] and "3 runs to fit" in record["reason"]


def test_a_file_of_an_earlier_version_is_refused(tmp_path):
    kept = tmp_path / "kept.jsonl"
    kept.write_text(json.dumps({"data": "a", "group": "", "method": "m", "failed": False}) + "\n")
    with pytest.raises(ValueError, match="earlier version"):
        run.read(kept)


# -- a perfectly calibrated forecaster ---------------------------------------------------------------------------------


def test_simulated_coverage_is_nominal_on_average_and_spreads_if_runs_err_together():
    rng = np.random.default_rng(1)
    spread = []
    for share in (0.0, 0.9):
        found = cut.simulated(np.log(together(rng, share, (4000, 20))))
        counts = np.array(found["simulated"]) / 20
        scaled = np.array(found["scaled"]).mean(axis=1) / 20
        assert (np.diff(scaled) >= 0).all() and scaled[cut.SCALES.index(1.0)] == pytest.approx(0.9, abs=0.07)
        assert counts.shape == (2, cut.SIMULATED)
        np.testing.assert_allclose(counts.mean(axis=1), cut.JUDGED, atol=0.07)
        spread.append(counts.std(axis=1))
    assert (spread[1] > 2 * spread[0]).all()
    middle = counts[0, 80:120].mean()  # draws are in order of their mean: those in the middle are inside
    assert middle > 0.9 > 0.1 > counts[0, :20].mean()


def test_a_calibrated_forecaster_has_no_excess_and_narrow_intervals_have():
    rng = np.random.default_rng(2)
    right, narrow = [], []
    for k in range(60):
        draws, observed = together(rng, 0.7, (2000, 12)), together(rng, 0.7, (1, 12))[0]
        right.append(forecast(draws, observed, f"set {k}"))
        narrow.append(forecast(3.0 * (draws / 3.0) ** 0.3, observed, f"set {k}"))
    calibrated, bad = Means(calibration.judge(right)), Means(calibration.judge(narrow))
    assert (np.abs(calibrated.excess) < 3 * calibrated.error).all() and (calibrated.distance > 0.05).all()
    assert (bad.excess > 0.1).all()
    assert bad.over_ideal == pytest.approx(0.3 * calibrated.over_ideal, rel=0.02)
    assert calibrated.cells()[0] == "60"
    assert calibrated.calibrated > 1.1 and calibrated.over_ideal == pytest.approx(calibrated.calibrated, rel=0.15)
    assert calibrated.spread == pytest.approx(calibrated.calibrated_spread, rel=0.2)


def test_cuts_that_are_paired_err_together():
    rng = np.random.default_rng(3)
    cuts = [forecast(together(rng, 0.8, (2000, 10)), np.full(10, 3.0), at=k, group=g) for k in (1, 2) for g in "xy"]
    (judged,) = calibration.judge(cuts).values()
    none, group, every = (judged.expected[paired] for paired in calibration.PAIRED)
    assert (none < group).all() and (group < every).all()
    assert (judged.cuts, judged.held) == (4, 20)
    assert judged.as_far.shape == (2,) and ((judged.as_far >= 0) & (judged.as_far <= 1)).all()


def test_the_ideal_width_just_holds_nine_of_ten():
    def kept(errors, low, high):
        return {"runs": {"error": errors, "low": [low] * len(errors), "high": [high] * len(errors)}}

    assert calibration.scaling([kept(list(range(1, 11)), -3.0, 1.0)]) == pytest.approx(3.0)  # too high: the lower end
    assert calibration.scaling([kept([-x for x in range(1, 11)], -3.0, 2.0)]) == pytest.approx(4.5)
    weighed = [kept([9.0], -1.0, 1.0), kept([1.0] * 100, -1.0, 1.0)]  # cuts weigh the same
    assert calibration.scaling(weighed) == pytest.approx(9.0)


def test_factors_of_simulations_are_between_the_scales():
    shares = np.linspace(0.0, 1.0, len(cut.SCALES))  # 0.9 is at the last but one
    found = calibration.scalings(np.array([shares, np.zeros_like(shares), np.ones_like(shares)]))
    np.testing.assert_allclose(found, [cut.SCALES[-2], cut.SCALES[-1], cut.SCALES[0]])


def test_worst_cut_of_a_data_set():
    draws = together(np.random.default_rng(4), 0.0, (1000, 4))
    cuts = [forecast(draws, np.full(4, loss), at=at) for at, loss in ((1.0, 3.0), (2.0, 4.0))]
    (judged,) = calibration.judge(cuts).values()
    assert judged.worst == ("", 2.0, 0.0)
    assert judged.covered == pytest.approx([0.5, 0.5]) and judged.distance == pytest.approx([0.0, 0.4])


# -- distance and errors -----------------------------------------------------------------------------------------------


def test_distances_are_of_each_run_and_sets_are_the_unit():
    draws = together(np.random.default_rng(5), 0.0, (1000, 3))
    near_right = np.array([3.0, 4.0, 4.0])  # the runs at 3, 30 and 300 times the compute
    cuts = [forecast(draws, near_right, "a"), forecast(draws, near_right, "a", 2.0), forecast(draws, [3.0] * 3, "b")]
    cells = {line.split(" | ")[0][2:]: line.split(" | ")[1:] for line in distance.by_distance(cuts, "C").splitlines()}
    assert cells["1 to 6"][:3] == ["3", "3", "2"] and cells["1 to 6"][4] == "1"
    assert cells["more than 100"][4] == "0.5 ± 0.5"  # not 1/3: two cuts of one data set
    assert "6 to 20" not in cells and "within" not in cells
    assert distance.coverage_beyond(cuts, 100.0, False)[0] == pytest.approx(0.5)
    assert distance.coverage_beyond(cuts, 100.0, True)[0] == pytest.approx(2 / 3)
    assert distance.by_cut(cuts).count("\n") == 3


def test_a_run_of_the_largest_fitted_size_is_within():
    record = {"runs": {"n": [-0.5, 0.0, 0.0004, 0.302]}}
    assert list(distance.in_range(record, "n", -np.inf, 0.0)) == [0, 1, 2]
    assert list(distance.in_range(record, "n", np.log10(2), np.log10(5))) == []
    assert list(distance.in_range(record, "d", 0.0, 1.0)) == []


def test_standard_errors_are_over_data_sets():
    draws = together(np.random.default_rng(6), 0.0, (1000, 2))
    records = [
        forecast(draws, np.array([3.0, far]), data, method=method)
        for method in (BASE, DEFAULT)
        for data, far in (("a", 3.0), ("b", 4.0))
    ]
    records += [forecast(draws, np.array([3.0, 3.0]), "a", at=2.0, method=m) for m in (BASE, DEFAULT)]
    scores = report.by_data(records)
    means, errors = averages.aggregate(scores, ["a", "b"])[DEFAULT], averages.errors(scores, ["a", "b"])[DEFAULT]
    assert means[2] == pytest.approx(0.75) and errors[2] == pytest.approx(0.25)
    assert errors[report.HEAD.index("CRPS ratio")] == pytest.approx(0.0, abs=1e-12)
    assert "0.75 ± 0.25" in averages.rows_of(scores, ["a", "b"])


# -- targets and the page ----------------------------------------------------------------------------------------------


def sets(count: int, scale: float, seed: int = 7) -> list[dict]:
    """Three cuts of some data sets; forecasts whose width is `scale` times the right one."""
    rng = np.random.default_rng(seed)
    records = []
    for k in range(count):
        for at in (1.0, 2.0, 3.0):
            draws, observed = together(rng, 0.3, (1000, 24)), together(rng, 0.3, (1, 24))[0]
            records.append(forecast(3.0 * (draws / 3.0) ** scale, observed, f"set {k}", at))
    return records


def test_targets_tell_a_calibrated_forecaster_from_others():
    right, narrow, wide = (targets.calibrated(sets(12, scale)) for scale in (1.0, 0.3, 3.0))
    assert [met for *_, met in right] == [True] * 4
    assert [met for *_, met in narrow] == [False] * 4
    assert [met for *_, met in wide][:3] == [False, False, False] and wide[3][2]  # wide intervals hold what is far
    assert "12 of 12" in right[2][1] and "not set 0" in narrow[2][1]


def test_half_of_the_gap_of_before_is_allowed_and_its_crps_compared():
    now, before = sets(12, 0.6), sets(12, 0.2)
    rows = targets.calibrated(now, before)
    gap = Means(calibration.judge(before)).excess[1]
    assert f"at most {gap / 2:.3f} above" in rows[0][0] and rows[0][2]
    assert not targets.calibrated(now)[0][2]
    assert "CRPS" in rows[-1][0] and "on 12 data sets" in rows[-1][1] and rows[-1][2]
    assert not targets.calibrated(now, now)[-1][2]


def test_the_page_has_every_part(tmp_path):
    records = [{**record, "method": method} for method in (BASE, DEFAULT) for record in sets(3, 1.0)]
    names = {"set 0": "pythia", "set 1": "hagele2024", "set 2": "porian"}
    records = [{**record, "data": names[record["data"]]} for record in records]
    page = tmp_path / "evidence" / "page.md"
    page.parent.mkdir()
    report.report(page, records, "command", measured="today")
    text = page.read_text()
    assert "Measured: today" in text and "The worst data set is" in text
    for heading in ("Targets", "Conditional calibration", "default by distance", "Half A: pythia", "Half B: porian"):
        assert f"## {heading}" in text
    assert "## Half C: hagele2024" in text and "± " in text and (tmp_path / "figures" / "forecasts.png").is_file()
    assert "nan" not in text.lower()


# -- variants ----------------------------------------------------------------------------------------------------------


def test_variants_are_told_by_their_difference_from_the_default():
    rng = np.random.default_rng(8)
    records = []
    for data in ("pythia", "gpt3", "hagele2024"):
        draws, observed = together(rng, 0.0, (1000, 9)), together(rng, 0.0, (1, 9))[0]
        for name, scale in ((DEFAULT, 1.0), ("tau 1 %, 0.7", 2.0), ("tau 0.7 %, 1", 0.1)):
            records.append(forecast(3.0 * (draws / 3.0) ** scale, observed, data, method=name))
    text = variants.sections(records)
    rows = {tuple(line[2:].split(" | ")[:2]): line.split(" | ")[2:] for line in text[6].splitlines()[2:]}
    assert set(rows) == {(g, v) for g in ("all", "half A", "half C") for v in ("tau 1 %, 0.7", "tau 0.7 %, 1")}
    wide = rows["all", "tau 1 %, 0.7"]
    assert wide[0] == "3" and wide[1 + variants.DIFFERENCES.index("Δ ln width")] == "+0.693 ± 0.000"
    assert rows["half C", "tau 1 %, 0.7"][0] == "1" and "±" not in rows["half C", "tau 1 %, 0.7"][1]
    assert "--across" in variants.sections(records, "--across")[2] and "--across" not in text[2]


def test_the_default_is_a_variant_of_itself_and_others_differ():
    laws = choices.forecasters(choices.VARIANTS)
    assert laws[DEFAULT][0] is generalised
    for name, (law, curve) in laws.items():
        same = law.all_priors == generalised.all_priors
        assert same == (name == DEFAULT), name
        assert "N" not in curve.inputs
    assert set(choices.counting(["omega none"])["omega none"]) == {"N", "N_no_embed"}


def test_the_command_compares_variants_and_versions(tmp_path, monkeypatch):
    def wide(train, test, seed):
        draws = power_law(train, test, seed)
        return np.median(draws, axis=0) * (draws / np.median(draws, axis=0)) ** 2

    runs = simulate(24, seed=1)
    cuts = tuple(np.sort(runs["C"])[[11, 17]])
    made = [Task(d, "", runs, cuts) for d in ("pythia", "hagele2024", "porian")]
    made.append(Task("curves_LM", "", runs, cuts, curve=True))
    monkeypatch.setattr(splits, "tasks", lambda: iter(made))
    laws = {DEFAULT: (power_law, power_law), "omega none": (wide, wide)}
    monkeypatch.setattr(choices, "forecasters", lambda names: {name: laws[name] for name in names})
    kept, again = tmp_path / "kept.jsonl", tmp_path / "again.jsonl"
    words = ["choices", "--fast", "--variant", "omega none", "--kept"]
    result = CliRunner().invoke(main, [*words, str(kept)])
    assert result.exit_code == 0, result.output
    assert "4 cuts of 2 data sets: pythia, hagele2024" in result.output and "omega none" in result.output
    records = run.read(kept)
    assert {(r["data"], r["method"]) for r in records} == {
        (data, name) for data in ("pythia", "hagele2024") for name in laws
    }
    laws[DEFAULT] = (wide, wide)
    words = ["choices", "--fast", "--variant", DEFAULT, "--kept", str(again), "--before", str(kept)]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    (line,) = [line for line in result.output.splitlines() if line.startswith("| all | before")]
    assert "-0.693 ± 0.000" in line  # half as wide before
    assert CliRunner().invoke(main, ["choices", "--variant", "nothing"]).exit_code == 2


def test_levels_that_are_judged_are_scored():
    assert set(cut.JUDGED) <= set(LEVELS)
