"""The rule that turns a posterior and a published number into a verdict, and the command that applies it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import bayescale as bs
from bayescale.laws import kaplan2020
from benchmarks import claims
from benchmarks.claims import Claim, verdict
from benchmarks.papers import PAPERS
from benchmarks.reproductions import Paper, picture, reproduce, write
from benchmarks.store import Store

ROOT = Path(__file__).parents[2]
DRAWS = np.random.default_rng(0).normal(1.0, 0.1, 4000)


def claim(published="1.0", here=DRAWS, **options) -> Claim:
    return Claim(quantity="a number", published=published, here=here, where="nowhere", tag="T", **options)


def test_rounding_is_half_a_unit_of_the_last_digit():
    assert claim("0.34").rounding == pytest.approx(0.005)
    assert claim("12").rounding == pytest.approx(0.5)
    assert claim("3.1e8").rounding == pytest.approx(5e6)


@pytest.mark.parametrize(
    ("one", "wanted"),
    [
        (claim("1.1"), "agrees"),
        (claim("1.400"), "disagrees"),
        (claim("1.400", interval=(1.1, 1.7)), "agrees"),
        (claim("1.40", interval=(1.39, 1.41)), "disagrees"),
        (claim("1.0", interval=(0.999, 1.001), same_runs=True), "published interval too narrow"),
        (claim("1.0", interval=(0.999, 1.001)), "agrees"),  # of other runs: no reason to be as wide
        (claim("1.0", interval=(0.8, 1.2), same_runs=True), "agrees"),
        (claim("0.05", here=0.0549), "agrees"),
        (claim("0.05", here=0.0551), "disagrees"),
        (claim("0.05", here=0.07, interval=(0.04, 0.08)), "agrees"),
        (claim(here=None), "not reproducible"),
    ],
)
def test_verdict(one, wanted):
    assert verdict(one) == wanted


@pytest.mark.parametrize("interval", [False, True])
def test_true_claims_disagree_as_rarely_as_the_rule_says(interval):
    """Two normal estimates of one truth: 1 % of 2000 disagree, within three deviations of the binomial (0.7 %).

    Without a printed interval, the published number is the truth itself, and the posterior alone is uncertain.
    """
    rng = np.random.default_rng(1)
    wrong = 0
    for _ in range(2000):
        ours = rng.normal(0.0, 1.0) + rng.standard_normal(1000)
        theirs = rng.normal(0.0, 2.0) if interval else 0.0
        around = (theirs - 2 * 1.96, theirs + 2 * 1.96) if interval else None
        wrong += verdict(claim(f"{theirs:.4f}", here=ours, interval=around)) == "disagrees"
    assert abs(wrong / 2000 - claims.TAIL) < 0.0067


def test_a_level_is_taken_into_account():
    """An 80 % interval of the same ends stands for a wider distribution than a 95 % one."""
    options = {"published": "1.330", "interval": (1.25, 1.41)}
    assert verdict(claim(**options, level=0.95)) == "disagrees"
    assert verdict(claim(**options, level=0.5)) == "agrees"


def test_what_is_no_number_is_refused():
    with pytest.raises(ValueError, match="not finite"):
        verdict(claim(here=np.array([1.0, np.nan])))
    with pytest.raises(ValueError, match="expect"):
        claim(expect="perhaps")


def test_unexpected_claims_are_found():
    good, bad = claim(), claim("2.000")
    assert claims.unexpected([good, bad]) == [bad]
    assert claims.unexpected([claim("2.000", expect="disagrees", note="it is")]) == []


def test_text():
    assert claims.printed(claim("0.50", interval=(0.488, 0.502), level=0.8)) == "0.50 [0.488, 0.502] (80%)"
    assert claims.summary(claim(here=1.25)) == "1.25" and claims.summary(claim(here=None)) == "–"
    assert claims.summary(claim()).startswith("0.99") or claims.summary(claim()).startswith("1.0")


def test_papers_on_bundled_tables_report_and_figure(tmp_path):
    said = []
    found = reproduce(["henighan2020", "dey2023"], True, False, said.append)
    assert [paper.name for paper in found] == ["henighan2020", "dey2023"]
    assert not any(paper.unexpected for paper in found)
    assert any("Pareto k" in line or "R-hat" in line for line in said), "no posterior without its diagnostics"
    (tmp_path / "evidence").mkdir()
    write(tmp_path / "evidence" / "reproductions.md", found)
    text = (tmp_path / "evidence" / "reproductions.md").read_text()
    assert "printed results of 2 papers" in text and "| henighan2020 |" in text
    assert "Math (Extrapolate)" in text and "disagrees" in text and "figures/papers/dey2023.png" in text
    assert (tmp_path / "figures" / "papers" / "henighan2020.png").stat().st_size > 5000


def test_a_posterior_is_kept_and_fitted_again_once_in_a_run(tmp_path, monkeypatch):
    monkeypatch.setenv("BAYESCALE_CACHE", str(tmp_path))
    real = {name: getattr(bs, name) for name in ("fit", "fit_many")}
    runs, tables = bs.load("gpt3"), {"a": bs.load("gpt3"), "b": bs.load("pythia")}

    def fitted(store) -> int:
        """How many posteriors were fitted, each asked for twice."""
        calls = []
        for name, fit in real.items():
            monkeypatch.setattr(bs, name, lambda *a, fit=fit, **k: calls.append(0) or fit(*a, **k))
        posts = [store.fit("one", kaplan2020.L_N, runs) for _ in "12"]
        many = [store.each("many", kaplan2020.L_N, tables) for _ in "12"]
        assert posts[0].equals(posts[1])  # attributes hold the second at which a fit was made
        assert many[0]["posterior"].identical(many[1]["posterior"])
        return len(calls)

    assert [fitted(store) for store in (Store(), Store(), Store(refit=True))] == [2, 0, 2]
    assert len(list((tmp_path / "posteriors").iterdir())) == 2
    assert fitted(Store(quick=True)) == 4
    assert len(list((tmp_path / "posteriors").iterdir())) == 2


def test_a_picture_leaves_out_what_cannot_be_drawn(tmp_path):
    picture(Paper("p", "s", [claim(here=None, expect="not reproducible"), claim()]), tmp_path / "p.png")
    assert (tmp_path / "p.png").is_file()


def run(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=1800
    )


def test_the_command_ends_with_status_0_and_refuses_unknown_papers():
    done = run("henighan2020", "--quick")
    assert done.returncode == 0, done.stderr
    assert "9 claims of 1 papers" in done.stdout
    assert run("nobody1999").returncode == 2


def test_a_surprise_ends_with_status_1(monkeypatch):
    from click.testing import CliRunner

    from benchmarks import reproductions
    from benchmarks.__main__ import main

    odd = Paper("p", "s", [claim("2.000")])
    monkeypatch.setattr(reproductions, "reproduce", lambda *_: [odd])
    result = CliRunner().invoke(main, ["henighan2020"])
    assert result.exit_code == 1 and "unexpected: a number" in result.output


def test_the_committed_report_has_every_paper():
    text = (ROOT / "docs" / "evidence" / "reproductions.md").read_text()
    assert all(f"## {name}\n" in text for name in PAPERS)
    rows = [line for line in text.splitlines() if line.startswith("| ") and line.count("|") == 7]
    assert len(rows) - len(PAPERS) * 2 >= 60
