"""Conditions on rows: what they may say, and that no text of theirs is run."""

import time

import numpy as np
import pandas as pd
import pytest

from bayescale.data.read import read, select

TABLE = pd.DataFrame(
    {
        "N": [1e7, 2e7, np.nan, 8e7],
        "D": [10**12, 2 * 10**12, 3 * 10**12, 4 * 10**12],
        "loss": [4.0, 3.5, 3.0, 2.5],
        "seed": [0, 1, 2, 3],
        "split": ["fit", "heldout", "fit", "extra"],
        "my col": [1, 2, 3, 4],
        "a`b": 0,
        "ok": [True, False, True, True],
        "µ": [1.0, 2.0, 3.0, 4.0],
        "maybe": [True, None, False, True],
        "and": [0, 0, 1, 1],
    },
    index=[3, 1, 2, 1],
)
TABLE.attrs["units"] = {"loss": "nats/token"}


@pytest.mark.parametrize(
    "condition, rows",
    {
        "split != 'heldout'": [0, 2, 3],
        "loss < 3.2": [2, 3],
        "D < 2.5e12": [0, 1],
        "`my col` > 3": [3],
        "`my col`>1 and`my col`<4": [1, 2],
        "`and` == 1": [2, 3],
        "N == N": [0, 1, 3],
        "N != N": [2],
        "split in ['fit', \"extra\"]": [0, 2, 3],
        "split not in ('fit',)": [1, 3],
        "split == ['fit', 'extra']": [0, 2, 3],
        "split != ['fit', 'extra']": [1],
        "seed in [-1, 3]": [3],
        "2.5 < loss <= 3.5": [1, 2],
        "1 < 2 < loss < 3": [3],
        "loss > 3 & split == 'fit' | seed == 3": [0, 3],
        "(loss > 3) & (split == 'fit')": [0],
        "not split == 'fit'": [1, 3],
        "~(split == 'fit') & ok": [3],
        "ok": [0, 2, 3],
        "not ok": [1],
        "ok == True": [0, 2, 3],
        "maybe == True": [0, 3],
        "split > 'fit'": [1],
        "loss * 2 - 1 >= +6": [0, 1],
        "-loss > -3": [3],
        "6 * N * D > 1e20": [1, 3],
        "D * D * D > 3e37": [3],  # 64 bits overflow
        "D ** 2 > 10**24 and seed // 2 == 1 and seed % 2 == 0": [2],
        "loss > N / 0 or seed == 1": [1],
        "µ > 3": [3],
        "split != 'a & b | @c `d`'": [0, 1, 2, 3],
        "split == 'fit'  # the small ones": [0, 2],
        "D < 99999999999999999999999": [0, 1, 2, 3],
        "D < 9**9**2": [0, 1, 2, 3],
    }.items(),
)
def test_rows_that_are_kept(condition, rows):
    kept = select(TABLE, where=condition)
    pd.testing.assert_frame_equal(kept, TABLE.iloc[rows])
    assert kept.attrs == TABLE.attrs


def test_columns_are_called_by_our_names():
    assert len(select(TABLE, {"params": "N"}, "params > 1.5e7")) == 2


def test_a_file_is_read_with_a_condition(tmp_path):
    TABLE.to_csv(tmp_path / "runs.csv", index=False)
    assert read(tmp_path / "runs.csv", where="split == 'extra'")["loss"].tolist() == [2.5]


