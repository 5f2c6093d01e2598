"""The README's examples: run as they stand, and their printed numbers compared."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"


def blocks(language: str) -> list[str]:
    """The README's code blocks of a language; "" for printed output."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README.read_text(encoding="utf-8"), re.S | re.M)
    return [text for name, text in fenced if name == language]


def numbers(text: str, row: str) -> list[float]:
    """The numbers in the line that starts with `row`."""
    line = next(line for line in text.splitlines() if line.startswith(row))
    return [float(x) for x in re.findall(r"\d+\.?\d*(?:e\d+)?", line[len(row) :])]


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """Output of the README's bayescale commands, in order."""
    commands = [line.split("uv run ")[1] for line in "".join(blocks("bash")).splitlines() if "run bayescale" in line]
    assert len(commands) == 2
    environment = {**os.environ, "COLUMNS": "120"}
    here = tmp_path_factory.mktemp("readme")
    found = []
    for command in commands:
        line = command.replace("bayescale", f"{Path(sys.executable).parent}/bayescale", 1)
        done = subprocess.run(line, shell=True, cwd=here, env=environment, capture_output=True, text=True, timeout=1800)
        assert done.returncode == 0, done.stderr
        found.append(done.stdout)
    return found


def test_the_fit_is_accepted(printed):
    assert "accepted: Pareto k" in printed[0]  # of the Laplace approximation, or of importance sampling after chains


def test_the_forecast_is_as_printed(printed):
    shown = blocks("")[0]
    for row in ("median loss [nats/target word]", "a new run's loss [nats/target word]"):
        for ours, readme in zip(numbers(printed[1], row), numbers(shown, row), strict=True):
            assert ours == pytest.approx(readme, abs=0.021)  # two units of the last digit


def test_python_examples_run(tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.chdir(tmp_path)
    scope: dict = {}
    for block in blocks("python"):
        exec(compile(block, str(README), "exec"), scope)
    assert scope["post"].attrs["converged"] == 1
