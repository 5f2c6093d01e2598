"""The sections on recipes: sentences say what the intervals say."""

from benchmarks.decisions.real import TIMES
from benchmarks.decisions.recipes_page import mixtures, published, sentence


def pair(low: float, middle: float, high: float, better: float, by: str = "C") -> dict:
    return {
        "name": "Paper", "words": ["old", "new"], "runs": [9, 8], "by": by, "at": [1e20 * t for t in TIMES],
        "multiplier": [[low, middle, high]] * len(TIMES), "better": [better] * len(TIMES), "converged": [True, False],
    }  # fmt: skip


def test_a_sentence_names_the_better_recipe_or_none():
    said = sentence(pair(0.4, 0.5, 0.7, 0.01))
    assert "new needs 0.50 times [0.40, 0.70] the compute, so new is better (probability 0.99)" in said
    assert "old is better (probability 0.97)" in sentence(pair(1.1, 1.5, 2e9, 0.97)) and "above 1,000" in sentence(
        pair(1.1, 1.5, 2e9, 0.97)
    )
    assert "cannot tell which is better" in sentence(pair(0.7, 1.1, 1.6, 0.4, "N"))


def test_the_tables_have_a_row_for_each_pair_and_suite():
    assert "| Paper | 9 and 8 | 0.50 [0.40, 0.70] |" in published([pair(0.4, 0.5, 0.7, 0.01)])
    suite = {"name": "5Mix", "mixtures": 26, "right": 0.9, "brier": [0.05, 0.1], "converged": True}
    assert "| 5Mix | 26 | 0.90 | 0.050 | 0.100 | yes |" in mixtures([suite])
    assert published([]) == mixtures([]) == ""
