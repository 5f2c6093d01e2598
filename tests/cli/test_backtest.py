"""bayescale backtest, and the drawings of it."""

# pyright: reportAttributeAccessIssue=false

import json
from concurrent.futures import ThreadPoolExecutor

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from click.testing import CliRunner

import bayescale as bs
from bayescale import plots
from bayescale.cli.advise import _next
from bayescale.cli.main import main
from bayescale.forecasting.backtest import board
from bayescale.forecasting.baselines import last_value, power_law
from bayescale.forecasting.trust.evidence import POOR
from tests.conftest import simulate


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "sweep.csv"
    simulate(30, seed=3).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def found(table):
    some = {"last": last_value, "line": power_law}
    return bs.backtest(some, pd.read_csv(table), seed=1, progressbar=False)


def run(*args):
    return CliRunner().invoke(main, [str(arg) for arg in args])


def test_scores_and_figures_are_written(table, tmp_path):
    out = tmp_path / "bt"
    done = run("backtest", table, "--law", "kaplan2020.L_C", "--baseline", "power_law", "--cut", "1e21", "-o", out)
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in out.iterdir()) == [
        "coverage.pdf", "coverage.png", "error.pdf", "error.png", "scores.csv",
    ]  # fmt: skip
    scores = pd.read_csv(out / "scores.csv")
    runs = pd.read_csv(table)
    beyond = (6 * runs.N * runs.D > 1e21).sum()
    assert (scores.groupby("forecaster").size() == beyond).all() and set(scores.forecaster) == {
        "kaplan2020.L_C",
        "power_law",
    }
    assert "inside 50/80/90/95 %" in done.output


def test_json_has_the_scores_of_the_library(table):
    done = run("backtest", table, "--law", "kaplan2020.L_C", "--cut", "1e21", "--json")
    document = json.loads(done.stdout)
    law = bs.laws.kaplan2020.L_C
    there = bs.backtest({"kaplan2020.L_C": law}, pd.read_csv(table), cuts=[1e21], seed=1, progressbar=False)
    assert document["scores"]["kaplan2020.L_C"]["crps"] == pytest.approx(board(there)["crps"].item(), rel=1e-9)
    assert document["cuts"] == [1e21]


def test_cuts_follow_a_target(table):
    options = ("--law", "chinchilla", "--baseline", "power_law", "--towards", "N=1e13", "--towards", "D=1e9")
    document = json.loads(run("backtest", table, *options, "--json").stdout)
    assert document["by"] == "N" and document["rests_on"]["power_law"]["sizes"] >= 1
    told = run("backtest", table, *options).stdout
    assert "power_law: back-test on the runs fitted, " in told and " cuts by N" in told
    assert "wanted KEY=VALUE" in run("backtest", table, "--law", "chinchilla", "--towards", "N=big").output


def test_a_table_that_cannot_be_cut_is_refused(table, tmp_path):
    done = run("backtest", table, "--law", "kaplan2020.L_C", "--cut", "1e5", "-o", tmp_path / "none")
    assert done.exit_code == 2 and "no cut" in done.output and not (tmp_path / "none").exists()


def test_evidence_stands_beside_a_forecast(table, tmp_path):
    out = tmp_path / "fit"
    assert run("fit", table, "--law", "kaplan2020.L_C", "--quick", "-o", out).exit_code == 0
    assert "back-test: not run" in run("forecast", out, "--C", "1e24").stdout
    first = json.loads(run("forecast", out, "--C", "1e24", "--backtest", "--json").stdout)["backtest"]
    towards = pd.DataFrame({"C": [1e24]})
    tests = bs.backtest(bs.laws.kaplan2020.L_C, pd.read_csv(table), towards=towards, seed=1, progressbar=False)
    there = board(tests).iloc[0]
    assert first["covered_0.9"] == pytest.approx(there["covered_0.9"]) and first["by"] == "C"
    assert first["says"] == str(bs.evidence(tests)) and first["reassures"] == bs.evidence(tests).reassures
    assert "back-test: not run" in run("forecast", out, "--C", "1e27").stdout  # it was of another jump
    assert json.loads(run("forecast", out, "--C", "1e24", "--json").stdout)["backtest"] == first
    told = run("forecast", out, "--C", "1e24").stdout
    assert "inside the 50/80/90/95 % intervals" in told
    assert first["says"] in told
    assert ("sign: in the back-test by C the 90 % intervals held" in told) == (first["covered_0.9"] < POOR)
    scores = dict(first, **{"covered_0.9": 0.5})
    path = out / "backtest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "scores": scores}))
    assert "sign: in the back-test by C the 90 % intervals held 50% of" in run("forecast", out, "--C", "1e24").stdout
    again = run("fit", table, "--law", "kaplan2020.L_C", "--quick", "--where", "loss < 9", "--force", "-o", out)
    assert again.exit_code == 0
    runs = pd.read_csv(table)
    half = table.parent / "half.csv"
    runs[::2].to_csv(half, index=False)
    assert run("fit", half, "--law", "kaplan2020.L_C", "--quick", "--force", "-o", out).exit_code == 0
    assert "back-test: not run" in run("forecast", out, "--C", "1e24").stdout  # it was of other runs


