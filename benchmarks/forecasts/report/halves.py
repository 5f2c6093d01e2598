"""The halves of the data sets, and what was chosen on which."""

from collections.abc import Sequence

#: The half of the data sets on which choices are made.
HALF_A = ("cerebras", "chinchilla", "clark_dense", "curves_LM", "gadre", "gpt3", "delphi", "pythia")
#: Data sets that came after the default was chosen; choices are made on them too. All others are half B and confirm.
HALF_C = ("brandfonbrener2024", "misfitting2025", "xlstm2025", "hagele2024")
#: What was tuned on which data, for the page.
TUNED = (
    "Halves A and B are a random division of the data sets of a first study; C are four data sets that were added "
    "later. The form of the generalised law (kappa, omega and a discrepancy) was chosen on A and B together. The "
    "amplitudes and local parts of its discrepancy, the priors of kappa and omega, and the rule that counts N were "
    "chosen on A and C; the prior of the share of embeddings was chosen on A, and the model of checkpoints on "
    "simulated curves. B was used to confirm these choices, not to make them; it is no blind test, because "
    "the form of the law was chosen on it too."
)


def halves(sets: Sequence[str]) -> dict[str, list[str]]:
    """Half -> those of some data sets that belong to it; halves without any are left out."""
    parts = {"A": HALF_A, "B": [data for data in sets if data not in (*HALF_A, *HALF_C)], "C": HALF_C}
    found = {name: [data for data in sets if data in part] for name, part in parts.items()}
    return {name: some for name, some in found.items() if some}
