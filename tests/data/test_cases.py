"""Cases: tables after public reports, read from a folder named by BAYESCALE_CASES; its README says what is right."""

import os
import warnings
from pathlib import Path

import numpy as np
import pytest

import bayescale as bs
from bayescale.data.check import check
from bayescale.data.read import from_table, read
from bayescale.laws import chinchilla
from bayescale.laws.henighan2020 import L_D

OURS = {"N": "model_size", "D": "samples_seen", "loss": "val_loss"}


@pytest.fixture(scope="module")
def case():
    """Reads the case of a number."""
    folder = Path(os.environ.get("BAYESCALE_CASES") or "absent")
    if not folder.is_dir():
        pytest.skip("BAYESCALE_CASES names no folder with the cases of public reports")

    def open_case(number: str, columns=None):
        return read(next(folder.glob(f"**/{number}*.csv")), columns)

    return open_case


def said(table, law=chinchilla) -> str:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check(law, table)
    return "\n".join(str(w.message) for w in caught)


def fitted(table, law=chinchilla) -> str:
    """The verdict of a quick fit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bs.fit(law, table, seed=1, method="laplace", progressbar=False).attrs["verdict"]


def test_own_compute(case):
    assert "C is 1.21 to 1.67 times 6ND" in said(case("01-")) and "falls with N" in said(case("01-"))


def test_sizes_as_text(case):
    assert set(case("02-", OURS)["N"]) == {135e6, 360e6}


def test_learning_rate_sweep(case):
    table = case("03-")
    assert "differ in lr, batch" in said(table) and "best_of" in said(table)
    with pytest.warns(UserWarning, match="too low"):
        best = bs.best_of(table)
    assert not best.duplicated(["N", "D"]).any() and len(best) == len(table.drop_duplicates(["N", "D"]))


@pytest.mark.parametrize("number", ["04-", "04b-"])
def test_noise_free(case, number):
    verdict = fitted(case(number))
    assert "the runs have no noise" in verdict and "NOT" not in verdict


def test_run_is_seed(case):
    assert check(chinchilla, case("05-")).checkpoints is None
    assert "independent" in said(case("05-")) and "keep the last row" not in said(case("05-")).lower()


def test_perplexity(case):
    assert "np.log(runs['loss'])" in said(case("06-")) and "in bits" not in said(case("06-"))


def test_small_data_sets(case):
    table = case("07-")
    assert "small data set" in said(table, L_D)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        post = bs.fit(L_D, table, seed=1, method="laplace", progressbar=False)
    assert float(post["posterior"]["E"].median()) == pytest.approx(0.08, abs=0.03)
    assert float(post["posterior"]["alpha_D"].median()) == pytest.approx(0.42, abs=0.1)


def test_negative_loss(case):
    with pytest.raises(ValueError, match="negative log density") as error:
        check(chinchilla, case("08-"))
    assert "6*N*D" not in str(error.value)


def test_stated_errors(case):
    assert "stated errors (loss_se) exceed the scatter" in fitted(case("11-"))


@pytest.mark.parametrize("number", ["13-", "13b-"])
def test_constant_and_decayed(case, number):
    verdict = fitted(case(number))
    assert (
        "schedule (9" in verdict and "dims='schedule'" in verdict and "posterior and prior are the same" not in verdict
    )


@pytest.mark.parametrize("number", ["21-", "21b-", "21d-"])
def test_separators_marks_and_spaces(case, number):
    table = case(number)
    assert list(table.columns) == ["N", "D", "loss"] and np.issubdtype(table["loss"].dtype, np.floating)
    assert table["loss"].between(3, 4).all()


def test_a_chart_is_wide(case):
    with pytest.raises(ValueError, match="one column a run"):
        check(chinchilla, from_table(next(Path(os.environ["BAYESCALE_CASES"]).glob("**/wandb_chart.csv"))))
    with pytest.warns(UserWarning, match="batch_tokens"):
        assert case("wandb_chart")["run"].tolist() == ["d12", "d16"]
