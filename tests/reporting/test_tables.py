"""Tables and equations for papers: rounding, and agreement with the posterior."""

import math
import re
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bayescale as bs
from bayescale.laws import chinchilla, find
from bayescale.reporting.rounding import error_of, last_place, rounded
from bayescale.reporting.summary import rows
from tests.conftest import QUICK, pooled


@given(
    st.floats(-1e6, 1e6),
    st.floats(1e-8, 1e6),
    st.floats(0, 1),
    st.floats(1e-4, 1),
)
def test_rounding_keeps_what_is_known_and_no_more(low, width, part, share):
    high, error = low + width, width * share
    if not high > low:
        return
    place = last_place(low, high, error)
    assert place is not None
    values = [low + part * width, low, high]
    texts = rounded(values, place)
    for value, text in zip(values, texts, strict=True):
        assert abs(float(text) - value) <= 0.5001 * 10.0**place + 1e-9 * abs(value)
    assert 10.0**place <= (high - low) or 10.0**place <= error * 1.0001
    assert 10.0**place >= (high - low) / 100.01 or 10.0**place >= error / 10.01


@pytest.mark.parametrize("values, place, texts", [
    ([1.8834, 1.8121, 1.9538], -2, ["1.88", "1.81", "1.95"]),
    ([0.3, 0.30, 0.3], -3, ["0.300", "0.300", "0.300"]),
    ([12345.6, 11000.0, 13000.0], 2, ["12300", "11000", "13000"]),
    ([7.24e10, 6.9e10, 8.13e10], 9, ["7.2e10", "6.9e10", "8.1e10"]),
    ([9.96e10, 9.0e10, 1.13e11], 9, ["1.00e11", "9.0e10", "1.13e11"]),
    ([-0.0001, -0.02, 0.03], -2, ["0.00", "-0.02", "0.03"]),
    ([1.5, 1.0, math.inf], None, ["1.5", "1", "inf"]),
    ([2.5e-7, 1e-7, 5e-7], -8, ["2.5e-7", "1.0e-7", "5.0e-7"]),
])  # fmt: skip
def test_rounded(values, place, texts):
    assert rounded(values, place) == texts


def test_the_error_is_that_of_quantiles():
    """The standard deviation of a quantile over repetitions is the Monte Carlo error of one."""
    rng = np.random.default_rng(1)
    draws = rng.normal(size=(200, 4, 500))
    spread = np.quantile(draws.reshape(200, -1), 0.05, axis=1).std()
    assert error_of(draws[0], [0.05]) == pytest.approx(spread, rel=0.25)
    assert math.isnan(error_of(np.ones((4, 100)), [0.5]))


def test_numbers_of_the_table_are_those_of_the_posterior(post):
    found = {row.name: row for row in rows(post)}
    assert set(found) == set(post["posterior"].data_vars)
    lines = bs.table(post, form="markdown").splitlines()[2:]
    assert len(lines) == len(found)
    for line in lines:
        name, unit, median, interval, rhat, ess = (cell.strip() for cell in line.strip("|").split("|"))
        draws = post["posterior"][name.strip("`")].to_numpy()
        wanted = np.quantile(draws, [0.5, 0.05, 0.95])
        shown = [float(median), *map(float, interval.strip("[]").split(", "))]
        step = 10.0 ** last_place(wanted[1], wanted[2], found[name.strip("`")].error)
        assert np.all(np.abs(np.array(shown) - wanted) <= 0.5001 * step)
        assert unit == ("nats/token" if name.strip("`") in ("E", "excess_N", "excess_D") else "")
        assert float(rhat) <= round(post.attrs["rhat"], 3) and float(ess) >= round(post.attrs["ess"]) - 1


def test_latex_of_the_table_has_the_same_numbers(post):
    markdown = bs.table(post, form="markdown", prob=0.5).splitlines()[2:]
    latex = [line for line in bs.table(post, prob=0.5).splitlines() if line.startswith("$")]
    assert "50\\,\\% interval" in bs.table(post, prob=0.5)
    assert len(latex) == len(markdown)
    for one, other in zip(markdown, latex, strict=True):
        numbers = re.findall(r"-?\d+\.\d+", one)
        assert numbers and re.findall(r"-?\d+\.\d+", other) == numbers and other.count("&") == 5


def test_chosen_parameters_come_in_their_order(post):
    lines = bs.table(post, form="markdown", parameters=["alpha_D", "E"]).splitlines()[2:]
    assert [line.split("`")[1] for line in lines] == ["alpha_D", "E"]


@pytest.mark.parametrize("options, words", [
    ({"form": "html"}, "wanted 'latex' or 'markdown'"),
    ({"prob": 90}, "between 0 and 1"),
    ({"parameters": ["beta"]}, "this posterior has"),
])  # fmt: skip
def test_wrong_arguments_raise(post, options, words):
    with pytest.raises(ValueError, match=words):
        bs.table(post, **options)


def test_an_equation_of_a_law_and_of_its_posterior_are_equal(post):
    assert bs.equation(post) == bs.equation(chinchilla)
    assert bs.equation(chinchilla).count(r"\sim") == 7  # six priors and the variate
    assert r"\sim" not in bs.equation(chinchilla, priors=False)
    with pytest.raises(TypeError, match="wanted a Law"):
        bs.equation("chinchilla")


def test_an_equation_says_what_it_cannot_write():
    assert "to be defined in the paper: working." in bs.equation(find("generalised"))
    assert r"\texttt{" in bs.equation(find("M4_D"), priors=False)


@pytest.mark.parametrize("name", bs.laws.names())
def test_braces_and_brackets_of_every_equation_match(name):
    text = bs.equation(bs.laws.names()[name])
    assert text.count(r"\left") == text.count(r"\right")
    plain = text.replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}")


def test_offsets_are_left_out_unless_named(runs):
    table = runs.assign(family=np.where(np.arange(len(runs)) % 2, "a", "b"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = bs.fit(pooled(centered=False), table, seed=1, **QUICK)
    assert "alpha_N_offset" in fitted["posterior"] and "offset" not in bs.table(fitted, form="markdown")
    text = bs.table(fitted, form="markdown", parameters=["alpha_N_offset", "E"])
    assert [line.split("`")[1] for line in text.splitlines()[2:]] == [
        "alpha_N_offset[b]", "alpha_N_offset[a]", "E[b]", "E[a]",
    ]  # fmt: skip
    assert r"$E$ (b)" in bs.table(fitted)
