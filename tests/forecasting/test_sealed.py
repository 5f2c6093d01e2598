"""Sealed forecasts: what is in the file, what is refused, and the scores against those of the draws."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayescale as bs
from bayescale.forecasting.sealed.document import digest
from bayescale.forecasting.sealed.seal import PROBABILITIES
from bayescale.laws import chinchilla
from tests.conftest import TRUTH

N0, D0 = 1e9, 2e10
RUNS = pd.DataFrame({"N": [1e9, 7e10], "D": [2e10, 1.4e12]})


@pytest.fixture(scope="module")
def post():
    """Draws about the simulated truth."""
    rng = np.random.default_rng(1)
    values = {
        "E": TRUTH["E"] + 0.02 * rng.normal(size=4000),
        "excess_N": TRUTH["A"] * N0 ** -TRUTH["alpha_N"] * np.ones(4000),
        "excess_D": TRUTH["B"] * D0 ** -TRUTH["alpha_D"] * np.ones(4000),
        "alpha_N": TRUTH["alpha_N"] * np.ones(4000),
        "alpha_D": TRUTH["alpha_D"] * np.ones(4000),
        "sigma": 0.01 * np.ones(4000),
    }
    draws = xr.Dataset({name: (("chain", "draw"), each.reshape(4, 1000)) for name, each in values.items()})
    constants = xr.Dataset({"N0": N0, "D0": D0, "loss_min": 2.0})
    tree = xr.DataTree.from_dict({"posterior": draws, "constant_data": constants})
    tree.attrs = {"runs": 60, "data_sha256": "ab" * 32, "versions": json.dumps({"numpy": "2.0"}), "verdict": "accepted"}
    return tree


@pytest.fixture
def file(post, tmp_path):
    path = tmp_path / "forecast.json"
    bs.seal(chinchilla, post, RUNS, path, seed=1)
    return path


def changed(path, change, seal_again=False):
    """The file with a change of its document."""
    document = json.loads(path.read_text())
    change(document)
    if seal_again:
        document["sha256"] = digest(document)
    path.write_text(json.dumps(document))


def test_what_the_file_has(post, file):
    document = json.loads(file.read_text())
    assert document == bs.seal(chinchilla, post, RUNS, seed=1) | {
        "created": document["created"],
        "sha256": document["sha256"],
    }
    assert document["data"] == {"runs": 60, "sha256": "ab" * 32} and document["law"]["text"] == str(chinchilla)
    assert document["runs"][1]["at"] == {"N": 7e10, "D": 1.4e12}
    assert document["versions"]["numpy of the fit"] == "2.0" and document["created"].endswith("+00:00")
    assert document["sha256"] == digest(document) and len(file.read_bytes()) < 10_000


def test_scores_are_those_of_the_draws(post, file):
    draws = bs.predict(chinchilla, post, RUNS, seed=1)["loss"].to_numpy().reshape(-1, 2)
    for seen in (np.array([2.4, 1.9]), np.quantile(draws, 0.3, axis=0), np.quantile(draws, 0.97, axis=0)):
        table = bs.score_seal(file, seen)
        np.testing.assert_allclose(table["crps"], bs.scores.crps(draws, seen), rtol=0.02)
        np.testing.assert_allclose(table["pit"], np.clip(bs.scores.pit(draws, seen), 0.005, 0.995), atol=0.002)
        np.testing.assert_allclose(table["error"], bs.scores.errors(draws, seen), atol=1e-3)
        inside = table[[f"inside_{level}" for level in (0.5, 0.8, 0.9, 0.95)]].to_numpy()
        assert (inside.T == bs.scores.covered(draws, seen)).all()


def test_crps_of_a_uniform_forecast():
    """On [0, 1] with the loss in the middle it is 1/12, and beyond an end the distance less 1/6 of the length."""
    from bayescale.forecasting.sealed.score_seal import _crps

    levels = np.linspace(1e-9, 1 - 1e-9, 7)
    assert _crps(levels, levels, 0.5) == pytest.approx(1 / 12)
    assert _crps(levels, levels, 1.5) == pytest.approx(1.0 - 1 / 6)


def test_a_file_is_never_overwritten(post, file):
    before = file.read_bytes()
    with pytest.raises(FileExistsError, match="give another name"):
        bs.seal(chinchilla, post, RUNS, file, seed=2)
    assert file.read_bytes() == before
    with pytest.raises(FileNotFoundError, match="folder"):
        bs.seal(chinchilla, post, RUNS, file.parent / "none" / "f.json", seed=2)


def test_a_changed_file_is_refused(file):
    def move(document):
        document["runs"][0]["quantiles"] = [1.1 * q for q in document["runs"][0]["quantiles"]]

    changed(file, move)
    with pytest.raises(ValueError, match="has changed since it was sealed"):
        bs.score_seal(file, [2.4, 1.9])


def test_white_space_and_the_order_of_fields_do_not_matter(file):
    document = json.loads(file.read_text())
    file.write_text(json.dumps(dict(reversed(document.items()))))
    assert bs.score_seal(file, [2.4, 1.9]).attrs["sha256"] == document["sha256"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.update(format="another"), "its format is 'another'"),
        (lambda d: d.pop("law"), "'law' is missing"),
        (lambda d: d.update(runs={}), "'runs' is missing or of another kind"),
        (lambda d: d.update(runs=[]), "no runs"),
        (lambda d: d.update(extra=1), "unknown fields \\['extra'\\]"),
        (lambda d: d["probabilities"].reverse(), "not rising"),
        (lambda d: d["runs"][1]["quantiles"].pop(), "run 2 does not have one rising"),
        (lambda d: d["runs"][0]["quantiles"].__setitem__(3, "2.0"), "run 1 does not have"),
        (lambda d: d["runs"][0].pop("at"), "no field 'at'"),
    ],
)
def test_another_shape_is_refused(file, change, words):
    changed(file, change, seal_again=True)
    with pytest.raises(ValueError, match=words):
        bs.score_seal(file, [2.4, 1.9])


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"a": 1}', '{"format": NaN}', "\x00\xff", "[" * 100_000])
def test_no_sealed_forecast_at_all(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ValueError, match="is no sealed forecast"):
        bs.score_seal(path, 2.0)


def test_losses_must_fit_the_runs(file):
    for losses, words in (([2.4], "1 losses and 2 sealed runs"), ([2.4, -1.0], "positive"), ([2.4, np.nan], "losses")):
        with pytest.raises(ValueError, match=words):
            bs.score_seal(file, losses)
    with pytest.raises(FileNotFoundError, match="There is no file"):
        bs.score_seal(file.parent / "none.json", 2.0)


def test_probabilities_have_the_ends_of_the_intervals():
    for level in (0.5, 0.8, 0.9, 0.95, 0.99):
        assert {round(0.5 - level / 2, 9), round(0.5 + level / 2, 9)} <= {round(p, 9) for p in PROBABILITIES}
