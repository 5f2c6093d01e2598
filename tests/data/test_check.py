"""Bad input: each kind of bad table gives the promised error or warning, and no silent number."""

import re
import warnings
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bayescale import Prior, laws, model
from bayescale.data.check import check
from bayescale.data.read import complete, read, select
from bayescale.laws import chinchilla
from bayescale.laws.henighan2020 import L_C
from bayescale.modelling.law import Law
from bayescale.modelling.noises import by_compute, per_run
from tests.conftest import simulate

GOOD = simulate(24, seed=0)[["N", "D", "loss"]]
GROUPED = replace(
    chinchilla,
    priors={**chinchilla.priors, "E": Prior("Uniform", lower=0, upper=1, unit="loss_min", dims="family")},
)


def put(column, row, value):
    table = GOOD.astype({column: object}) if isinstance(value, str | complex | type(pd.NA)) else GOOD.copy()
    table.loc[row, column] = value
    return table


#: name -> (law, table, exception, message)
ERRORS = {
    "a dict": (chinchilla, GOOD.to_dict(), TypeError, "dict; wanted a pandas.DataFrame"),
    "an array": (chinchilla, GOOD.to_numpy(), TypeError, "ndarray; wanted a pandas.DataFrame"),
    "no D": (chinchilla, GOOD[["N", "loss"]], ValueError, r"no column 'D' \[tokens\].*Rename yours"),
    "no loss": (chinchilla, GOOD[["N", "D"]], ValueError, r"no column 'loss' \[nats/token\]"),
    "perplexity instead": (
        chinchilla,
        GOOD.rename(columns={"loss": "ppl"}),
        ValueError,
        r"runs\['loss'\] = np.log\(ppl\)",
    ),
    "bits instead": (chinchilla, GOOD.rename(columns={"loss": "loss_bits"}), ValueError, r"loss_bits \* np.log\(2\)"),
    "a string": (
        chinchilla,
        put("N", 3, "1B"),
        ValueError,
        r"'N' is of type object \(such as '1B'\).*bayescale.as_numbers\(runs\['N'\]\)",
    ),
    "all strings": (chinchilla, GOOD.astype({"loss": str}), ValueError, "'loss' is of type.*wanted numbers"),
    "booleans": (chinchilla, GOOD.assign(N=True), ValueError, "'N' is of type bool"),
    "nullable booleans": (
        chinchilla,
        GOOD.assign(loss=pd.array([True] * 24, dtype="boolean")),
        ValueError,
        "'loss' is of type boolean",
    ),
    "decimals": (
        chinchilla,
        GOOD.assign(N=[Decimal(10**9)] * 24),
        ValueError,
        r"'N' is of type object.*bayescale\.as_numbers",
    ),
    "an integer beyond floats": (
        chinchilla,
        GOOD.assign(N=pd.Series([10**400] * 24, dtype=object)),
        ValueError,
        "'N' is of type object",
    ),
    "categories": (chinchilla, GOOD.assign(N=pd.Categorical(GOOD["N"])), ValueError, "'N' is of type category"),
    "a series": (chinchilla, GOOD["loss"], TypeError, "Series; wanted a pandas.DataFrame"),
    "two levels of columns": (chinchilla, pd.concat({"a": GOOD}, axis=1), ValueError, "2 levels; flatten them"),
    "doubled columns of two types": (
        chinchilla,
        pd.concat([GOOD, pd.DataFrame(1.0, GOOD.index, [7, 7, "x", "x"])], axis=1),
        ValueError,
        r"\[7, 'x'\] occur more than once",
    ),
    "complex": (chinchilla, GOOD.assign(D=GOOD["D"] + 0j), ValueError, "'D' is of type complex"),
    "dates": (chinchilla, GOOD.assign(D=pd.Timestamp("2022-03-29")), ValueError, "'D' is of type datetime"),
    "NaN": (chinchilla, put("loss", 3, np.nan), ValueError, r"'loss' is NaN in 1 of 24 runs \(rows \[3\]\): drop them"),
    "NA": (chinchilla, GOOD.assign(N=GOOD["N"].astype("Float64").mask(GOOD.index == 2)), ValueError, "'N' is NaN in 1"),
    "infinite": (chinchilla, put("D", 0, np.inf), ValueError, "'D' is infinite in 1"),
    "zero": (chinchilla, put("N", 0, 0.0), ValueError, "'N' is zero or negative in 1"),
    "negative": (chinchilla, put("loss", 0, -2.0), ValueError, "'loss' is zero or negative"),
    "overflowed C": (
        replace(L_C),
        GOOD.assign(C=(6 * GOOD["N"].astype(np.int64) * GOOD["D"].astype(np.int64))),
        ValueError,
        "overflows",
    ),
    "N in billions": (
        chinchilla,
        GOOD.assign(N=GOOD["N"] / 1e9),
        ValueError,
        "N reaches only.*in millions or billions",
    ),
    "N in millions": (chinchilla, GOOD.assign(N=GOOD["N"] / 1e6), ValueError, "N in millions"),
    "D in billions": (chinchilla, GOOD.assign(D=GOOD["D"] / 1e9), ValueError, "D reaches only"),
    "D in millions": (chinchilla, GOOD.assign(D=GOOD["D"] / 1e6), ValueError, "D in millions"),
    "C in PF-days": (L_C, GOOD.assign(C=6 * GOOD["N"] * GOOD["D"] / 8.64e19), ValueError, "PF-days"),
    "C of another unit": (
        replace(chinchilla, noise=by_compute),
        GOOD.assign(C=GOOD["N"] * GOOD["D"] * 6e3),
        ValueError,
        "times 6ND",
    ),
    "a doubled column": (
        chinchilla,
        pd.concat([GOOD, GOOD[["N"]]], axis=1),
        ValueError,
        r"\['N'\] occur more than once",
    ),
    "no runs": (chinchilla, GOOD.iloc[:0], ValueError, "no runs"),
    "no runs and no types": (chinchilla, GOOD.iloc[:0].astype(object), ValueError, "no runs"),
    "one run": (chinchilla, GOOD.iloc[:1], ValueError, "1 run"),
    "no group column": (GROUPED, GOOD, ValueError, "dims 'family', but runs has no such column"),
    "a missing group": (GROUPED, GOOD.assign(family=["a"] * 23 + [None]), ValueError, "'family' is missing in 1"),
    "no standard errors": (replace(chinchilla, noise=per_run), GOOD, ValueError, "no column 'loss_se'"),
    "a negative standard error": (
        replace(chinchilla, noise=per_run),
        GOOD.assign(loss_se=-0.1),
        ValueError,
        "'loss_se' is zero or negative",
    ),
}

