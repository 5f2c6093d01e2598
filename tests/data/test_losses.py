"""Losses: several losses of one sweep below each other."""

import numpy as np
import pandas as pd
import pytest

import bayescale as bs


def wide() -> pd.DataFrame:
    return pd.DataFrame(
        {"N": [1e8, 2e8], "D": [2e9, 4e9], "loss": [3.0, 2.8], "code": [2.0, np.nan], "run": ["a", "b"]}
    )


def test_rows_and_columns():
    long = bs.losses(wide(), {"C4": "loss", "code": "code"}, name="on")
    assert list(long.columns) == ["N", "D", "run", "on", "loss"]
    assert long["on"].tolist() == ["C4", "C4", "code"] and long["loss"].tolist() == [3.0, 2.8, 2.0]
    assert long["run"].tolist() == ["a", "b", "a"]


def test_a_loss_that_is_not_chosen_is_dropped_and_runs_are_numbered():
    long = bs.losses(wide().drop(columns="run").assign(text=[2.5, 2.4]), ["code", "text"])
    assert "code" not in long and long["loss"].tolist() == [2.0, 2.5, 2.4] and long["run"].tolist() == [0, 0, 1]


def test_units_are_kept():
    runs = wide()
    runs.attrs["units"] = {"loss": "nats/byte"}
    assert bs.losses(runs, ["loss", "code"]).attrs == runs.attrs


@pytest.mark.parametrize("change, error, words", [
    ({"runs": 3}, TypeError, "wanted a pandas.DataFrame"),
    ({"columns": "loss"}, TypeError, "wanted names of columns"),
    ({"columns": ["loss"]}, ValueError, "two or more columns"),
    ({"columns": ["loss", "java"]}, ValueError, "two or more columns"),
    ({"name": "N"}, ValueError, "is taken"),
    ({"runs": wide().assign(run="a")}, ValueError, "more than once"),
])  # fmt: skip
def test_what_is_no_table_of_losses_says_so(change, error, words):
    given = {"runs": wide(), "columns": ["loss", "code"], **change}
    with pytest.raises(error, match=words):
        bs.losses(given.pop("runs"), given.pop("columns"), **given)
