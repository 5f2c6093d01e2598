"""Columns: what is known of each, and 6ND with its inverses."""

import numpy as np
import pytest

from bayescale.base.columns import COLUMNS, Column, budget_parameters, budget_tokens, column, training_flop, with_unit


def test_each_column_is_found_by_its_symbol_and_has_words_for_an_axis():
    for symbol, known in COLUMNS.items():
        assert column(symbol) is known and known.symbol == symbol
        assert known.label and known.unit and known.span[0] < known.span[1]


def test_a_column_of_a_law_that_is_not_known_has_no_unit():
    assert column("experts") == Column("experts", unit="1", label="experts", size=False)
    assert column("experts").heading == "experts"


def test_only_what_grows_with_a_run_is_a_size():
    assert [symbol for symbol, known in COLUMNS.items() if known.size] == ["N", "D", "C", "S"]


@pytest.mark.parametrize("symbol, heading", [
    ("N", "Model size N [parameters]"),
    ("D", "Training data D [tokens]"),
    ("C", "Training compute C [FLOP]"),
    ("loss", "Loss [nats/token]"),
    ("tokens_per_param", "Tokens per parameter D/N"),
])  # fmt: skip
def test_headings_have_the_unit_but_where_there_is_none(symbol, heading):
    assert column(symbol).heading == heading


def test_words_without_a_unit_have_no_brackets():
    assert with_unit("Slope", "1") == with_unit("Slope", "") == "Slope"


def test_compute_and_its_inverses():
    """Chinchilla: 70e9 parameters on 1.4e12 tokens."""
    assert training_flop(70e9, 1.4e12) == 5.88e23
    assert budget_tokens(5.88e23, 70e9) == pytest.approx(1.4e12, rel=1e-15)
    assert budget_parameters(5.88e23, 1.4e12) == pytest.approx(70e9, rel=1e-15)
    N, D = np.geomspace(1e6, 1e13, 7), np.geomspace(1e9, 1e14, 7)
    assert (training_flop(N, D) == 6.0 * N * D).all()