#: name -> (law, table, message)
WARNINGS = {
    "loss in bits": (chinchilla, GOOD.assign(loss=GOOD["loss"] / np.log(2)), "are they in bits"),
    "loss in percent": (chinchilla, GOOD.assign(loss=GOOD["loss"] * 10), "Is it a percentage"),
    "loss is perplexity": (chinchilla, GOOD.assign(loss=np.exp(GOOD["loss"])), "perplexity"),
    "duplicated rows": (chinchilla, pd.concat([GOOD, GOOD.head(5)]), "5 of 29 rows repeat.*drop_duplicates"),
    "two runs": (chinchilla, GOOD.head(2), "2 runs for 6 parameters"),
    "three runs": (chinchilla, GOOD.head(3), "3 runs for 6 parameters"),
    "one N": (chinchilla, GOOD.assign(N=1e9), "N is the same in every run"),
    "one D": (chinchilla, GOOD.assign(D=2e10), "D is the same in every run"),
    "on a frontier": (chinchilla, GOOD.assign(D=20 * GOOD["N"]), "on one line"),
    "D nearly in millions": (chinchilla, GOOD.assign(D=GOOD["D"] / 1e4), "D in thousands or millions"),
    "N in thousands": (chinchilla, GOOD.assign(N=GOOD["N"] / 1e4), "N in thousands"),
    "N and D exchanged": (chinchilla, GOOD.rename(columns={"N": "D", "D": "N"}), "N and D exchanged"),
    "one N in billions": (chinchilla, put("N", 3, 1.3), "N ranges from 1.3 to .*some runs in thousands"),
    "one D in millions": (chinchilla, put("D", 3, 2e4), "D ranges from 2e[+]04 to"),
    "one loss a failed run": (chinchilla, put("loss", 3, 0.03), "smallest loss, 0.03, is less than half of the next"),
    "an accuracy": (chinchilla, GOOD.assign(loss=np.exp(-GOOD["loss"])), "larger its loss; is the column an accuracy"),
    "a group of one run": (GROUPED, GOOD.assign(family=["a"] * 23 + ["b"]), r"\['b'\] of 'family' have one run"),
}


