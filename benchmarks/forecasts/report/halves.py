"""The halves of the data sets, and what was chosen on which."""

from collections.abc import Sequence

#: The half of the data sets on which choices are made.
HALF_A = ("cerebras", "chinchilla", "clark_dense", "curves_LM", "gadre", "gpt3", "delphi", "pythia")
#: Data sets that came after the default was chosen; choices are made on them too. All others are half B and confirm.
HALF_C = ("brandfonbrener2024", "misfitting2025", "xlstm2025", "hagele2024")
#: What was chosen on which data, for the page.
HONEST = (
    "What was chosen on what. The generalised law and its discrepancy come from a study that looked at the tables of "
    "halves A and B among others. We chose two priors, of the share of embeddings and of the amplitude, on half A "
    "([choices](choices.md)), after we had seen scores of an earlier form on both halves. Autocorrelated errors of "
    "checkpoints concern porian, gemstones and the curves, most of them of half B. Their model was chosen on simulated "
    "curves, but we knew how earlier models, and half of the scores of its first form, had come out on these data "
    "([decision](decisions/17-checkpoints.md)). Counting N without embeddings was decided on gadre, cerebras and "
    "pythia, of half A. Delphi, and of half B gemstones and marin_oa, got that count by a commit before any was scored "
    "with it, but after large runs of Delphi had been seen outside 90 % intervals with N as given. Scores "
    "improved on two of the three and got worse on marin_oa (rows given_count and default [by data "
    "set](#by-data-set)). So neither half is a blind test, and half B is a weak confirmation. Half C "
    f"({', '.join(HALF_C)}) came later. Choices are made on halves A and C, and half B confirms. Our own sweeps were "
    "blind at their first scoring ([what came out](sweep.md#what-came-out))."
)


def halves(sets: Sequence[str]) -> dict[str, list[str]]:
    """Half -> those of some data sets that belong to it; halves without any are left out."""
    parts = {"A": HALF_A, "B": [data for data in sets if data not in (*HALF_A, *HALF_C)], "C": HALF_C}
    found = {name: [data for data in sets if data in part] for name, part in parts.items()}
    return {name: some for name, some in found.items() if some}
