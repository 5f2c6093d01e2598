"""Dey et al. 2023 (Cerebras-GPT) and Pythia: one test set, along the frontier and at fixed tokens."""

import bayescale as bs
from bayescale.laws import henighan2020, kaplan2020
from benchmarks.claims import Claim
from benchmarks.store import Store

SOURCE = "Dey et al. 2023, Cerebras-GPT, arXiv:2304.03208; Biderman et al. 2023, Pythia, arXiv:2304.01373"


def claims(store: Store) -> list[Claim]:
    cerebras = bs.load("cerebras_gpt")
    frontier = cerebras[cerebras["family"] == "SP"]
    pythia = bs.load("pythia")
    (E,) = store.draws("cerebras", henighan2020.L_C, frontier, "E")
    (slope,) = store.draws("cerebras-line", kaplan2020.L_C, frontier, "alpha_C")
    (fixed,) = store.draws("pythia", henighan2020.L_N, pythia, "E")
    where = {"where": "recomputed from the printed losses", "tag": "C"}
    return [
        Claim(quantity="Cerebras-GPT: slope of the frontier without a floor", published="0.0549", here=slope, **where),
        Claim(
            quantity="Cerebras-GPT: E of the frontier [nats/token]",
            published="0.46",
            here=E,
            interval=(0.03, 0.94),
            same_runs=True,
            **where,
        ),
        Claim(
            quantity="Pythia: apparent E at 300 billion tokens [nats/token]",
            published="1.36",
            here=fixed,
            interval=(1.29, 1.41),
            same_runs=True,
            expect="published interval too narrow",
            note="The reference supposes normal noise. What 300 billion tokens leave to learn is in this E.",
            **where,
        ),
    ]
