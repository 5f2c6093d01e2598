"""Figures that commands write where --figure says, for laws of two columns, of one, and with groups."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import bayescale as bs
from bayescale import plots
from bayescale.cli.drawings.forecast import fitted
from bayescale.cli.main import main
from bayescale.laws import chinchilla
from tests.conftest import simulate

LAWS = {"two": "chinchilla", "one": "henighan2020.L_C"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a fit of each law, and a table on budgets."""
    at, rng = tmp_path_factory.mktemp("fits"), np.random.default_rng(0)
    C = np.repeat(np.geomspace(1e18, 1e21, 4), 6)
    N = np.sqrt(C / 120) * np.tile(np.geomspace(0.2, 5, 6), 4)
    runs = pd.DataFrame({"N": N, "D": C / 6 / N, "C": C})
    runs["loss"] = (1.8 + 482 * runs.N**-0.348 + 2085 * runs.D**-0.366) * np.exp(0.003 * rng.standard_normal(24))
    runs.to_csv(at / "runs.csv", index=False)
    for name, law in LAWS.items():
        done = CliRunner().invoke(main, ["fit", str(at / "runs.csv"), "--law", law, "--quick", "-o", str(at / name)])
        assert done.exit_code in (0, 3), done.output
    return at


COMMANDS = {
    "forecast": ["forecast", "two", "--N", "1e10", "--D", "2e11"],
    "forecast of optima": ["forecast", "two", "--C", "1e22", "--C", "1e23"],
    "forecast of C": ["forecast", "one", "--C", "1e23"],
    "frontier": ["frontier", "two", "--C", "1e23"],
    "frontier of C": ["frontier", "one", "--C", "1e23"],
    "isoflop": ["isoflop", "runs.csv", "--C", "1e22"],
    "multiplier": ["multiplier", "two", "two", "--C", "1e20", "--C", "1e22"],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_the_command_writes_its_figure_and_says_so(folder, monkeypatch, tmp_path, command):
    monkeypatch.chdir(folder)
    stem = tmp_path / "new" / "figure"
    done = CliRunner().invoke(main, [*command, "--figure", str(stem)])
    assert done.exit_code in (0, 3), done.output
    assert f"written to {stem}.pdf and {stem}.png" in done.output
    height, width = plt.imread(f"{stem}.png").shape[:2]
    two = command[:2] in (["frontier", "two"], ["isoflop", "runs.csv"])
    assert (width, height) == tuple(round(300 * size) for size in (plots.DOUBLE if two else plots.SINGLE))
    assert b"/Type3" not in (tmp_path / "new" / "figure.pdf").read_bytes()
    quiet = CliRunner().invoke(main, [*command, "--figure", str(stem), "--json"])
    assert "written to" not in quiet.output


def test_the_points_are_the_runs_of_the_same_group():
    own = replace(chinchilla.priors["E"], dims="family")
    runs = simulate(30, seed=1).assign(family=np.where(np.arange(30) % 3, "a", "b"))
    law = replace(chinchilla, priors={**chinchilla.priors, "E": own}, name="grouped")
    post = bs.fit(law, runs, method="laplace", draws=100, seed=1, progressbar=False)
    drawn = fitted(law, post, pd.Series({"N": 1e9, "D": 1e10, "family": "b"}))
    np.testing.assert_allclose(drawn["loss"], runs.loc[runs["family"] == "b", "loss"])
    np.testing.assert_allclose(drawn["C"], 6 * drawn["N"] * drawn["D"])
