"""The benchmark of groups: its quadrature against the package's fit, and its page."""

import numpy as np
import pytest

import bayescale as bs
from benchmarks.frontier import groups, modalities
from benchmarks.frontier.modalities import ALPHA, MAIN, curves, read_curve, sample


def test_readings_lie_on_the_printed_curves():
    """Video in N: 1.01 + (N / 3.7e4)^-0.24 at 1e7 parameters, the middle size."""
    table = curves()
    row = table[(table["domain"] == "Video VQ 16x16x16") & (table["axis"] == "N")].iloc[4]
    assert row["x"] == pytest.approx(1) and row["loss"] == pytest.approx(1.01 + (1e7 / 3.7e4) ** -0.24)
    assert table["domain"].nunique() == 9 and "Language" not in set(table["domain"])


def test_the_quadrature_agrees_with_a_fit():
    """E and alpha of one curve, under the same model and priors, by `bayescale.fit`."""
    from dataclasses import replace

    from bayescale.laws.henighan2020 import L_N
    from bayescale.modelling.noises import lognormal

    rows = curves().query("domain == 'Video VQ 16x16x16' and axis == 'C'")
    law = replace(L_N.rename("L_x", N="x"), noise=replace(lognormal, priors={"sigma": MAIN}), derived={})
    post = bs.fit(law, rows[["x", "loss"]], method="laplace", seed=1)["posterior"]
    E = rows["loss"].min() * (np.arange(1500) + 0.5) / 1500
    curve = read_curve(rows["x"].to_numpy(), rows["loss"].to_numpy(), E, MAIN)
    weights = np.exp(curve.given(*ALPHA) - curve.given(*ALPHA).max())
    cumulated = np.cumsum(weights) / weights.sum()
    for q in (0.05, 0.5, 0.95):
        here = float(np.interp(q, cumulated, E))
        assert here == pytest.approx(float(post["E"].quantile(q)), abs=0.1 * float(post["E"].std()))
    best = curve.centre[np.argmax(curve.height)]
    assert best == pytest.approx(np.log(0.14), abs=0.02)


def test_one_entropy_lies_between_the_two_and_is_narrower(monkeypatch):
    monkeypatch.setattr(modalities, "DRAWS", 300)
    two, one = sample("pooled", MAIN), sample("one entropy", MAIN)
    for domain in ("Video VQ 16x16x16", "Image 8x8"):
        assert np.array_equal(one[domain]["E"]["N"], one[domain]["E"]["C"])
        assert one[domain]["E"]["N"].std() < two[domain]["E"]["N"].std()
    assert two["Math (Extrapolate)"]["apart"] > 5 > two["Image 8x8"]["apart"]


def test_the_stored_results_make_the_page():
    losses, printed = (groups.read(groups.STORED / f"{name}.jsonl") for name in ("several_losses", "modalities"))
    text = "\n\n".join(groups.sections(losses, printed))
    assert "Math (Extrapolate): N and C lead to different entropies at every stated error" in text
    assert "Losses of one sweep have exponents of their own: in 3 of 3 sweeps," in text
    page = (groups.EVIDENCE / "groups.md").read_text(encoding="utf-8")
    assert groups.sweeps(losses).strip() in page and groups.entropies(printed).strip() in page