@pytest.mark.parametrize("law, table, exception, message", ERRORS.values(), ids=ERRORS)
def test_errors(law, table, exception, message):
    with pytest.raises(exception, match=message):
        check(law, table)


@pytest.mark.parametrize("law, table, message", WARNINGS.values(), ids=WARNINGS)
def test_warnings(law, table, message):
    with pytest.warns(UserWarning, match=message):
        check(law, table)


def test_good_tables_pass_silently():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(chinchilla, GOOD)
        check(chinchilla, GOOD.set_index(np.zeros(len(GOOD), int)))
        check(chinchilla, GOOD.set_index([GOOD.index, GOOD.index]))
        check(GROUPED, GOOD.assign(family=["a", "b"] * 12))
        check(GROUPED, GOOD.assign(family=[1, 2] * 12))
        check(chinchilla, GOOD.astype({"N": np.int64, "D": np.int64, "loss": np.float32}))
        check(chinchilla, GOOD.astype("Float64"))
        check(chinchilla, GOOD.astype(object))
        check(chinchilla, GOOD.astype("double[pyarrow]"))
        check(chinchilla, GOOD.assign(note="text", missing=np.nan))


def test_warnings_point_at_the_caller():
    with pytest.warns(UserWarning, match="2 runs") as said:
        model(chinchilla, GOOD.head(2))
    assert {w.filename for w in said if "2 runs" in str(w.message)} == {__file__}


def test_integers_do_not_overflow():
    whole = GOOD.assign(N=GOOD["N"].astype(np.int64) * 100, D=GOOD["D"].astype(np.int64) * 10)
    table = complete(whole, ["C"])
    np.testing.assert_allclose(table["C"], 6.0 * whole["N"].astype(float) * whole["D"].astype(float))
    assert (check(L_C, whole).columns["C"] > 1e21).all()


def test_integers_longer_than_64_bits_are_read(tmp_path):
    GOOD.assign(C=[str(10**k) for k in range(18, 24)] * 4).to_csv(tmp_path / "a.csv", index=False)
    runs = read(tmp_path / "a.csv")
    np.testing.assert_allclose(check(L_C, runs).columns["C"], np.tile(10.0 ** np.arange(18, 24), 4))


def test_tokens_from_compute():
    table = check(chinchilla, GOOD.assign(C=6 * GOOD["N"] * GOOD["D"]).drop(columns="D"))
    np.testing.assert_allclose(table.columns["D"], GOOD["D"])


def test_reference_is_the_middle_or_as_set():
    table = check(replace(chinchilla, reference={"N0": 1e9}), GOOD)
    assert table.reference["N0"] == 1e9 and table.reference["loss_min"] == GOOD["loss"].min()
    assert table.reference["D0"] == pytest.approx(np.exp(np.log(GOOD["D"]).mean()))


def test_a_law_may_have_a_column_of_its_own():
    def formula(N, experts, N0, experts0, *, E, excess, alpha, beta):
        return E + excess * (N / N0) ** -alpha * (experts / experts0) ** -beta

    positive = Prior("LogNormal", mu=-1.0, sigma=0.5)
    law = Law(formula, {"E": 1.7, "excess": positive, "alpha": positive, "beta": positive}, name="mixture")
    table = check(law, GOOD.assign(experts=[1, 2, 4, 8] * 6))
    assert table.reference["experts0"] == pytest.approx(2**1.5)
    with pytest.raises(ValueError, match=r"no column 'experts' \[a number\].*Rename yours"):
        check(law, GOOD)


# Files.


def test_csv_and_parquet_agree(tmp_path):
    renamed = GOOD.rename(columns={"N": "params"})
    renamed.to_csv(tmp_path / "a.csv", index=False)
    renamed.to_parquet(tmp_path / "a.parquet")
    a, b = (read(tmp_path / f"a.{kind}", {"N": "params"}, "N < 1e9") for kind in ("csv", "parquet"))
    pd.testing.assert_frame_equal(a.reset_index(drop=True), b.reset_index(drop=True))
    assert (a["N"] < 1e9).all() and len(a) < len(GOOD)


