"""Tables as they are kept: text files of all kinds, grids of settings, seeds as runs, other units, own compute."""

import warnings

import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale.data.check import check
from bayescale.data.checkpoints import checkpoints
from bayescale.data.cost_ratio import cost_ratio
from bayescale.data.read import read
from bayescale.laws import chinchilla
from bayescale.laws.henighan2020 import L_C, L_D
from tests.conftest import simulate

GOOD = simulate(24, seed=0)[["N", "D", "loss"]]
SIZE = {"N": 7e7, "D": 1.4e9, "loss": 3.71}


def said(law, table) -> str:
    """What `check` warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check(law, table)
    return "\n".join(str(w.message) for w in caught)


# Numbers as text.


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("135M", "N", 135e6),
        ("1.5B", "N", 1.5e9),
        (" 300B tokens", "D", 300e9),
        ("72,168,784", "N", 72168784),
        ("7e9 ", "N", 7e9),
        ("70_000_000", "N", 7e7),
        ("1 500 000", "D", 1.5e6),
        ("70.000.000", "D", 7e7),
        ("1.5 x 10^9", "D", 1.5e9),
        ("1,500", "N", 1500),
        ("3,710", "loss", 3.71),
        ("3,71", "loss", 3.71),
        ("1.234,5", "D", 1234.5),
    ],
)
def test_numbers_as_text(text, name, value):
    assert bs.as_numbers([text], name).tolist() == [value]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["big"], "'big' is not a number; write plain digits"),
        (["2024-05-01"], "is a date or a time"),
        (["3-Jul"], "is a date or a time"),
        (["1,5", "1.5"], "another decimal sign"),
        (["1,500"], "can mean 1500 or 1.500"),
        (["1,125B"], "can mean"),
        ([True], "truth value"),
        ([10**400], "not a finite number"),
        (pd.Series(pd.to_datetime(["2024-05-01"])), "is a date"),
    ],
)
def test_text_that_is_no_number_or_two(cells, message):
    with pytest.raises(ValueError, match=message):
        bs.as_numbers(cells, "experts")


def test_the_cure_for_text_works():
    text = GOOD.assign(N=[f"{n / 1e6:.3f}M" for n in GOOD["N"]])
    with pytest.raises(ValueError, match=r"runs\['N'\] = bayescale.as_numbers\(runs\['N'\]\)"):
        check(chinchilla, text)
    cured = check(chinchilla, text.assign(N=bs.as_numbers(text["N"])))
    np.testing.assert_allclose(cured.columns["N"], GOOD["N"], atol=501)
    with pytest.raises(ValueError, match=r"'D' is of type.*such as 'many'.*'many' is not a number"):
        check(chinchilla, GOOD.assign(D="many"))


# Files.

FILES = {
    "semicolons and decimal commas": ("a.csv", "N;D;loss\n70000000;1400000000;3,71\n"),
    "tabs": ("a.csv", "N\tD\tloss\n7e7\t1.4e9\t3.71\n"),
    "commas in a .tsv": ("a.tsv", "N,D,loss\n7e7,1.4e9,3.71\n"),
    "bars": ("a.txt", "N|D|loss\n7e7|1.4e9|3.71\n"),
    "spaces": ("a.txt", "N   D  loss\n7e7 1.4e9 3.71\n"),
    "padded names": ("a.csv", "N, D , loss\n70M, 1.4B, 3.71\n"),
    "a byte-order mark": ("a.csv", "\ufeffN,D,loss\n7e7,1.4e9,3.71\n"),
    "grouped digits": ("a.csv", 'N,D,loss\n"70,000,000","1,400,000,000",3.71\n'),
}


@pytest.mark.parametrize("name, text", FILES.values(), ids=FILES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_files_are_read_as_they_are_kept(tmp_path, name, text, encoding):
    (tmp_path / name).write_text(text, encoding=encoding)
    assert read(tmp_path / name).to_dict("records") == [SIZE]


def test_labels_stay_text_and_named_columns_become_numbers(tmp_path):
    (tmp_path / "a.csv").write_text("size,params,D,loss\n70M,70M,1e9,3.7\n1.4B,1.4B,1e10,2.9\n")
    table = read(tmp_path / "a.csv", {"N": "params"}, "size == '1.4B'")
    assert table["N"].tolist() == [1.4e9] and table["size"].tolist() == ["1.4B"]


BAD_FILES = {
    "only a header": ("a.csv", "N,D,loss\n", "a header line .N, D, loss. and no runs"),
    "no header": ("a.csv", "7e7,1.4e9,3.71\n1e8,1e9,3.6\n", "first line of 'a.csv' holds numbers"),
    "blank lines": ("a.csv", "\n\n", "is empty"),
    "a host name": ("sweep.example.com", "N,D,loss\n", "'.com', which is no kind of table"),
    "no suffix": ("sweep", "N,D,loss\n", "has no suffix"),
}


@pytest.mark.parametrize("name, text, message", BAD_FILES.values(), ids=BAD_FILES)
def test_each_bad_file_has_its_own_message(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        read(tmp_path / name)


def test_addresses_and_folders_are_no_files(tmp_path):
    with pytest.raises(ValueError, match="is an address; download"):
        read("https://example.com/sweep.csv")
    with pytest.raises(ValueError, match="folder .* is empty, and no log"):
        read(tmp_path)


def test_a_wide_table_is_reshaped_by_its_cure():
    wide = pd.DataFrame({"Step": [10, 20, 30], "run a": [4.0, 3.5, 3.2], "run b": [3.9, 3.3, np.nan]})
    with pytest.raises(ValueError, match=r"one column a run.*runs.melt\(id_vars='Step'"):
        check(chinchilla, wide)
    long = wide.melt(id_vars="Step", var_name="run", value_name="loss").dropna()
    assert len(long) == 5 and set(long["run"]) == {"run a", "run b"}


# Values that are not positive: a cure that fits the column.

CURES = {
    "step 0": ({"D": [0.0, *GOOD["D"][1:]]}, "step 0 comes before training.*runs\\[runs\\['D'\\] > 0\\]"),
    "a log density": ({"loss": np.log(GOOD["loss"]) - 2}, r"negative log density.*runs\['loss'\] \+ \d"),
    "no error": ({"loss": [0.0, *GOOD["loss"][1:]]}, "error rate of 0"),
    "C overflows": ({"C": -1.0}, "6.0\\*N\\*D"),
    "32 bits": ({"D": [-2.0e9, *GOOD["D"][1:]]}, "32-bit"),
}


@pytest.mark.parametrize("change, message", CURES.values(), ids=CURES)
def test_cures_fit_the_column(change, message):
    with pytest.raises(ValueError, match=message) as error:
        check(L_C if "C" in change else chinchilla, GOOD.assign(**change))
    assert ("6*N*D" in str(error.value)) is ("C" in change)


def test_a_shifted_log_density_is_accepted():
    check(chinchilla, GOOD.assign(loss=np.log(GOOD["loss"]) - 1 + 3))


# Units.


def test_small_data_sets_and_models_are_accepted_with_a_warning():
    D = np.repeat([50, 100, 200, 400, 800, 1600, 3200], 2)
    table = pd.DataFrame({"D": D, "loss": 0.08 + 1.8 * D**-0.42})
    assert "small data set" in said(L_D, table)
    assert "small model" in said(chinchilla, table.assign(N=[100, 300] * 7))
    with pytest.raises(ValueError, match="no whole number; is it in millions"):
        check(L_D, table.assign(D=D / 7.3))


def test_what_cannot_be_bits():
    loss = GOOD["loss"]
    assert "np.log(runs['loss'])" in said(chinchilla, GOOD.assign(loss=np.exp(loss / 2 + 0.7)))
    assert "too much for bits" in said(chinchilla, GOOD.assign(loss=loss * 2.6))
    assert "are they in bits" in said(chinchilla, GOOD.assign(loss=loss * 1.4427))


@pytest.mark.parametrize("law", [chinchilla, L_C, L_D], ids=lambda law: law.name)
@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_a_part_of_a_table_in_bits(law, share):
    some = np.random.default_rng(3).permutation(24) < 24 * share
    message = said(law, GOOD.assign(loss=GOOD["loss"] * np.where(some, 1.4427, 1.0)))
    assert "two groups" in message and "ln 2" in message
    assert "two groups" not in said(law, GOOD)


def test_one_wild_run_is_no_group():
    assert "two groups" not in said(chinchilla, GOOD.assign(loss=[9.0, *GOOD["loss"][1:]]))


def test_accuracies_have_a_way_on():
    accuracy = 1 - GOOD["loss"] / 8
    assert "runs['loss'] = 1 - runs['loss']" in said(chinchilla, GOOD.assign(loss=accuracy))
    assert "1 - runs['loss'] / 100" in said(chinchilla, GOOD.assign(loss=100 * accuracy))
    assert "accuracy" not in said(chinchilla, GOOD.assign(loss=1 - accuracy))


# Grids of settings.


def grid(**columns) -> pd.DataFrame:
    """Each size three times."""
    table = GOOD.loc[GOOD.index.repeat(3)].reset_index(drop=True)
    return table.assign(loss=table["loss"] * (1 + np.tile([0.0, 0.01, 0.03], 24)), **columns)


def test_settings_are_named_and_repeats_are_not():
    rates = np.tile([1e-3, 2e-3, 4e-3], 24)
    message = said(chinchilla, grid(lr=rates, seed=np.tile([1, 2, 3], 24), train_loss=rates + 2, note="x"))
    assert "72 of 72 rows share their N and D" in message and "differ in lr (up to 3" in message
    assert "winner's curse" in message and "bayescale.best_of(runs, by=('N', 'D'))" in message
    assert "differ in" not in said(chinchilla, grid(seed=np.tile([1, 2, 3], 24), wall_time=np.arange(72.0)))
    assert "differ in" not in said(chinchilla, GOOD.assign(lr=np.geomspace(1e-4, 1e-2, 24)))
    budgets = GOOD.assign(C=np.repeat(np.geomspace(1e19, 1e21, 8), 3))
    assert "share their C with others, and differ in N, D" in said(L_C, budgets)


def test_the_best_of_each_size():
    table = grid(lr=np.tile([1e-3, 2e-3, 4e-3], 24)).sample(frac=1.0, random_state=0)
    with pytest.warns(UserWarning, match="best of 3 runs at each of 24.*too low.*0.85 standard deviations"):
        best = bs.best_of(table)
    np.testing.assert_allclose(np.sort(best["loss"]), np.sort(GOOD["loss"]))
    assert (best["lr"] == 1e-3).all()
    rounded = table.assign(D=table["D"] * (1 + 0.002 * np.arange(len(table)) / len(table)))
    with pytest.warns(UserWarning):
        assert len(bs.best_of(rounded)) == 24
    with pytest.warns(UserWarning):
        assert len(bs.best_of(table.assign(kind=np.where(table["lr"] > 3e-3, "a", "b")), ("N", "D", "kind"))) == 48
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(bs.best_of(GOOD)) == 24
    with pytest.raises(ValueError, match="wants columns"):
        bs.best_of(GOOD, ("N", "batch"))


# Compute of the table's own.


def test_compute_that_is_not_6ND():
    C = 6 * GOOD["N"] * GOOD["D"]
    own = GOOD.assign(C=C * 1.4 * (GOOD["N"] / 1e9) ** -0.1)
    found = cost_ratio(own)
    assert found is not None and found.power_N == pytest.approx(-0.1) and found.power_D == 0.0
    assert found.low < found.median < found.high
    assert "times 6ND" in said(chinchilla, own) and "falls with N (as N^-0.10)" in said(chinchilla, own)
    assert "fitted to the table's C" in said(L_C, own)
    assert "6ND" not in said(chinchilla, GOOD.assign(C=C * 1.04)) and "6ND" not in said(L_C, GOOD)
    assert "PF-day" in said(chinchilla, GOOD.assign(C=C / 8.64e19))
    assert cost_ratio(GOOD) is None and cost_ratio(GOOD.assign(C=np.nan)) is None
    assert check(chinchilla, own).cost == found


# Names in the column run.


def runs_of(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["run", "N", "D"])


def test_a_training_run_is_told_name_by_name():
    curve = [("a", 1e8, d) for d in (1e9, 2e9, 4e9)]
    sweep = [("s", n, 2e9) for n in (1e8, 2e8)]
    seeds = [(0, 3e8, 1e9), (0, 3e8, 1e9)]
    found = checkpoints(runs_of(*curve, *sweep, *seeds), ("N", "D"))
    assert found is not None and found.of_run.tolist() == [0, 0, 0, 1, 2, 3, 4]
    assert found.names == ("a", "s (row 4)", "s (row 5)", "0 (row 6)", "0 (row 7)")
    assert checkpoints(runs_of(*sweep, *seeds), ("N", "D")) is None
    shuffled = checkpoints(runs_of(*curve[::-1]), ("N", "D"))
    assert shuffled is not None and len(shuffled.names) == 1
    sawtooth = [("t", 1e8, d) for d in (1e9, 2e9, 4e9, 1e9, 2e9, 4e9)]
    assert checkpoints(runs_of(*sawtooth), ("N", "D")) is None


def test_seeds_in_the_column_run_are_said():
    table = GOOD.assign(run=np.arange(24) % 3)
    message = said(chinchilla, table)
    assert "3 names (0, 1, 2)" in message and "independent" in message and "Keep the last row" not in message
    assert check(chinchilla, table).checkpoints is None


TINY = "N,D,loss\n1e8,2e9,3.1\n2e8,4e9,2.9\n"


@pytest.mark.parametrize(
    "text",
    [
        "N,D,loss,\n1e8,2e9,3.1,\n2e8,4e9,2.9,\n",
        "N,D,loss\n1e8,2e9,3.1,\n2e8,4e9,2.9,\n",
        "N,D,loss\n1e8,2e9,3.1,,\n2e8,4e9,2.9,,\n",
        "N,D,loss\n1,1e8,2e9,3.1\n2,2e8,4e9,2.9\n",
        "N,D,loss\nsmall,1e8,2e9,3.1\nlarge,2e8,4e9,2.9\n",
        "      N    D loss\n0  1e8  2e9  3.1\n1  2e8  4e9  2.9\n",
        "# sweep of May\n# second try\n\n" + TINY,
        "# sweep of May\n# N,D,loss\n1e8,2e9,3.1\n2e8,4e9,2.9\n",
        "#N D loss\n1e8 2e9 3.1\n2e8 4e9 2.9\n",
        "N,D,loss\n1×10⁸,2×10⁹,3.1\n2 x 10^8,4·10**9,2.9\n",
    ],
)
def test_text_that_is_read_as_it_is_meant(tmp_path, text):
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert read(tmp_path / "a.csv")[["N", "D", "loss"]].to_numpy().tolist() == [[1e8, 2e9, 3.1], [2e8, 4e9, 2.9]]


@pytest.mark.parametrize(
    "content, words",
    {
        "N,D,loss\n1e8,2e9,3.1,0.5\n2e8,4e9,2.9,0.6\n": "rows have 4 values and its header 3 names (N, D, loss)",
        "N,D,loss\n1e8,2e9,3.1,0.5\n2e8,4e9,2.9\n": "rows have 4 values",
        "N,loss\n1,5,3,1\n2,5,2,9\n": "separate the columns by ';'",
        "N,D,loss,loss\n1e8,2e9,3.1,4\n": "its header has ['loss'] more than once",
        "N,D,loss\n1e8,2e9,3.1\n".encode("utf-16-le"): "UTF-16 without a mark",
        b"PAR1 and more": "a Parquet file; rename it to .parquet",
        b"\x1f\x8b and more": "compressed by gzip",
        b"PK\x03\x04 and more": "an Excel workbook",
    }.items(),
)
def test_text_that_would_be_read_otherwise_than_meant(tmp_path, content, words):
    (tmp_path / "a.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError) as caught:
        read(tmp_path / "a.csv")
    assert words in str(caught.value)


@pytest.mark.parametrize("cells", ["135", b"1", 5, None, {"a": 1}, pd.DataFrame({"a": ["1M"]}), np.ones((2, 2))])
def test_what_is_no_column_is_no_numbers(cells):
    with pytest.raises(TypeError, match="wanted one column"):
        bs.as_numbers(cells)


@pytest.mark.parametrize(
    "cells", [[np.True_, 1.0], ["2x1024"], ["3,714", "3.652"], ["3,71", "3.652"], [[1, 2], [3]], ["1.5e9", True]]
)
def test_cells_that_are_no_numbers_or_can_mean_two(cells):
    with pytest.raises(ValueError):
        bs.as_numbers(cells, "loss")


def test_missing_cells_are_nan():
    masked = bs.as_numbers(np.ma.array([1.0, 2.0], mask=[False, True]))
    assert masked.tolist()[0] == 1.0 and masked.isna().tolist() == [False, True]
    assert bs.as_numbers(pd.Series([], dtype="datetime64[ns]")).tolist() == []


@pytest.mark.parametrize(
    "change, words",
    [
        ({"N": "135M"}, "as_numbers"),
        ({"N": -1.0}, "negative"),
        ({"N": np.inf}, "infinite"),
        ({"N": 1j}, "complex"),
        ({"D": np.nan}, "NaN"),
    ],
)
def test_best_of_checks_sizes(change, words):
    runs = pd.DataFrame({"N": [1e8, 1e8], "D": [2e9, 2e9], "loss": [3.0, 2.9]})
    with pytest.raises(ValueError, match=words):
        bs.best_of(runs.assign(**change))


def test_best_of_computes_sizes_as_fits_do():
    runs = pd.DataFrame({"N": [1e8, 1e8, 2e8], "C": [1.2e18, 1.2e18, 1.2e18], "loss": [3.0, 2.9, 2.8]})
    with pytest.warns(UserWarning, match="The best of 1 to 2 runs"):
        assert list(bs.best_of(runs)["loss"]) == [2.9, 2.8]
    with pytest.raises(ValueError, match="occur more than once"):
        bs.best_of(pd.concat([runs, runs[["loss"]]], axis=1))
    with pytest.raises(TypeError, match="by is a int"):
        bs.best_of(runs, by=5)  # pyright: ignore[reportArgumentType]
