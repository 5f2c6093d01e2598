"""The command line, as a user meets it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from click.testing import CliRunner

from bayescale.cli import show
from bayescale.cli.main import main
from bayescale.data.literature.catalogue import load
from bayescale.inference import storage as files
from tests.conftest import simulate

FEW = ["--draws", "250", "--tune", "400", "--chains", "2"]
GPT3 = ["fit", "gpt3", "--law", "henighan2020.L_C", "--where", "C < 1e23", *FEW]
OWN_LAW = """
from bayescale import Law, Prior


def formula(N, D, N0, D0, *, E, excess_N, alpha_N, excess_D, alpha_D):
    return E + excess_N * (N / N0) ** -alpha_N + excess_D * (D / D0) ** -alpha_D


ENTROPY = Prior("Uniform", lower=0, upper=1, unit="loss_min")
EXCESS = Prior("LogNormal", mu=-1, sigma=1, unit="loss_min")
EXPONENT = Prior("LogNormal", mu=-1.2, sigma=0.8)
GROUPED = Prior("Uniform", lower=0, upper=1, unit="loss_min", dims="family")
law = Law(
    formula,
    {"E": GROUPED, "excess_N": EXCESS, "alpha_N": EXPONENT, "excess_D": EXCESS, "alpha_D": EXPONENT},
    name="own",
)
"""


def run(*arguments):
    """Run a command in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def done(*arguments):
    """Run a command that has to end well; few draws may well not converge."""
    result = run(*arguments)
    assert result.exit_code in (0, 3), result.output
    return result


def refused(*arguments):
    """Run a command that has to refuse, in one line without traceback; returns the line.

    Before it, the command may say that it runs a law file.
    """
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    lines = [line for line in result.stderr.strip().splitlines() if not line.startswith("running the law file ")]
    assert len(lines) == 1 and lines[0].startswith("error: "), result.stderr
    return lines[0]


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """A folder with a fit of the small GPT-3 models."""
    out = tmp_path_factory.mktemp("cli") / "gpt3"
    result = done(*GPT3, "-o", out)
    return out, result


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """A folder with a fit of a user's law in N, D and a group, to a user's file with columns of other names."""
    folder = tmp_path_factory.mktemp("sweep")
    table = simulate(30, seed=5).assign(family=np.where(np.arange(30) % 2, "a", "b")).drop(columns="C")
    table = pd.concat([table, table[table["N"] > 7e7].head(1)])  # a row that repeats another, to be warned of
    table.rename(columns={"N": "params", "D": "toks"}).to_csv(folder / "sweep.csv", index=False)
    (folder / "mine.py").write_text(OWN_LAW)
    given = ["--column", "N=params", "--column", "D=toks", "--where", "N > 7e7", "--reference", "N0=1e9"]
    result = done("fit", folder / "sweep.csv", "--law", f"{folder}/mine.py:law", *given, *FEW, "-o", folder / "out")
    return folder, table, result


# What is imported, and help


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from click.testing import CliRunner; from bayescale.cli.main import main\n"
        "for words in (['--help'], ['fit', '--help'], ['forecast', '-h'], ['data', '--help'], ['--version']):\n"
        "    assert CliRunner().invoke(main, words).exit_code == 0\n"
        "print([m for m in ('numpy', 'pandas', 'xarray', 'pymc', 'arviz', 'matplotlib', 'rich') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_version():
    from importlib.metadata import version

    assert run("--version").stdout.strip().endswith(version("bayescale"))


# fit


def test_fit_writes_a_folder(fitted):
    out, result = fitted
    figures = [f"{stem}.{end}" for stem in ("curves", "residuals", "prior_posterior_E") for end in ("pdf", "png")]
    assert sorted(os.listdir(out)) == sorted(["posterior.nc", "summary.csv", "runs.csv", *figures])
    post = files.load(out)
    assert post.attrs["cli_law"] == "henighan2020.L_C" and post.attrs["runs"] == 7
    assert result.exit_code == (0 if post.attrs["converged"] else 3)
    assert post.attrs["verdict"] in result.stdout.replace("\n", " ")
    assert "site-packages" not in result.output and ".py:" not in result.output

    summary = pd.read_csv(out / "summary.csv", index_col="parameter")
    assert list(summary.index) == list(post["posterior"].data_vars)
    draws = post["posterior"]["E"].values.ravel()
    columns = ["eti90_low", "eti50_low", "median", "eti50_high", "eti90_high"]
    np.testing.assert_allclose(summary.loc["E", columns], np.quantile(draws, [0.05, 0.25, 0.5, 0.75, 0.95]))
    assert all(name in result.stdout for name in summary.index)

    runs = pd.read_csv(out / "runs.csv").set_index("run")
    expected = load("gpt3").query("C < 1e23")
    np.testing.assert_array_equal(runs[["C", "loss"]], expected[["C", "loss"]])