FILES = {
    "empty": ("a.csv", b"", "is empty"),
    "latin-1": ("a.csv", "N,D,loss,note\n1e8,1e9,3,caf\u00e9\n".encode("latin-1"), "not UTF-8"),
    "binary": ("a.parquet", b"not parquet", "cannot be read as .parquet"),
    "ragged": ("a.csv", b"N,D\n1,2\n1,2,3,4\n", "cannot be read as .csv"),
    "another kind": ("a.xlsx", b"PK", "ends in '.xlsx'"),
}


@pytest.mark.parametrize("name, content, message", FILES.values(), ids=FILES)
def test_bad_files(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read(tmp_path / name)


def test_header_only_and_absent_files(tmp_path):
    (tmp_path / "a.csv").write_text("N,D,loss\n")
    with pytest.raises(ValueError, match="no runs"):
        check(chinchilla, read(tmp_path / "a.csv"))
    with pytest.raises(FileNotFoundError, match=r"no\.csv"):
        read(tmp_path / "no.csv")


@pytest.mark.parametrize(
    "columns, where, message",
    [
        ({"N": "params"}, None, r"no column \['params'\]"),
        (None, "C < ", "cannot be read"),
        (None, "size < 3", "cannot be read"),
        (None, "N < 1", "keeps none of the 24"),
    ],
)
def test_bad_selections(columns, where, message):
    with pytest.raises(ValueError, match=message):
        select(GOOD, columns, where)


def test_unknown_law():
    with pytest.raises(ValueError, match="no law 'chinchila'.*Did you mean.*hoffmann2022.chinchilla"):
        laws.find("chinchila")


#: Published tables of language runs in nats: file -> condition. No warning may come.
PUBLISHED = {
    "besiroglu2024": None,
    "gadre2024": None,
    "porian2024": "group == 'rw|tuned|short|const|standard|val'",
    "muennighoff2023": "used_by_repo == 1",
    "gemstones2025": None,
    "isoflop_openathena": None,
    "marin_delphi2026": None,
    "cerebras_pythia2023": None,
}
#: Their corpora are easier than the web text of the yardstick, so the same in bits looks like nats of web text.
EASY = {"cerebras_pythia2023": "the Pile"}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_tables_are_not_suspected(shared_data, name):
    """No warning for real language runs in nats; a warning for bits, unless the corpus is easy."""
    folder = shared_data / name / f"{name}.csv"
    table = read(folder, {"N": "n_params", "D": "n_tokens", "C": "compute_flops"}, PUBLISHED[name])
    table = table.dropna(subset=["N", "D", "loss"])
    suspected = "in bits|percentage|in thousands|in millions|exchanged|less than half|that rises"
    for unit, factor in (("nats", 1.0), ("bits", 1 / np.log(2))):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            checked = check(chinchilla, table.assign(loss=table["loss"] * factor))
            check(L_C, table.assign(loss=table["loss"] * factor))
        found = [str(w.message) for w in said if re.search(suspected, str(w.message))]
        assert len(checked.loss) == len(table)
        assert bool(found) is (unit == "bits" and name not in EASY), found


# Random tables: only the documented exceptions come out, and what passes is clean.

VALUES = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(1e-3, 1e30),
    st.integers(-(2**63), 2**63 - 1),
    st.text(max_size=3),
    st.none(),
    st.booleans(),
)
COLUMNS = st.sampled_from(["N", "D", "C", "loss", "family", "ppl", 7])


@st.composite
def tables(draw):
    names = draw(st.lists(COLUMNS, max_size=6))
    rows = draw(st.integers(0, 6))
    kind = st.floats(1e6, 1e13) if draw(st.booleans()) else VALUES
    data = [draw(st.lists(kind, min_size=rows, max_size=rows)) for _ in names]
    frame = pd.concat([pd.Series(column) for column in data], axis=1) if data else pd.DataFrame(index=range(rows))
    frame.columns = names
    return frame


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(tables(), st.sampled_from([chinchilla, L_C, GROUPED]))
def test_random_tables(table, law):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            checked = check(law, table)
        except (ValueError, TypeError):
            return
    assert np.isfinite(checked.columns.to_numpy()).all() and (checked.columns.to_numpy() > 0).all()
    assert np.isfinite(checked.loss).all() and (checked.loss > 0).all() and len(checked.loss) >= 2
