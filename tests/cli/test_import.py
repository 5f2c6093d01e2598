"""``bayescale data import``, and logs as RUNS of other commands."""

import json

import pandas as pd
import pytest

from tests.cli.test_commands import done, refused, run


@pytest.fixture
def sweep(tmp_path):
    """A folder of JSON lines: 12 runs with N as a setting and no tokens of a step."""
    folder = tmp_path / "sweep"
    folder.mkdir()
    for i in range(12):
        N, steps = 1e7 * 2 ** (i % 4), 1000 * 4 ** (i // 4)
        loss = 1.7 + 400 * N**-0.34 + 410 * (steps * 1e6) ** -0.28 + 0.002 * (-1) ** i
        rows = [{"config": {"n_params": N}}, {"step": steps, "val_loss": loss}]
        (folder / f"r{i}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


def test_import_writes_the_table_and_says_what_was_found(sweep, tmp_path):
    result = done("data", "import", sweep, "-o", tmp_path / "runs.csv", "--given", "batch_tokens=1_000_000")
    for said in ("loss: val_loss (validation loss), last", "D: step × batch_tokens 1,000,000", "N: n_params", "C: 6ND",
                 "12 rows"):  # fmt: skip
        assert said in result.stdout
    table = pd.read_csv(tmp_path / "runs.csv")
    assert len(table) == 12 and {"run", "N", "D", "C", "loss", "step", "n_params"} <= set(table)
    assert table.set_index("run").loc["r11", "D"] == 16_000 * 1e6


def test_what_is_missing_is_asked_for_as_an_option(sweep, tmp_path):
    result = done("data", "import", sweep, "-o", tmp_path / "runs.csv")
    assert "--given batch_tokens=524288" in result.stderr and "D is missing" in result.stderr
    assert "D" not in pd.read_csv(tmp_path / "runs.csv")


def test_given_of_one_run_and_rules(sweep, tmp_path):
    out = tmp_path / "runs.tsv"
    done("data", "import", sweep / "r0.jsonl", sweep / "r1.jsonl", "-o", out, "--given", "N:r0=5e6", "--given",
         "batch_tokens=8", "--loss", "min", "--where", "N < 1e7")  # fmt: skip
    assert pd.read_csv(out, sep="\t")["N"].tolist() == [5e6]


def test_refusals(sweep, tmp_path):
    out = tmp_path / "runs.csv"
    assert "no number" in refused("data", "import", sweep, "-o", out, "--given", "N=many")
    assert "more than once" in refused("data", "import", sweep, "-o", out, "--given", "N=1", "--given", "N=2")
    assert "mean of last k" in refused("data", "import", sweep, "-o", out, "--loss", "first")
    assert "wanted one of" in refused("data", "import", sweep, "-o", tmp_path / "runs.xlsx")
    assert "There is no file" in refused("data", "import", tmp_path / "absent", "-o", out)
    assert not out.exists()


def test_fit_takes_a_folder_of_logs(sweep, tmp_path):
    result = run("fit", sweep, "--law", "chinchilla", "--quick", "-o", tmp_path / "fit", "--given", "batch_tokens=1e6")
    assert result.exit_code in (0, 3), result.output
    assert "D: step × batch_tokens 1,000,000" in result.stderr and "12 runs of sweep" in result.stdout
    assert (tmp_path / "fit" / "posterior.nc").is_file()


def test_fit_without_tokens_says_what_to_give(sweep, tmp_path):
    result = run("fit", sweep, "--law", "chinchilla", "--quick", "-o", tmp_path / "fit")
    assert result.exit_code == 2 and "--given batch_tokens=524288" in result.stderr
    assert "runs has no column 'D'" in result.stderr
