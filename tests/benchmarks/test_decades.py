"""The picture of thirteen decades: bands at the runs that were not fitted, published lines, and the page."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from benchmarks.frontier import decades
from benchmarks.frontier.decades_page import page
from benchmarks.frontier.decades_picture import draw

C = np.geomspace(1e18, 1e26, 9)
RUNS = pd.DataFrame({"C": [1e18, 1e20], "loss": [3.0, 2.5]}), pd.DataFrame({"C": [1e21, 1e22], "loss": [2.2, 9.0]})
MEDIAN = 2.0 * (C / 1e22) ** -0.05
BAND = {
    "panel": "gpt3",
    "law": "a law",
    "runs": 2,
    "verdict": "accepted",
    "largest": 1e20,
    "C": C.tolist(),
    "loss": [(MEDIAN * factor).tolist() for factor in (0.8, 0.9, 1.0, 1.1, 1.2)],
}


@pytest.fixture(autouse=True)
def made_up(monkeypatch):
    panels = {
        name: replace(panel, read=None if panel.read is None else lambda: RUNS)
        for name, panel in decades.PANELS.items()
    }
    monkeypatch.setattr(decades, "PANELS", panels)
    monkeypatch.setattr("benchmarks.frontier.decades_page.PANELS", panels)
    monkeypatch.setattr("benchmarks.frontier.decades_picture.PANELS", panels)


def test_forecasts_are_the_bands_at_the_runs_that_were_not_fitted():
    found = decades.forecasts("gpt3", BAND)
    np.testing.assert_allclose(found["0.5"], 2.0 * (found["C"] / 1e22) ** -0.05)
    np.testing.assert_allclose(found["0.95"], 1.2 * found["0.5"])


def test_hoffmanns_line_is_the_smallest_loss_at_its_compute():
    at, N = 5.76e23, np.geomspace(1e9, 1e12, 20001)
    A, B, E = np.exp(6.0073404), np.exp(6.0179186), np.exp(0.5267228)
    loss = E + A * N**-0.33917084 + B * (at / 6 / N) ** -0.2849083
    assert decades.hoffmann(np.array(at)) == pytest.approx(loss.min(), rel=1e-6)


def test_published_lines_at_published_numbers():
    """L = 1 at 3.1e8 PF-days by Eq 1.3 of Kaplan et al.; 1.734 at 3,640 PF-days by Figure 3.1 of Brown et al."""
    kaplan = decades.PANELS["kaplan"].lines["fitted"][1]
    assert kaplan(3.1e8 * decades.PF_DAY) == pytest.approx(1)
    assert decades.PANELS["gpt3"].lines["fitted"][1](3640 * decades.PF_DAY) == pytest.approx(1.734, abs=5e-4)


def test_kept_bands_are_not_fitted_again_and_the_last_of_each_counts(tmp_path, monkeypatch):
    fitted = []
    monkeypatch.setattr(decades, "band", lambda name: fitted.append(name) or {**BAND, "panel": name})
    path = tmp_path / "kept.jsonl"
    assert set(decades.measure(lambda text: None, path=path)) == set(fitted) == set(decades.PANELS) - {"kaplan"}
    fitted.clear()
    decades.measure(lambda text: None, path=path)
    assert not fitted


def test_page_and_picture(tmp_path):
    draw({"gpt3": BAND}, tmp_path / "decades.png")
    assert plt.imread(tmp_path / "decades.png").shape[:2] == (860, 1380)
    page(tmp_path / "decades.md", {"gpt3": BAND}, "a command", "today")
    text = (tmp_path / "decades.md").read_text()
    assert "1 of 2 published runs" in text and "| no |" in text
    assert f"{0.8 * 2.0:.3f} to {1.2 * 2.0:.3f}" in text