ATTACKS = [
    "@pd.io.common.os.system('touch {0}')",
    "@pd.io.common.os.system('touch {0}') == 0",
    "N > @__builtins__['open']('{0}', 'w').fileno()",
    "__import__('os').system('touch {0}') == 0",
    "open('{0}', 'w') == 1",
    "N.to_csv('{0}') == 1",
    "split.to_pickle('{0}') == 1",
    "N.__class__ == 1",
    "N.values.tofile('{0}') == 1",
    "(lambda: open('{0}', 'w'))() == 1",
    "[open('{0}', 'w') for x in split] == 1",
    "f\"{{open('{0}', 'w')}}\" == split",
    "seed in {{open('{0}', 'w')}}",
    "seed[open('{0}', 'w')] > 1",
    "(y := open('{0}', 'w')) == 1",
    "`N.to_csv('{0}')` == 1",
    "`__import__('os').system('touch {0}')` == 1",
    "index.to_series().to_csv('{0}') == 1",
    "split == `fit` or `@x` == open('{0}', 'w')",
    "N > 1 or (yield open('{0}', 'w'))",
    "'' ' @pd.io.common.os.system(\"touch {0}\") ' == 1",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_is_run(attack, tmp_path):
    mark = tmp_path / "executed"
    with pytest.raises(ValueError, match="The condition .*Columns: "):
        select(TABLE, where=attack.format(mark))
    assert not mark.exists()


@pytest.mark.parametrize(
    "condition",
    [
        "9**9**9**9 > 1",
        "N < 9**9**9**9",
        "'a' * 10**10 == split",
        "1 << 10**10 > N",
        "(" + "-" * 1500 + "N) if ok else ok",
        "(" * 5000,
        "-" * 9000 + "N > 1",
        "not " * 2000 + "ok",
        "+".join(["N"] * 2000) + " > 1",
        "N > 1" + " and N > 1" * 200_000,
        "N > " + "9" * 9000,
        "N > '" + "\\" * 9999,
        "`" * 9999,
        "N in " + "[" * 190 + "]" * 190,
        "N > 1\0",
        "",
        "   ",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_hostile_conditions_end_at_once(condition):
    start = time.perf_counter()
    with pytest.raises(ValueError, match="The condition ") as caught:
        select(TABLE, where=condition)
    assert time.perf_counter() - start < 2 and len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    "condition, said",
    {
        "seed": "is of type int64, neither true nor false in each row; compare it",
        "loss + 1": "neither true nor false",
        "1": "same value for every row",
        "True": "same value for every row",
        "1 < 2": "same value for every row",
        "'fit'": "same value for every row",
        "maybe": "neither true nor false",
        "seed and ok": "'seed' is of type int64",
        "ok and 1": "'1' is 1",
        "`my col` or ok": "'`my col`' is of type int64",
        "not loss": "'loss' is of type float64",
        "split = 'fit'": "for equality write ==",
        "C < 1": "no column 'C'",
        "`no such` < 1": "no column 'no such'",
        "split == fit": "no column 'fit'; text needs quotes",
        "N > @limit": "'@'",
        "`N > 1": "backtick",
        "split.str.contains('a')": "functions and methods are not allowed",
        "split.str == 'a'": "(.str, .isin) are not allowed",
        "log(N) > 3": "functions and methods are not allowed",
        "split + 'a' == 'fita'": "'split' is of type str; wanted numbers",
        "ok + 1 > 1": "'ok' is of type bool; wanted numbers",
        "loss < 'a'": "cannot be read",
        "split < 3": "cannot be read",
        "split in 'fit'": "a list on its right",
        "split in seed": "a list on its right",
        "'fit' in split": "a list on its right",
        "loss < [1, 2]": "a list stands only after",
        "N is N": "'is' nowhere",
        "N == None": "'None' is not allowed",
        "N > b'a'": "is not allowed",
        "seed in [seed]": "more than constants",
        "N > 1 if ok else ok": "'if' is not allowed",
        "loss > 1 and": "wanted comparisons of columns",
    }.items(),
)
def test_errors_say_what_to_write(condition, said):
    with pytest.raises(ValueError) as caught:
        select(TABLE, where=condition)
    assert said in str(caught.value) and str(list(TABLE.columns)) in str(caught.value)


def test_no_rows():
    with pytest.raises(ValueError, match="keeps none of the 4 runs"):
        select(TABLE, where="loss > 10")


def test_columns_that_cannot_be_told_apart():
    twice = pd.DataFrame([[1, 2], [3, 4]], columns=["N", "N"])
    with pytest.raises(ValueError, match="more than once"):
        select(twice, where="N > 1")


def test_no_text():
    with pytest.raises(ValueError, match="wanted text"):
        select(TABLE, where=3)  # pyright: ignore[reportArgumentType]


def test_nullable_columns():
    table = pd.DataFrame({"N": pd.array([1, None, 3], dtype="Int64"), "ok": pd.array([True, None, False])})
    assert select(table, where="N > 1").index.tolist() == [2]
    assert select(table, where="ok or N == 3").index.tolist() == [0, 2]


@pytest.mark.parametrize(
    "condition, words",
    {
        "seed != '1'": "'seed' holds numbers, not '1'; leave out the quotes",
        "seed not in [1, '2']": "'seed' holds numbers, not '2'",
        "'1' != seed": "'seed' holds numbers",
        "split != 1": "'split' holds text, not 1; write '1'",
        "split not in [1, 2]": "'split' holds text",
        "ok != 'False'": "'ok' holds truth values, not 'False'; leave out the quotes",
        "day != 'soon'": "'day' holds dates, not 'soon'",
        "day != 5": "'day' holds dates",
        "kind != 1": "'kind' holds text",
    }.items(),
)
def test_a_comparison_that_holds_in_every_row_by_mistake_is_refused(condition, words):
    table = TABLE.assign(day=pd.Timestamp("2024-01-01"), kind=pd.Categorical(["a", "b", "a", "b"]))
    with pytest.raises(ValueError) as caught:
        select(table, where=condition)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "condition, count",
    {
        "mixed == 1": 2,
        "mixed == '1'": 2,
        "day != '2024-06-01'": 4,
        "kind != 'a'": 2,
        "ok != 0": 3,
        "`a#b` < 2": 2,
    }.items(),
)
def test_comparisons_of_one_kind(condition, count):
    table = TABLE.assign(day=pd.Timestamp("2024-01-01"), kind=pd.Categorical(["a", "b", "a", "b"]))
    table = table.assign(mixed=[1, "1", 1, "1"], **{"a#b": [0, 1, 2, 3]})
    assert len(select(table, where=condition)) == count


def test_names_are_exchanged_at_once():
    table = pd.DataFrame({"a": [1.0], "N": [2.0], "D": [3.0]})
    table.attrs["units"] = {"a": "x"}
    assert select(table, {"N": "D", "D": "N"})[["N", "D"]].values.tolist() == [[3.0, 2.0]]
    for columns in ({"N": "a", "D": "N"}, {"D": "N", "N": "a"}):
        renamed = select(table, columns)
        assert dict(renamed.iloc[0]) == {"N": 1.0, "D": 2.0} and renamed.attrs == table.attrs
    with pytest.raises(ValueError, match="occur more than once"):
        select(pd.concat([table, table], axis=1), {"N": "a"})
