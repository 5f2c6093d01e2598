"""Signature: what a formula's arguments mean, by their place."""

import numpy as np
import pytest

from bayescale.laws import chinchilla
from bayescale.modelling.formula import call, renamed, signature, text


def one(N, N0, *, E):
    return E * N / N0


def scale(mu, C, C0, loss_min, *, sigma):
    """Documented, and in two lines."""
    ratio = C / C0
    return sigma * ratio + mu / loss_min


def test_roles():
    parts = signature(chinchilla.formula)
    assert (parts.columns, parts.reference) == (("N", "D"), ("N0", "D0"))
    assert parts.parameters == ("E", "excess_N", "alpha_N", "excess_D", "alpha_D")
    assert signature(chinchilla.derived["A"]).reference == ("N0",)  # without its column
    assert signature(scale).columns == ("mu", "C") and signature(scale).reference == ("C0", "loss_min")
    assert signature(lambda x, x0, k0, *, a: 0).columns == ("x", "k0")  # k0 is of nothing that is known


def with_default(N, *, E=1):
    return E


def with_kwargs(N, **p):
    return p


def with_args(*columns):
    return columns


@pytest.mark.parametrize("formula", [with_default, with_kwargs, with_args])
def test_unclear_roles_are_refused(formula):
    with pytest.raises(TypeError, match=f"{formula.__name__} has the argument .*def f\\(N, N0, "):
        signature(formula)


def test_call_takes_the_first_source_that_has_it():
    assert call(one, {"N": 6.0}, {"N": 1.0, "N0": 2.0, "E": 3.0}) == 9.0
    with pytest.raises(ValueError, match=r"one needs 'E', which is not among \['N', 'N0'\]"):
        call(one, {"N": 1.0}, {"N0": 1.0})


def test_renamed():
    new = {"N": "E", "E": "N", "one": "two"}
    swapped = renamed(one, lambda word: new.get(word, word))
    assert swapped(6.0, 2.0, N=3.0) == 9.0 and swapped.__name__ == "two"
    assert signature(swapped).parameters == ("N",) and text(swapped) == "loss = N * E / N0"
    with pytest.raises(ValueError):
        swapped(6.0, N=3.0)


def test_text():
    assert text(one) == "loss = E * N / N0"
    assert text(scale) == "ratio = C / C0; loss = sigma * ratio + mu / loss_min"
    assert text(np.exp).startswith("exp")  # no source: its name
    assert "x" in text(lambda x, *, a: a * x)  # no body to quote: its signature
