"""The commands curvature and entropy."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from bayescale.cli.main import main


@pytest.fixture
def table(tmp_path):
    C = np.geomspace(1e18, 1e22, 12)
    noise = np.exp(0.003 * np.random.default_rng(0).standard_normal(12))
    path = tmp_path / "runs.csv"
    pd.DataFrame({"C": C, "loss": (1.82 + 1968 * C**-0.178) * noise}).to_csv(path, index=False)
    return path


def test_curvature_prints_the_answer_and_draws_it(table, tmp_path):
    done = CliRunner().invoke(main, ["curvature", str(table), "--loo", "-o", str(tmp_path / "bend")])
    assert done.exit_code == 0, done.output
    assert "bends upward" in done.output and "The frontier bends upward" in done.output
    assert "log evidence" in done.output and "elpd by LOO" in done.output
    assert (tmp_path / "bend.png").stat().st_size > 10_000 and (tmp_path / "bend.pdf").exists()


def test_entropy_as_json(table):
    done = CliRunner().invoke(main, ["entropy", str(table), "--json", "--prior", "floor=1", "--prior", "straight=1"])
    document = json.loads(done.output)
    assert set(document["probability"]) == {"straight", "floor", "slow", "free", "curved_floor", "curved_slow"}
    assert document["probability"]["slow"] == 0 and document["E"]["average"]["median"] > 0


def test_entropy_of_each_loss(table, tmp_path):
    runs = pd.read_csv(table)
    long = tmp_path / "long.csv"
    pd.concat([runs.assign(on="C4"), runs.assign(on="code", loss=runs["loss"] / 2)]).to_csv(long, index=False)
    done = CliRunner().invoke(main, ["entropy", str(long), "--by", "on"])
    assert done.exit_code == 0, done.output
    assert "P(floor)" in done.output and "\nC4: " in done.output and "\ncode: " in done.output
    done = CliRunner().invoke(main, ["entropy", str(long), "--by", "on", "-o", str(tmp_path / "figure")])
    assert done.exit_code == 2 and "--out draws one entropy" in done.output


def test_errors_are_one_line(table):
    done = CliRunner().invoke(main, ["curvature", "nothing.csv"])
    assert done.exit_code == 2 and done.output.startswith("error: There is no file")
    done = CliRunner().invoke(main, ["entropy", str(table), "--prior", "bent=1"])
    assert done.exit_code == 2 and "wanted probabilities of" in done.output
