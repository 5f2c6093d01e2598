"""The halves of the data sets, and what was chosen on which."""

from collections.abc import Sequence

#: The half of the data sets on which choices are made.
HALF_A = ("cerebras", "chinchilla", "clark_dense", "curves_LM", "gadre", "gpt3", "delphi", "pythia")
#: Data sets that came after the default was chosen; choices are made on them too. All others are half B and confirm.
HALF_C = ("brandfonbrener2024", "misfitting2025", "xlstm2025", "hagele2024")
#: What was chosen on which data, for the page.
HONEST = (
    "What was chosen on what. The form of the generalised law comes from a study that looked at halves A and B among "
    "others. The amplitudes and the local parts of the discrepancy, and the priors of kappa and omega, were chosen on "
    "halves A and C ([decision](decisions/15-discrepancy.md)); half B was scored once, after the choice. The prior of "
    "the share of embeddings was chosen on half A, the count of N on halves A and C, and the model of checkpoints on "
    "simulated curves. Those who chose had seen scores of earlier defaults on all halves. So no half is a blind test, "
    "and half B is a weak confirmation. Our own sweeps were blind at their first scoring ([what came "
    "out](sweep.md#what-came-out))."
)


def halves(sets: Sequence[str]) -> dict[str, list[str]]:
    """Half -> those of some data sets that belong to it; halves without any are left out."""
    parts = {"A": HALF_A, "B": [data for data in sets if data not in (*HALF_A, *HALF_C)], "C": HALF_C}
    found = {name: [data for data in sets if data in part] for name, part in parts.items()}
    return {name: some for name, some in found.items() if some}