def test_same_seed_same_draws(fitted, tmp_path):
    out, _ = fitted
    done(*GPT3, "-o", tmp_path / "again")
    xr.testing.assert_equal(
        files.load(out)["posterior"].to_dataset(), files.load(tmp_path / "again")["posterior"].to_dataset()
    )


def test_an_existing_posterior_is_kept_unless_forced(fitted, tmp_path):
    out = shutil.copytree(fitted[0], tmp_path / "copy")
    (out / "notes.txt").write_text("mine")
    before = (out / "posterior.nc").read_bytes()
    assert "--force" in refused(*GPT3, "-o", out)
    assert (out / "posterior.nc").read_bytes() == before
    # The new law has no E: the figure of the old one must not stay beside the new posterior.
    other = ["fit", "gpt3", "--law", "kaplan2020.L_C", "--noise", "lognormal", "--where", "C < 1e23", *FEW]
    done(*other, "-o", out, "--force")
    assert files.load(out).attrs["noise"] == "lognormal"
    assert (out / "notes.txt").exists() and (out / "curves.pdf").exists()
    assert not list(out.glob("prior_posterior_E.*")) and not list(out.glob(".draft*"))

    table = done("compare", fitted[0], out).stdout
    assert table.index("henighan2020.L_C") < table.index("kaplan2020.L_C")
    assert files.load(out).attrs["verdict"] in table.replace("\n", " ")
    told = table.partition("advice: use ")[2]
    assert told.startswith(str(fitted[0])) and "behind" in told and "bayescale backtest or advise" in told


DYING = """
import os, signal, sys, nutpie

when, target = sys.argv.pop(1), sys.argv[-1]
sample, replace = nutpie.sample, os.replace


def killed():
    os.kill(os.getpid(), signal.SIGKILL)


def sampled(*model, **options):
    sample(*model, **options)
    killed()


def replaced(source, path):
    if os.fspath(path) == os.path.join(target, "posterior.nc"):
        killed()
    replace(source, path)


if when == "sampled":
    nutpie.sample = sampled
else:
    os.replace = replaced
from bayescale.cli.main import main

main()
"""


