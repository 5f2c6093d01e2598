"""What is given to a law, to forecasts and to frontiers is checked as a table is."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayescale as bs
from bayescale import Prior
from bayescale.laws import chinchilla
from bayescale.laws.henighan2020 import L_C
from bayescale.modelling.noises import NOISES

GOOD = {"N": 1e9, "D": 2e10}
BAD = {
    "date": pd.Timestamp("2024-01-01"),
    "dates": pd.Series(pd.to_datetime(["2024-01-01"])),
    "duration": np.array([7], dtype="timedelta64[D]"),
    "boolean": True,
    "booleans": np.array([True]),
    "string": "1e9",
    "strings": np.array(["1e9"]),
    "complex": 1e9 + 0j,
    "masked": np.ma.array([1e9, 2e9], mask=[True, False]),
    "objects": np.array([object()], dtype=object),
    "nothing": None,
    "nan": np.nan,
    "infinite": np.inf,
    "negative": -1e9,
    "missing": pd.Series([1, pd.NA], dtype="Int64"),
}


def as_column(value):
    """The value as a column of a table of one or two rows."""
    return value if np.ndim(value) else [value]


@pytest.mark.parametrize("kind", BAD)
def test_every_verb_refuses_what_is_no_size(post, kind):
    value = BAD[kind]
    size = max(np.size(value), 1)
    verbs = [
        lambda: chinchilla(post, N=value, D=2e10),
        lambda: chinchilla(post, N=1e9, D=value),
        lambda: bs.frontier(chinchilla, post, value),
        lambda: bs.reach(chinchilla, post, value),
        lambda: bs.reach(chinchilla, post, 2.5, by="D", N=value),
    ]
    if kind != "masked":  # a table turns what is masked into NaN
        table = pd.DataFrame({"N": as_column(value), "D": [2e10] * size})
        verbs += [lambda: bs.predict(chinchilla, post, table), lambda: bs.forecast(chinchilla, post, table)]
    for verb in verbs:
        with pytest.raises(ValueError):
            verb()


def test_a_dataarray_is_checked_too(post):
    with pytest.raises(ValueError, match="N is of type bool"):
        chinchilla(post, N=xr.DataArray([True], dims="N"), D=2e10)
    integers = chinchilla(post, N=xr.DataArray([10**9, 10**10], dims="N"), D=20_000_000_000)
    np.testing.assert_array_equal(integers, chinchilla(post, N=xr.DataArray([1e9, 1e10], dims="N"), D=2e10))


def test_another_unit_is_an_error(post):
    with pytest.raises(ValueError, match="N is 70 parameters.*millions or billions"):
        bs.predict(chinchilla, post, pd.DataFrame({"N": [70], "D": [1400]}))
    with pytest.raises(ValueError, match="D is 1400 tokens"):
        chinchilla(post, N=70e9, D=1400)
    with pytest.raises(ValueError, match="D/N = 2e-05"):
        bs.forecast(chinchilla, post, pd.DataFrame({"N": [70e9], "D": [1.4e6]}))
    with pytest.raises(ValueError, match="C is .*PF-days"):
        bs.frontier(chinchilla, post, 5.9e23 / 8.64e19)
    with pytest.raises(ValueError, match="N is 7 parameters"):
        bs.reach(chinchilla, post, 2.5, by="D", N=7)


def test_far_below_the_runs_is_a_warning(post):
    with pytest.warns(UserWarning, match="times below the smallest fitted run"):
        bs.predict(chinchilla, post, pd.DataFrame({"N": [2e4], "D": [1e10]}))
    with pytest.warns(UserWarning, match="times below"):
        bs.frontier(chinchilla, post, 1e13)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bs.forecast(chinchilla, post, pd.DataFrame({"N": [1e9, 1e14], "D": [1e10, 1e15]}))
        bs.frontier(chinchilla, post, [1e18, 1e28])


def test_small_runs_may_be_forecast_from_small_runs():
    N = np.geomspace(50, 900, 12)
    runs = pd.DataFrame({"N": N, "D": np.geomspace(1e5, 1e4, 12)})
    draws = xr.Dataset({n: (("chain", "draw"), [[v]]) for n, v in dict.fromkeys(chinchilla.variables, 0.3).items()})
    constants = xr.Dataset({"N": ("run", N), "D": ("run", runs["D"]), "N0": 200.0, "D0": 3e4, "loss_min": 1.0})
    post = xr.DataTree.from_dict({"posterior": draws, "constant_data": constants})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bs.predict(chinchilla, post, pd.DataFrame({"N": [70.0], "D": [5e3]}), seed=1)


def test_a_law_that_has_changed_is_refused_by_name(post):
    table = pd.DataFrame({"N": [1e9], "D": [2e10]})
    other_noise = replace(chinchilla, noise=NOISES["lognormal"])
    priors = {**chinchilla.priors, "E": Prior("Uniform", lower=0, upper=0.9, unit="loss_min")}
    for law, words in ((other_noise, "lognormal"), (replace(chinchilla, priors=priors), "upper=0.9")):
        for verb in (
            lambda law: law(post, **GOOD),
            lambda law: bs.predict(law, post, table),
            lambda law: bs.frontier(law, post, 1e21),
            lambda law: bs.reach(law, post, 2.5),
        ):
            with pytest.raises(ValueError, match=f"not the one that this posterior was fitted with.*{words}"):
                verb(law)
    free = post.copy()
    free.attrs = {**post.attrs}
    del free.attrs["law_text"]
    assert np.isfinite(bs.predict(other_noise, free, table, seed=1)["loss"]).all()


def test_reference_and_source_do_not_change_a_law(post):
    same = replace(chinchilla, reference={"N0": 2e9, "D0": 3e10}, source="elsewhere")
    np.testing.assert_array_equal(same(post, **GOOD), chinchilla(post, **GOOD))


def test_a_law_of_one_column():
    draws = {"E": 1.7, "excess_C": 0.8, "alpha_C": 0.16, "sigma": 0.01}
    posterior = xr.Dataset({name: (("chain", "draw"), [[value]]) for name, value in draws.items()})
    post = xr.DataTree.from_dict({"posterior": posterior, "constant_data": xr.Dataset({"C0": 1e20, "loss_min": 1.0})})
    with pytest.raises(ValueError, match="PF-days"):
        bs.frontier(L_C, post, 6829.0)
