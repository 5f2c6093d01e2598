"""The command isoflop."""

import json

from click.testing import CliRunner

from bayescale.cli.main import main


def run(*words):
    return CliRunner().invoke(main, ["isoflop", "known_entropy", "--where", "split == 'grid'", *words])


def test_isoflop_prints_budgets_and_frontier():
    done = run("--C", "1e12", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert len(found["budgets"]) == 7 and found["runs"] == 49
    at = found["frontier"][0]
    assert at["C"] == 1e12 and abs(6 * at["N"]["median"] * at["D"]["median"] / 1e12 - 1) < 0.02
    assert 0 < found["parameters"]["a"]["median"] < 1
    text = run("--C", "1e12").stdout
    assert "7 budgets" in text and "a = d ln N*/d ln C" in text and "C = 1e12 FLOP" in text


def test_isoflop_refuses_tables_without_budgets():
    done = CliRunner().invoke(main, ["isoflop", "pythia"])
    assert done.exit_code == 2 and "error:" in done.output