@pytest.mark.parametrize(("when", "options"), [("sampled", []), ("written", ["--quick"])])
def test_killed_fit_leaves_no_posterior(tmp_path, when, options):
    """The process kills itself once the chains are drawn, or as the posterior is put in its place: no clock decides."""
    out = tmp_path / "killed"
    command = [sys.executable, "-c", DYING, when, *GPT3, *options, "-o", str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not (out / "posterior.nc").exists()
    assert out.exists() == (when == "written")


def test_own_law_own_columns(sweep):
    folder, table, result = sweep
    post = files.load(folder / "out")
    kept = table.query("N > 7e7")
    assert post.attrs["law"] == "own" and post.attrs["runs"] == len(kept) < len(table)
    assert float(post["constant_data"]["N0"]) == 1e9
    np.testing.assert_allclose(post["constant_data"]["N"], kept["N"])
    assert "E[a]" in result.stdout and "E[b]" in result.stdout
    assert list(pd.read_csv(folder / "out" / "runs.csv")) == ["run", "N", "D", "loss", "family"]


def test_unconverged_fits_name_options_as_cures(tmp_path):
    few = ["--draws", "20", "--tune", "400", "--chains", "2"]
    result = run("fit", "gpt3", "--law", "henighan2020.L_C", *few, "-o", tmp_path / "out")
    assert result.exit_code == 3
    assert "NOT CONVERGED: R-hat" in result.stdout and "draws=" not in result.output
    lines = [line for line in result.stderr.splitlines() if "have not converged" in line]
    assert len(lines) == 1 and any(cure in lines[0] for cure in ("(--draws, --tune)", "--target-accept"))
    assert "do not identify" not in result.stderr  # that is in the verdict, on stdout
    again = run("forecast", tmp_path / "out", "--C", "1e24", "--json")
    assert again.exit_code == 3 and json.loads(again.stdout)["converged"] is False
    assert json.loads(again.stdout)["verdict"] in result.stdout.replace("\n", " ")


def test_posteriors_of_earlier_versions_are_forecast(tmp_path):
    """A folder with nothing but the posterior that an earlier version left."""
    shutil.copy(Path(__file__).parents[1] / "data_files" / "old_posterior.nc", tmp_path / files.NAME)
    size = ("--N", "901120", "--D", "18497536")
    document = json.loads(done("forecast", tmp_path, *size, "--json").stdout)
    assert document["law"] == "busbridge2025.generalised" and document["converged"] is True
    assert document["verdict"].startswith("Laplace approximation holds") and "kappa" in document["verdict"]
    assert 1.7 < document["targets"][0]["loss"]["median"] < 2.2
    result = done("forecast", tmp_path, *size)
    assert "a new run's loss" in result.stdout and result.stderr == ""


def test_warnings_are_lines(sweep):
    _, _, result = sweep
    lines = [line for line in result.stderr.splitlines() if "repeat another row" in line]
    assert len(lines) == 1 and lines[0].startswith("warning: 1 of ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fit", "none.csv", "--law", "chinchilla"], "There is no file 'none.csv'"),
        (["fit", "nothing", "--law", "chinchilla"], "data set 'nothing'"),
        (["fit", "gpt3", "--law", "chinchila"], "hoffmann2022.chinchilla"),
        (["fit", "gpt3", "--law", "none.py:law"], "none.py"),
        (["fit", "gpt3", "--law", "chinchilla", "--noise", "loud"], "'student'"),
        (["fit", "gpt3", "--law", "chinchilla", "--column", "N=params"], "no column ['params']"),
        (["fit", "gpt3", "--law", "muennighoff2023.data_constrained"], "--column U=yours"),
        (["fit", "gpt3", "--law", "chinchilla", "--where", "C < 1"], "keeps none of the 8 runs"),
        (["fit", "gpt3", "--law", "chinchilla", "--where", "X <"], "cannot be read"),
        (["fit", "gpt3", "--law", "henighan2020.L_C", "--reference", "N0=1e9"], "'C0'"),
        (["forecast", "none", "--C", "1e22"], "no file or folder 'none'"),
        (["frontier", "none"], "--C 1e22"),
        (["compare", "none"], "two or more"),
        (["data", "show", "gtp3"], "'gpt3'"),
        (["data", "export", "gpt3", "x.txt"], "'.csv'"),
    ],
)
def test_refusals_name_the_cure(arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = ["-o", "out"] if arguments[0] == "fit" else []
    assert said in refused(*arguments, *out)
    assert not list(tmp_path.iterdir())


def test_option_errors_say_what_is_wanted():
    result = run("fit", "gpt3", "--law", "chinchilla", "-o", "out", "--column", "params")
    assert result.exit_code == 2 and "wanted KEY=VALUE, such as N=params" in result.stderr


def test_a_file_goes_before_a_data_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("gpt3").mkdir()  # a folder of that name is no file
    assert "keeps none of the 8 runs" in refused("fit", "gpt3", "--law", "chinchilla", "--where", "C < 1", "-o", "out")
    Path("gpt3").rmdir()
    Path("gpt3").write_text("N,D,loss\n")
    assert "wanted one of ['.csv'" in refused("fit", "gpt3", "--law", "chinchilla", "-o", "out")


def test_own_law_that_fails_is_a_line(tmp_path):
    (tmp_path / "bad.py").write_text("law = 1 / 0\n")
    assert "ZeroDivisionError" in refused("fit", "gpt3", "--law", f"{tmp_path}/bad.py:law", "-o", tmp_path / "out")


# forecast and frontier


def test_forecast_json(fitted):
    from bayescale.forecasting.predict import predict
    from bayescale.laws.henighan2020 import L_C

    result = done("forecast", fitted[0], "--C", "3.14e23", "--C", "1e22", "--json", "--seed", 3)
    found = json.loads(result.stdout)
    post = files.load(fitted[0])
    mu = L_C(post, C=3.14e23).values.ravel()
    first, second = found["targets"]
    assert [first["at"], second["at"]] == [{"C": 3.14e23}, {"C": 1e22}]
    assert first["mu"]["median"] == pytest.approx(np.median(mu))
    assert first["mu"]["eti90"] == pytest.approx(list(np.quantile(mu, [0.05, 0.95])))
    loss = predict(L_C, post, pd.DataFrame({"C": [3.14e23, 1e22]}), seed=3)["loss"].isel(run=0)
    assert first["loss"]["eti50"] == pytest.approx(list(np.quantile(loss, [0.25, 0.75])))
    assert sum(first["shares"].values()) == pytest.approx(1) and first["shares"]["discrepancy"] == 0
    assert found["beats"][0][1] > 0.99 and found["beats"][1][0] < 0.01
    assert first["times_largest"]["C"] == pytest.approx(3.14e23 / 2.31e22)
    assert found["units"]["loss"] == "nats/target word"
    assert found["converged"] == bool(post.attrs["converged"]) and (result.exit_code == 0) == found["converged"]


def test_forecast_text(fitted):
    text = done("forecast", fitted[0], "--N", "1e9", "--D", "1e12").stdout
    assert "C = 6e21" in text and "times the largest" in text and "a new run's loss [nats/target word]" in text
    assert "share of the uncertainty: parameters" in text and "discrepancy" not in text
    assert "probability that the run of a row" in done("forecast", fitted[0], "--C", "1e22", "--C", "2e22").stdout


def test_reach_json(fitted):
    from bayescale.frontiers.reach import reach
    from bayescale.laws.henighan2020 import L_C

    found = json.loads(done("reach", fitted[0], "--loss", "1.3", "--loss", "0.5", "--json").stdout)
    draws = reach(L_C, files.load(fitted[0]), [1.3, 0.5], seed=1)
    near, far = found["targets"]
    # E is at most the smallest loss of the table, 1.27, by its prior: every draw reaches 1.3.
    assert near["C"]["median"] == pytest.approx(float(draws["C"].sel(loss=1.3).median()))
    assert near["probability"] == 1 and far["probability"] == 0 and far["C"]["median"] is None
    assert found["up_to"] == pytest.approx(1e6 * 2.31e22) and found["units"]["C"] == "FLOP"


def test_reach_text(fitted, sweep):
    text = done("reach", fitted[0], "--loss", "1.4", "--loss", "0.5", "--up-to", "1e25").stdout
    assert "up to 1e25 FLOP" in text and "inf" in text and "1.00" in text
    out = sweep[0] / "out"
    assert "D [tokens]" in done("reach", out, "--loss", 2.5, "--by", "D", "--N", 1e9, "--at", "family=a").stdout
    assert "--at gives" in refused("reach", out, "--loss", 2.5, "--at", "family=a", "--at", "family=b")
    assert "both held" in refused("reach", out, "--loss", 2.5, "--N", 1e9, "--D", 1e9, "--at", "family=a")


def test_forecast_of_the_optimum(sweep):
    folder, _, _ = sweep
    law = ["--law", f"{folder}/mine.py:law", "--at", "family=a", "--json"]
    best = json.loads(done("forecast", folder / "out", "--C", "1e23", *law).stdout)["targets"][0]
    line = json.loads(done("frontier", folder / "out", "--C", "1e23", *law).stdout)["frontier"][0]
    assert best["optimal"]["N"] == line["N"] and best["at"]["N"] == line["N"]["median"]
    assert best["at"]["D"] == pytest.approx(1e23 / (6 * best["at"]["N"]))
    assert best["mu"]["median"] == pytest.approx(line["loss"]["median"], rel=1e-3)
    assert line["slope"]["median"] < 0 < line["curvature"]["median"]
    assert (
        line["tokens_per_param"]["eti90"][0]
        < 1e23 / 6 / line["N"]["median"] ** 2
        < line["tokens_per_param"]["eti90"][1]
    )
    assert "compute-optimal run" in done("forecast", folder / "out", "--C", "1e23", "--at", "family=b").stdout


def test_forecast_completes_and_pairs(sweep):
    out = sweep[0] / "out"
    given = ["--at", "family=a", "--json"]
    same = [
        json.loads(done("forecast", out, *sizes, *given).stdout)["targets"]
        for sizes in (["--N", "1e9", "--C", "6e20"], ["--D", "1e11", "--C", "6e20"], ["--N", "1e9", "--D", "1e11"])
    ]
    assert same[0][0]["mu"]["median"] == pytest.approx(same[1][0]["mu"]["median"]) == same[2][0]["mu"]["median"]
    pairs = json.loads(done("forecast", out, "--N", "1e9", "--N", "2e9", "--D", "1e11", *given).stdout)["targets"]
    assert [pair["at"]["N"] for pair in pairs] == [1e9, 2e9] and pairs[0]["mu"] == same[2][0]["mu"]


def test_forecast_of_a_later_checkpoint(tmp_path):
    rng = np.random.default_rng(1)
    N = np.repeat(np.tile(np.geomspace(1e8, 3e9, 6), 4), 5)  # 24 runs, four of each size, five checkpoints a run
    runs = pd.DataFrame({"N": N, "D": N * np.tile(np.geomspace(10, 100, 5), 24), "run": np.repeat(np.arange(24), 5)})
    off = 0.006 * rng.standard_normal(24)[runs["run"]] + 0.001 * rng.standard_normal(120)
    runs["loss"] = (1.7 + 400 * runs["N"] ** -0.34 + 1500 * runs["D"] ** -0.35) * np.exp(off)
    runs.to_csv(tmp_path / "runs.csv", index=False)
    done("fit", tmp_path / "runs.csv", "--law", "generalised", "--quick", "-o", tmp_path / "out")
    at = ("forecast", tmp_path / "out", "--N", "1e8", "--D", "1.2e10")
    new, later = (json.loads(done(*at, *run, "--json").stdout)["targets"][0] for run in ((), ("--at", "run=0")))
    spans = [one["loss"]["eti90"][1] - one["loss"]["eti90"][0] for one in (new, later)]
    assert spans[1] < 0.7 * spans[0] and new["mu"] == later["mu"] and later["at"]["run"] == "0"
    assert "--at run=other: the posterior was fitted on checkpoints of the runs ['0'" in refused(
        *at, "--at", "run=other"
    )


def test_forecast_refuses_what_is_not_a_run(fitted, sweep):
    out = sweep[0] / "out"
    assert "--at family=" in refused("forecast", out, "--N", "1e9", "--D", "1e11")
    assert "['b', 'a']" in refused("forecast", out, "--N", "1e9", "--D", "1e11", "--at", "family=c")
    assert "two of --N, --D, --C" in refused("forecast", out, "--N", "1e9", "--at", "family=a")
    assert "2 of N, 3 of D" in refused("forecast", out, *["--N", 1e9] * 2, *["--D", 1e11] * 3, "--at", "family=a")
    assert "Give --C" in refused("forecast", fitted[0], "--N", "1e9")
    assert "zero or negative" in refused("forecast", fitted[0], "--C", "-1")
    assert "does not take U" in refused("forecast", fitted[0], "--C", "1e22", "--at", "U=1e9")


def test_frontier_table_and_csv(fitted, tmp_path):
    result = done("frontier", fitted[0], "--C", "1e22", "--C", "1e24", "-o", tmp_path / "best.csv")
    assert "slope" in result.stdout and "C = 1e24 FLOP (43.3 times the largest" in result.stdout
    table = pd.read_csv(tmp_path / "best.csv")
    assert table["C"].tolist() == [1e22, 1e24] and (table["loss_eti90_low"] < table["loss_median"]).all()
    assert os.listdir(tmp_path) == ["best.csv"]


def test_changed_law_is_noticed(sweep, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(OWN_LAW.replace("return E +", "return 2 * E +"))
    result = done("forecast", sweep[0] / "out", "--C", "1e22", "--at", "family=a", "--law", f"{path}:law")
    assert "has changed since" in result.stderr


def test_compare_needs_the_same_runs(fitted, sweep):
    assert "the same runs" in refused("compare", fitted[0], sweep[0] / "out")


# Files


def test_load_says_what_is_wrong(fitted, tmp_path):
    whole = (fitted[0] / "posterior.nc").read_bytes()
    (tmp_path / "posterior.nc").write_bytes(whole[: len(whole) // 2])
    assert "cut short" in refused("forecast", tmp_path, "--C", "1e22")
    (tmp_path / "posterior.nc").write_text("no netCDF")
    assert "cannot be read as netCDF" in refused("forecast", tmp_path, "--C", "1e22")
    xr.Dataset({"x": 1.0}).to_netcdf(tmp_path / "posterior.nc", engine="h5netcdf")
    assert "wanted a posterior of bayescale" in refused("forecast", tmp_path, "--C", "1e22")
    post = files.load(fitted[0])
    post.attrs["schema"] = 999
    files.save(post, tmp_path / "posterior.nc")
    assert "install a newer" in refused("forecast", tmp_path, "--C", "1e22")
    (tmp_path / "posterior.nc").unlink()
    assert "has no posterior.nc" in refused("forecast", tmp_path, "--C", "1e22")


def test_save_and_load_agree(fitted, tmp_path):
    post = files.load(fitted[0])
    again = files.load(files.save(post, tmp_path / "new" / "post.nc"))
    xr.testing.assert_identical(post, again)
    assert os.listdir(tmp_path / "new") == ["post.nc"]
    with pytest.raises(TypeError, match="wanted the DataTree of fit"):
        files.save(post["posterior"].to_dataset(), tmp_path / "x.nc")  # type: ignore[arg-type]


# Data sets


def test_data_commands(tmp_path):
    listed = done("data", "list").stdout
    assert "gpt3" in listed and "Licences" in listed
    shown = done("data", "show", "gpt3", "--rows", "2").stdout
    assert "Brown et al. 2020" in shown and "GPT-3 Medium" in shown and "2 of 8 rows" in shown
    assert "GPT-3 Large" not in shown
    for name in ("gpt3.csv", "gpt3.parquet"):
        done("data", "export", "gpt3", tmp_path / name)
    expected = load("gpt3")
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "gpt3.csv"), expected)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "gpt3.parquet"), expected)
    assert len(os.listdir(tmp_path)) == 2


