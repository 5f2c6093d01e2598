"""The commands multiplier and score, and forecast --seal."""

import json

import pytest

from tests.cli.test_commands import done, refused, run

FIT = ["--law", "chinchilla", "--where", "split == 'grid'", "--quick", "--draws", "250"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("cli") / "sweep"
    done("fit", "known_entropy", *FIT, "-o", out)
    return out


def test_a_recipe_against_itself(folder):
    text = done("multiplier", folder, folder, "--C", "1e12", "--C", "1e13").stdout
    assert "times the compute of A" in text
    found = json.loads(done("multiplier", folder, folder, "--C", "1e12", "--C", "1e13", "--json").stdout)
    assert [row["multiplier"]["eti90"] for row in found["runs"]] == [[1.0, 1.0]] * 2
    assert found["crosses"] == 0 and found["runs"][0]["better"] == 0.5
    by_D = json.loads(done("multiplier", folder, folder, "--N", "1e6", "--D", "2e7", "--by", "D", "--json").stdout)
    assert by_D["by"] == "D" and by_D["runs"][0]["N"] == 1e6


def test_what_is_missing_is_said(folder):
    assert "Give either budgets C" in refused("multiplier", folder, folder)
    assert "wanted a number" in refused("multiplier", folder, folder, "--C", "1e12", "--A", "recipe=old")


def test_seal_and_score(folder, tmp_path):
    file = tmp_path / "forecast.json"
    command = ["forecast", folder, "--N", "2e6", "--D", "4e8", "--seal", file]
    text = done(*command).stdout
    digest = json.loads(file.read_text())["sha256"]
    assert f"sha256 {digest}" in text
    assert "never overwritten" in refused(*command)
    assert digest in done("score", file).stdout
    found = json.loads(done("score", file, "--loss", "2.04", "--json").stdout)
    assert found["sha256"] == digest and 0 < found["runs"][0]["pit"] < 1
    assert "PIT" in done("score", file, "--loss", "2.04").stdout
    assert "2 losses and 1 sealed" in refused("score", file, "--loss", "2.04", "--loss", "2.1")
    file.write_text(file.read_text().replace('"seed": 1', '"seed": 2'))
    assert "has changed since it was sealed" in refused("score", file, "--loss", "2.04")
    assert run("score", tmp_path / "none.json").exit_code == 2


def test_next_runs(folder, tmp_path):
    table = tmp_path / "candidates.csv"
    table.write_text("N,D\n3e4,2e6\n4e5,4e7\n1e6,1e8\n")
    run_of = ["--N", "2e6", "--D", "4e8"]
    text = done("design", folder, table, *run_of, "--budget", "1e15").stdout
    assert "standard deviation of the target" in text and "total cost" in text
    out = tmp_path / "plan.csv"
    found = json.loads(
        done("design", folder, table, "--target", "N", "--C", "1e14", "--count", "2", "--json", "-o", out).stdout
    )
    assert found["after"] < found["now"] and [row["order"] for row in found["candidates"]][:2] == [1, 2]
    assert out.read_text().startswith("N,D,cost,order")
    poor = json.loads(done("design", folder, table, *run_of, "--budget", "1", "--json").stdout)
    assert "No candidate is affordable" in poor["warnings"][0] and poor["spent"] == 0
    assert "Say what is to be known" in refused("design", folder, table)
    assert "got both" in refused("design", folder, table, *run_of, "--target", "E")
    assert "no 'omega'" in refused("design", folder, table, "--target", "omega")
    assert "give --target" in refused("design", folder, table, *run_of, "--C", "1e20")
    assert "two runs or more" in refused("design", folder, table, *run_of, "--choose")