def test_board_is_the_mean_over_runs_then_cuts(found):
    scores = board(found)
    one = found.sel(forecaster="line")
    by_hand = np.mean([np.nanmean(one["crps"].isel(cut=k)) for k in range(one.sizes["cut"])])
    assert scores.loc["line", "crps"] == pytest.approx(by_hand)
    assert scores.loc["last", "cuts"] == found.sizes["cut"] and scores.loc["last", "failed"] == 0


def test_board_compares_where_none_failed():
    def fails(train, test, seed):
        if len(train) < 20:
            raise ValueError("too few")
        return last_value(train, test, seed)

    tests = bs.backtest({"fails": fails, "last": last_value}, simulate(30, seed=3), seed=1, progressbar=False)
    scores = board(tests)
    failed = int(tests["failed"].sel(forecaster="fails").sum())
    assert failed > 0 and scores.loc["fails", "failed"] == failed
    assert (scores["cuts"] == tests.sizes["cut"] - failed).all()
    assert scores.loc["fails", "crps"] == pytest.approx(scores.loc["last", "crps"])


def test_an_executor_changes_nothing(table):
    runs = pd.read_csv(table)
    here = bs.backtest(power_law, runs, seed=4, progressbar=False)
    with ThreadPoolExecutor(2) as executor:
        there = bs.backtest(power_law, runs, seed=4, executor=executor, progressbar=False)
    xr.testing.assert_identical(here, there)


def test_coverage_is_drawn_against_the_diagonal(found):
    ax = plots.backtest(found)
    drawn = {tuple(np.round(line.get_ydata(), 12)) for line in ax.get_lines()}
    for name in ("last", "line"):
        share = found["covered"].sel(forecaster=name).mean("run").mean("cut").to_numpy()
        assert tuple(np.round(share, 12)) in drawn


def test_errors_are_drawn_beyond_the_runs(found):
    ax = plots.backtest(found.sel(forecaster="line", drop=True), "error")
    points = max(ax.get_lines(), key=lambda line: len(line.get_xdata()))
    assert len(points.get_xdata()) == int(found["error"].sel(forecaster="line").notnull().sum())
    assert min(points.get_xdata()) >= 1 and ax.get_xscale() == "log"


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        (lambda d: d, "pit", "wanted one of"),
        (lambda d: d.drop_vars("covered"), "coverage", "bayescale.backtest returns"),
        (lambda d: d.assign(error=d["error"] * np.nan), "coverage", "no cut has a forecast"),
    ],
)
def test_what_cannot_be_drawn_is_refused(found, change, kind, says):
    with pytest.raises(ValueError, match=says):
        plots.backtest(change(found), kind)


def test_advice_is_that_of_the_library(table):
    laws = ("--law", "chinchilla", "--law", "kaplan2020.L_ND")
    document = json.loads(run("advise", table, *laws, "--json").stdout)
    there = bs.advise(
        pd.read_csv(table),
        {name: bs.laws.find(name) for name in laws[1::2]},
        seed=1,
        progressbar=False,
    )
    assert (document["take"], document["told"]) == (there.take, there.told) == ("chinchilla", "differ")
    assert document["reasons"] == list(there.reasons) and document["laws"][0]["law"] == "chinchilla"
    told = run("advise", table, *laws).stdout
    assert "advice: use chinchilla" in told and f"next: bayescale fit {table} --law chinchilla -o DIR" in told
    assert all(f"- {reason}" in told for reason in there.reasons)


def test_the_next_command_reads_the_same_table():
    said = _next("my runs.csv", "chinchilla", [("N", "params")], "loss < 5", [("batch_tokens", 512)])
    named = "--column N=params --where 'loss < 5' --given batch_tokens=512"
    assert said == f"bayescale fit 'my runs.csv' {named} --law chinchilla -o DIR"


def test_a_back_test_of_several_laws_ends_in_advice(table):
    cut, laws = ("--cut", "4e20"), ("--law", "chinchilla", "--law", "kaplan2020.L_ND")
    told = run("backtest", table, *laws, *cut, "--baseline", "power_law").stdout
    assert "advice: use chinchilla\n- Forecasts of the larger runs (" in told
    assert "- The CRPS of chinchilla is 0." in told and "times that of power_law." in told
    assert "advice" not in run("backtest", table, "--law", "chinchilla", *cut).stdout