# Digits


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1.0586, 1.0246, 1.0921], ["1.059", "1.025", "1.092"]),
        ([8.78e20, 7.3e20, 1.08e21], ["8.8e20", "7.3e20", "1.08e21"]),
        ([0.0078, 0.0059, 0.0106], ["0.0078", "0.0059", "0.0106"]),
        ([17.2, 1.44, 3400.0], ["17", "1.4", "3400"]),
        ([2.0, 2.0, 2.0], ["2.000", "2.000", "2.000"]),
        ([0.0, float("nan")], ["0", "nan"]),
        ([4e-5, 3e-5, 6e-5], ["4.0e-5", "3.0e-5", "6.0e-5"]),
    ],
)
def test_digits(values, text):
    assert show.digits(values) == text


def test_quick_needs_no_sampler(tmp_path):
    result = done("fit", "gpt3", "--law", "henighan2020.L_C", "--where", "C < 1e23", "--quick", "-o", tmp_path / "out")
    assert "Laplace approximation accepted: Pareto k" in result.stdout
    post = files.load(tmp_path / "out")
    assert post.attrs["method"] == "laplace" and post.attrs["pareto_k"] < 0.7
    summary = pd.read_csv(tmp_path / "out" / "summary.csv", index_col="parameter")
    assert summary["r_hat"].isna().all() and (summary["ess_bulk"] > 400).all()
    assert run("forecast", tmp_path / "out", "--C", "3.14e23").exit_code == 0


@pytest.mark.parametrize("fold", [(), (1,)])
def test_a_table_wider_than_the_console_keeps_every_number(fold, capsys, monkeypatch):
    """A cut cell is a silent wrong number: -0.0 for -0.0556."""
    monkeypatch.setenv("COLUMNS", "80")
    cells = ["slope d ln L/d ln C", "some words that may be wrapped " * 3, *["[-0.05561, -0.05261]"] * 4]
    show.table(["quantity", "words", "a", "b", "c", "d"], [cells, cells], fold=fold)
    said = capsys.readouterr().out
    assert said.count("[-0.05561, -0.05261]") == 8 and "\u2026" not in said
